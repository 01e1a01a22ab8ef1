# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training losses on metric depth; always computed in float32."""

from __future__ import annotations

import math

import torch
from torch import Tensor

EPSILON = 1e-6
MIN_SCALE = 0.01
"""Relative error that a prediction may always have: one overconfident pixel must not outweigh
a batch."""


def silog_loss(
    *,
    pred: Tensor,
    target: Tensor,
    valid_mask: Tensor,
    variance_focus: float = 0.85,
    weight: float = 10.0,
    weights: Tensor | None = None,
) -> Tensor:
    """Scale-invariant log loss: weight * sqrt(mean(h^2) - lambda mean(h)^2), h = ln y - ln y*.

    Eq. 8 with the square of the sum; printed otherwise, it could turn negative.

    Args:
        pred: Predicted depth [m], > 0, any shape.
        target: True depth [m], same shape; read only where valid_mask is true.
        valid_mask: bool, same shape.
        variance_focus: lambda in [0, 1]; at 1 a wrong overall scale costs nothing.
        weight: Factor of the loss.
        weights: What each pixel counts in the mean, >= 0, broadcast to the shape; None: all the
            same.

    Returns:
        Scalar over all valid pixels of the batch; 0 with zero gradient where there are none.
    """
    h = _log(pred, valid_mask) - _log(target, valid_mask)
    mean = _masked_mean(h, valid_mask, weights)
    # The same as mean(h^2) - lambda mean(h)^2, but rounding cannot make it negative.
    spread = _masked_mean((h - mean).square(), valid_mask, weights)
    spread = spread + (1.0 - variance_focus) * mean.square()
    return weight * torch.sqrt(spread + EPSILON) * valid_mask.any()


def abs_rel_loss(
    *, pred: Tensor, target: Tensor, valid_mask: Tensor, weights: Tensor | None = None
) -> Tensor:
    """Mean relative error |y - y*| / y*, which outliers sway less than a squared error.

    A LiDAR sees a little past the borders of near things, so some of the ground truth is wrong by
    far.

    Args:
        pred: Predicted depth y [m], any shape.
        target: True depth y* [m], same shape; read only where valid_mask is true.
        valid_mask: bool, same shape.
        weights: What each pixel counts in the mean, >= 0, broadcast to the shape; None: all the
            same.

    Returns:
        Scalar mean over the valid pixels; 0 with zero gradient where there are none.
    """
    ground_truth = _only(target, valid_mask, 1.0)
    error = (_only(pred, valid_mask, 1.0) - ground_truth).abs()
    return _masked_mean(error / ground_truth, valid_mask, weights)


def log_l1_loss(
    *, pred: Tensor, target: Tensor, valid_mask: Tensor, weights: Tensor | None = None
) -> Tensor:
    """Mean |ln y - ln y*|: of depth that is uncertain it asks for the median.

    The relative error asks for less than that, as an answer too near costs at most 1 and one too
    far any amount; so under it alone all that is far away comes out too near.

    Args:
        pred: Predicted depth y [m], > 0, any shape.
        target: True depth y* [m], same shape; read only where valid_mask is true.
        valid_mask: bool, same shape.
        weights: What each pixel counts in the mean, >= 0, broadcast to the shape; None: all the
            same.

    Returns:
        Scalar mean over the valid pixels; 0 with zero gradient where there are none.
    """
    h = _log(pred, valid_mask) - _log(target, valid_mask)
    return _masked_mean(h.abs(), valid_mask, weights)


def sky_loss(*, pred: Tensor, sky_mask: Tensor, far_depth: float) -> Tensor:
    """Push what is known to lie beyond range (the sky) to at least far_depth.

    LiDAR never answers from the sky, so nothing else would teach a network what it is.

    Args:
        pred: Predicted depth [m], > 0, any shape.
        sky_mask: bool, same shape.
        far_depth: Depth [m] from which on nothing is asked.

    Returns:
        Scalar: mean over the mask of max(0, ln far_depth - ln y); 0 with zero gradient where the
        mask is empty.
    """
    return _masked_mean(torch.relu(math.log(far_depth) - _log(pred, sky_mask)), sky_mask)


def uncertainty_nll(
    *,
    pred: Tensor,
    std: Tensor,
    target: Tensor,
    valid_mask: Tensor,
    weights: Tensor | None = None,
) -> Tensor:
    """Teach the predicted standard deviation the size of the error that is really made.

    Negative log-likelihood of h = ln y - ln y* under a Laplace distribution of standard deviation
    std / y: |h| / b + ln b with b = std / (sqrt(2) y) + MIN_SCALE. In the formula error and depth
    are constants, so the gradient reaches the network through std alone. Std belongs to the same
    distribution over the bins as depth: its probabilities and bin centers move, and depth with
    them. Left out, nothing would hold the predicted std to the error.

    Args:
        pred: Predicted depth y [m], > 0, any shape.
        std: Predicted standard deviation [m], > 0, same shape.
        target: True depth y* [m], same shape; read only where valid_mask is true.
        valid_mask: bool, same shape.
        weights: What each pixel counts in the mean, >= 0, broadcast to the shape; None: all the
            same.

    Returns:
        Scalar mean over the valid pixels; 0 with zero gradient where there are none.
    """
    depth = _only(pred.detach(), valid_mask, 1.0)
    error = (torch.log(depth) - _log(target, valid_mask)).abs()
    scale = _only(std, valid_mask, 1.0) / (math.sqrt(2) * depth) + MIN_SCALE
    return _masked_mean(error / scale + torch.log(scale), valid_mask, weights)


def gradient_loss(
    *,
    pred: Tensor,
    target: Tensor,
    target_mask: Tensor,
    valid_mask: Tensor,
    outside_weight: float = 0.1,
    trusted_rows: float = 0.3324,
) -> Tensor:
    """Compare the edges of the prediction with those of interpolated ground truth.

    Mean of w (|d_x| + |d_y|), d the 3x3 Sobel responses of pred - target, over the pixels whose
    3x3 neighbourhood has interpolated ground truth. Interpolation is trusted (w = 1) at measured
    pixels and from the row on where LiDAR begins; above it, w = outside_weight.

    Args:
        pred: Predicted depth [m], (B, 1, H, W).
        target: Interpolated depth [m], same shape; read only where target_mask is true.
        target_mask: bool, same shape.
        valid_mask: Where depth was measured, bool, same shape.
        outside_weight: w of a pixel that is neither measured nor in the trusted rows.
        trusted_rows: The trusted rows begin at this share of H.

    Returns:
        Scalar [m]; 0 with zero gradient where no pixel has such a neighbourhood.
    """
    difference = _only(pred, target_mask, 0.0) - _only(target, target_mask, 0.0)
    d_x, d_y = _sobel(difference)  # (B, 1, H - 2, W - 2)
    rows = torch.arange(pred.shape[-2], device=pred.device).unsqueeze(1)
    trusted = (valid_mask | (rows >= trusted_rows * pred.shape[-2]))[..., 1:-1, 1:-1]
    weight = torch.where(trusted, 1.0, outside_weight)
    return _masked_mean(weight * (d_x.abs() + d_y.abs()), _whole_neighborhood(target_mask))


def frame_weights(valid_mask: Tensor, frame_pixels: int | None) -> Tensor:
    """What a pixel counts: frames of more than frame_pixels valid ones as if they had that many.

    The ground truth of a rendered image has 25 times the pixels of a LiDAR scan, and no more to
    say.

    Args:
        valid_mask: bool, (B, ...).
        frame_pixels: None: all count the same.

    Returns:
        float32, of the mask's shape.
    """
    if frame_pixels is None:
        return torch.ones_like(valid_mask, dtype=torch.float32)
    pixels = valid_mask.flatten(1).sum(1).clamp_min(1)
    weights = (frame_pixels / pixels).clamp_max(1)
    return weights.view(-1, *[1] * (valid_mask.dim() - 1)).expand_as(valid_mask)


def _only(values: Tensor, mask: Tensor, fill: float) -> Tensor:
    """float32 values where the mask is true and `fill` elsewhere, which gets no gradient.

    Unlike values[mask], it never makes the CPU wait for the GPU.
    """
    return torch.where(mask, values.float(), fill)


def _log(values: Tensor, mask: Tensor) -> Tensor:
    """Logarithm where the mask is true, 0 elsewhere."""
    return torch.log(_only(values, mask, 1.0))


def _masked_mean(values: Tensor, mask: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean over the mask, 0 with zero gradient where it is empty; all values are finite."""
    values = torch.where(mask, values, 0.0)
    if weights is None:
        return values.sum() / mask.sum().clamp_min(1)
    total = torch.where(mask, weights, 0.0).sum()
    return (weights * values).sum() / torch.where(total > 0, total, 1.0)


def _sobel(x: Tensor) -> tuple[Tensor, Tensor]:
    """Sobel responses along columns and rows without padding; slices, as autocast leaves them."""
    rows = x[..., :-2, :] + 2 * x[..., 1:-1, :] + x[..., 2:, :]
    columns = x[..., :-2] + 2 * x[..., 1:-1] + x[..., 2:]
    return rows[..., 2:] - rows[..., :-2], columns[..., 2:, :] - columns[..., :-2, :]


def _whole_neighborhood(mask: Tensor) -> Tensor:
    """Where the mask is true at all 3x3 pixels, without the border."""
    rows = mask[..., :-2, :] & mask[..., 1:-1, :] & mask[..., 2:, :]
    return rows[..., :-2] & rows[..., 1:-1] & rows[..., 2:]

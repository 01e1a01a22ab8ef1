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
) -> Tensor:
    """Scale-invariant log loss: weight * sqrt(mean(h^2) - lambda mean(h)^2), h = ln y - ln y*.

    Eq. 8 with the square of the sum; printed otherwise, it could turn negative.

    Args:
        pred: Predicted depth [m], > 0, any shape.
        target: True depth [m], same shape; read only where valid_mask is true.
        valid_mask: bool, same shape.
        variance_focus: lambda in [0, 1]; at 1 a wrong overall scale costs nothing.
        weight: Factor of the loss.

    Returns:
        Scalar over all valid pixels of the batch; 0 with zero gradient where there are none.
    """
    pred = pred.float()
    if not bool(valid_mask.any()):
        return pred[valid_mask].sum()
    h = torch.log(pred[valid_mask]) - torch.log(target.float()[valid_mask])
    mean = h.mean()
    # The same as mean(h^2) - lambda mean(h)^2, but rounding cannot make it negative.
    spread = (h - mean).square().mean() + (1.0 - variance_focus) * mean.square()
    return weight * torch.sqrt(spread + EPSILON)


def relative_loss(*, pred: Tensor, target: Tensor, valid_mask: Tensor) -> Tensor:
    """Mean relative error |y - y*| / y*, which outliers sway less than a squared error.

    A LiDAR sees a little past the borders of near things, so some of the truth is wrong by far.

    Args:
        pred: Predicted depth y [m], any shape.
        target: True depth y* [m], same shape; read only where valid_mask is true.
        valid_mask: bool, same shape.

    Returns:
        Scalar mean over the valid pixels; 0 with zero gradient where there are none.
    """
    pred = pred.float()
    if not bool(valid_mask.any()):
        return pred[valid_mask].sum()
    truth = target.float()[valid_mask]
    return ((pred[valid_mask] - truth).abs() / truth).mean()


def far_loss(*, pred: Tensor, far_mask: Tensor, far_depth: float) -> Tensor:
    """Push what is known to lie beyond range (the sky) to at least far_depth.

    LiDAR never answers from the sky, so nothing else would teach a network what it is.

    Args:
        pred: Predicted depth [m], > 0, any shape.
        far_mask: bool, same shape.
        far_depth: Depth [m] from which on nothing is asked.

    Returns:
        Scalar: mean over the mask of max(0, ln far_depth - ln y); 0 with zero gradient where the
        mask is empty.
    """
    pred = pred.float()
    if not bool(far_mask.any()):
        return pred[far_mask].sum()
    return torch.relu(math.log(far_depth) - torch.log(pred[far_mask])).mean()


def spread_loss(*, pred: Tensor, std: Tensor, target: Tensor, valid_mask: Tensor) -> Tensor:
    """Teach the predicted standard deviation the size of the error that is really made.

    Negative log-likelihood of h = ln y - ln y* under a Laplace distribution of standard deviation
    std / y: |h| / b + ln b with b = std / (sqrt(2) y) + MIN_SCALE. Error and depth are held fixed,
    so only the spread learns from it; the other losses would leave it free.

    Args:
        pred: Predicted depth y [m], > 0, any shape.
        std: Predicted standard deviation [m], > 0, same shape.
        target: True depth y* [m], same shape; read only where valid_mask is true.
        valid_mask: bool, same shape.

    Returns:
        Scalar mean over the valid pixels; 0 with zero gradient where there are none.
    """
    std = std.float()
    if not bool(valid_mask.any()):
        return std[valid_mask].sum()
    depth = pred.detach().float()[valid_mask]
    error = (torch.log(depth) - torch.log(target.float()[valid_mask])).abs()
    scale = std[valid_mask] / (math.sqrt(2) * depth) + MIN_SCALE
    return (error / scale + torch.log(scale)).mean()

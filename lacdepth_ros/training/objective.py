# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What training minimises: depth, its uncertainty, its edges, the sky, and stage 1 for itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from lacdepth_ros.data.sample import BEYOND_FROM
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.lacdepth import NetworkOutput
from lacdepth_ros.training.losses import (
    abs_rel_loss,
    frame_weights,
    gradient_loss,
    log_l1_loss,
    silog_loss,
    sky_loss,
    uncertainty_nll,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossConfig:
    """Weights of the losses; a weight of 0 turns a loss off.

    Raises:
        ValueError: A weight is negative or not finite, or a share leaves [0, 1].
    """

    silog_weight: float = 10.0
    """Factor of the scale-invariant log loss, the paper's 10."""
    silog_focus: float = 0.85
    """Its lambda, in [0, 1]: at 1 a wrong overall scale costs nothing."""
    frame_pixels: int | None = None
    """A frame with more valid pixels than this counts as if it had this many, where measured
    depth is compared; None: every pixel of a batch counts the same (the paper). For frames whose
    ground truth differs in density: else rendered and interpolated ground truth drown single LiDAR
    scans."""
    clip_to_range: bool = False
    """Measured depth beyond the network's range counts as the end of the range; else it does not
    count. A camera mounted low has much of it: range grows with the camera's height."""
    abs_rel_weight: float = 0.0
    """Weight of the mean relative error beside the paper's loss."""
    log_l1_weight: float = 0.0
    """Weight of the mean absolute logarithmic error beside the paper's loss: asks for the median
    of what is uncertain, where abs_rel asks for less."""
    sky_weight: float = 0.5
    """Weight of the loss that pushes the sky beyond range: that of synthetic scenes, and what is
    surely sky in colour frames of domain 'driving'."""
    uncertainty_weight: float = 0.1
    """Weight of the negative log-likelihood that teaches the predicted standard deviation."""
    auxiliary_weight: float = 0.2
    """Weight of the scale-invariant log loss of stage 1's max_depth * relative, times
    silog_weight."""
    gradient_weight: float = 0.0
    """Weight of the edges of interpolated ground truth, the paper's 0.1; needs frames with
    'dense'."""
    gradient_start: float = 0.6
    """Share of the training after which the edges count, in [0, 1]."""

    def __post_init__(self) -> None:
        if self.frame_pixels is not None and not self.frame_pixels > 0:
            raise ValueError(f'frame_pixels={self.frame_pixels!r} must be positive, or null')
        for field in dataclasses.fields(self):
            if field.name in ('frame_pixels', 'clip_to_range'):
                continue
            name, value = field.name, getattr(self, field.name)
            top = 1.0 if name in ('silog_focus', 'gradient_start') else float('inf')
            if not 0 <= value <= top or value == float('inf'):
                allowed = '[0, 1]' if top == 1 else '[0, inf)'
                raise ValueError(f'{name}={value!r} must lie in {allowed}')


def training_loss(
    output: NetworkOutput,
    batch: Mapping[str, Tensor],
    model: ModelConfig,
    config: LossConfig,
    progress: float,
) -> dict[str, Tensor]:
    """Weigh the losses of a batch, in float32 whatever the precision of the network.

    Args:
        output: Of the network, (B, 1, H, W).
        batch: 'depth' (B, H, W), true depth [m] at focal_px: 0 = none, above BEYOND_FROM sky; and,
            where the gradient loss is on, 'dense' (B, H, W), interpolated depth [m] at focal_px:
            0 = none.
        model: Range of the network.
        config: Weights of the losses.
        progress: Share of the training that is done, in [0, 1].

    Returns:
        Scalars: 'loss', the weighted sum, and of what is on 'silog', 'abs_rel', 'log_l1',
        'sky', 'uncertainty', 'auxiliary' and 'gradient' before their weights (silog and auxiliary
        carry silog_weight).
        Which names there are depends on the two configurations alone, never on the batch.
    """
    parts = _parts(output, batch, model, config, progress)
    total = parts['silog']  # carries its weight already
    for name in [name for name in parts if name != 'silog']:
        total = total + getattr(config, f'{name}_weight') * parts[name]
    return {'loss': total, **parts}


def _parts(
    output: NetworkOutput,
    batch: Mapping[str, Tensor],
    model: ModelConfig,
    config: LossConfig,
    progress: float,
) -> dict[str, Tensor]:
    """The losses that are on, by name; only the scale-invariant ones carry silog_weight."""
    target = batch['depth'].unsqueeze(1)  # (B, 1, H, W)
    sky = target > BEYOND_FROM
    if config.clip_to_range:
        target = torch.where(sky, target, target.clamp_max(model.max_depth))
    valid = (target > model.min_depth) & (target <= model.max_depth)
    parts = _measured_parts(output, target, valid, model, config)
    if config.sky_weight > 0:
        pred = _Pixels(sky).of(output.depth)
        everywhere = torch.ones_like(pred, dtype=torch.bool)
        parts['sky'] = sky_loss(pred=pred, sky_mask=everywhere, far_depth=model.range_end)
    if config.gradient_weight > 0:
        dense = batch['dense'].unsqueeze(1)  # (B, 1, H, W)
        known = (dense > model.min_depth) & (dense < model.max_depth)
        known = known & (progress >= config.gradient_start)
        parts['gradient'] = gradient_loss(
            pred=output.depth, target=dense, target_mask=known, valid_mask=valid
        )
    return parts


def _measured_parts(
    output: NetworkOutput, target: Tensor, valid: Tensor, model: ModelConfig, config: LossConfig
) -> dict[str, Tensor]:
    """The losses against measured depth, where there is any: a LiDAR has one pixel in twenty."""
    pixels = _Pixels(valid)
    pred = pixels.of(output.depth)
    measured: dict[str, Any] = {
        'target': pixels.of(target),
        'valid_mask': pixels.of(valid),
        'weights': pixels.of(frame_weights(valid, config.frame_pixels)),
    }
    silog = partial(
        silog_loss, **measured, variance_focus=config.silog_focus, weight=config.silog_weight
    )
    parts = {'silog': silog(pred=pred)}
    if config.abs_rel_weight > 0:
        parts['abs_rel'] = abs_rel_loss(pred=pred, **measured)
    if config.log_l1_weight > 0:
        parts['log_l1'] = log_l1_loss(pred=pred, **measured)
    if config.uncertainty_weight > 0 and model.bin_strategy != 'naive':
        std = pixels.of(output.std)
        parts['uncertainty'] = uncertainty_nll(pred=pred, std=std, **measured)
    if config.auxiliary_weight > 0:
        coarse = model.max_depth * pixels.of(output.relative).float()
        parts['auxiliary'] = silog(pred=coarse.clamp_min(model.min_depth))
    return parts


class _Pixels:
    """The pixels of a mask, the same of every map of its shape, as (number of pixels,)."""

    def __init__(self, mask: Tensor) -> None:
        self._places = mask.flatten().nonzero().squeeze(1)

    def of(self, values: Tensor) -> Tensor:
        return values.flatten().index_select(0, self._places)

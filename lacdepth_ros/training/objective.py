# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What training minimises: depth, its spread, the sky, and stage 1 for itself."""

from __future__ import annotations

from torch import Tensor

from lacdepth_ros.data.sample import BEYOND_RANGE
from lacdepth_ros.losses import far_loss, relative_loss, silog_loss, spread_loss
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.lacdepth import NetworkOutput
from lacdepth_ros.training.config import TrainingConfig

FAR_SHARE = 0.95
"""The sky should come out beyond this share of the network's range."""


def training_loss(
    output: NetworkOutput, target: Tensor, model: ModelConfig, config: TrainingConfig
) -> Tensor:
    """Weigh the losses of a batch.

    Args:
        output: Of the network.
        target: (B, 1, H, W) true depth [m] at focal_px; 0 = none, BEYOND_RANGE = sky.
        model: Range of the network.
        config: Weights of the losses.
    """
    valid = (target > model.min_depth) & (target < model.max_depth)
    loss = silog_loss(pred=output.depth, target=target, valid_mask=valid)
    if config.relative_weight > 0:
        relative = relative_loss(pred=output.depth, target=target, valid_mask=valid)
        loss = loss + config.relative_weight * relative
    if config.far_weight > 0:
        sky = target > 0.1 * BEYOND_RANGE
        far_depth = FAR_SHARE * model.max_depth
        far = far_loss(pred=output.depth, far_mask=sky, far_depth=far_depth)
        loss = loss + config.far_weight * far
    if config.spread_weight > 0 and model.bin_strategy != 'naive':
        spread = spread_loss(pred=output.depth, std=output.std, target=target, valid_mask=valid)
        loss = loss + config.spread_weight * spread
    if config.auxiliary_weight > 0:
        coarse = (model.max_depth * output.relative.float()).clamp_min(model.min_depth)
        auxiliary = silog_loss(pred=coarse, target=target, valid_mask=valid)
        loss = loss + config.auxiliary_weight * auxiliary
    return loss

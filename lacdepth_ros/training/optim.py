# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Optimiser, learning-rate schedule and moving average of the weights."""

from __future__ import annotations

from torch.optim import AdamW
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.training.config import TrainingConfig


def build_optimizer(model: LacDepth, config: TrainingConfig) -> AdamW:
    """AdamW in two groups: the encoder with weight decay, everything else without."""
    encoder = list(model.encoder.parameters())
    ids = {id(p) for p in encoder}
    rest = [p for p in model.parameters() if id(p) not in ids]
    return AdamW(
        [
            {'params': encoder, 'lr': config.encoder_lr, 'weight_decay': config.weight_decay},
            {'params': rest, 'lr': config.decoder_lr, 'weight_decay': 0.0},
        ],
        fused=True,
    )


def learning_rate_share(step: int, config: TrainingConfig) -> float:
    """Share of the peak learning rate at a step: linear warm-up, then polynomial decay."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    done = min(1.0, (step - config.warmup) / max(1, config.iterations - config.warmup))
    return float((1 - config.final_lr_share) * (1 - done) ** config.lr_power) + (
        config.final_lr_share
    )


def build_schedule(optimizer: AdamW, config: TrainingConfig) -> LambdaLR:
    """The schedule of learning_rate_share for every group."""
    return LambdaLR(optimizer, lambda step: learning_rate_share(step, config))


def build_average(model: LacDepth, config: TrainingConfig) -> AveragedModel:
    """Exponential moving average of the weights and the BatchNorm statistics."""
    average = AveragedModel(
        model, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=True
    )
    return average.eval().requires_grad_(False)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Optimiser, learning-rate schedule and moving average of the weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

from torch.optim import Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lacdepth_ros.models.lacdepth import LacDepth

OptimizerKind = Literal['adamw', 'adam']
ScheduleKind = Literal['poly', 'step', 'constant']


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizerConfig:
    """Two groups of weights: the encoder, which starts from ImageNet, and everything else.

    Raises:
        ValueError: A value lies outside its allowed set.
    """

    kind: OptimizerKind = 'adamw'
    """adamw, or adam, whose weight decay is part of the gradient."""
    encoder_lr: float = 2e-4
    """Peak learning rate of the encoder."""
    decoder_lr: float = 6e-4
    """Peak learning rate of everything else."""
    weight_decay: float = 1e-2
    """Weight decay of the encoder's weights."""
    decoder_weight_decay: float = 0.0
    """Weight decay of all other weights."""
    eps: float = 1e-8
    """Term that keeps the step finite where gradients vanish (LapDepth: 1e-3)."""

    def __post_init__(self) -> None:
        _check_choice('kind', self.kind, get_args(OptimizerKind))
        for name in ('encoder_lr', 'decoder_lr', 'eps'):
            if not getattr(self, name) > 0:
                raise ValueError(f'{name}={getattr(self, name)} must be positive')
        for name in ('weight_decay', 'decoder_weight_decay'):
            if not getattr(self, name) >= 0:
                raise ValueError(f'{name}={getattr(self, name)} must not be negative')


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleConfig:
    """Share of the peak learning rates over the steps: linear warm-up, then decay.

    Raises:
        ValueError: A value lies outside its allowed set.
    """

    kind: ScheduleKind = 'poly'
    """poly: (1 - done)^power; step: times step_factor every step_every steps; constant."""
    warmup: int = 200
    """Steps of linear warm-up."""
    final_share: float = 0.01
    """Learning rate that the decay ends at and never falls below, as a share of the peak."""
    power: float = 0.9
    """Power of the polynomial decay."""
    decay_share: float = 1.0
    """Share of the training after which poly has reached final_share (LapDepth: 0.8)."""
    step_every: int = 7000
    """Steps between two reductions of kind step."""
    step_factor: float = 0.9
    """What each of them multiplies the learning rate by."""

    def __post_init__(self) -> None:
        _check_choice('kind', self.kind, get_args(ScheduleKind))
        for name in ('power', 'step_every'):
            if not getattr(self, name) > 0:
                raise ValueError(f'{name}={getattr(self, name)} must be positive')
        if self.warmup < 0:
            raise ValueError(f'warmup={self.warmup} must not be negative')
        if not 0 <= self.final_share < 1:
            raise ValueError(f'final_share={self.final_share} must lie in [0, 1)')
        for name in ('decay_share', 'step_factor'):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f'{name}={getattr(self, name)} must lie in (0, 1]')


def build_optimizer(model: LacDepth, config: OptimizerConfig, *, fused: bool = True) -> Optimizer:
    """Adam or AdamW in two groups: the encoder, and everything else.

    Args:
        model: The network.
        config: Learning rates and weight decay.
        fused: One kernel for all weights. It cannot clip gradients that are scaled for fp16.
    """
    encoder = list(model.encoder.parameters())
    ids = {id(p) for p in encoder}
    rest = [p for p in model.parameters() if id(p) not in ids]
    groups = [
        {'params': encoder, 'lr': config.encoder_lr, 'weight_decay': config.weight_decay},
        {'params': rest, 'lr': config.decoder_lr, 'weight_decay': config.decoder_weight_decay},
    ]
    build = AdamW if config.kind == 'adamw' else Adam
    return build(groups, eps=config.eps, fused=fused)


def learning_rate_share(step: int, config: ScheduleConfig, max_steps: int) -> float:
    """Share of the peak learning rate at a step of a training of max_steps."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    if config.kind == 'constant':
        return 1.0
    if config.kind == 'step':
        return max(config.final_share, config.step_factor ** (step // config.step_every))
    last = config.decay_share * max_steps
    done = min(1.0, (step - config.warmup) / max(1.0, last - config.warmup))
    return float((1 - config.final_share) * (1 - done) ** config.power) + config.final_share


def build_schedule(optimizer: Optimizer, config: ScheduleConfig, max_steps: int) -> LambdaLR:
    """The schedule of learning_rate_share for every group."""
    share = partial(learning_rate_share, config=config, max_steps=max_steps)
    return LambdaLR(optimizer, lambda step: share(step))


def build_average(model: LacDepth, decay: float) -> AveragedModel:
    """Exponential moving average of the weights and the BatchNorm statistics."""
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
    return average.eval().requires_grad_(False)


def _check_choice(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise ValueError(f'{name}={value!r} is not one of {list(allowed)}')

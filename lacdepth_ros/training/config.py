# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""TrainingConfig: everything a training run depends on, read from one YAML file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lacdepth_ros.data.augment import AugmentConfig
from lacdepth_ros.models.config import ModelConfig, preset

PRECISIONS = ('fp32', 'bf16')


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """One training run.

    Raises:
        ValueError: A value lies outside its allowed set.
    """

    preset: str = 'lacdepth-lite'
    """Named model configuration to start from."""
    model: dict[str, Any] = field(default_factory=dict)
    """Fields of ModelConfig to change in it."""
    encoder_weights: str | None = 'imagenet'
    """'imagenet' (torchvision downloads them), a safetensors file, or null for random."""
    checkpoint: str | None = None
    """Start from this checkpoint's weights instead of encoder_weights."""
    train_manifest: str = ''
    """manifest.jsonl of the training frames."""
    val_manifest: str = ''
    """manifest.jsonl of the frames that choose the best checkpoint."""
    val_domain: str | None = None
    """Validate only on frames whose 'domain' tag is this; null for all."""
    group_weights: dict[str, float] = field(default_factory=dict)
    """How often a frame is drawn, by the first part of its id; 1 where not named."""
    synthetic_share: float = 0.0
    """Share of synthetic street scenes among the drawn frames, in [0, 1)."""
    synthetic_scenes: int = 120
    """Different synthetic scenes; each is rendered once and kept."""
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    """Random view drawn of each frame."""
    iterations: int = 10000
    """Optimiser steps in all."""
    batch_size: int = 4
    """Views in a step."""
    encoder_lr: float = 2e-4
    """Peak learning rate of the encoder."""
    decoder_lr: float = 6e-4
    """Peak learning rate of everything else."""
    final_lr_share: float = 0.01
    """Learning rate at the end, as a share of the peak."""
    lr_power: float = 0.9
    """Power of the polynomial decay."""
    warmup: int = 200
    """Steps of linear warm-up."""
    weight_decay: float = 1e-2
    """AdamW's decay of the encoder's weights."""
    clip_norm: float = 1.0
    """Largest gradient norm."""
    auxiliary_weight: float = 0.2
    """Weight of the same loss on stage 1's max_depth * relative."""
    far_weight: float = 0.5
    """Weight of the loss that pushes the sky (of synthetic scenes) beyond range."""
    ema_decay: float = 0.999
    """Decay of the weights' moving average, which is what is validated and saved."""
    precision: str = 'bf16'
    """'fp32', or 'bf16' (autocast; losses and the head stay float32)."""
    device: str = 'cpu'
    """'cpu' or 'cuda'."""
    workers: int = 1
    """Processes that prepare data."""
    validate_every: int = 1000
    """Steps between validations; the state for --resume is saved then too."""
    seed: int = 0
    """Seed of weights, data order and augmentation."""

    def __post_init__(self) -> None:
        if not self.train_manifest or not self.val_manifest:
            raise ValueError(
                'train_manifest and val_manifest must be set: in the YAML file, or with '
                '--set train_manifest=PATH val_manifest=PATH'
            )
        if self.precision not in PRECISIONS:
            raise ValueError(f'precision={self.precision!r} is not one of {list(PRECISIONS)}')
        if not 0 <= self.synthetic_share < 1:
            raise ValueError(f'synthetic_share={self.synthetic_share} must lie in [0, 1)')
        for name in (
            'iterations',
            'batch_size',
            'synthetic_scenes',
            'encoder_lr',
            'decoder_lr',
            'validate_every',
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f'{name}={getattr(self, name)} must be positive')

    def model_config(self) -> ModelConfig:
        """The architecture to train."""
        base = preset(self.preset).to_dict()
        return ModelConfig.from_dict({**base, **self.model})

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as YAML holds them."""
        return dataclasses.asdict(self)


def load_config(path: str | Path, overrides: Mapping[str, Any] | None = None) -> TrainingConfig:
    """Read a recipe and replace some of its values.

    Args:
        path: YAML file.
        overrides: Dotted names to values, such as {'augment.flip': 0.0}.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Not a mapping, an unknown key, or an impossible value.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'training configuration {path} does not exist')
    values = yaml.safe_load(path.read_text()) or {}
    if not isinstance(values, dict):
        raise ValueError(f'{path} must hold "name: value" lines, not {type(values).__name__}')
    for name, value in (overrides or {}).items():
        _set_dotted(values, name, value)
    augment = values.pop('augment', {})
    return _build(
        TrainingConfig, {**values, 'augment': _build(AugmentConfig, augment, 'augment.')}, ''
    )


def _set_dotted(values: dict[str, Any], name: str, value: Any) -> None:
    *parents, last = name.split('.')
    for parent in parents:
        values = values.setdefault(parent, {})
    values[last] = value


def _build(cls: Any, values: Mapping[str, Any], prefix: str) -> Any:
    known = {f.name for f in dataclasses.fields(cls)}
    if unknown := sorted(set(values) - known):
        raise ValueError(
            f'unknown settings {[prefix + name for name in unknown]}; '
            f'the known ones are {sorted(prefix + name for name in known)}'
        )
    return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})

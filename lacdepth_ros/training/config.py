# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""TrainingConfig: everything a training run depends on, read from one YAML file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, get_origin, get_type_hints

import yaml

from lacdepth_ros.data.augment import AugmentConfig
from lacdepth_ros.models.config import ModelConfig, preset

PRECISIONS = ('fp32', 'bf16')
_POSITIVE = (
    'synthetic_scenes',
    'iterations',
    'batch_size',
    'encoder_lr',
    'decoder_lr',
    'lr_power',
    'clip_norm',
    'validate_every',
)
_NOT_NEGATIVE = ('warmup', 'weight_decay', 'auxiliary_weight', 'far_weight', 'workers', 'seed')


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
    renewed: tuple[str, ...] = ()
    """Parts (encoder, fusion, pyramid, bins, distribution, upsampling) that start with random
    weights although a checkpoint is given."""
    frozen: tuple[str, ...] = ()
    """Parts that keep their weights and BatchNorm statistics."""
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
    relative_weight: float = 0.0
    """Weight of the mean relative error beside the paper's loss."""
    far_weight: float = 0.5
    """Weight of the loss that pushes the sky beyond range: that of synthetic scenes, and what is
    surely sky in colour frames of domain 'driving'."""
    spread_weight: float = 0.1
    """Weight of the likelihood that teaches the predicted standard deviation."""
    ema_decay: float = 0.999
    """Decay of the weights' moving average, which is what is validated and saved."""
    precision: str = 'bf16'
    """'fp32', or 'bf16' (autocast; probabilities, bins and losses stay float32)."""
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
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ValueError(f'{name}={getattr(self, name)} must be positive')
        for name in _NOT_NEGATIVE:
            if not getattr(self, name) >= 0:
                raise ValueError(f'{name}={getattr(self, name)} must not be negative')
        for name in ('synthetic_share', 'ema_decay', 'final_lr_share'):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f'{name}={getattr(self, name)} must lie in [0, 1)')
        for group, weight in self.group_weights.items():
            if not isinstance(weight, (int, float)) or not weight >= 0:
                raise ValueError(f'group_weights.{group}={weight!r} must be a number >= 0')

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
        ValueError: No YAML mapping, an unknown key, or an impossible value.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'training configuration {path} does not exist')
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8')) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f'{path} is not YAML: {error}') from error
    if not isinstance(values, dict):
        raise ValueError(f'{path} must hold "name: value" lines, not {type(values).__name__}')
    for name, value in (overrides or {}).items():
        _set_dotted(values, name, value)
    augment = _build(AugmentConfig, values.pop('augment', {}), 'augment.')
    config: TrainingConfig = _build(TrainingConfig, {**values, 'augment': augment}, '')
    return config


def _set_dotted(values: dict[str, Any], name: str, value: Any) -> None:
    *parents, last = name.split('.')
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise ValueError(f'{name} cannot be set: {parent} is {values!r}, not a group')
    values[last] = value


def _build(cls: Any, values: Any, prefix: str) -> Any:
    if not isinstance(values, dict):
        raise ValueError(f'{prefix.rstrip(".")}={values!r} must be "name: value" lines')
    known = {f.name for f in dataclasses.fields(cls)}
    if unknown := sorted(set(values) - known):
        raise ValueError(
            f'unknown settings {[prefix + name for name in unknown]}; '
            f'the known ones are {sorted(prefix + name for name in known)}'
        )
    kinds = get_type_hints(cls)
    return cls(**{k: _convert(prefix + k, v, kinds[k]) for k, v in values.items()})


def _convert(name: str, value: Any, kind: Any) -> Any:
    """Bring a YAML value to a field's type; YAML reads 2e-4 as text and knows no tuples."""
    if kind is float and isinstance(value, (str, int)) and not isinstance(value, bool):
        with suppress(ValueError):
            return float(value)
    if isinstance(value, list):
        value = tuple(value)
    if isinstance(value, bool) or not isinstance(value, _runtime_type(kind)):
        shown = kind.__name__ if isinstance(kind, type) else kind
        raise ValueError(f'{name}={value!r} must be of type {shown}')
    return value


def _runtime_type(kind: Any) -> Any:
    """What isinstance understands: dict for dict[str, float]; unions as they are."""
    return kind if isinstance(kind, UnionType) else get_origin(kind) or kind

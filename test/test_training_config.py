# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Recipes: what they may hold, what overrides them, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lacdepth_ros.models.config import preset
from lacdepth_ros.training.config import TrainingConfig, load_config

DATA = {'train_manifest': 'train.jsonl', 'val_manifest': 'val.jsonl'}
SHIPPED = sorted((Path(__file__).parents[1] / 'config' / 'training').glob('*.yaml'))


def write(folder: Path, text: str) -> Path:
    path = folder / 'recipe.yaml'
    path.write_text(text)
    return path


@pytest.mark.parametrize('path', SHIPPED, ids=lambda path: path.stem)
def test_shipped_recipe_is_complete(path: Path) -> None:
    config = load_config(path, DATA)
    assert config.train_manifest == 'train.jsonl'
    config.model_config()
    with pytest.raises(ValueError, match='--set train_manifest=PATH'):
        load_config(path)


def test_values_are_read_with_their_types(tmp_path: Path) -> None:
    text = 'encoder_lr: 2e-4\niterations: 7\nseed: 3\nencoder_weights: null\nclip_norm: 2\n'
    config = load_config(write(tmp_path, text + 'augment: {crop: [64, 96], flip: 1}\n'), DATA)
    assert config.encoder_lr == 2e-4  # YAML 1.1 reads it as text
    assert (config.iterations, config.seed, config.encoder_weights) == (7, 3, None)
    assert config.clip_norm == 2.0 and isinstance(config.clip_norm, float)
    assert config.augment.crop == (64, 96)
    assert config.augment.gray == 0.3


def test_overrides_reach_into_groups(tmp_path: Path) -> None:
    overrides = {
        **DATA,
        'augment.flip': 0.0,
        'model.widths': [8, 8, 8, 16, 16],
        'group_weights.road': 2,
        'iterations': 5,
    }
    config = load_config(write(tmp_path, 'iterations: 9\naugment: {blur: 0.0}\n'), overrides)
    assert config.iterations == 5
    assert (config.augment.flip, config.augment.blur) == (0.0, 0.0)
    assert config.group_weights == {'road': 2}
    assert config.model_config() == preset('lacdepth-lite', widths=(8, 8, 8, 16, 16))


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('learning_rate: 1.0\n', r"unknown settings \['learning_rate'\].*encoder_lr"),
        ('augment: {rotate: 5}\n', r"unknown settings \['augment.rotate'\].*augment.flip"),
        ('- preset\n', 'must hold'),
        ('preset: [\n', 'is not YAML'),
        ('augment: 5\n', 'augment=5'),
        ('augment: null\n', 'augment=None'),
        ('augment: {crop: 224}\n', 'augment.crop=224'),
        ('augment: {flip: 2}\n', 'flip=2'),
        ('group_weights: 3\n', 'group_weights=3'),
        ('group_weights: {road: -1}\n', 'group_weights.road=-1'),
        ('group_weights: {road: often}\n', "group_weights.road='often'"),
        ('iterations: many\n', "iterations='many' must be of type int"),
        ('iterations: 1.5\n', 'iterations=1.5'),
        ('iterations: true\n', 'iterations=True'),
        ('iterations: 0\n', 'iterations=0'),
        ('encoder_lr: fast\n', "encoder_lr='fast' must be of type float"),
        ('encoder_lr: .nan\n', 'encoder_lr=nan'),
        ('synthetic_share: 1.0\n', 'synthetic_share=1.0'),
        ('ema_decay: 1.0\n', 'ema_decay=1.0'),
        ('workers: -1\n', 'workers=-1'),
        ('precision: fp8\n', r"'fp8' is not one of \['fp32', 'bf16'\]"),
        ('encoder_weights: 5\n', 'encoder_weights=5'),
    ],
)
def test_wrong_recipe_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_config(write(tmp_path, text), DATA)


def test_override_of_no_group_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"preset\.name cannot be set: preset is 'lacdepth-lite'"):
        load_config(write(tmp_path, 'preset: lacdepth-lite\n'), {**DATA, 'preset.name': 1})


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'preset': 'lacdepth-huge'}, 'lacdepth-huge'),
        ({'model': {'depth': 50}}, r"\['depth'\]"),
        ({'model': {'fusion': 'sum'}}, "fusion='sum'"),
    ],
)
def test_impossible_model_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**DATA, **values).model_config()


def test_missing_recipe(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'none\.yaml'):
        load_config(tmp_path / 'none.yaml')


def test_round_trip(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, 'seed: 5\naugment: {crop: [64, 96]}\n'), DATA)
    plain = config.to_dict()
    plain['augment'] = {
        k: list(v) if isinstance(v, tuple) else v for k, v in plain['augment'].items()
    }
    assert load_config(write(tmp_path, yaml.safe_dump(plain))) == config

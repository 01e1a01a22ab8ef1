# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ModelConfig refuses what no network can be built from, and survives JSON."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from tiny_networks import tiny_config

from lacdepth_ros.models.backbone import ENCODERS
from lacdepth_ros.models.config import CHOICES, PRESETS, ModelConfig, preset


def test_every_encoder_can_be_named() -> None:
    assert set(CHOICES['encoder']) == set(ENCODERS)


@pytest.mark.parametrize('field', sorted(CHOICES))
def test_value_outside_its_set_is_named_with_the_set(field: str) -> None:
    for value in ('wrong', 5, None):
        with pytest.raises(ValueError) as caught:
            ModelConfig(**{field: value})
        assert f'{field}={value!r}' in str(caught.value)
        for allowed in CHOICES[field]:
            assert repr(allowed) in str(caught.value)


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('levels', True),
        ('levels', 4.0),
        ('head_stride', '4'),
        ('num_bins', 0),
        ('num_bins', 10**50),
        ('embedding', 1025),
        ('attractors', (257, 8, 4, 1)),
        ('widths', (16, 32, 64, 128, 4097)),
        ('max_depth', 10**50),
        ('focal_px', 1e30),
        ('attractor_alpha', 1e38),
        ('name', 'a' * 101),
        ('num_bins', 64.0),
        ('num_bins', True),
        ('embedding', -1),
        ('embedding', None),
        ('attractor_gamma', 0),
        ('attractor_gamma', 1.5),
        ('attractor_alpha', 0.0),
        ('attractor_alpha', math.nan),
        ('focal_px', -535.0),
        ('focal_px', math.inf),
        ('focal_px', '535'),
        ('min_depth', 0.0),
        ('min_depth', 100.0),
        ('max_depth', math.nan),
        ('max_depth', math.inf),
        ('max_depth', 1e-4),
        ('min_temperature', 0.0),
        ('max_temperature', 0.01),
        ('max_temperature', math.nan),
        ('widths', (16, 32, 64, 128)),
        ('widths', (4, 32, 64, 128, 192)),
        ('widths', (16.0, 32, 64, 128, 192)),
        ('widths', 64),
        ('attractors', (16, 8)),
        ('attractors', (16, 0, 4)),
        ('attractors', (16, 8, 1.5)),
        ('attractors', 16),
        ('name', 5),
    ],
)
def test_impossible_value_is_named(field: str, value: Any) -> None:
    with pytest.raises(ValueError) as caught:
        ModelConfig(**{field: value})
    assert field in str(caught.value)
    assert str(value) in str(caught.value)


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'pyramid_stride': 4, 'head_stride': 2}, 'must not exceed'),
        ({'levels': 0}, "set fusion='none'"),
        ({'bin_strategy': 'splitter', 'num_bins': 60}, 'divisible by 8'),
        ({'head_stride': 2, 'pyramid_stride': 2, 'attractors': (16, 8, 4)}, '4 scales'),
        ({'bin_type': 'softplus'}, "attractor_kind='inv'"),
    ],
)
def test_impossible_combination_is_explained(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ModelConfig(**values)


@pytest.mark.parametrize('config', [*PRESETS.values(), tiny_config(attractor_alpha=7.5)])
def test_json_round_trip(config: ModelConfig) -> None:
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_unknown_setting_is_rejected() -> None:
    with pytest.raises(ValueError, match=r"\['alpha'\].*attractor_alpha"):
        ModelConfig.from_dict({'alpha': 300})


def test_preset_by_name() -> None:
    assert preset('lacdepth-lite', max_depth=50.0).max_depth == 50.0
    with pytest.raises(ValueError, match=r"'lacdepth-huge'.*lacdepth-lite.*lacdepth-r101"):
        preset('lacdepth-huge')


def test_defaults_are_the_shipped_network() -> None:
    """Checkpoints of lacdepth-lite exist: a changed default would orphan them."""
    assert PRESETS['lacdepth-lite'].to_dict() == {
        'name': 'lacdepth-lite',
        'encoder': 'efficientnet_lite0',
        'widths': (16, 32, 64, 128, 192),
        'rays': 'none',
        'lateral': 'reduce',
        'levels': 4,
        'fusion': 'dense',
        'pyramid_stride': 4,
        'head_stride': 4,
        'upsampling': 'guided',
        'bin_strategy': 'attractor',
        'bin_type': 'normed',
        'num_bins': 64,
        'attractors': (16, 8, 4, 1),
        'attractor_kind': 'exp',
        'attractor_alpha': 300.0,
        'attractor_gamma': 2,
        'attractor_aggregation': 'mean',
        'embedding': 64,
        'distribution': 'logbinomial',
        'coefficients': 'exact',
        'min_temperature': 0.0212,
        'max_temperature': 50.0,
        'min_depth': 1e-3,
        'max_depth': 100.0,
        'focal_px': 535.0,
        'camera_height_m': 1.65,
    }


@pytest.mark.parametrize(
    ('field', 'value'), [('max_depth', 10**400), ('num_bins', 10**400), ('name', 'two\n' * 9999)]
)
def test_hostile_values_are_cut_in_the_message(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f'{field}=') as caught:
        ModelConfig(**{field: value})
    assert len(str(caught.value)) < 300 and str(caught.value).isprintable()

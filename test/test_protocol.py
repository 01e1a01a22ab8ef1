# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The evaluation protocol: published crop windows, caps and its way into JSON and back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lacdepth_ros.evaluation.protocol import EvaluationProtocol


def test_default_is_kittis() -> None:
    assert EvaluationProtocol().to_dict() == {
        'min_depth_eval': 1e-3,
        'max_depth_eval': 80.0,
        'crop': 'garg',
        'flip_average': True,
        'averaging': 'image',
        'benchmark_crop': False,
        'median_scaling': False,
    }


@pytest.mark.parametrize(
    ('crop', 'size', 'rows', 'columns'),
    [
        ('garg', (375, 1242), (153, 371), (44, 1197)),
        ('garg', (352, 1216), (143, 349), (43, 1172)),
        ('eigen', (375, 1242), (124, 342), (44, 1197)),
        ('eigen', (480, 640), (45, 471), (41, 601)),
        ('none', (375, 1242), (0, 375), (0, 1242)),
    ],
)
def test_crop_window(
    crop: str, size: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    protocol = EvaluationProtocol(crop=crop)  # type: ignore[arg-type]
    assert protocol.crop_window(*size) == (slice(*rows), slice(*columns))


def test_mask_is_crop_and_open_depth_range() -> None:
    target = np.full((375, 1242), 20.0, np.float32)
    target[200, 100:106] = [0.0, 1e-3, 80.0, 90.0, np.nan, np.inf]
    expected = np.zeros(target.shape, np.bool_)
    expected[153:371, 44:1197] = True
    expected[200, 100:106] = False
    np.testing.assert_array_equal(EvaluationProtocol().valid_mask(target), expected)


def test_clamp_keeps_nan() -> None:
    clamped = EvaluationProtocol(max_depth_eval=10).clamp(np.array([0.0, 5.0, 11.0, np.nan]))
    np.testing.assert_array_equal(clamped, [1e-3, 5.0, 10.0, np.nan])


def test_json_round_trip() -> None:
    protocol = EvaluationProtocol(0.5, 10.0, 'eigen', False)
    assert EvaluationProtocol(**json.loads(json.dumps(protocol.to_dict()))) == protocol


@pytest.mark.parametrize(
    'changes',
    [
        {'min_depth_eval': 0.0},
        {'max_depth_eval': 1e-4},
        {'max_depth_eval': float('inf')},
        {'max_depth_eval': float('nan')},
        {'crop': 'gargs'},
        {'averaging': 'group'},
    ],
)
def test_impossible_rules_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r'must satisfy|is not one of'):
        EvaluationProtocol(**changes)  # type: ignore[arg-type]

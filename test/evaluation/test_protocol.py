# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The evaluation protocol: published crop windows, caps and its way into JSON and back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lacdepth_ros.data.transforms.geometric import kitti_benchmark_window
from lacdepth_ros.evaluation.protocol import PROTOCOLS, EvaluationProtocol


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
        ('nyu', (480, 640), (45, 471), (41, 601)),
        # The same share of NYU frames of another size, by hand: 20.5 and 300.5 are truncated.
        ('nyu', (240, 320), (22, 235), (20, 300)),
        ('nyu', (1440, 1920), (135, 1413), (123, 1803)),
        ('none', (375, 1242), (0, 375), (0, 1242)),
    ],
)
def test_crop_window(
    crop: str, size: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    protocol = EvaluationProtocol(crop=crop)  # type: ignore[arg-type]
    assert protocol.crop_window(*size) == (slice(*rows), slice(*columns))


@pytest.mark.parametrize(
    ('crop', 'size', 'rows', 'columns'),
    [
        # Of 375x1242 the benchmark crop is rows 23:375, columns 13:1229. Garg's fractions of
        # 352x1216 are rows 143:349, columns 43:1172; by hand 23 + 143 = 166, 13 + 43 = 56, ...
        ('garg', (375, 1242), (166, 372), (56, 1185)),
        ('garg', (370, 1226), (161, 367), (48, 1177)),
        ('garg', (352, 1216), (143, 349), (43, 1172)),
        # Eigen's: int(.3324324 * 352) = 117, int(.91351351 * 352) = 321.
        ('eigen', (375, 1242), (140, 344), (56, 1185)),
        ('none', (375, 1242), (23, 375), (13, 1229)),
    ],
)
def test_crop_of_the_benchmark_crop(
    crop: str, size: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    protocol = EvaluationProtocol(crop=crop, benchmark_crop=True)  # type: ignore[arg-type]
    assert protocol.crop_window(*size) == (slice(*rows), slice(*columns))
    mask = np.zeros(size, np.bool_)
    mask[slice(*rows), slice(*columns)] = True
    np.testing.assert_array_equal(protocol.valid_mask(np.full(size, 20.0)), mask)


def test_the_double_crop_drops_the_far_edge() -> None:
    # The trap: papers that crop the crop leave 13 rows at the top of Garg's window out.
    ground_truth = np.full((375, 1242), 20.0, np.float32)
    full, double = (
        PROTOCOLS[name].valid_mask(ground_truth) for name in ('kitti', 'kitti-benchmark-crop')
    )
    assert full[153:166].any()
    assert not double[153:166].any()
    assert np.flatnonzero(double.any(axis=1))[[0, -1]].tolist() == [166, 371]
    assert np.flatnonzero(double.any(axis=0))[[0, -1]].tolist() == [56, 1184]
    assert np.flatnonzero(full.any(axis=1))[[0, -1]].tolist() == [153, 370]


def test_benchmark_crop_needs_room() -> None:
    assert kitti_benchmark_window(352, 1216) == (slice(0, 352), slice(0, 1216))
    with pytest.raises(ValueError, match='640x480, smaller than the 1216x352'):
        EvaluationProtocol(benchmark_crop=True).valid_mask(np.zeros((480, 640)))


def test_eigen_crop_of_kitti_is_not_taken_for_that_of_nyu() -> None:
    with pytest.raises(ValueError, match=r"that of NYU, .* is crop 'nyu'"):
        EvaluationProtocol(crop='eigen').crop_window(480, 640)


def test_named_protocols_are_those_of_the_papers() -> None:
    assert PROTOCOLS['kitti'] == EvaluationProtocol()
    assert PROTOCOLS['nyu'] == EvaluationProtocol(1e-3, 10.0, 'nyu')
    assert PROTOCOLS['nyu'].crop_window(480, 640) == (slice(45, 471), slice(41, 601))
    assert PROTOCOLS['kitti-median-scaled'].median_scaling
    texts = [protocol.describe() for protocol in PROTOCOLS.values()]
    assert len(set(texts)) == len(PROTOCOLS)
    assert texts[1] == (
        "garg crop of KITTI's benchmark crop, 0.001 to 80 m, flip average, mean over images, "
        'no scaling'
    )


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
    protocol = EvaluationProtocol(0.5, 10.0, 'eigen', False, 'pixel', True, True)
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

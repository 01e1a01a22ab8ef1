# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The parity gate: its figures against NumPy's, what it lets pass and what not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lacdepth_ros.models.engines.parity import Parity, compare, street_input
from lacdepth_ros.models.engines.street import stored_street

SHAPE = (40, 50)


def maps(depth: float = 10.0) -> np.ndarray:
    """Depth and std (2, H, W); std is a tenth of depth."""
    return np.stack([np.full(SHAPE, depth), np.full(SHAPE, depth / 10)]).astype(np.float32)


def test_figures_of_known_deviations() -> None:
    reference, candidate = maps(), maps()
    candidate[0, :30] *= 1.02  # three quarters of the pixels
    candidate[1, 0, 0] += 4.0  # one pixel's std, by 40 % of its depth: rounding
    assert compare(candidate, reference, maps()[0]).largest == pytest.approx(0.02, rel=1e-3)
    candidate[1, 0, 1] += 4.0  # one in a thousand: more than that
    parity = compare(candidate, reference, np.full(SHAPE, 20, np.float32))
    assert parity.median == pytest.approx(0.02, rel=1e-3)
    assert parity.p99 == pytest.approx(0.02, rel=1e-3)
    assert parity.largest == pytest.approx(0.4, rel=1e-3)
    assert parity.reference_abs_rel == pytest.approx(0.0, abs=1e-6)
    assert parity.abs_rel == pytest.approx(0.75 * 0.02, rel=1e-3)


def test_pixels_without_ground_truth_do_not_count_in_abs_rel() -> None:
    ground_truth = np.full(SHAPE, 10, np.float32)
    ground_truth[0] = 0
    candidate = maps()
    candidate[0, 0] = 1000
    assert compare(candidate, maps(), ground_truth).abs_rel == pytest.approx(0.0, abs=1e-6)


def test_networks_without_std_are_compared_by_depth() -> None:
    reference, candidate = maps(), maps()
    reference[1] = candidate[1] = np.nan
    assert compare(candidate, reference, maps()[0]).largest == 0
    candidate[1] = 1.0
    assert compare(candidate, reference, maps()[0]).problem('fp32')


def test_nan_is_refused() -> None:
    candidate = maps()
    candidate[0, 3, 3] = np.nan
    parity = compare(candidate, maps(), maps()[0])
    for precision in ('fp32', 'bf16'):
        assert parity.problem(precision)


GOOD = {'median': 0.004, 'p99': 0.04, 'largest': 0.5, 'abs_rel': 0.1, 'reference_abs_rel': 0.1}


@pytest.mark.parametrize(
    ('changes', 'precision', 'reason'),
    [
        ({}, 'bf16', ''),
        ({}, 'fp32', 'largest 0.5000 exceeds 0.0010'),
        ({'largest': 9e-4}, 'fp32', ''),
        ({'median': 0.011}, 'bf16', 'median 0.0110 exceeds 0.0100'),
        ({'p99': 0.051}, 'fp16', 'p99 0.0510 exceeds 0.0500'),
        ({'abs_rel': 0.1009}, 'bf16', ''),
        ({'abs_rel': 0.1011}, 'bf16', 'abs_rel 0.1011 exceeds 0.1010'),
        ({'abs_rel': 0.1011, 'largest': 0.0}, 'fp32', 'abs_rel 0.1011 exceeds 0.1010'),
    ],
)
def test_bounds(changes: dict[str, float], precision: str, reason: str) -> None:
    assert Parity(**{**GOOD, **changes}).problem(precision).startswith(reason or ' ') == bool(
        reason
    )


def test_stored_street_is_a_driving_scene_with_exact_depth() -> None:
    image, depth = stored_street()
    assert image.shape == (375, 1242, 3) and image.dtype == np.uint8
    assert depth.shape == (375, 1242) and depth.dtype == np.float32
    assert 0.8 < (depth > 0).mean() < 0.95  # the rest is sky, or beyond 80 m
    assert depth[depth > 0].min() > 2 and depth.max() <= 80
    # The road in front of the car: z = f h / (v - cy), with the same height h in every row.
    heights = depth[330:, 620] * (np.arange(330, 375) - 172.854) / 721.5377
    assert 1.2 < heights.mean() < 2.0
    np.testing.assert_allclose(heights, heights.mean(), rtol=0.01)


def test_street_as_input_keeps_image_and_depth_together() -> None:
    tensor, depth = street_input(188, 621, torch.device('cpu'))
    assert tensor.shape == (1, 3, 188, 621) and depth.shape == (188, 621)
    image, full = stored_street()
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    expected = (image[:374, :1242].reshape(187, 2, 621, 2, 3).mean((1, 3)) / 255 - mean) / std
    assert np.abs(tensor[0, :, :187].permute(1, 2, 0).numpy() - expected).mean() < 0.1
    assert np.isin(depth, full).all()

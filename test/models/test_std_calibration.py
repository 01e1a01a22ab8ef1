# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Novelty and gains against numbers worked out by hand and by NumPy, and damaged files."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from std_calibrations import calibration

from lacdepth_ros.models.lacdepth import SILENT, summarize
from lacdepth_ros.models.std_calibration import Ramp, StdCalibration


def test_a_ramp_is_straight_in_logarithms_and_level_beyond() -> None:
    ramp = Ramp((2.0, 8.0, 32.0), (0.0, 1.0, 0.5))
    quantity = torch.tensor([0.1, 2.0, 4.0, 8.0, 16.0, 32.0, 500.0])
    expected = torch.tensor([0.0, 0.0, 0.5, 1.0, 0.75, 0.5, 0.5])
    torch.testing.assert_close(ramp.log_gain(quantity), expected)


def test_novelty_is_the_mahalanobis_distance() -> None:
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(5, 5)))[0].T
    variances = np.array([3.0, 2.0, 0.5, 0.5, 0.5])
    center, scale = rng.normal(size=5), rng.uniform(0.5, 2, 5)
    summary = rng.normal(size=(7, 5))
    place = (summary - center) / scale
    covariance = basis.T @ np.diag(variances) @ basis
    expected = np.einsum('bi,ij,bj->b', place, np.linalg.inv(covariance), place) / 5
    given = {
        'center': torch.tensor(center, dtype=torch.float32),
        'scale': torch.tensor(scale, dtype=torch.float32),
        'directions': torch.tensor(basis[:2], dtype=torch.float32),
        'variances': torch.tensor([3.0, 2.0, 0.5]),
    }
    found = calibration(5, **given).novelty(torch.tensor(summary))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-4)


def test_std_is_the_spread_times_both_gains_in_an_exponential() -> None:
    found = calibration(by_depth=Ramp((1.0, 100.0), (0.0, math.log(4))))
    depth = torch.tensor([1.0, 10.0, 100.0]).view(1, 1, 1, 3)
    spread = torch.full((1, 1, 1, 3), 0.5)
    std = found.apply(depth, spread, torch.tensor([10.0]))
    widened = 0.5 * math.sqrt(10) * torch.tensor([1.0, 2.0, 4.0]) / depth.flatten()
    expected = depth.flatten() * torch.expm1(widened)
    torch.testing.assert_close(std.flatten(), expected, rtol=5e-3, atol=0)
    wide = found.apply(depth, 50 * spread, torch.tensor([1e4]))
    torch.testing.assert_close(wide[..., 0], 9 * depth[..., 0], msg='nine times the depth at most')
    nothing = torch.full_like(depth, torch.nan)
    assert found.apply(depth, nothing, torch.ones(1)).isnan().all()
    assert found.apply(nothing, spread, torch.ones(1)).isnan().all()
    assert found.gain(10.0) == pytest.approx(math.sqrt(10))
    assert found.gain(0.1) == pytest.approx(1)


def test_a_map_gets_the_std_that_a_tensor_gets() -> None:
    found = calibration(by_depth=Ramp((1.0, 8.0, 100.0), (0.0, 0.4, math.log(4))))
    rng = np.random.default_rng(0)
    depth = rng.uniform(0.5, 120, (7, 9)).astype(np.float32)
    spread = (depth * rng.uniform(0.01, 3, depth.shape)).astype(np.float32)
    depth[0, :5] = [np.nan, 0, -2, np.inf, 1e-9]
    spread[1, :2] = [np.nan, 0]
    tensors = (torch.from_numpy(x.copy())[None, None] for x in (depth, spread))
    expected = found.apply(*tensors, torch.tensor([7.0]))[0, 0].numpy()
    np.testing.assert_allclose(found.apply_to_map(depth, spread, 7.0), expected, rtol=1e-5)


def test_a_summary_is_the_variation_of_each_channel() -> None:
    features = torch.randn(2, 4, 6, 9, generator=torch.Generator().manual_seed(0))
    features[:, 3] = 7.0
    expected = np.log(features.numpy().std(axis=(2, 3)) + SILENT)
    np.testing.assert_allclose(summarize(features).numpy(), expected, rtol=1e-4)
    assert summarize(features)[0, 3] == pytest.approx(math.log(SILENT))


def test_comes_back_from_json() -> None:
    ours = calibration()
    theirs = StdCalibration.from_dict(json.loads(json.dumps(ours.to_dict())))
    assert theirs.intervals == ours.intervals and theirs.limit == ours.limit
    summary = torch.tensor([[0.3, -1.0, 2.0]])
    depth = torch.tensor([[[[3.0, 20.0]]]])
    results = [x.apply(depth, 0.1 * depth, x.novelty(summary)) for x in (ours, theirs)]
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ('changes', 'reason'),
    [
        ({'limit': 0}, 'must be above 0'),
        ({'limit': None}, 'damaged'),
        ({'scale': [1.0, 1.0]}, 'a summary of 3 channels'),
        ({'scale': [1.0, 0.0, 1.0]}, 'must be above 0'),
        ({'center': [0.0, math.nan, 0.0]}, 'NaN or infinity'),
        ({'center': 'none'}, 'damaged'),
        ({'directions': [1.0, 0.0, 0.0]}, 'shape'),
        ({'directions': [[1.0, 0.0, 0.0]] * 300}, 'more than 256'),
        ({'by_depth': [[1.0, 1.0], [0.0, 0.0]]}, 'must rise'),
        ({'by_depth': [[1.0, 2.0], [0.0]]}, '2 knots and 1 gains'),
        ({'by_depth': [[1.0, 2.0], [0.0, 1e3]]}, 'must lie within'),
        ({'by_depth': [1.0, 2.0]}, 'damaged'),
        ({'by_novelty': [[1.0, 2.0], [1.0, 0.0]]}, 'must not fall'),
        ({'intervals': {'0.9': 1.0, '0.5': 0.3}}, 'must rise'),
        ({'intervals': {}}, 'must rise'),
        ({'intervals': {'1.5': 1.0}}, 'must rise'),
        ({'intervals': {'half': 1.0}}, 'could not convert'),
        ({'frames': 'many'}, 'invalid literal'),
        ({'more': 1}, "'more'"),
    ],
)
def test_a_damaged_calibration_is_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        StdCalibration.from_dict({**calibration().to_dict(), **changes})

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibration: Gaussians of known coverage, and sparsification against its definition."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from lacdepth_ros.evaluation.calibration import (
    COVERAGE,
    LEVELS,
    calibration_score,
    calibration_summary,
    sparsification_areas,
)

Array = npt.NDArray[np.float64]
PIXELS = 40_000


def gaussian(claimed: float, seed: int = 0) -> tuple[Array, Array, Array]:
    """Predictions wrong by 10 % that claim `claimed` times that."""
    rng = np.random.default_rng(seed)
    pred = rng.uniform(5, 50, PIXELS)
    std = 0.1 * pred
    target = pred + std * rng.normal(size=PIXELS)
    keep = target > 0.1
    return pred[keep], target[keep], claimed * std[keep]


def share_within(level: float, claimed: float) -> float:
    """Share of a Gaussian inside the interval of `level` made `claimed` times too wide."""
    low, high = 0.0, 10.0
    for _ in range(60):  # the half width of the interval, by bisection of the error function
        middle = (low + high) / 2
        low, high = (middle, high) if math.erf(middle / math.sqrt(2)) < level else (low, middle)
    return math.erf(claimed * low / math.sqrt(2))


@pytest.mark.parametrize('claimed', [1.0, 0.5, 2.0])
def test_coverage_of_a_gaussian_is_known(claimed: float) -> None:
    summary = calibration_summary([calibration_score(*gaussian(claimed))], by_pixel=False)
    assert list(summary['coverage']) == ['50', '68', '90', '95']
    for level in COVERAGE:
        found = summary['coverage'][f'{level * 100:.0f}']
        assert found == pytest.approx(share_within(level, claimed), abs=0.01)
    assert summary['relative_std'] == pytest.approx(0.1 * claimed, rel=1e-6)


@pytest.mark.parametrize('claimed', [1.0, 0.5, 2.0])
def test_factor_makes_the_std_right(claimed: float) -> None:
    scores = [calibration_score(*gaussian(claimed, seed)) for seed in range(3)]
    factor = calibration_summary(scores, by_pixel=False)['std_factor']
    assert factor == pytest.approx(1 / claimed, rel=0.01)
    pred, target, std = gaussian(claimed)
    single = calibration_score(pred, target, std)
    corrected = calibration_score(pred, target, single.std_factor * std)
    assert corrected.covered[LEVELS == 0.68][0] == pytest.approx(0.68, abs=1e-3)


def test_reliability_of_a_right_std_is_the_diagonal() -> None:
    summary = calibration_summary([calibration_score(*gaussian(1.0))], by_pixel=False)
    expected = [point['expected'] for point in summary['reliability']]
    observed = [point['observed'] for point in summary['reliability']]
    assert expected == LEVELS.tolist() == sorted(expected)
    np.testing.assert_allclose(observed, expected, atol=0.01)


def test_spread_puts_the_found_error_beside_the_claimed_one() -> None:
    (row,) = calibration_summary([calibration_score(*gaussian(0.5))], by_pixel=False)['spread']
    assert row['std'] == pytest.approx(0.05)
    assert row['error'] == pytest.approx(0.1, rel=0.02)


def test_claimed_certainty_covers_only_what_is_right() -> None:
    pred, target = np.full(4, 10.0), np.array([10.0, 10.0, 10.0, 11.0])
    score = calibration_score(pred, target, np.zeros(4))
    np.testing.assert_array_equal(score.covered, 0.75)
    wrong = calibration_score(pred, target + 1, np.zeros(4))
    assert calibration_summary([wrong], by_pixel=False)['std_factor'] is None


def reference_areas(error: Array, uncertainty: Array) -> tuple[float, float]:
    """AUSE and AURG of a mean error, step by step."""

    def curve(by: Array) -> list[float]:
        ranked = error[np.argsort(by, kind='stable')]
        kept = [error.size - error.size * step // 50 for step in range(50)]
        return [ranked[:count].mean() for count in kept] + [0.0]

    def area(values: list[float]) -> float:
        return sum((a + b) / 100 for a, b in pairwise(values))

    ours, oracle = curve(uncertainty), curve(error)
    return area(ours) - area(oracle), error.mean() - area(ours)


def test_areas_equal_their_definition() -> None:
    rng = np.random.default_rng(1)
    error = rng.exponential(size=997)
    uncertainty = error * rng.uniform(0.2, 2, error.size)
    expected = reference_areas(error, uncertainty)
    assert sparsification_areas(error, uncertainty) == pytest.approx(expected, rel=1e-9)


def test_rmse_curve_is_the_root_of_the_mean_of_squares() -> None:
    error = np.repeat([1.0, 3.0], 50)
    # Ranked rightly, the first half of the steps takes the threes away.
    ause, aurg = sparsification_areas(error**2, error, root=True)
    kept_threes = np.arange(50, 0, -2)  # 0, 2, ... 48 % of 100 pixels taken away
    curve = [math.sqrt((50 + 9 * n) / (50 + n)) for n in kept_threes]
    area = (sum(curve) - curve[0] / 2 + 25) / 50
    assert ause == 0.0
    # Ties are kept: as long as a three is left all threes are, and the curve stays level.
    level = math.sqrt(5)
    tied = (25 * level - level / 2 + 25) / 50
    assert aurg == pytest.approx(level - tied)
    assert tied > area


def test_perfect_constant_and_inverse_uncertainty() -> None:
    error = np.random.default_rng(2).exponential(size=5000)
    best, gained = sparsification_areas(error, 3 * error**2)  # the order alone matters
    constant, nothing = sparsification_areas(error, np.ones(error.size))
    worst, lost = sparsification_areas(error, -error)
    assert best == pytest.approx(0.0, abs=1e-12)
    assert 0 == best < constant < worst
    assert gained > 0 > lost
    # A constant ranks nothing: the error stays level until nothing is left, 1 % of the way.
    assert nothing == pytest.approx(error.mean() / 100)


def test_abs_rel_ranks_by_relative_std_and_rmse_by_std() -> None:
    rng = np.random.default_rng(3)
    pred = rng.uniform(2, 80, 2000)
    error = rng.exponential(0.1, 2000) * pred * rng.choice([-1, 1], 2000)
    target = np.maximum(pred + error, 0.5)
    score = calibration_score(pred, target, np.abs(pred - target))
    assert score.ause['rmse'] == pytest.approx(0.0, abs=1e-12)
    relative = calibration_score(pred, target, pred * np.abs(pred - target) / target)
    assert relative.ause['abs_rel'] == pytest.approx(0.0, abs=1e-12)


def test_frames_weigh_the_same_or_by_their_pixels() -> None:
    right = calibration_score(np.full(30, 5.0), np.full(30, 5.0), np.ones(30))
    wrong = calibration_score(np.full(10, 5.0), np.full(10, 50.0), np.ones(10))
    by_frame = calibration_summary([right, wrong], by_pixel=False)
    by_pixel = calibration_summary([right, wrong], by_pixel=True)
    assert by_frame['coverage']['90'] == 0.5
    assert by_pixel['coverage']['90'] == 0.75
    assert (by_pixel['frames'], by_pixel['pixels']) == (2, 40)

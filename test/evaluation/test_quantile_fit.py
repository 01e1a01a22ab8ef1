# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Regression of a quantile, beside NumPy's quantiles and plain reweighted least squares."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.evaluation.quantile_fit import RIDGE, SMOOTH, quantile_fit


def reweighted(design: np.ndarray, y: np.ndarray, weight: np.ndarray, share: float) -> np.ndarray:
    """The same by a thousand steps of the method of which each one lowers the loss."""
    count = design.shape[1]
    beta = np.zeros(count)
    for _ in range(1000):
        residual = y - design @ beta
        size = np.maximum(np.abs(residual), SMOOTH)
        pull = weight * np.where(residual > 0, share, 1 - share) / size
        side = np.clip((residual + SMOOTH) / (2 * SMOOTH), 0, 1)
        ridge = RIDGE * (weight / size * (1 - share + (2 * share - 1) * side)).sum() / count
        normal = design.T @ (pull[:, None] * design) + ridge * np.eye(count)
        beta = np.linalg.solve(normal, design.T @ (pull * y))
    return beta


def line(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values whose scatter grows along x; every third weighs three times as much."""
    x = rng.uniform(0, 1, count)
    design = np.stack([1 - x, x], axis=1)
    y = 2 - 3 * x + rng.laplace(0, 0.2 + 0.5 * x)
    return design, y, np.where(np.arange(count) % 3, 1.0, 3.0)


@pytest.mark.parametrize('share', [0.2, 0.68])
def test_is_what_reweighting_comes_to(share: float) -> None:
    design, y, weight = line(np.random.default_rng(0), 3000)
    expected = reweighted(design, y, weight, share)
    for start in (np.zeros(2), np.array([50.0, -50.0])):
        found = quantile_fit(design, y, weight, share=share, start=start)
        np.testing.assert_allclose(found, expected, atol=1e-6)


def test_what_no_value_tells_goes_to_zero() -> None:
    design, y, weight = line(np.random.default_rng(1), 2000)
    design = np.append(design, np.zeros((2000, 1)), axis=1)
    expected = reweighted(design, y, weight, 0.68)
    found = quantile_fit(design, y, weight, share=0.68, start=np.array([0.0, 0.0, 4.0]))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert abs(found[2]) < 1e-9


def test_constant_is_the_quantile() -> None:
    y = np.random.default_rng(2).normal(5, 2, 20_001)
    found = quantile_fit(np.ones((y.size, 1)), y, np.ones(y.size), share=0.9, start=np.zeros(1))
    assert found[0] == pytest.approx(np.quantile(y, 0.9), rel=0.02)


def test_values_that_are_not_finite_are_refused() -> None:
    with np.errstate(invalid='ignore'), pytest.raises(ArithmeticError, match='no quantile'):
        quantile_fit(
            np.ones((3, 1)), np.array([1, np.nan, 2]), np.ones(3), share=0.5, start=np.ones(1)
        )

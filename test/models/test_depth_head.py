# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Distributions over the bins against NumPy and the binomial law itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from tiny_networks import tiny_config
from torch import nn

from lacdepth_ros.models.depth_head import (
    ConditionalDistribution,
    expected_depth,
    log_binomial_coefficients,
)

Array = npt.NDArray[np.float64]


def softmax(logits: Array, axis: int = 1) -> Array:
    power = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return power / power.sum(axis=axis, keepdims=True)


def softplus(x: Array) -> Array:
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)


def bare_distribution(**changes: Any) -> ConditionalDistribution:
    """A distribution whose input is already what its small network would have put out."""
    distribution = ConditionalDistribution(4, tiny_config(**changes))
    distribution.mlp = nn.Sequential(nn.Identity())
    return distribution


def raw_outputs(channels: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return 3 * torch.randn(2, channels, 3, 5, generator=generator)


def ratios(raw: torch.Tensor) -> tuple[Array, Array]:
    s = softplus(raw.double().numpy()) + 1e-4
    return s[:, 0:1] / (s[:, 0:1] + s[:, 1:2]), s[:, 2:3] / (s[:, 2:3] + s[:, 3:4])


def bin_centers(bins: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return (100 * torch.rand(2, bins, 3, 5, generator=generator)).sort(dim=1).values


@pytest.mark.parametrize('bins', [2, 16, 64, 128])
def test_exact_coefficients_are_those_of_pascal(bins: int) -> None:
    expected = [math.log(math.comb(bins - 1, k)) for k in range(bins)]
    computed = log_binomial_coefficients(bins, 'exact').numpy()
    np.testing.assert_allclose(computed, expected, rtol=1e-6, atol=1e-6)


def test_stirling_coefficients_are_those_of_zoedepth() -> None:
    n, k = 63, np.arange(1, 63)
    expected = n * np.log(n) - k * np.log(k) - (n - k) * np.log(n - k)
    computed = log_binomial_coefficients(64, 'stirling').numpy()
    np.testing.assert_allclose(computed[1:-1], expected, rtol=1e-5)
    np.testing.assert_allclose(computed[[0, -1]], 0, atol=1e-4)


@pytest.mark.parametrize(('p', 'largest_error'), [(0.01, 0.257), (0.3, 0.0039)])
def test_stirling_is_wrong_where_depth_is_near(p: float, largest_error: float) -> None:
    k = np.arange(64)
    law = np.array([math.comb(63, i) * p**i * (1 - p) ** (63 - i) for i in range(64)])
    probabilities = {}
    for variant in ('exact', 'stirling'):
        coefficients = log_binomial_coefficients(64, variant).double().numpy()
        logits = coefficients + k * np.log(p) + (63 - k) * np.log(1 - p)
        probabilities[variant] = softmax(logits, axis=0)
    np.testing.assert_allclose(probabilities['exact'], law, atol=1e-6)
    error = np.abs(probabilities['stirling'] - law).max()
    assert error == pytest.approx(largest_error, rel=0.01)
    if p == 0.01:
        assert probabilities['stirling'][0] == pytest.approx(0.274, abs=5e-4)
        assert probabilities['exact'][0] == pytest.approx(0.531, abs=5e-4)


@pytest.mark.parametrize('coefficients', ['exact', 'stirling'])
def test_log_binomial(coefficients: str) -> None:
    raw = raw_outputs()
    distribution = bare_distribution(coefficients=coefficients)
    computed = distribution(raw, bin_centers()).numpy()
    p, share = ratios(raw)
    k = np.arange(16).reshape(1, -1, 1, 1)
    table = log_binomial_coefficients(16, coefficients).double().numpy().reshape(1, -1, 1, 1)
    logits = table + k * np.log(p) + (15 - k) * np.log(1 - p)
    expected = softmax(logits / (0.0212 + (50.0 - 0.0212) * share))
    np.testing.assert_allclose(computed, expected, atol=2e-5)


@pytest.mark.parametrize('scale', [1.0, 0.25])
def test_gaussian(scale: float) -> None:
    """Eq. 6 in metres; its sigma of .05 to 10 m belongs to a range of 80 m."""
    raw, centers = raw_outputs(), bin_centers()
    distribution = bare_distribution(distribution='gaussian', max_depth=80.0 * scale)
    p, share = ratios(raw)
    mean = 1e-3 + (80.0 * scale - 1e-3) * p
    sigma = scale * (0.05 + 9.95 * share)
    expected = softmax(-((centers.double().numpy() - mean) ** 2) / (2 * sigma**2))
    np.testing.assert_allclose(distribution(raw, centers).numpy(), expected, atol=2e-5)


def test_softmax() -> None:
    raw = raw_outputs(16)
    computed = bare_distribution(distribution='softmax')(raw, bin_centers()).numpy()
    np.testing.assert_allclose(computed, softmax(raw.numpy()), atol=1e-6)


@pytest.mark.parametrize('distribution', ['logbinomial', 'gaussian', 'softmax'])
@pytest.mark.parametrize('extreme', [-200.0, 200.0])
def test_extreme_outputs_stay_a_distribution(distribution: str, extreme: float) -> None:
    """P sums to 1 and its gradient is finite, however sure the network is."""
    raw = torch.zeros(1, 16 if distribution == 'softmax' else 4, 1, 1)
    raw[:, 0] = raw[:, 2] = extreme
    raw.requires_grad_()
    centers = torch.linspace(1, 100, 16).view(1, 16, 1, 1)
    probs = bare_distribution(distribution=distribution)(raw, centers)
    assert float(probs.detach().sum()) == pytest.approx(1, abs=1e-5)
    expected_depth(probs, centers)[0].sum().backward()
    assert raw.grad is not None and bool(torch.isfinite(raw.grad).all())


def test_mean_and_variance_of_the_distribution() -> None:
    centers = bin_centers()
    probs = torch.softmax(raw_outputs(16), dim=1)
    depth, variance = expected_depth(probs, centers)
    for y, x in ((0, 0), (2, 4)):
        weights, values = probs[1, :, y, x].double().numpy(), centers[1, :, y, x].double().numpy()
        mean = np.average(values, weights=weights)
        assert float(depth[1, 0, y, x]) == pytest.approx(mean, rel=1e-5)
        expected = np.average((values - mean) ** 2, weights=weights)
        assert float(variance[1, 0, y, x]) == pytest.approx(expected, rel=1e-4)

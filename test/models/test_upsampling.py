# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Guided upsampling: weighted mixtures of the coarse neighbors, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lacdepth_ros.models.upsampling import BilinearUpsampling, GuidedUpsampling

FOLDED = 12


def make(
    stride: int, height: int = 3, width: int = 4
) -> tuple[GuidedUpsampling, torch.Tensor, torch.Tensor]:
    """A random upsampling in evaluation mode, features and folded residuals."""
    torch.manual_seed(0)
    module = GuidedUpsampling(5, FOLDED, stride, hidden=8).eval()
    torch.nn.init.normal_(module.weights.weight, std=2.0)
    return module, torch.randn(2, 5, height, width), torch.randn(2, FOLDED, height, width)


@pytest.mark.parametrize('stride', [2, 4])
def test_constant_distribution_stays_constant(stride: int) -> None:
    module, features, folded = make(stride)
    constant = torch.full((2, 1, 3, 4), 7.5)
    with torch.no_grad():
        depth, variance = module(constant, 2 * constant, features, folded)
    assert depth.shape == variance.shape == (2, 1, 3 * stride, 4 * stride)
    torch.testing.assert_close(depth, torch.full_like(depth, 7.5))
    torch.testing.assert_close(variance, torch.full_like(variance, 15.0))


@pytest.mark.parametrize('stride', [2, 4])
def test_mean_and_variance_are_those_of_the_mixture_of_nine_neighbors(stride: int) -> None:
    module, features, folded = make(stride)
    coarse = [50 * torch.rand(2, 1, 3, 4), torch.rand(2, 1, 3, 4)]
    guides: list[torch.Tensor] = []
    module.guide.register_forward_hook(lambda _module, _input, output: guides.append(output))
    with torch.no_grad():
        depth, variance = (x.double().numpy() for x in module(*coarse, features, folded))
        raw = module.weights(guides[0]).double().numpy()
    power = np.exp(raw.reshape(2, 9, stride, stride, 3, 4))
    weights = power / power.sum(axis=1, keepdims=True)
    border = ((0, 0), (0, 0), (1, 1), (1, 1))
    padded = [np.pad(x.double().numpy(), border, mode='edge') for x in coarse]
    for y, x in np.ndindex(3 * stride, 4 * stride):
        row, column = y // stride, x // stride
        means, spreads = (p[:, 0, row : row + 3, column : column + 3] for p in padded)
        means, spreads = means.reshape(2, 9), spreads.reshape(2, 9)
        weight = weights[:, :, y % stride, x % stride, row, column]
        mean = (weight * means).sum(axis=1)
        second = (weight * (spreads + means**2)).sum(axis=1)
        np.testing.assert_allclose(depth[:, 0, y, x], mean, rtol=1e-4)
        np.testing.assert_allclose(variance[:, 0, y, x], second - mean**2, rtol=1e-3, atol=1e-3)
        assert (depth[:, 0, y, x] <= means.max(axis=1) * 1.0001).all()
        assert (depth[:, 0, y, x] >= means.min(axis=1) * 0.9999).all()


def test_small_spread_of_a_large_depth_is_not_lost() -> None:
    """Of 80 m a variance of 1e-4 m^2 is less than float32 holds of the second moment."""
    module, features, folded = make(4)
    depth = torch.full((2, 1, 3, 4), 80.0)
    with torch.no_grad():
        _, variance = module(depth, torch.full_like(depth, 1e-4), features, folded)
    torch.testing.assert_close(variance, torch.full_like(variance, 1e-4), rtol=1e-4, atol=0)


@pytest.mark.parametrize('stride', [2, 4])
def test_bilinear_mixes_moments_as_interpolation_in_float64_does(stride: int) -> None:
    torch.manual_seed(0)
    variance = torch.rand(2, 1, 5, 6) * torch.tensor([1e-4, 1.0]).view(2, 1, 1, 1)
    depth = 80 - 0.01 * torch.rand(2, 1, 5, 6)
    depth[1] = 80 * torch.rand(1, 5, 6)
    found = BilinearUpsampling(stride)(depth, variance)
    mean, second = (
        torch.nn.functional.interpolate(x, scale_factor=stride, mode='bilinear')
        for x in (depth.double(), variance.double() + depth.double().square())
    )
    torch.testing.assert_close(found[0].double(), mean, rtol=1e-6, atol=0)
    torch.testing.assert_close(found[1].double(), second - mean.square(), rtol=1e-4, atol=0)


def test_residuals_guide_the_pixels_they_belong_to() -> None:
    module, features, folded = make(4, height=6, width=8)
    depth = torch.rand(2, 1, 6, 8)
    with torch.no_grad():
        before = module(depth, depth, features, folded)[0]
        folded[:, :, 0, 0] += 5  # of the coarse cell (0, 0)
        after = module(depth, depth, features, folded)[0]
    changed = (before != after).any(dim=0)[0].numpy()
    assert changed[:4, :4].any()
    assert not changed[8:].any() and not changed[:, 8:].any()  # beyond the 3x3 guide

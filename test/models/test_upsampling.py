# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Guided upsampling: weighted means of the coarse neighbours, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lacdepth_ros.models.upsampling import GuidedUpsampling


def make(
    stride: int, height: int = 3, width: int = 4
) -> tuple[GuidedUpsampling, torch.Tensor, list[torch.Tensor]]:
    """A random upsampling in evaluation mode, features and the residuals l_1, l_2, l_3."""
    torch.manual_seed(0)
    module = GuidedUpsampling(5, stride, hidden=8).eval()
    torch.nn.init.normal_(module.weights.weight, std=2.0)
    features = torch.randn(2, 5, height, width)
    residuals = [
        torch.randn(2, 3, height * stride // 2**j, width * stride // 2**j) for j in range(3)
    ]
    return module, features, residuals


@pytest.mark.parametrize('stride', [2, 4])
def test_constant_map_stays_constant(stride: int) -> None:
    module, features, residuals = make(stride)
    with torch.no_grad():
        fine = module(torch.full((2, 2, 3, 4), 7.5), features, residuals)
    assert fine.shape == (2, 2, 3 * stride, 4 * stride)
    torch.testing.assert_close(fine, torch.full_like(fine, 7.5))


@pytest.mark.parametrize('stride', [2, 4])
def test_weighted_mean_of_the_nine_neighbors(stride: int) -> None:
    module, features, residuals = make(stride)
    maps = 50 * torch.rand(2, 2, 3, 4)
    guides: list[torch.Tensor] = []
    module.guide.register_forward_hook(lambda _module, _input, output: guides.append(output))
    with torch.no_grad():
        fine = module(maps, features, residuals).numpy()
        raw = module.weights(guides[0]).numpy()
    power = np.exp(raw.reshape(2, 9, stride, stride, 3, 4))
    weights = power / power.sum(axis=1, keepdims=True)
    padded = np.pad(maps.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), mode='edge')
    for y, x in np.ndindex(3 * stride, 4 * stride):
        row, column = y // stride, x // stride
        window = padded[:, :, row : row + 3, column : column + 3].reshape(2, 2, 9)
        weight = weights[:, :, y % stride, x % stride, row, column]
        np.testing.assert_allclose(
            fine[:, :, y, x], (window * weight[:, None]).sum(axis=2), rtol=1e-4
        )
        assert (fine[:, :, y, x] <= window.max(axis=2) * 1.0001).all()
        assert (fine[:, :, y, x] >= window.min(axis=2) * 0.9999).all()


@pytest.mark.parametrize('level', [0, 1])
def test_residuals_guide_the_pixels_they_belong_to(level: int) -> None:
    module, features, residuals = make(4, height=6, width=8)
    maps = torch.rand(2, 1, 6, 8)
    with torch.no_grad():
        before = module(maps, features, residuals)
        residuals[level][:, :, 0, 0] += 5  # of the coarse cell (0, 0)
        after = module(maps, features, residuals)
    changed = (before != after).any(dim=0)[0].numpy()
    assert changed[:4, :4].any()
    assert not changed[8:].any() and not changed[:, 8:].any()  # beyond the 3x3 guide

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Laplacian residuals, pyramid steps and the fusion of levels against NumPy and OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from tiny_networks import random_image, tiny_config

from lacdepth_ros.models.decoder import PyramidStep, ResidualPyramid
from lacdepth_ros.models.inference import fold_batch_norm
from lacdepth_ros.models.laplacian import laplacian_residuals
from lacdepth_ros.models.layers import ConvBlock, JoinBlock, resize_to

Array = npt.NDArray[np.float64]


def resize(x: Array, height: int, width: int) -> Array:
    """Bilinear resampling of (H, W) or (H, W, C) with half-pixel centres, by OpenCV."""
    return cv2.resize(x, (width, height), interpolation=cv2.INTER_LINEAR)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def test_residual_is_what_halving_loses() -> None:
    image = random_image(8, 12)
    pixels = image[0].permute(1, 2, 0).double().numpy()
    for level, residual in enumerate(laplacian_residuals(image, 2)):
        height, width = 8 >> level, 12 >> level
        smaller = pixels.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))
        expected = pixels - resize(smaller, height, width)
        np.testing.assert_allclose(residual[0].permute(1, 2, 0).numpy(), expected, atol=1e-5)
        pixels = smaller


@pytest.mark.parametrize(('height', 'width'), [(64, 96), (37, 50), (1, 1), (3, 130)])
def test_residuals_rebuild_the_image(height: int, width: int) -> None:
    image = random_image(height, width)
    residuals = laplacian_residuals(image, 7)
    for level, residual in enumerate(residuals):
        assert residual.shape[2:] == (-(-height // 2**level), -(-width // 2**level))
    base = image
    for _ in residuals:
        half = [-(-side // 2) for side in base.shape[2:]]
        base = torch.nn.functional.interpolate(base, half, mode='bilinear')
    for residual in reversed(residuals):
        base = residual + resize_to(base, residual)
    torch.testing.assert_close(base, image)


def test_step_predicts_tanh_of_its_head_and_the_residual() -> None:
    """Equation 3: R_k = tanh(head(x_k) + 0.1 mean_c(l_k))."""
    torch.manual_seed(0)
    step = PyramidStep(6, 5, 4, uses_residual=True, predicts=True).eval()
    assert step.head is not None and step.head.bias is not None
    torch.nn.init.zeros_(step.head.weight)
    torch.nn.init.constant_(step.head.bias, 0.3)
    laplacian = random_image(8, 10)
    with torch.no_grad():
        x, residual = step(
            torch.rand(1, 6, 4, 5), torch.rand(1, 5, 8, 10), torch.rand(1, 1, 4, 5), laplacian
        )
    assert x.shape == (1, 4, 8, 10)
    expected = np.tanh(0.3 + 0.1 * laplacian[0].double().numpy().mean(axis=0))
    np.testing.assert_allclose(residual[0, 0].numpy(), expected, atol=1e-6)


def test_step_sees_the_coarser_residual_and_the_image() -> None:
    torch.manual_seed(0)
    step = PyramidStep(6, 0, 4, uses_residual=True, predicts=True).eval()
    x, coarser, laplacian = torch.rand(1, 6, 4, 5), torch.rand(1, 1, 4, 5), random_image(8, 10)
    with torch.no_grad():
        base = step(x, None, coarser, laplacian)[0]
        assert not torch.equal(base, step(x, None, coarser + 1, laplacian)[0])
        assert not torch.equal(base, step(x, None, coarser, laplacian + 1)[0])


@pytest.mark.parametrize('kernel', [1, 3])
@pytest.mark.parametrize('fine_channels', [0, 5])
@pytest.mark.parametrize('folded', [False, True])
def test_join_is_the_block_of_the_enlarged_map_beside_the_fine_one(
    kernel: int, fine_channels: int, folded: bool
) -> None:
    """Convolved before it is enlarged or after: the same, with BatchNorm and after folding."""
    torch.manual_seed(0)
    join = JoinBlock(6 + fine_channels, 4, kernel).eval()
    torch.nn.init.uniform_(join[1].running_mean, -1, 1)
    if folded:
        fold_batch_norm(torch.nn.Sequential(join).eval())
    coarse = torch.randn(2, 6, 4, 5)
    fine = torch.randn(2, fine_channels, 8, 10) if fine_channels else None
    enlarged = torch.nn.functional.interpolate(coarse, (8, 10), mode='bilinear')
    both = enlarged if fine is None else torch.cat([enlarged, fine], dim=1)
    with torch.no_grad():
        joined = join(coarse, fine, torch.Size((8, 10)))
        torch.testing.assert_close(joined, ConvBlock.forward(join, both), rtol=0, atol=1e-5)


def levels_of(pyramid: ResidualPyramid, height: int, width: int) -> list[torch.Tensor]:
    """Random R_k from the base to the finest level."""
    strides = (pyramid.base_stride, *pyramid.strides)
    return [torch.rand(1, 1, height // s, width // s) * 2 - 1 for s in strides]


@pytest.mark.parametrize('levels', [3, 4, 6])
def test_residual_fusion_adds_up_the_levels(levels: int) -> None:
    torch.manual_seed(0)
    pyramid = ResidualPyramid(
        tiny_config(levels=levels, fusion='residual', pyramid_stride=1, head_stride=4)
    )
    maps = levels_of(pyramid, 64, 128)
    depth = maps[0][0, 0].double().numpy()
    for level in maps[1:]:
        depth = level[0, 0].double().numpy() + resize(depth, *level.shape[2:])
    relative = pyramid.fuse_levels(maps)[0, 0].numpy()
    np.testing.assert_allclose(relative, sigmoid(depth), atol=1e-5)


@pytest.mark.parametrize('levels', [3, 4])
def test_dense_fusion_sees_every_coarser_level(levels: int) -> None:
    """Equation 4, with 3x3 kernels reduced to their centre so that NumPy can follow."""
    torch.manual_seed(0)
    pyramid = ResidualPyramid(tiny_config(levels=levels, pyramid_stride=1))
    assert [conv.in_channels for conv in pyramid.fuse] == list(range(2, levels + 2))
    for conv in pyramid.fuse:
        assert conv.kernel_size == (3, 3)
        with torch.no_grad():
            conv.weight[:, :, [0, 0, 0, 1, 1, 2, 2, 2], [0, 1, 2, 0, 2, 0, 1, 2]] = 0
    maps = levels_of(pyramid, 32, 64)
    fused = [maps[0][0, 0].double().numpy()]
    for conv, level in zip(pyramid.fuse, maps[1:], strict=True):
        stack = [level[0, 0].double().numpy(), *(resize(f, *level.shape[2:]) for f in fused)]
        weight = conv.weight[0, :, 1, 1].detach().double().numpy()
        fused.append(np.tensordot(weight, np.stack(stack), axes=1) + float(conv.bias[0]))
    with torch.no_grad():
        relative = pyramid.fuse_levels(maps)[0, 0].numpy()
    np.testing.assert_allclose(relative, sigmoid(fused[-1]), atol=1e-5)


@pytest.mark.parametrize('levels', [0, 4])
def test_without_fusion_a_plain_head_covers_the_whole_range(levels: int) -> None:
    torch.manual_seed(0)
    pyramid = ResidualPyramid(tiny_config(levels=levels, fusion='none')).eval()
    residuals = [random_image(16, 24), random_image(8, 12)]  # at strides 4 and 8
    maps = {
        s: torch.rand(1, w, 64 // s, 96 // s)
        for s, w in zip((4, 8, 16, 32), pyramid.config.widths[1:], strict=True)
    }
    assert pyramid.plain_head is not None and pyramid.plain_head.bias is not None
    for logit in (-8.0, 8.0):
        torch.nn.init.zeros_(pyramid.plain_head.weight)
        torch.nn.init.constant_(pyramid.plain_head.bias, logit)
        with torch.no_grad():
            relative = pyramid(residuals, maps).relative
        torch.testing.assert_close(relative, torch.full((1, 1, 16, 24), float(sigmoid(logit))))
    unused = [name for name, _ in pyramid.named_parameters() if name.startswith('steps.1.head')]
    assert not unused

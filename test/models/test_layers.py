# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A convolution whose BatchNorm is fixed: values and gradients of the two one after the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from lacdepth_ros.models.layers import ConvBlock, JoinBlock, NormedConv


def fixed(block: nn.Module) -> nn.Module:
    """The block in float64 with random statistics, which it keeps."""
    generator = torch.Generator().manual_seed(0)
    for norm in block.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for value in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
                assert value is not None
                value.data.uniform_(0.5, 1.5, generator=generator)
    return block.double().eval()


def rand(*size: int) -> Tensor:
    return torch.rand(size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def one_after_the_other(layers: nn.Sequential, x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x


def grouped() -> NormedConv:
    convolution = nn.Conv2d(6, 6, 5, 2, 2, groups=6, bias=False)
    return NormedConv(convolution, nn.BatchNorm2d(6), nn.ReLU6())


@pytest.mark.parametrize(
    'build',
    [lambda: ConvBlock(6, 4), lambda: ConvBlock(6, 4, dilation=3), grouped],
    ids=['plain', 'dilated', 'grouped'],
)
def test_fixed_norm_goes_into_the_kernel(build: Callable[[], NormedConv]) -> None:
    block, x = fixed(build()), rand(2, 6, 9, 7).requires_grad_()
    assert isinstance(block, NormedConv)
    own, plain = block(x), one_after_the_other(block, x)
    _same_with_gradients(own, plain, [x, *block.parameters()])


@pytest.mark.parametrize('kernel', [1, 3])
@pytest.mark.parametrize('beside', [True, False])
def test_fixed_norm_of_two_joined_maps(kernel: int, beside: bool) -> None:
    coarse = rand(2, 4, 3, 5).requires_grad_()
    fine = rand(2, 3, 6, 10).requires_grad_() if beside else None
    block = fixed(JoinBlock(7 if beside else 4, 5, kernel))
    assert isinstance(block, JoinBlock)
    enlarged = F.interpolate(coarse, (6, 10), mode='bilinear')
    joined = enlarged if fine is None else torch.cat([enlarged, fine], dim=1)
    own, plain = block(coarse, fine, torch.Size((6, 10))), one_after_the_other(block, joined)
    inputs = [coarse, *([] if fine is None else [fine]), *block.parameters()]
    _same_with_gradients(own, plain, inputs)


def test_norm_in_training_takes_the_statistics_of_the_batch() -> None:
    block = ConvBlock(6, 4).double().train()
    before = block[1].running_mean.clone()
    x = block(rand(2, 6, 9, 7))
    assert not torch.equal(block[1].running_mean, before)
    assert float(x.detach().mean()) == pytest.approx(0.4, abs=0.1)  # of a rectified normal


def _same_with_gradients(own: Tensor, plain: Tensor, inputs: list[Tensor]) -> None:
    torch.testing.assert_close(own, plain)
    grad = rand(*own.shape)
    for a, b in zip(
        torch.autograd.grad(own, inputs, grad),
        torch.autograd.grad(plain, inputs, grad),
        strict=True,
    ):
        torch.testing.assert_close(a, b)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fusing convolutions with their activations changes the network's time, not its output."""

from __future__ import annotations

import copy

import pytest
import torch
from tiny_networks import random_image, tiny_network
from torch import Tensor, nn

from lacdepth_ros.models import fusing
from lacdepth_ros.models.fusing import (
    FusedConvolution,
    can_fuse,
    fuse_convolutions,
    prepare_for_inference,
)

CPU = torch.device('cpu')
needs_operation = pytest.mark.skipif(not can_fuse(), reason='this PyTorch has no such operation')


def kinds(model: nn.Module, *wanted: type[nn.Module]) -> list[nn.Module]:
    return [module for module in model.modules() if isinstance(module, wanted)]


def convolved(x: Tensor, weight: Tensor, bias: Tensor, stride: int, dilation: int) -> Tensor:
    """A padded 3x3 convolution of each channel by itself, term by term in float64."""
    x, weight = x.double(), weight.double()
    height, width = x.shape[-2:]
    padded = nn.functional.pad(x, (dilation,) * 4)
    total = bias.double().view(1, -1, 1, 1).expand(len(x), -1, height, width)
    for row in range(3):
        for column in range(3):
            top, left = row * dilation, column * dilation
            window = padded[..., top : top + height, left : left + width]
            total = total + weight[:, 0, row, column].view(1, -1, 1, 1) * window
    return total[..., ::stride, ::stride]


@needs_operation
@pytest.mark.parametrize(
    ('activation', 'low', 'high'),
    [(nn.ReLU(), 0.0, float('inf')), (nn.ReLU6(), 0.0, 6.0), (nn.GELU(), None, None)],
)
@pytest.mark.parametrize(('stride', 'dilation'), [(1, 1), (2, 1), (1, 3)])
def test_operation_convolves_and_clips(activation, low, high, stride, dilation) -> None:
    layer = nn.Conv2d(8, 8, 3, stride, padding=dilation, dilation=dilation, groups=8)
    nn.init.uniform_(layer.weight, -2, 2)
    x = 3 * torch.randn(2, 8, 13, 22, generator=torch.Generator().manual_seed(1))
    expected = convolved(x, layer.weight.detach(), layer.bias.detach(), stride, dilation)
    expected = activation(expected) if low is None else expected.clamp(low, high)
    model = nn.Sequential(layer, nn.Identity(), activation).eval()
    fuse_convolutions(model)
    assert isinstance(model[0], FusedConvolution)
    assert isinstance(model[2], nn.Identity) == (low is not None)
    with torch.inference_mode():
        torch.testing.assert_close(model(x).double(), expected, rtol=1e-5, atol=1e-4)


@needs_operation
@pytest.mark.parametrize('encoder', ['mobilenet_v2', 'efficientnet_lite0', 'regnet_y_800mf'])
def test_prepared_network_computes_the_same(encoder: str) -> None:
    model = tiny_network(encoder=encoder)
    image = random_image(64, 96)
    with torch.inference_mode():
        before = model(image)
        prepared = prepare_for_inference(copy.deepcopy(model), CPU, 'fp32')
        after = prepared(image)
    assert not kinds(prepared, nn.Conv2d)
    assert kinds(model, nn.Conv2d), 'the original was changed'
    for name in ('depth', 'std', 'relative'):
        torch.testing.assert_close(
            getattr(after, name), getattr(before, name), rtol=1e-3, atol=1e-4
        )


@needs_operation
def test_bf16_is_as_far_from_fp32_as_autocast_is() -> None:
    model = tiny_network()
    image = random_image(64, 96)
    with torch.inference_mode():
        exact = model(image).depth
        with torch.autocast('cpu', torch.bfloat16):
            autocast = model(image).depth
            fused = prepare_for_inference(copy.deepcopy(model), CPU, 'bf16')(image).depth
    assert fused.dtype == torch.float32
    limit = 2 * (autocast - exact).abs().mean() + 1e-3
    assert 0 < (fused - exact).abs().mean() < limit


def test_without_the_operation_the_network_stays_as_it_is(monkeypatch) -> None:
    monkeypatch.setattr(fusing.platform, 'machine', lambda: 'riscv64')
    prepared = prepare_for_inference(tiny_network(), CPU, 'fp32')
    assert kinds(prepared, nn.Conv2d) and not kinds(prepared, FusedConvolution)


def test_training_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r'call model\.eval'):
        fuse_convolutions(tiny_network().train())


def test_padding_by_name_is_refused() -> None:
    model = nn.Sequential(nn.Conv2d(3, 3, 3, padding='same')).eval()
    with pytest.raises(ValueError, match="padding 'same' cannot be fused"):
        fuse_convolutions(model)

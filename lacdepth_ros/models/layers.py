# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The small building blocks that the decoder and the head share."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class ConvBlock(nn.Sequential):
    """Convolution, BatchNorm, ReLU: (B, in, H, W) to (B, out, ceil(H/stride), ceil(W/stride))."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, *, dilation: int = 1, stride: int = 1
    ) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(
            nn.Conv2d(
                inputs, outputs, kernel, stride, padding=padding, dilation=dilation, bias=False
            ),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class PointwiseMLP(nn.Sequential):
    """1x1 convolution, ReLU, 1x1 convolution: a small network on every pixel by itself."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, hidden, 1), nn.ReLU(inplace=True), nn.Conv2d(hidden, outputs, 1)
        )


class DenseASPP(nn.Module):
    """Dense atrous pyramid: rates 3, 6, 12, 18, each fed by all maps before it (paper 1.3).

    Args:
        inputs: Channels of the input.
        width: Channels C of the block and of its output; each branch adds C/2.
    """

    RATES = (3, 6, 12, 18)

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        half = width // 2
        self.reduce = ConvBlock(inputs, width, 1)
        self.branches = nn.ModuleList(
            nn.Sequential(
                ConvBlock(width + i * half, half, 1), ConvBlock(half, half, dilation=rate)
            )
            for i, rate in enumerate(self.RATES)
        )
        self.merge = ConvBlock(width + len(self.RATES) * half, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, width, H, W)."""
        maps = [self.reduce(x)]
        for branch in self.branches:
            maps.append(branch(torch.cat(maps, dim=1)))
        return self.merge(torch.cat(maps, dim=1))


def channels_last(x: Tensor) -> Tensor:
    """Lay the channels of a pixel of (B, C, H, W) side by side in memory.

    So oneDNN and cuDNN convolve a map without rearranging it first.
    """
    if x.shape[1] == 1:  # both layouts at once, of which PyTorch assumes the other
        return x.reshape(x.shape[0], *x.shape[2:], 1).permute(0, 3, 1, 2)
    return x.contiguous(memory_format=torch.channels_last)


def join(*maps: Tensor) -> Tensor:
    """Make one map of all channels of maps (B, C_i, H, W), channels last."""
    return torch.cat([channels_last(x) for x in maps], dim=1)


FEW_CHANNELS = 4


def resize_maps(x: Tensor, height: int, width: int) -> Tensor:
    """Bilinear resampling of (B, C, h, w) to height x width (half-pixel centres)."""
    size = (height, width)
    if x.shape[-2:] == size:
        return x
    channels = x.shape[1]
    if 1 < channels <= FEW_CHANNELS:
        # PyTorch resamples planes one by one at twice to eight times the speed of few channels.
        planes = F.interpolate(x.reshape(-1, 1, *x.shape[-2:]), size, mode='bilinear')
        return planes.view(-1, channels, *size)
    return F.interpolate(x, size, mode='bilinear')


def resize_to(x: Tensor, reference: Tensor) -> Tensor:
    """Bilinear resampling of x to the height and width of reference."""
    return resize_maps(x, *reference.shape[-2:])


PIXELS_AT_ONCE = 8192
"""64 float32 maps of so many pixels take 2 MB, which fits the second-level caches of two cores."""


def by_rows(function: Callable[..., Tensor], *maps: Tensor) -> Tensor:
    """Apply a function of single pixels; on the CPU to a few rows at a time, without gradients.

    What it makes on its way then stays in the cache instead of passing through memory.

    Args:
        function: Takes maps (B, C_i, h, w) and returns one (B, C, h, w); a pixel of its result
            depends on that pixel alone.
        maps: What it takes.
    """
    if maps[0].is_cuda or torch.is_grad_enabled():
        return function(*maps)
    rows = max(1, PIXELS_AT_ONCE // maps[0].shape[-1])
    parts = zip(*(x.split(rows, dim=2) for x in maps), strict=True)
    return torch.cat([function(*part) for part in parts], dim=2)

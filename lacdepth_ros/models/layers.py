# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The small building blocks that the decoder and the head share."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn


class NormedConv(nn.Sequential):
    """Convolution, BatchNorm and what follows them.

    Where BatchNorm keeps its statistics it is an affine map of each channel. That goes into the
    kernel, amid a training too, and no further map has to be made and kept for the gradient.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in, H, W) to (B, out, h, w)."""
        convolution, norm, *rest = self
        if not _is_fixed(norm):
            return super().forward(x)
        assert isinstance(convolution, nn.Conv2d)
        x = convolution._conv_forward(x, *kernel_and_bias(convolution, norm))
        for layer in rest:
            x = layer(x)
        return x


def kernel_and_bias(convolution: nn.Conv2d, norm: nn.Module) -> tuple[Tensor, Tensor | None]:
    """Weights of a convolution, those of the norm behind it included where that is fixed."""
    if not _is_fixed(norm):
        return convolution.weight, convolution.bias
    assert isinstance(norm, nn.BatchNorm2d) and convolution.bias is None
    assert norm.running_var is not None and norm.running_mean is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    return convolution.weight * scale.view(-1, 1, 1, 1), norm.bias - norm.running_mean * scale


def _is_fixed(norm: nn.Module) -> bool:
    return isinstance(norm, nn.BatchNorm2d) and not norm.training


class ConvBlock(NormedConv):
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


class JoinBlock(ConvBlock):
    """ConvBlock of a coarse map, enlarged, beside a fine one (or alone)."""

    def forward(  # type: ignore[override]
        self, coarse: Tensor, fine: Tensor | None, size: torch.Size
    ) -> Tensor:
        """Map (B, C, h, w) and (B, D, H, W), or None, to (B, out, H, W); size = (H, W)."""
        convolution, *rest = self
        assert isinstance(convolution, nn.Conv2d)
        if convolution.kernel_size != (1, 1):
            enlarged = resize(coarse, *size)
            return super().forward(enlarged if fine is None else torch.cat([enlarged, fine], 1))
        # Of single pixels the convolution commutes with enlarging, and there are fewer before it.
        kernel, bias = kernel_and_bias(convolution, rest[0])
        count = coarse.shape[1]
        x = resize(F.conv2d(coarse, kernel[:, :count], bias), *size)
        if fine is not None:
            x = x + F.conv2d(fine, kernel[:, count:])
        for layer in rest[1:] if _is_fixed(rest[0]) else rest:
            x = layer(x)
        return x


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
        self.reduce = JoinBlock(inputs, width, 1)
        self.branches = nn.ModuleList(
            nn.Sequential(
                ConvBlock(width + i * half, half, 1), ConvBlock(half, half, dilation=rate)
            )
            for i, rate in enumerate(self.RATES)
        )
        self.merge = ConvBlock(width + len(self.RATES) * half, width)

    def forward(self, coarse: Tensor, fine: Tensor, size: torch.Size) -> Tensor:
        """Map a coarse and a fine map, as JoinBlock takes them, to (B, width, H, W)."""
        maps = [self.reduce(coarse, fine, size)]
        for branch in self.branches:
            maps.append(branch(torch.cat(maps, dim=1)))
        return self.merge(torch.cat(maps, dim=1))


def resize(x: Tensor, height: int, width: int) -> Tensor:
    """Bilinear resampling of (B, C, h, w) to height x width (half-pixel centres)."""
    size = (height, width)
    return x if x.shape[-2:] == size else F.interpolate(x, size, mode='bilinear')


def resize_to(x: Tensor, reference: Tensor) -> Tensor:
    """Bilinear resampling of x to the height and width of reference."""
    return resize(x, *reference.shape[-2:])

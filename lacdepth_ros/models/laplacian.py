# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Laplacian residuals of the image (paper eq. 2), whole and folded into channels.

Bilinear halving and doubling are linear and local. What reads the finest residuals at a coarser
grid, as channels, gets them there by two small convolutions: no map of the image's size is made.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from lacdepth_ros.models.layers import resize, resize_to

COLORS = 3


def laplacian_residuals(image: Tensor, levels: int) -> list[Tensor]:
    """Split an image into band-pass residuals l_j = I_j - up(I_{j+1}) (eq. 2).

    Args:
        image: (B, 3, H, W), normalised.
        levels: Number of residuals.

    Returns:
        l_1 .. l_levels; l_j is (B, 3, ceil(H/2**(j-1)), ceil(W/2**(j-1))).
    """
    residuals = []
    for _ in range(levels):
        smaller = halve(image)
        residuals.append(image - resize_to(smaller, image))
        image = smaller
    return residuals


def halve(image: Tensor) -> Tensor:
    """Bilinear resampling of (B, 3, H, W) to half its size, rounded up."""
    height, width = image.shape[-2:]
    if height % 2 == 0 and width % 2 == 0:
        return shrink(image, 2)  # the same, in less time
    return resize(image, -(-height // 2), -(-width // 2))


def shrink(image: Tensor, factor: int) -> Tensor:
    """Means of blocks of (B, 3, H, W), whose sides are multiples: as halved again and again.

    By a convolution: for pooling OpenVINO's CPU plugin changes the layout of the whole image.
    """
    with _full_precision(image.device.type):
        means = torch.eye(COLORS, device=image.device).view(COLORS, COLORS, 1, 1) / factor**2
        return F.conv2d(image, means.repeat(1, 1, factor, factor), stride=factor)


class FoldedResiduals(nn.Module):
    """The residuals finer than a stride, as channels at that stride.

    For stride 4: pixel_unshuffle(l_1, 4) and pixel_unshuffle(l_2, 2), 60 channels. A convolution
    of the size of its stride collects each block's pixels and their means, level by level; a 3x3
    one of the means, which is up(I_{j+1}) in the block, is taken off them. Both kernels are read
    off the definition by unit impulses.

    Args:
        stride: 2 or 4, of which height and width of the image must be multiples.
    """

    collecting: Tensor
    doubling: Tensor
    flip_x: Tensor
    flip_y: Tensor

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.factors = [stride >> i for i in range(stride.bit_length())]  # 4, 2, 1
        self.channels = sum(COLORS * f**2 for f in self.factors[:-1])
        with torch.device('cpu'):  # constants: the meta device would import PyTorch's compiler
            self._build_kernels()

    def forward(self, image: Tensor) -> Tensor:
        """Map an image (B, 3, H, W) to (B, channels, H / stride, W / stride), l_1 first."""
        with _full_precision(image.device.type):  # small differences of large values
            blocks = F.conv2d(image, self.collecting, stride=self.stride)
            means = blocks[:, COLORS * self.stride**2 :]
            doubled = F.conv2d(self._mirror_borders(means), self.doubling)
            return blocks[:, : self.channels] - doubled

    def _build_kernels(self) -> None:
        pixels = COLORS * self.stride**2
        impulses = torch.eye(pixels).view(pixels, COLORS, self.stride, self.stride)
        self._keep('collecting', torch.cat(self._blocks(impulses), dim=1)[..., 0, 0].T)
        self.collecting = self.collecting.view(-1, COLORS, self.stride, self.stride)
        self._keep('doubling', self._doubling_kernel())
        order = torch.arange(len(self.doubling[0]))
        self._keep('flip_x', self._mirrored(order, -1))
        self._keep('flip_y', self._mirrored(order, -2))

    def _keep(self, name: str, value: Tensor) -> None:
        self.register_buffer(name, value, persistent=False)

    def _blocks(self, image: Tensor) -> list[Tensor]:
        """I_1, I_2, ... as channels at the stride, by the definition."""
        blocks = []
        for factor in self.factors:
            blocks.append(F.pixel_unshuffle(image, factor))
            image = halve(image) if factor > 1 else image
        return blocks

    def _doubling_kernel(self) -> Tensor:
        """Kernel (channels, means, 3, 3) that maps means I_2, I_3, ... to up(I_2), up(I_3), ..."""
        kernel = []
        sizes = [COLORS * f**2 for f in self.factors]
        for level, factor in enumerate(self.factors[1:]):
            count = sizes[level + 1]
            impulses = torch.zeros(count, count, 5, 5)
            impulses[:, :, 2, 2] = torch.eye(count)
            doubled = resize(F.pixel_shuffle(impulses, factor), 10 * factor, 10 * factor)
            response = F.pixel_unshuffle(doubled, 2 * factor)[..., 1:4, 1:4].flip(-2, -1)
            rows = torch.zeros(sizes[level], sum(sizes[1:]), 3, 3)
            start = sum(sizes[1 : level + 1])
            rows[:, start : start + count] = response.transpose(0, 1)
            kernel.append(rows)
        return torch.cat(kernel)

    def _mirrored(self, order: Tensor, dim: int) -> Tensor:
        """Channels of the means in which the pixels of a block stand mirrored along dim."""
        parts = order.split([COLORS * f**2 for f in self.factors[1:]])
        shaped = [
            p.view(COLORS, f, f).flip(dim) for p, f in zip(parts, self.factors[1:], strict=True)
        ]
        return torch.cat([p.flatten() for p in shaped])

    def _mirror_borders(self, means: Tensor) -> Tensor:
        """Add a block on every side in which the pixels stand mirrored.

        So the pixel beside a border equals the border's own, which is how bilinear doubling
        continues an image.
        """
        sides = means.index_select(1, self.flip_x)
        means = torch.cat([sides[..., :1], means, sides[..., -1:]], dim=-1)
        ends = means.index_select(1, self.flip_y)
        return torch.cat([ends[..., :1, :], means, ends[..., -1:, :]], dim=-2)


def _full_precision(device_type: str) -> AbstractContextManager[object]:
    """No autocast on a type of device, of which some ('meta') have none to switch off."""
    if torch.amp.is_autocast_available(device_type):
        return torch.autocast(device_type, enabled=False)
    return nullcontext()

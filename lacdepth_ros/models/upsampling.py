# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the head's stride to every pixel, by mixtures of the distributions around it."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from lacdepth_ros.models.layers import ConvBlock

NEIGHBORS = 9
_PLACES = (-1, 0, 1)
"""Of the neighbors, in each direction."""


class GuidedUpsampling(nn.Module):
    """Each fine pixel becomes a weighted mean of the 3x3 coarse pixels around it.

    The weights (softmax, sum 1) are predicted at the coarse grid from decoder features and the
    finer Laplacian residuals, folded into channels: a pixel at a border takes the depth of its own
    side instead of the blend that bilinear interpolation gives. No depth outside the range of
    the nine neighbours can appear.

    Args:
        inputs: Channels of the decoder features.
        folded: Channels of the folded residuals.
        stride: Upsampling factor.
        hidden: Width of the predictor.
    """

    def __init__(self, inputs: int, folded: int, stride: int, hidden: int = 32) -> None:
        super().__init__()
        self.stride = stride
        self.guide = ConvBlock(inputs + folded, hidden)
        self.weights = nn.Conv2d(hidden, NEIGHBORS * stride**2, 1)

    def forward(
        self, depth: Tensor, variance: Tensor, features: Tensor, folded: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Upsample a distribution's mean and variance (B, 1, h, w) by the stride.

        Args:
            depth: Mean [m].
            variance: [m^2].
            features: Decoder features (B, inputs, h, w).
            folded: The image's finer residuals (B, folded, h, w), see FoldedResiduals.

        Returns:
            Mean and variance (B, 1, h * stride, w * stride) of the weighted mixture.
        """
        seen = torch.cat([features, folded], dim=1).to(next(self.guide.parameters()).dtype)
        powers = self._powers(self._logits(self.guide(seen).float()))
        return mix(depth, variance, powers, self.stride)

    def _logits(self, guide: Tensor) -> list[Tensor]:
        """Nine maps (B, stride^2, h, w), one a neighbor: no map of all has to be taken apart."""
        assert self.weights.bias is not None
        kernels = self.weights.weight.chunk(NEIGHBORS)
        biases = self.weights.bias.chunk(NEIGHBORS)
        return [F.conv2d(guide, k, b) for k, b in zip(kernels, biases, strict=True)]

    @staticmethod
    def _powers(logits: list[Tensor]) -> list[Tensor]:
        """Numerators of a softmax over maps of equal shape, the largest of a pixel being 1.

        What is taken off all logits falls out of the softmax, and so has no gradient.
        """
        largest = functools.reduce(torch.maximum, (x.detach() for x in logits))
        return [torch.exp(x - largest) for x in logits]


class BilinearUpsampling(nn.Module):
    """Each fine pixel becomes the mean of the coarse ones around it by their distance.

    Args:
        stride: Upsampling factor.
    """

    weights: Tensor

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        with torch.device('cpu'):  # constants: the meta device would import PyTorch's compiler
            place = (torch.arange(stride) + 0.5) / stride - 0.5  # of a fine pixel in its cell
            tents = (1 - (place - torch.tensor(_PLACES).view(-1, 1)).abs()).clamp_min(0)
            weights = torch.einsum('iy,jx->ijyx', tents, tents)
        self.register_buffer('weights', weights.reshape(NEIGHBORS, -1, 1, 1), persistent=False)

    def forward(self, depth: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
        """Upsample mean and variance as GuidedUpsampling does."""
        return mix(depth, variance, self.weights.unbind(), self.stride)


def mix(
    depth: Tensor, variance: Tensor, weights: Sequence[Tensor], stride: int
) -> tuple[Tensor, Tensor]:
    """Mean and variance of mixtures of the 3x3 coarse distributions around each fine pixel.

    Args:
        depth: Means (B, 1, h, w) [m].
        variance: (B, 1, h, w) [m^2].
        weights: Of the nine neighbors, row by row; each (B, stride^2, h, w), or (stride^2, 1, 1)
            where they are the same everywhere. Not negative; their sum need not be 1.
        stride: Of the coarse grid.

    Returns:
        Mean and variance (B, 1, h * stride, w * stride).
    """
    total = functools.reduce(torch.add, weights)
    height, width = depth.shape[-2:]
    padded = F.pad(torch.cat([depth, variance], dim=1), (1, 1, 1, 1), mode='replicate')
    first = second = torch.zeros((), device=depth.device)
    for i, weight in enumerate(weights):
        y, x = divmod(i, len(_PLACES))
        mean, spread = padded[:, :, y : y + height, x : x + width].chunk(2, dim=1)
        offset = mean - depth  # small numbers: nothing is lost in the difference below
        first = first + weight * offset
        second = second + weight * (spread + offset.square())
    first, second = first / total, second / total
    fine = depth + first, second - first.square()
    return F.pixel_shuffle(fine[0], stride), F.pixel_shuffle(fine[1], stride)

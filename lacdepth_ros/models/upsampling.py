# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the head's stride to every pixel: borders come back from the Laplacian residuals."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from lacdepth_ros.models.layers import ConvBlock

NEIGHBORS = 9


class GuidedUpsampling(nn.Module):
    """Each fine pixel becomes a weighted mean of the 3x3 coarse pixels around it.

    The weights (softmax, sum 1) are predicted at the coarse grid from decoder features and the
    finer Laplacian residuals, folded into channels: a pixel at a border takes the depth of its own
    side instead of the blend that bilinear interpolation gives. No depth outside the range of
    the nine neighbours can appear.

    Args:
        inputs: Channels of the decoder features.
        stride: Upsampling factor, 2 or 4.
        hidden: Width of the predictor.
    """

    def __init__(self, inputs: int, stride: int, hidden: int = 32) -> None:
        super().__init__()
        self.stride = stride
        folded = sum(3 * 4**i for i in range(1, stride.bit_length()))
        self.guide = ConvBlock(inputs + folded, hidden)
        self.weights = nn.Conv2d(hidden, NEIGHBORS * stride**2, 1)

    def forward(self, maps: Tensor, features: Tensor, residuals: list[Tensor]) -> Tensor:
        """Upsample maps (B, C, h, w) to (B, C, h * stride, w * stride).

        Args:
            maps: What to upsample.
            features: Decoder features (B, inputs, h, w).
            residuals: Laplacian residuals of the image, l_1 (full size) first.
        """
        count = self.stride.bit_length() - 1
        folded = [F.pixel_unshuffle(residuals[i], self.stride >> i) for i in range(count)]
        guide = self.guide(torch.cat([features, *folded], dim=1))
        raw = self.weights(guide).float().unflatten(1, (NEIGHBORS, -1))
        weights = torch.softmax(raw, dim=1)  # (B, 9, stride * stride, h, w)
        height, width = maps.shape[-2:]
        padded = F.pad(maps, (1, 1, 1, 1), mode='replicate')
        total = torch.zeros((), device=maps.device)
        for i in range(NEIGHBORS):
            y, x = divmod(i, 3)
            neighbor = padded[:, :, y : y + height, x : x + width]
            total = total + neighbor.unsqueeze(2) * weights[:, i : i + 1]
        return F.pixel_shuffle(total.flatten(1, 2), self.stride)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the head's stride to every pixel: borders come back from the Laplacian residuals."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from lacdepth_ros.models.layers import ConvBlock, by_rows, join

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
        guide = self.guide(join(features, *folded))
        height, width = maps.shape[-2:]
        padded = F.pad(maps.contiguous(), (1, 1, 1, 1), mode='replicate')
        corners = (divmod(i, 3) for i in range(NEIGHBORS))
        neighbors = [padded[:, :, y : y + height, x : x + width] for y, x in corners]
        return F.pixel_shuffle(by_rows(self._mix, guide, *neighbors), self.stride)

    def _mix(self, guide: Tensor, *neighbors: Tensor) -> Tensor:
        """Weighted means of nine maps (B, C, h, w) for every fine pixel, (B, C * s * s, h, w)."""
        weights = self._weights(guide)
        total = torch.zeros((), device=guide.device)
        for i, neighbor in enumerate(neighbors):
            total = torch.addcmul(total, neighbor.unsqueeze(2), weights[:, i : i + 1])
        return total.flatten(1, 2)

    def _weights(self, guide: Tensor) -> Tensor:
        """Map (B, hidden, h, w) to weights (B, 9, s * s, h, w), float32."""
        # A product of matrices leaves the weights plane by plane in memory, as the sum over
        # neighbours reads them; a convolution would have to be rearranged.
        kernel, bias = self.weights.weight.flatten(1), self.weights.bias
        assert bias is not None
        raw = torch.baddbmm(
            bias.view(1, -1, 1), kernel.expand(len(guide), -1, -1), guide.flatten(2)
        ).float()
        raw = raw.unflatten(2, guide.shape[-2:]).unflatten(1, (NEIGHBORS, -1))
        return torch.softmax(raw, dim=1)

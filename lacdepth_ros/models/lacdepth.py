# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""LacDepth: stage 1 gives relative depth, stage 2 turns it into metres."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from lacdepth_ros.models.attractor import BinModule
from lacdepth_ros.models.backbone import Encoder
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.decoder import DilatedFusion, PyramidOutput, ResidualPyramid
from lacdepth_ros.models.depth_head import ConditionalDistribution, expected_depth
from lacdepth_ros.models.layers import resize_to
from lacdepth_ros.models.upsampling import GuidedUpsampling

PAD_MULTIPLE = 32


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """Maps of the input's size.

    Attributes:
        depth: (B, 1, H, W) float32 metres for a camera of focal length ModelConfig.focal_px.
        std: (B, 1, H, W) float32 metres, spread of the depth distribution; NaN for naive bins.
        relative: (B, 1, H, W) relative depth of stage 1 in (0, 1).
    """

    depth: Tensor
    std: Tensor
    relative: Tensor


class LacDepth(nn.Module):
    """The two-stage network of the paper.

    Args:
        config: Architecture.
        encoder_weights: Start of the encoder, see backbone.Encoder.
    """

    def __init__(self, config: ModelConfig, encoder_weights: str | Path | None = None) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config.encoder, encoder_weights)
        self.fusion = DilatedFusion(self.encoder.channels, config)
        self.pyramid = ResidualPyramid(config)
        if config.bin_strategy == 'naive':
            return
        self.bins = BinModule(config)
        features = config.widths[{2: 0, 4: 1}[config.head_stride]]
        self.distribution = ConditionalDistribution(features + 1 + config.embedding, config)
        if config.upsampling == 'guided':
            self.upsampling = GuidedUpsampling(features, config.head_stride)

    def reduce_precision(self, dtype: torch.dtype) -> None:
        """Convolve in dtype in encoder and decoder, in place; all that becomes metres stays.

        Relative depth, bins, distribution, moments and upsampling weights keep float32: an error
        of a bin is one of metres, and they take little of the time.
        """
        kept = {module for head in self.pyramid.heads() for module in head.modules()}
        for part in (self.encoder, self.fusion, self.pyramid):
            for module in part.modules():
                if module not in kept and not list(module.children()):
                    module.to(dtype)

    def forward(self, image: Tensor) -> NetworkOutput:
        """Map a normalised image (B, 3, H, W) of any size to depth, spread and relative depth."""
        height, width = image.shape[-2:]
        image = pad_to_multiple(image, PAD_MULTIPLE)
        dtype = next(self.encoder.parameters()).dtype
        stage1 = self.pyramid(image, self.fusion(self.encoder(image.to(dtype))))
        relative = resize_to(stage1.relative, image).float()
        if self.config.bin_strategy == 'naive':
            depth = (self.config.max_depth * relative).clamp_min(self.config.min_depth)
            std = torch.full_like(depth, torch.nan)
        else:
            depth, std = self._metric(image, stage1)
        return NetworkOutput(
            *(x[..., :height, :width] for x in (depth, std, relative))  # undo the padding
        )

    def _metric(self, image: Tensor, stage1: PyramidOutput) -> tuple[Tensor, Tensor]:
        """Stage 2: depth and its standard deviation (B, 1, H, W) [m]."""
        maps = {stride: x.float() for stride, x in stage1.features.items()}
        features = maps[self.config.head_stride]
        bins, embedding = self.bins(maps)
        relative = resize_to(stage1.relative, features)
        moments = self._moments(bins, torch.cat([features, relative, embedding], dim=1))
        if self.config.upsampling == 'guided':
            moments = self.upsampling(moments, features, stage1.residuals)
        else:
            moments = resize_to(moments, image)
        depth, second = moments.chunk(2, dim=1)
        return depth, (second - depth.square()).clamp_min(1e-6).sqrt()

    def _moments(self, bins: Tensor, conditions: Tensor) -> Tensor:
        """First two moments of depth, (B, 2, h, w) [m, m^2]: in them mixtures are linear."""
        centers = self.bins.to_meters(bins)
        depth, variance = expected_depth(self.distribution(conditions, centers), centers)
        return torch.cat([depth, variance + depth.square()], dim=1)


def pad_to_multiple(image: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until height and width are multiples (bottom and right)."""
    height, width = image.shape[-2:]
    bottom, right = -height % multiple, -width % multiple
    return F.pad(image, (0, right, 0, bottom), mode='replicate') if bottom or right else image

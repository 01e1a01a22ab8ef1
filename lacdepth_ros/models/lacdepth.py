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
from lacdepth_ros.models.laplacian import FoldedResiduals, laplacian_residuals, shrink
from lacdepth_ros.models.layers import resize_to
from lacdepth_ros.models.quantization import Quantization
from lacdepth_ros.models.std_calibration import StdCalibration
from lacdepth_ros.models.upsampling import BilinearUpsampling, GuidedUpsampling

PAD_MULTIPLE = 32
SUMMARY_STRIDE = 8
"""Of the fused map that is summarized: deep enough to know a scene, fine enough to know blur."""
SILENT = 1e-3
"""Variation of a channel that counts as none."""
METRIC_PARTS = ('bins', 'distribution', 'folding', 'upsampling.weights', 'enlarging')


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """Maps of the input's size.

    Attributes:
        depth: (B, 1, H, W) float32 metres for a camera of focal length ModelConfig.focal_px at
            height ModelConfig.camera_height_m.
        std: (B, 1, H, W) float32 metres, spread of the depth distribution; NaN for naive bins.
        relative: (B, 1, H, W) relative depth of stage 1 in (0, 1).
        summary: (B, C) float32, what the picture is like: see `summarize`.
    """

    depth: Tensor
    std: Tensor
    relative: Tensor
    summary: Tensor


class LacDepth(nn.Module):
    """The two-stage network of the paper.

    Args:
        config: Architecture.
        encoder_weights: Start of the encoder, see backbone.Encoder.
    """

    def __init__(self, config: ModelConfig, encoder_weights: str | Path | None = None) -> None:
        super().__init__()
        self.config = config
        self.calibration: StdCalibration | None = None
        self.quantization: Quantization | None = None
        """Both of these very weights; whoever changes them takes them away."""
        self.encoder = Encoder(config.encoder, encoder_weights)
        self.fusion = DilatedFusion(self.encoder.channels, config)
        self.pyramid = ResidualPyramid(config)
        if config.bin_strategy == 'naive':
            return
        self.bins = BinModule(config)
        features = config.widths[{2: 0, 4: 1}[config.head_stride]]
        self.distribution = ConditionalDistribution(features + 1 + config.embedding, config)
        if config.upsampling == 'guided':
            self.folding = FoldedResiduals(config.head_stride)
            folded = self.folding.channels
            self.upsampling = GuidedUpsampling(features, folded, config.head_stride)
        else:
            self.enlarging = BilinearUpsampling(config.head_stride)

    def exact_parts(self) -> dict[str, nn.Module]:
        """Modules by name that compute in float32 at any precision.

        All that becomes metres (relative depth, bins, distribution, upsampling weights): an error
        of a bin is one of metres. And the encoder's first stage: bf16 holds a normalised image to
        one gray level only, which shifts depth beside borders. All take little of the time.
        """
        exact = [self.encoder.stages[0], *self.pyramid.heads()]
        return {
            name: module
            for name, module in self.named_modules()
            if module in exact or name in METRIC_PARTS
        }

    def reduce_precision(self, dtype: torch.dtype) -> None:
        """Convolve in dtype, in place, except in `exact_parts`."""
        kept = {module for part in self.exact_parts().values() for module in part.modules()}
        for module in self.modules():
            if module not in kept and not list(module.children()):
                module.to(dtype)

    def forward(self, image: Tensor, intrinsics: Tensor | None = None) -> NetworkOutput:
        """Map a normalised image (B, 3, H, W) of any size to depth, spread and relative depth.

        Args:
            image: Normalised RGB.
            intrinsics: (B, 4) float32 fx, fy, cx, cy of these pixels; read by networks with rays.
        """
        height, width = image.shape[-2:]
        image = pad_to_multiple(image, PAD_MULTIPLE)
        maps = self.fusion(self.encoder(image), intrinsics)
        stride = self.config.pyramid_stride
        smaller = shrink(image, stride) if stride > 1 else image
        residuals = laplacian_residuals(smaller, len(self.pyramid.strides))
        stage1 = self.pyramid(residuals, maps)
        relative = resize_to(stage1.relative, image).float()
        if self.config.bin_strategy == 'naive':
            depth = (self.config.max_depth * relative).clamp_min(self.config.min_depth)
            std = torch.full_like(depth, torch.nan)
        else:
            depth, std = self._metric(image, stage1)
        # Undo the padding.
        depth, std, relative = (x[..., :height, :width] for x in (depth, std, relative))
        return NetworkOutput(depth, std, relative, summarize(maps[SUMMARY_STRIDE]))

    def _metric(self, image: Tensor, stage1: PyramidOutput) -> tuple[Tensor, Tensor]:
        """Stage 2: depth and its standard deviation (B, 1, H, W) [m]."""
        maps = {stride: x.float() for stride, x in stage1.features.items()}
        features = maps[self.config.head_stride]
        bins, embedding = self.bins(maps)
        centers = self.bins.to_meters(bins)
        relative = resize_to(stage1.relative, features)
        probs = self.distribution(torch.cat([features, relative, embedding], dim=1), centers)
        depth, variance = expected_depth(probs, centers)
        if self.config.upsampling == 'guided':
            folded = self.folding(image)
            depth, variance = self.upsampling(depth, variance, features, folded)
        else:
            depth, variance = self.enlarging(depth, variance)
        return depth, variance.clamp_min(1e-6).sqrt()


def summarize(features: Tensor) -> Tensor:
    """How much each channel of a map varies over the picture, as a logarithm.

    What the network was not trained for (a room, the night, a blurred or black image) excites
    other channels, and others stay silent.

    Args:
        features: (B, C, h, w).

    Returns:
        (B, C) float32.
    """
    cells = features.float().flatten(2)
    deviation = cells - cells.mean(dim=2, keepdim=True)
    return (deviation.square().mean(dim=2).sqrt() + SILENT).log()


def pad_to_multiple(image: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until height and width are multiples (bottom and right)."""
    height, width = image.shape[-2:]
    bottom, right = -height % multiple, -width % multiple
    return F.pad(image, (0, right, 0, bottom), mode='replicate') if bottom or right else image

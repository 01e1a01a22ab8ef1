# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stage 2, bins: a seed of bin centers and its refinement from coarse to fine (paper eq. 5).

Bin centers are kept normalised, c in [0, 1], where the bin type is 'normed'; 'softplus' keeps
them in metres without bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.layers import PointwiseMLP

EPSILON = 1e-3
LARGEST_EXPONENT = 80.0
"""exp(-80) moves no float32 center; and where exp leaves float32's normal range, from 87 on, CPUs
take 30 times as long for it."""


def centers_from_widths(widths: Tensor) -> Tensor:
    """Mid-points of bins of the given widths (B, N, H, W) that tile [0, sum of widths]."""
    return torch.cumsum(widths, dim=1) - 0.5 * widths


def attract(
    centers: Tensor, attractors: Tensor, alpha: float, gamma: int, kind: str, aggregation: str
) -> Tensor:
    """Pull bin centers towards attractor points.

    With dx = a_k - c_i every attractor contributes delta = dx exp(-alpha |dx|**gamma) ('exp',
    eq. 5) or dx / (1 + alpha |dx|**gamma) ('inv', ZoeDepth); contributions are averaged or summed.

    Args:
        centers: c, (B, N, H, W).
        attractors: a, (B, n, H, W), in the units of c.
        alpha: Strength, > 0.
        gamma: Reach, > 0.
        kind: 'exp' or 'inv'.
        aggregation: 'mean' or 'sum' over the attractors.

    Returns:
        Moved centers, (B, N, H, W). With c and a in [0, 1] and 'mean' they stay in [0, 1].
    """

    def pull(points: Sequence[Tensor]) -> Tensor:
        if len(points) > 1:
            # By halves: of a chain OpenVINO fuses more than the registers of AVX2 or Arm hold.
            middle = len(points) // 2
            return pull(points[:middle]) + pull(points[middle:])
        dx = points[0] - centers
        # Never through a root of |dx|: its gradient is infinite where a center meets a point.
        reach = alpha * (dx.square() if gamma == 2 else dx.abs().pow(gamma))
        return dx * _decay(reach) if kind == 'exp' else dx / (1 + reach)

    share = 1 / attractors.shape[1] if aggregation == 'mean' else 1.0
    return centers + share * pull(attractors.split(1, dim=1))


def _decay(exponent: Tensor) -> Tensor:
    return torch.exp(-exponent.clamp_max(LARGEST_EXPONENT))


class Attraction(torch.autograd.Function):
    """`attract` for training: from centers and attractors its gradient is computed anew.

    Autograd would keep several maps of the bins for each attractor, and read them all again.
    """

    @staticmethod
    def forward(
        ctx: Any,
        centers: Tensor,
        attractors: Tensor,
        alpha: float,
        gamma: int,
        kind: str,
        aggregation: str,
    ) -> Tensor:
        """Move the centers as `attract` does."""
        ctx.save_for_backward(centers, attractors)
        ctx.settings = alpha, gamma, kind, aggregation
        return attract(centers, attractors, alpha, gamma, kind, aggregation)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of the centers (B, N, H, W) and of the attractors (B, n, H, W).

        With r = |dx|**gamma the slope d delta / d dx is (1 - alpha gamma r) exp(-alpha r) ('exp')
        or (1 + (1 - gamma) alpha r) / (1 + alpha r)**2 ('inv'); dx = a_k - c_i.
        """
        centers, attractors = ctx.saved_tensors
        alpha, gamma, kind, aggregation = ctx.settings
        share = 1 / attractors.shape[1] if aggregation == 'mean' else 1.0
        shared = share * grad
        slopes = torch.zeros_like(centers)
        pulls = []
        for attractor in attractors.split(1, dim=1):
            dx = attractor - centers
            reach = dx.square_() if gamma == 2 else dx.abs_().pow_(gamma)
            reach.mul_(alpha)
            if kind == 'exp':
                slope = _decay(reach).mul_(reach.mul_(-gamma).add_(1))
            else:
                slope = ((1 - gamma) * reach).add_(1).div_(reach.add_(1).square_())
            slopes += slope
            pulls.append(slope.mul_(shared).sum(dim=1, keepdim=True))
        own = grad - slopes.mul_(shared)
        return own, torch.cat(pulls, dim=1), None, None, None, None


class SeedBins(nn.Module):
    """The first, coarse bins from the features at stride 32."""

    def __init__(self, inputs: int, num_bins: int, bin_type: str) -> None:
        super().__init__()
        self.bin_type = bin_type
        self.mlp = PointwiseMLP(inputs, 256, num_bins)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, h, w) to the bins (B, N, h, w).

        'normed' yields widths that sum to 1, 'softplus' yields centers in metres.
        """
        raw = self.mlp(x).float()
        if self.bin_type == 'softplus':
            return F.softplus(raw)
        widths = F.relu(raw) + EPSILON
        return widths / widths.sum(dim=1, keepdim=True)


class AttractorLayer(nn.Module):
    """Predict n attractor points per pixel and pull the centers towards them."""

    def __init__(self, config: ModelConfig, num_attractors: int) -> None:
        super().__init__()
        self.config = config
        self.normed = config.bin_type == 'normed'
        outputs = (2 if self.normed else 1) * num_attractors
        self.mlp = PointwiseMLP(config.embedding, config.embedding, outputs)

    def forward(self, embedding: Tensor, centers: Tensor) -> Tensor:
        """Map the embedding (B, E, h, w) and coarser centers (B, N, h/2, w/2) to centers."""
        size = embedding.shape[-2:]
        centers = F.interpolate(centers, size, mode='bilinear', align_corners=True)
        raw = self.mlp(embedding).float()
        if self.normed:
            near, far = (F.relu(raw) + EPSILON).chunk(2, dim=1)
            points = near / (near + far)  # the ratio that ZoeDepth's released code loses
        else:
            points = F.softplus(raw)
        c = self.config
        settings = c.attractor_alpha, c.attractor_gamma, c.attractor_kind, c.attractor_aggregation
        if torch.is_grad_enabled():
            moved: Tensor = Attraction.apply(centers, points, *settings)
            return moved
        return attract(centers, points, *settings)


class SplitterLayer(nn.Module):
    """Split every bin in two (LocalBins; paper Table 7): (B, N, ...) widths to (B, 2N, ...)."""

    def __init__(self, config: ModelConfig, num_bins: int) -> None:
        super().__init__()
        self.mlp = PointwiseMLP(config.embedding, config.embedding, 2 * num_bins)

    def forward(self, embedding: Tensor, widths: Tensor) -> Tensor:
        """Map the embedding (B, E, h, w) and coarser widths to twice as many widths, sum kept."""
        size = embedding.shape[-2:]
        widths = F.interpolate(widths, size, mode='bilinear', align_corners=True)
        raw = F.relu(self.mlp(embedding).float()) + EPSILON
        shares = raw.unflatten(1, (-1, 2))  # (B, N, 2, h, w)
        shares = shares / shares.sum(dim=2, keepdim=True)
        return (widths.unsqueeze(2) * shares).flatten(1, 2)


class BinModule(nn.Module):
    """Seed bins at stride 32 and their refinement down to the head's stride."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        count = config.num_refinements
        splitter = config.bin_strategy == 'splitter'
        seeds = config.num_bins // 2**count if splitter else config.num_bins
        self.seed = SeedBins(config.widths[4], seeds, 'normed' if splitter else config.bin_type)
        self.seed_projector = PointwiseMLP(config.widths[4], config.embedding, config.embedding)
        widths = config.widths[3::-1][:count]  # strides 16, 8, ...
        self.projectors = nn.ModuleList(
            PointwiseMLP(width, config.embedding, config.embedding) for width in widths
        )
        self.layers = nn.ModuleList(
            SplitterLayer(config, seeds * 2**i)
            if splitter
            else AttractorLayer(config, config.attractors[i])
            for i in range(count)
        )

    def forward(self, features: dict[int, Tensor]) -> tuple[Tensor, Tensor]:
        """Map decoder features by stride to the bins and the last embedding.

        Returns:
            bins: (B, N, h, w), what `to_meters` takes.
            embedding: (B, E, h, w).
        """
        bins = self.seed(features[32])
        embedding = self.seed_projector(features[32])
        if isinstance(self.layers[0], AttractorLayer) and self.config.bin_type == 'normed':
            bins = centers_from_widths(bins)
        for i, (projector, layer) in enumerate(zip(self.projectors, self.layers, strict=True)):
            projected = projector(features[16 >> i])
            size = projected.shape[-2:]
            coarse = F.interpolate(embedding, size, mode='bilinear', align_corners=True)
            embedding = projected + coarse
            bins = layer(embedding, bins)
        return bins, embedding

    def to_meters(self, bins: Tensor) -> Tensor:
        """Map bins (B, N, h, w), pixel by pixel, to bin centers [m].

        They ascend along dim 1 and lie within the depth range. Apart from `forward`, so that the
        caller can do it where it uses them, a few rows at a time.
        """
        low, high = self.config.min_depth, self.config.max_depth
        if self.config.bin_strategy == 'splitter':
            bins = centers_from_widths(bins)
        elif self.config.bin_type == 'softplus':
            return bins.sort(dim=1).values.clamp(low, high)
        elif self.config.attractor_aggregation == 'sum':
            bins = bins.sort(dim=1).values  # a sum of pulls can let bins cross; a mean cannot
        return (low + (high - low) * bins).clamp(low, high)

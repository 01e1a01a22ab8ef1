# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stage 2, depth: a conditional distribution over the bins, its mean and its spread."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lacdepth_ros.models.config import ModelConfig

EPSILON = 1e-4
SHARP = -4.0
"""First bias of the temperature: it starts near 1, the binomial itself. From the middle of its
range the distribution would start almost uniform and stay so, and its spread mean nothing."""
GAUSSIAN_SIGMA_M = (0.05, 10.0)
"""Range of the Gaussian variant's sigma, before it is scaled to max_depth / 80 m."""


def log_binomial_coefficients(num_bins: int, variant: str) -> Tensor:
    """Compute log C(N - 1, k) for k = 0 .. N - 1, float32.

    Args:
        num_bins: N.
        variant: 'exact' (log-gamma in float64), or 'stirling': n ln n - k ln k - (n-k) ln(n-k)
            without the square-root term, as ZoeDepth's code has it.
    """
    n = float(num_bins - 1)
    k = torch.arange(num_bins, dtype=torch.float64)
    if variant == 'exact':
        value = math.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)
    else:
        eps = 1e-7
        value = (
            (n + eps) * math.log(n + eps)
            - (k + eps) * torch.log(k + eps)
            - (n - k + eps) * torch.log(n - k + eps)
        )
    return value.float()


class ConditionalDistribution(nn.Module):
    """Probabilities over the bins from features, relative depth and bin embedding.

    'logbinomial': P = softmax(y / t), y_k = log C(N-1, k) + k log p + (N-1-k) log(1-p).
    'gaussian': P = softmax(-(c_k - q)**2 / (2 sigma**2)), q in metres (eq. 6 as printed).
    'softmax': free logits.
    """

    coefficients: Tensor
    order: Tensor

    def __init__(self, inputs: int, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        hidden = max(inputs // 2, 8)
        free = config.distribution == 'softmax'
        self.mlp = nn.Sequential(
            nn.Conv2d(inputs, hidden, 1),
            nn.GELU(),
            nn.Conv2d(hidden, config.num_bins if free else 4, 1),
        )
        if config.distribution == 'logbinomial':
            last = self.mlp[-1]
            assert isinstance(last, nn.Conv2d) and last.bias is not None
            nn.init.constant_(last.bias[2:3], SHARP)
        with torch.device('cpu'):  # constants: the meta device would import PyTorch's compiler
            coefficients = log_binomial_coefficients(config.num_bins, config.coefficients)
            order = torch.arange(config.num_bins, dtype=torch.float32).view(1, -1, 1, 1)
        self.register_buffer('coefficients', coefficients.view(1, -1, 1, 1), persistent=False)
        self.register_buffer('order', order, persistent=False)

    def forward(self, x: Tensor, centers: Tensor) -> Tensor:
        """Map (B, inputs, h, w) and centers (B, N, h, w) [m] to probabilities (B, N, h, w)."""
        raw = self.mlp(x).float()
        if self.config.distribution == 'softmax':
            return torch.softmax(raw, dim=1)
        positive = nn.functional.softplus(raw) + EPSILON
        p = positive[:, 0:1] / (positive[:, 0:1] + positive[:, 1:2])
        share = positive[:, 2:3] / (positive[:, 2:3] + positive[:, 3:4])
        if self.config.distribution == 'gaussian':
            return self._gaussian(p, share, centers)
        low, high = self.config.min_temperature, self.config.max_temperature
        p = p.clamp(EPSILON, 1 - EPSILON)
        # (N-1) log(1-p) is the same for every k and falls out of the softmax.
        sharpness = 1 / (low + (high - low) * share)
        slope = sharpness * (torch.log(p) - torch.log1p(-p))
        # Linear in maps of one channel: nothing of N channels is kept for the gradient.
        logits = torch.addcmul(self.coefficients * sharpness, self.order, slope)
        return torch.softmax(logits, dim=1)

    def _gaussian(self, p: Tensor, share: Tensor, centers: Tensor) -> Tensor:
        depth_range = self.config.max_depth - self.config.min_depth
        mean = self.config.min_depth + depth_range * p
        low, high = (s * self.config.max_depth / 80.0 for s in GAUSSIAN_SIGMA_M)
        sigma = low + (high - low) * share
        return torch.softmax(-0.5 * ((centers - mean) / sigma).square(), dim=1)


def expected_depth(probs: Tensor, centers: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and variance of a distribution over bins (eq. 1).

    Args:
        probs: (B, N, h, w), sum 1 along dim 1.
        centers: (B, N, h, w) [m].

    Returns:
        depth (B, 1, h, w) [m] and variance (B, 1, h, w) [m^2].
    """
    depth = (probs * centers).sum(dim=1, keepdim=True)
    # Of the mean the variance does not depend: its derivative is -2 sum of P (c - mean) = 0.
    offset = centers - depth.detach()
    variance = (probs * offset.square()).sum(dim=1, keepdim=True)
    return depth, variance

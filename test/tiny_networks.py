# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Small networks for tests: the whole architecture, but few channels."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from lacdepth_ros.models.config import PRESETS, ModelConfig
from lacdepth_ros.models.lacdepth import LacDepth

TINY: dict[str, Any] = {
    'name': 'tiny',
    'encoder': 'mobilenet_v2',  # it skips no blocks at random while it trains
    'widths': (8, 8, 8, 16, 16),
    'embedding': 8,
    'num_bins': 16,
    'attractors': (4, 3, 2, 1),
}


def tiny_config(**changes: Any) -> ModelConfig:
    """Return lacdepth-lite with few channels and with fields replaced."""
    return dataclasses.replace(PRESETS['lacdepth-lite'], **{**TINY, **changes})


def tiny_network(seed: int = 0, **changes: Any) -> LacDepth:
    """Return a random tiny network in evaluation mode."""
    torch.manual_seed(seed)
    return LacDepth(tiny_config(**changes)).eval()


def random_image(height: int, width: int, *, batch: int = 1, seed: int = 0) -> torch.Tensor:
    """Return normalised noise (batch, 3, height, width)."""
    return torch.randn(batch, 3, height, width, generator=torch.Generator().manual_seed(seed))

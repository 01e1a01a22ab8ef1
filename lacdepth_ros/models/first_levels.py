# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scales of integers from what convolutions read, before any tuning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.quantization import Levels
from lacdepth_ros.models.quantized_network import Convolutions, convolutions

KEPT = 20_000
"""Values of an input that are kept of a view."""
SHARES = [0.3 + 0.02 * i for i in range(36)]
"""Of the largest value, that are tried as end of the range."""


def first_levels(exact: LacDepth, views: Iterable[Sequence[Tensor]]) -> dict[str, Levels]:
    """Scales of least squared error of what the convolutions read of some views.

    Args:
        exact: In float32, its BatchNorms folded.
        views: Inputs of the network.
    """
    kept: dict[str, list[Tensor]] = {}
    spared = tuple(f'{name}.' for name in exact.exact_parts())
    found = convolutions(exact)

    def keep(name: str, given: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
        base = name.partition('[')[0]
        # Rays are one row or column of numbers, of which nothing is gained.
        rays = given.shape[1] == 1 and min(given.shape[2:]) == 1
        if not f'{base}.'.startswith(spared) and not rays:
            values = given.flatten()
            some = values[torch.randint(len(values), (KEPT,))]
            kept.setdefault(name, []).append(torch.cat([some, torch.stack(values.aminmax())]))
        return given, kernel

    with torch.no_grad(), Convolutions(exact, keep):
        for view in views:
            exact(*view)
    return {
        name: _level(torch.cat(values), None if '[' in name else found[name].bias)
        for name, values in kept.items()
    }


def _level(values: Tensor, bias: Tensor | None) -> Levels:
    level = Levels(1.0, bool(values.min() < 0), None if bias is None else bias.detach().clone())
    largest = float(values.abs().max()) or 1.0
    scales = [largest * share / level.highest for share in SHARES]
    errors = [
        float(
            torch.fake_quantize_per_tensor_affine(values, scale, 0, level.lowest, level.highest)
            .sub(values)
            .square()
            .mean()
        )
        for scale in scales
    ]
    return Levels(scales[errors.index(min(errors))], level.signed, level.bias)

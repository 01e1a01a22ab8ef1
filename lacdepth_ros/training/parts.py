# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parts of the network that a run leaves alone, or begins anew."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from lacdepth_ros.models.lacdepth import LacDepth

PARTS = ('encoder', 'fusion', 'pyramid', 'bins', 'distribution', 'upsampling')


def part(model: LacDepth, name: str) -> nn.Module:
    """Look up a part; ValueError when this network has none of that name."""
    module = getattr(model, name, None) if name in PARTS else None
    if not isinstance(module, nn.Module):
        present = [p for p in PARTS if hasattr(model, p)]
        raise ValueError(f'the network has no part {name!r}; its parts are {present}')
    return module


def renew(model: LacDepth, names: Sequence[str]) -> None:
    """Give these parts random weights again, in place."""
    fresh = LacDepth(model.config)
    for name in names:
        part(model, name).load_state_dict(part(fresh, name).state_dict())


def freeze(model: LacDepth, names: Sequence[str]) -> None:
    """Take these parts out of the training."""
    for name in names:
        part(model, name).requires_grad_(False)


def training_mode(model: LacDepth, frozen: Sequence[str]) -> None:
    """Put the network into training mode; frozen parts keep their BatchNorm statistics."""
    model.train()
    for name in frozen:
        part(model, name).eval()

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Weights between those of two checkpoints of one network."""

from __future__ import annotations

from dataclasses import fields

import torch

from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.lacdepth import LacDepth

ENCODER = 'encoder.'


def blend(
    first: LacDepth, second: LacDepth, share: float, encoder_share: float | None = None
) -> LacDepth:
    """Mean of two networks' weights, of which one was trained from the other.

    Between weights before and after a fine-tuning most of what is new is kept, and much of what
    it forgets (Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022).

    Args:
        first: Network whose weights a share of 0 gives.
        second: Network whose weights a share of 1 gives.
        share: How far from the first to the second, 0 to 1.
        encoder_share: The same of the encoder; None for the same share.

    Returns:
        A network in evaluation mode, whose std is not calibrated. Counters are the second's.

    Raises:
        ValueError: A share lies outside of 0 to 1, or the networks differ.
    """
    encoder_share = share if encoder_share is None else encoder_share
    for value in (share, encoder_share):
        if not 0 <= value <= 1:
            raise ValueError(f'the share {value:g} must lie in 0 .. 1')
    _check_same(first.config, second.config)
    mean = LacDepth(first.config)
    before, after = first.state_dict(), second.state_dict()
    for name, value in after.items():
        if value.is_floating_point():
            part = encoder_share if name.startswith(ENCODER) else share
            after[name] = torch.lerp(before[name], value, part)
    mean.load_state_dict(after)
    return mean.eval()


def _check_same(first: ModelConfig, second: ModelConfig) -> None:
    differ = [
        f'{field.name} is {getattr(first, field.name)!r} and {getattr(second, field.name)!r}'
        for field in fields(first)
        if getattr(first, field.name) != getattr(second, field.name)
    ]
    if differ:
        raise ValueError(
            f'only weights of one network can be blended, of which one was trained from the '
            f'other; these differ: {"; ".join(differ)}'
        )

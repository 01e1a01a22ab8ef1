# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How high a camera seems to stand, read off the summary of its picture.

The network answers in units of the camera's height, so its own ground lies where it is told to lie
and says nothing of the true height. But what it sees on the way there differs: a camera near the
ground sees other sizes, and other parts of things. A linear function of the summary tells the
logarithm of the height, independently of the height that the network's metres assume.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

LEAST_TOLERANCE = 0.15
"""Relative difference between height seen and height told that is never worth a word."""
TOLERATED_ERRORS = 2.5
"""Typical errors of the cue by which both may differ."""
_KEYS = {'weights', 'bias', 'error'}


@dataclass(frozen=True, eq=False)
class HeightCue:
    """ln(height in metres) = weights . summary + bias.

    Attributes:
        weights: (C,).
        bias: Of the logarithm.
        error: Root mean square error of the logarithm on scenes that were not fitted.

    Raises:
        ValueError: A number is impossible.
    """

    weights: Tensor
    bias: float
    error: float

    def __post_init__(self) -> None:
        numbers = [*self.weights.tolist(), self.bias, self.error]
        if self.weights.dim() != 1 or not all(math.isfinite(x) for x in numbers):
            raise ValueError('weights, bias and error of the height must be finite numbers')
        if not self.error > 0:
            raise ValueError(f'the error of the height is {self.error}; it must be above 0')

    def height(self, summary: Tensor) -> float:
        """Height [m] that a picture with this summary (C,) seems to be taken from."""
        log = float(self.weights.double() @ summary.double()) + self.bias
        return math.exp(min(max(log, -20.0), 20.0))

    @property
    def tolerance(self) -> float:
        """Relative difference from the height told up to which nothing is wrong."""
        return max(LEAST_TOLERANCE, math.expm1(TOLERATED_ERRORS * self.error))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, six digits each."""
        weights = [float(f'{x:.6g}') for x in self.weights.tolist()]
        return {'weights': weights, 'bias': round(self.bias, 6), 'error': round(self.error, 4)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> HeightCue:
        """Rebuild from plain values; ValueError or TypeError where they are none."""
        if set(values) != _KEYS:
            raise ValueError(f'the height lacks or has more than {sorted(set(values) ^ _KEYS)}')
        weights = torch.tensor(values['weights'], dtype=torch.float32)
        return cls(weights, float(values['bias']), float(values['error']))

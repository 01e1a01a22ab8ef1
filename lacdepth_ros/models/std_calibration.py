# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the spread of the depth distribution to a standard deviation that can be believed.

    std = depth * (exp(spread / depth * gain(depth) * gain(novelty)) - 1)

The exponential changes little where depth is well known, and lets the std exceed depth where it
is not: what comes out at 5 m may lie at 50 m.

Novelty says how unlike the pictures of the training a picture is: the mean squared distance of its
summary from theirs, in their own standard deviations (Mahalanobis); about 1 for one of them.
Both gains are fitted to frames that the network was not trained on, and live in the checkpoint.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lacdepth_ros.models.height_cue import HeightCue

Map = npt.NDArray[np.float32]

_MOST = {'center': 4096, 'scale': 4096, 'directions': 256, 'variances': 257}
_MOST_KNOTS = 64
_LARGEST = 1e6
_LEAST = 1e-6
_GAIN = 20.0  # largest logarithm of a gain
_STEPS = 2048  # of the gain by depth
_WIDEST = math.log(10.0)  # of the exponent: a std of nine times the depth says enough


@dataclass(frozen=True, slots=True)
class Ramp:
    """Logarithm of a gain over the logarithm of a quantity: straight between knots, level beyond.

    Attributes:
        knots: Of the quantity, > 0, rising.
        gains: ln(gain) at each knot.

    Raises:
        ValueError: Lengths differ, knots do not rise, or a number is impossible.
    """

    knots: tuple[float, ...]
    gains: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.knots) == len(self.gains) <= _MOST_KNOTS:
            raise ValueError(
                f'{len(self.knots)} knots and {len(self.gains)} gains: as many of both are '
                f'needed, 2 .. {_MOST_KNOTS}'
            )
        pairs = zip(self.knots, self.knots[1:], strict=False)
        if not all(_LEAST <= a < b <= _LARGEST for a, b in pairs):
            raise ValueError(f'knots {self.knots} must rise within {_LEAST:g} .. {_LARGEST:g}')
        if not all(abs(gain) <= _GAIN for gain in self.gains):
            raise ValueError(f'gains {self.gains} must lie within +-{_GAIN:g}')

    def log_gain(self, quantity: Tensor) -> Tensor:
        """ln(gain) of a quantity > 0 of any shape."""
        x = quantity.clamp_min(_LEAST).log()
        knots = [math.log(knot) for knot in self.knots]
        total = torch.full_like(x, self.gains[0])
        for i in range(len(knots) - 1):
            slope = (self.gains[i + 1] - self.gains[i]) / (knots[i + 1] - knots[i])
            total = total + slope * (x.clamp(knots[i], knots[i + 1]) - knots[i])
        return total


@dataclass(frozen=True, eq=False)
class StdCalibration:
    """What a checkpoint knows about its own errors.

    Attributes:
        center: (C,) mean of the summaries of the training's pictures.
        scale: (C,) their standard deviations.
        directions: (K, C) principal directions of the summaries so standardized.
        variances: (K + 1,) variance along each of them, and of what lies outside of all.
        by_depth: Gain by depth [m of the network].
        by_novelty: Gain by novelty; never falls.
        limit: Novelty above which a picture is out of the network's depth.
        intervals: Half width of the interval that holds a share of the errors, in std, by share.
        frames: Frames that the gains were fitted to.
        height: How high a camera seems to stand; None where the training knew one height.

    Raises:
        ValueError: Sizes do not agree, or a number is impossible.
    """

    center: Tensor
    scale: Tensor
    directions: Tensor
    variances: Tensor
    by_depth: Ramp
    by_novelty: Ramp
    limit: float
    intervals: Mapping[float, float]
    frames: int
    height: HeightCue | None = None

    def __post_init__(self) -> None:
        channels, (count, width) = self.center.numel(), self.directions.shape
        sizes = (self.scale.numel(), width, self.variances.numel())
        if self.height is not None and self.height.weights.numel() != channels:
            raise ValueError(f'the height needs {channels} weights')
        if sizes != (channels, channels, count + 1):
            raise ValueError(
                f'a summary of {channels} channels cannot have scales, directions and variances '
                f'of sizes {sizes}'
            )
        for name in _MOST:
            if not torch.isfinite(getattr(self, name)).all():
                raise ValueError(f'{name} holds NaN or infinity')
        if not ((self.scale > 0).all() and (self.variances > 0).all() and self.limit > 0):
            raise ValueError('scale, variances and limit must be above 0')
        if list(self.by_novelty.gains) != sorted(self.by_novelty.gains):
            raise ValueError(f'the gain by novelty must not fall: {self.by_novelty.gains}')
        shares, widths = list(self.intervals), list(self.intervals.values())
        rising = shares == sorted(shares) and widths == sorted(widths)
        inside = all(0 < share < 1 for share in shares) and all(width > 0 for width in widths)
        if not (shares and rising and inside):
            raise ValueError(f'intervals {self.intervals} must rise with their shares, in 0 .. 1')

    def novelty(self, summary: Tensor) -> Tensor:
        """How unlike the training's pictures some are.

        Args:
            summary: (B, C), see `lacdepth.summarize`.

        Returns:
            (B,), about 1 for a picture like those of the training.
        """
        place = (summary.float() - self.center) / self.scale
        along = place @ self.directions.T
        outside = (place.square().sum(1) - along.square().sum(1)).clamp_min(0)
        known = (along.square() / self.variances[:-1]).sum(1)
        return (known + outside / self.variances[-1]) / self.center.numel()

    def apply(self, depth: Tensor, spread: Tensor, novelty: Tensor) -> Tensor:
        """The standard deviation.

        Args:
            depth: (B, 1, H, W) metres of the network.
            spread: (B, 1, H, W) of its distribution, metres of the network.
            novelty: (B,).

        Returns:
            (B, 1, H, W) metres of the network.
        """
        table, by_novelty = (x.to(depth.device) for x in self._gains(novelty))
        # Read off a table: logarithms of all pixels would take four times as long.
        known = torch.where(depth > 0, depth, torch.zeros_like(depth))  # NaN has no place in it
        step = (known * self._steps_per_meter).clamp(0, _STEPS - 1).to(torch.int32)
        by_depth = table.index_select(0, step.flatten()).view(depth.shape)
        gain = by_depth * by_novelty.view(-1, 1, 1, 1)
        return depth * (gain * (spread / depth)).clamp_max(_WIDEST).expm1()

    def apply_to_map(self, depth: Map, spread: Map, novelty: float) -> Map:
        """The same of one picture, (H, W) each, by the calling thread alone.

        PyTorch wakes a helper for every operation on a map: beside other busy threads, as in the
        node, each of them waits for a core, for more than this takes as a whole.
        """
        table, by_novelty = (x.numpy() for x in self._gains(torch.tensor([novelty])))
        known = np.fmax(depth, 0) * np.float32(self._steps_per_meter)
        gain = (table * by_novelty).take(np.minimum(known, _STEPS - 1).astype(np.int32))
        with np.errstate(divide='ignore', invalid='ignore'):  # no depth, no std
            gain *= spread
            gain /= depth
            np.expm1(np.minimum(gain, np.float32(_WIDEST), out=gain), out=gain)
            gain *= depth
        return gain

    @property
    def _steps_per_meter(self) -> float:
        return (_STEPS - 1) / self.by_depth.knots[-1]

    def _gains(self, novelty: Tensor) -> tuple[Tensor, Tensor]:
        """Gain by depth, at _STEPS even steps from 0 to the last knot, and by novelty (B,)."""
        table = torch.linspace(0, self.by_depth.knots[-1], _STEPS)
        return self.by_depth.log_gain(table).exp(), self.by_novelty.log_gain(novelty).exp()

    def gain(self, novelty: float) -> float:
        """Factor on a small std of a picture against that of one like the training's."""
        gains = self.by_novelty.log_gain(torch.tensor([novelty, 1.0]))
        return float((gains[0] - gains[1]).exp())

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, six digits each."""
        return {
            **{name: _rounded(getattr(self, name).tolist()) for name in _MOST},
            'by_depth': [_rounded(self.by_depth.knots), _rounded(self.by_depth.gains)],
            'by_novelty': [_rounded(self.by_novelty.knots), _rounded(self.by_novelty.gains)],
            'limit': _rounded(self.limit),
            'intervals': {f'{share:g}': _rounded(x) for share, x in self.intervals.items()},
            'frames': self.frames,
            'height': None if self.height is None else self.height.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> StdCalibration:
        """Rebuild from plain values.

        Raises:
            ValueError: A key is missing or unknown, or a value impossible.
        """
        known = {*_MOST, 'by_depth', 'by_novelty', 'limit', 'intervals', 'frames', 'height'}
        if set(values) != known:
            differ = sorted(set(values) ^ known)
            raise ValueError(f'the calibration of the std lacks or has more than {differ}')
        try:
            return cls(
                **{name: _tensor(name, values[name]) for name in _MOST},
                by_depth=_ramp(values['by_depth']),
                by_novelty=_ramp(values['by_novelty']),
                limit=float(values['limit']),
                intervals={float(s): float(x) for s, x in values['intervals'].items()},
                frames=int(values['frames']),
                height=None if values['height'] is None else HeightCue.from_dict(values['height']),
            )
        except (TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f'the calibration of the std is damaged: {error}') from error


def _tensor(name: str, values: Any) -> Tensor:
    """Numbers of a file as float32; ValueError where they are no such, or too many."""
    tensor = torch.tensor(values, dtype=torch.float32)
    if tensor.dim() != (2 if name == 'directions' else 1) or max(tensor.shape) > 4096:
        raise ValueError(f'{name} has the shape {tuple(tensor.shape)}')
    if len(tensor) > _MOST[name]:
        raise ValueError(f'{name} has {len(tensor)} entries, more than {_MOST[name]}')
    return tensor


def _ramp(values: Any) -> Ramp:
    knots, gains = (tuple(float(x) for x in part) for part in values)
    return Ramp(knots, gains)


def _rounded(values: Any) -> Any:
    if isinstance(values, Sequence):
        return [_rounded(value) for value in values]
    return float(f'{values:.6g}')

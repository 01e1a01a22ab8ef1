# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""By which factor depth of one camera is wrong, and whether a factor can put it right.

The factor is the robust mean (Huber's) of ln(true / predicted); whether errors depend on distance
is the slope of the same quantity over ln(true depth). Where they do, the nearer half of the
readings has a factor of its own: a wrong height or focal length is wrong at every distance, while
a network that does not know a place errs on what is far. Uncertainties are those of groups that
err independently: frames, or single readings where there are few frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from lacdepth_ros.evaluation.readings import Readings

Array = npt.NDArray[np.float64]

MIN_SPAN = 1.5
"""Farthest over nearest depth below which nothing can be said of distance."""
MIN_READINGS = 4
"""Readings below which nothing can be said of distance."""
BEND = 1.1
"""Change of the ratio from the nearest to the farthest reading that a factor may leave."""
SLIGHT = 1.03
"""A factor that nobody need set."""
SURE = 1.25
"""Upper over lower end of a factor's range above which nothing is said to be right."""
FAR = 1.6
"""Ratio beyond which all readings lie by the camera, and not by what the network gets wrong of a
scene that it is made for."""
_MANY = 8  # frames that are enough to be the independent groups
_HUBER = 1.345  # residuals, in robust standard deviations, beyond which weights fall
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class ScaleFit:
    """What a fit found.

    Attributes:
        factor: Depth must be multiplied by it: true / predicted.
        factor_range: Between which it lies with 95 % confidence; None of a single reading.
        slope: Change of ln(true / predicted) per unit of ln(true); None where readings are too
            few or all at about one distance.
        slope_range: Its 95 % range; None likewise.
        nearest: True depth of the nearest reading [m].
        farthest: Of the farthest [m].
        error_before: Median of |predicted / true - 1|.
        error_after: The same once predictions are multiplied by the factor.
        readings: Number of readings.
        frames: Number of frames.
        ratios: Smallest and largest true / predicted.
        halves: The same of the nearer and of the farther half of the readings, where errors
            depend on distance.
    """

    factor: float
    factor_range: tuple[float, float] | None
    slope: float | None
    slope_range: tuple[float, float] | None
    nearest: float
    farthest: float
    error_before: float
    error_after: float
    readings: int
    frames: int
    ratios: tuple[float, float]
    halves: tuple[ScaleFit, ScaleFit] | None = None

    @property
    def best(self) -> ScaleFit:
        """The fit whose factor is of use: of what is near, where errors depend on distance."""
        return self if self.halves is None else self.halves[0]

    @property
    def bends(self) -> bool:
        """Whether errors depend on distance, surely and by more than a factor may leave."""
        if self.slope is None or self.slope_range is None:
            return False
        sure = self.slope_range[0] > 0 or self.slope_range[1] < 0
        return sure and abs(self.slope) * math.log(self.farthest / self.nearest) > math.log(BEND)

    @property
    def is_right(self) -> bool:
        """Whether depth is right as it is: everywhere, surely, and but for a trifle."""
        if self.factor_range is None or self.bends:
            return False
        low, high = self.factor_range
        slight = 1 / SLIGHT <= self.factor <= SLIGHT
        return slight and low < SLIGHT and high > 1 / SLIGHT and high < SURE * low

    @property
    def decides(self) -> bool:
        """Whether the readings say that depth is wrong by a factor, and which way."""
        low, high = self.factor_range or (0.0, math.inf)
        return self.is_far or not low <= 1 <= high

    @property
    def is_far(self) -> bool:
        """Whether every reading is off by so much, and the same way, that few are enough."""
        least, most = self.ratios
        return least > FAR or most < 1 / FAR


def fit_scale(readings: Readings) -> ScaleFit:
    """Fit the factor, and how far errors depend on distance."""
    found = _fit(readings)
    if not found.bends:
        return found
    middle = float(np.median(readings.true))
    # Many readings at the farthest depth must leave some for the farther half.
    near = readings.true <= middle if middle < found.farthest else readings.true < middle
    return replace(found, halves=(_fit(_some(readings, near)), _fit(_some(readings, ~near))))


def _some(readings: Readings, chosen: npt.NDArray[np.bool_]) -> Readings:
    return Readings(readings.predicted[chosen], readings.true[chosen], readings.frame[chosen])


def _fit(readings: Readings) -> ScaleFit:
    x, y = np.log(readings.true), np.log(readings.true / readings.predicted)
    frames = np.unique(readings.frame).size
    groups = readings.frame if frames >= _MANY else np.arange(y.size)
    ones = np.ones((y.size, 1))
    (level,), (level_error,) = _robust_fit(ones, y, groups)
    slope = slope_range = None
    if y.size >= MIN_READINGS and x.max() - x.min() >= math.log(MIN_SPAN):
        middle = (x.max() + x.min()) / 2
        (_, slope), (_, error) = _robust_fit(np.column_stack([ones, x - middle]), y, groups)
        slope_range = (slope - error, slope + error)
    ratio = readings.predicted / readings.true
    return ScaleFit(
        factor=math.exp(level),
        factor_range=None
        if not math.isfinite(level_error)
        else (math.exp(level - level_error), math.exp(level + level_error)),
        slope=slope,
        slope_range=slope_range,
        nearest=float(readings.true.min()),
        farthest=float(readings.true.max()),
        error_before=float(np.median(np.abs(ratio - 1))),
        error_after=float(np.median(np.abs(math.exp(level) * ratio - 1))),
        readings=y.size,
        frames=frames,
        ratios=(float((1 / ratio).min()), float((1 / ratio).max())),
    )


def _robust_fit(
    design: Array, y: Array, groups: npt.NDArray[np.int64]
) -> tuple[list[float], list[float]]:
    """Huber's regression by reweighting, and half the 95 % range of each coefficient.

    Args:
        design: (N, K).
        y: (N,).
        groups: (N,) which readings err together.
    """
    weights = np.ones(y.size)
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)[:, None]
        beta = np.linalg.lstsq(root * design, root[:, 0] * y, rcond=None)[0]
        residual = y - design @ beta
        spread = 1.4826 * float(np.median(np.abs(residual)))
        if spread < 1e-9:
            break
        weights = np.minimum(1.0, _HUBER * spread / np.maximum(np.abs(residual), 1e-12))
    half = _half_range(design, residual, weights, groups)
    return beta.tolist(), half.tolist()


def _half_range(
    design: Array, residual: Array, weights: Array, groups: npt.NDArray[np.int64]
) -> Array:
    """Half the 95 % range by the sandwich of independent groups, corrected for few of them."""
    names, place = np.unique(groups, return_inverse=True)
    count, (readings, unknowns) = names.size, design.shape
    freedom = count - unknowns
    if freedom < 1:
        return np.full(unknowns, np.inf)
    scores = np.zeros((count, unknowns))
    np.add.at(scores, place, design * (weights * residual)[:, None])
    bread = np.linalg.inv(design.T @ (weights[:, None] * design))
    covariance = bread @ scores.T @ scores @ bread
    covariance *= count / (count - 1) * (readings - 1) / max(readings - unknowns, 1)
    half: Array = _student(freedom) * np.sqrt(np.diag(covariance))
    return half


_STUDENT = {1: 12.706, 2: 4.303}
"""Where its expansion does not hold."""


def _student(freedom: int) -> float:
    """Student's 97.5 % quantile, by its expansion around the normal one (2 % off from 3 on)."""
    if freedom in _STUDENT:
        return _STUDENT[freedom]
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3

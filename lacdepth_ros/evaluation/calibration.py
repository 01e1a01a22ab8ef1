# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Does the predicted standard deviation tell the size of the error?

Coverage: the share of pixels whose error lies inside the interval that should hold 50, 68, 90 or
95 % of them, by the checkpoint's own widths in std, or without such that a Gaussian would fill.
Above the nominal share the interval is too large, below it too small.

AUSE, area under the sparsification error (Ilg et al., ECCV 2018; in the form of Poggi et al.,
"On the uncertainty of self-supervised monocular depth estimation", CVPR 2020): the most uncertain
pixels are taken away in steps of 2 % and the error of the rest is drawn over the share taken away;
AUSE is the area between that curve and the one of an oracle that takes away the largest errors
first, not normalised, 0 at best. AURG is the area gained over taking pixels away at random, where
the curve stays level: positive when the std is worth having. rmse ranks by std, abs_rel by std /
depth, the quantity each is an error of.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

COVERAGE = (0.5, 0.68, 0.9, 0.95)
"""The shares named in reports."""

LEVELS = np.array(sorted({*COVERAGE, *np.linspace(0.05, 0.95, 19).round(2), 0.99}))
"""The shares of the reliability curve."""

_QUANTILES = np.array([NormalDist().inv_cdf((1 + level) / 2) for level in LEVELS])
_ONE_SIGMA = 0.68
_STEPS = 50
_SPREAD_EDGES = np.array([0, *np.geomspace(0.005, 2, 18), np.inf])


@dataclass(frozen=True, slots=True)
class CalibrationScore:
    """What one frame says about the predicted std.

    Attributes:
        pixels: Pixels with ground truth, prediction and std.
        covered: (L,) share of them within the interval of each of LEVELS.
        relative_std: Mean of std / predicted depth.
        std_factor: What std must be multiplied with to cover 68 % of the pixels as it should;
            infinite where a std of 0 was wrong.
        ause: AUSE by metric, 'abs_rel' and 'rmse' [m].
        aurg: AURG likewise.
        spread: (B, 3) by std / predicted depth: pixels, sum of (std / pred)^2, sum of
            (error / pred)^2.
    """

    pixels: int
    covered: Array
    relative_std: float
    std_factor: float
    ause: dict[str, float]
    aurg: dict[str, float]
    spread: Array


def interval_widths(intervals: Mapping[float, float]) -> Array:
    """Half width in std of the interval of each of LEVELS, (L,); a Gaussian's where none is given.

    Args:
        intervals: Half widths by share, rising; between them they are interpolated.
    """
    if not intervals:
        return _QUANTILES
    return np.interp(LEVELS, list(intervals), list(intervals.values()))


def calibration_score(
    p: Array, t: Array, std: Array, widths: Array = _QUANTILES
) -> CalibrationScore:
    """Compare the predicted std of the pixels of one frame with their errors.

    Args:
        p: (N,) predicted depth [m], > 0; N > 0.
        t: (N,) true depth [m], > 0.
        std: (N,) predicted standard deviation [m], >= 0.
        widths: (L,) half width in std of the interval of each of LEVELS.
    """
    error, relative = np.abs(p - t), std / p
    # A std of 0 claims certainty: only a pixel without error is inside.
    with np.errstate(divide='ignore', invalid='ignore'):
        sigmas = np.sort(np.where(error == 0, 0.0, error / std))
    covered = np.searchsorted(sigmas, widths, side='right') / error.size
    one_sigma = sigmas[math.ceil(_ONE_SIGMA * error.size) - 1]
    areas = {
        'abs_rel': sparsification_areas(error / t, relative),
        'rmse': sparsification_areas(error**2, std, root=True),
    }
    part = np.digitize(relative, _SPREAD_EDGES) - 1
    columns = (None, relative**2, (error / p) ** 2)
    spread = [np.bincount(part, weights, len(_SPREAD_EDGES) - 1) for weights in columns]
    return CalibrationScore(
        pixels=error.size,
        covered=covered,
        relative_std=float(relative.mean()),
        std_factor=float(one_sigma / widths[LEVELS == _ONE_SIGMA][0]),
        ause={name: ause for name, (ause, _) in areas.items()},
        aurg={name: aurg for name, (_, aurg) in areas.items()},
        spread=np.stack(spread, axis=1).astype(np.float64),
    )


def sparsification_areas(
    error: Array, uncertainty: Array, *, root: bool = False
) -> tuple[float, float]:
    """AUSE and AURG of an uncertainty.

    Args:
        error: (N,) error of each pixel, >= 0; squared with `root`.
        uncertainty: (N,) larger where the error is expected to be larger.
        root: The metric is the root of the mean of `error`, else the mean.
    """
    curve = _sparsified(error, uncertainty, root)
    area = _area(curve)
    return area - _area(_sparsified(error, error, root)), float(curve[0]) - area


def calibration_summary(scores: Sequence[CalibrationScore], *, by_pixel: bool) -> dict[str, Any]:
    """Summarise the frames of a set as JSON can hold it.

    Args:
        scores: One a frame, at least one.
        by_pixel: Weigh frames by their pixels, else equally. AUSE and AURG are always means over
            frames: ranking pixels across frames answers another question.

    Returns:
        'frames', 'pixels', 'coverage' by percent, 'reliability' [{'expected', 'observed'}],
        'relative_std', 'std_factor' (the median over frames; None when infinite), 'ause' and
        'aurg' by metric, and 'spread': by bins of std / depth the root mean squares of std and of
        error, both over the predicted depth.
    """
    weights = np.array([score.pixels if by_pixel else 1.0 for score in scores])
    covered = np.average([score.covered for score in scores], axis=0, weights=weights)
    relative_std = np.average([score.relative_std for score in scores], weights=weights)
    factor = float(np.median([score.std_factor for score in scores]))
    by_level = dict(zip(LEVELS.tolist(), covered.tolist(), strict=True))
    return {
        'frames': len(scores),
        'pixels': sum(score.pixels for score in scores),
        'coverage': {f'{level * 100:.0f}': by_level[level] for level in COVERAGE},
        'reliability': [
            {'expected': level, 'observed': share} for level, share in by_level.items()
        ],
        'relative_std': float(relative_std),
        'std_factor': factor if math.isfinite(factor) else None,
        'ause': _mean_by_metric([score.ause for score in scores]),
        'aurg': _mean_by_metric([score.aurg for score in scores]),
        'spread': _spread(np.sum([score.spread for score in scores], axis=0)),
    }


def _mean_by_metric(values: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([value[name] for value in values])) for name in values[0]}


def _spread(sums: Array) -> list[dict[str, float]]:
    """Rows of the bins that hold a pixel."""
    rows = []
    for pixels, std, error in sums[sums[:, 0] > 0]:
        rows.append(
            {
                'pixels': int(pixels),
                'std': float(np.sqrt(std / pixels)),
                'error': float(np.sqrt(error / pixels)),
            }
        )
    return rows


def _area(curve: Array) -> float:
    """Area under a curve over 0..1, by trapezoids."""
    return float(curve.sum() - (curve[0] + curve[-1]) / 2) / _STEPS


def _sparsified(error: Array, uncertainty: Array, root: bool) -> Array:
    """Error of what is left after taking away 0, 2, ... 98 % of the most uncertain, then 0.

    Pixels as uncertain as the last one kept are kept as well, so that ties favour nobody.
    """
    order = np.argsort(uncertainty)
    ranked = uncertainty[order]
    sums = np.cumsum(error[order])
    keep = error.size - (np.arange(_STEPS) * error.size) // _STEPS
    kept = np.searchsorted(ranked, ranked[keep - 1], side='right')
    means = sums[kept - 1] / kept
    return np.append(np.sqrt(means) if root else means, 0.0)

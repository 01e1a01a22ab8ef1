# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Up to where the polynomial of a distortion model describes a lens.

It was fitted to what the raw image shows. Beyond that it may turn back: rays ever farther from the
axis would come to lie ever nearer to it, and a rectified image would show the picture once more,
mirrored.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lacdepth_ros.messages.cameras import FISHEYE

_STEPS = 1 << 14  # of 0.005 degrees at most, finer than pixels


def turning_radius(model: str, coefficients: Sequence[float], largest: float) -> float:
    """The tangent of the angle to the axis from which on radial distortion runs backwards.

    Args:
        model: One of `COEFFICIENTS` of `messages.cameras`.
        coefficients: As many as the model may have, or () for no distortion.
        largest: Tangent up to which to look.

    Returns:
        The tangent; infinity where distortion runs forwards up to `largest`.
    """
    if not coefficients:
        return math.inf
    r = np.tan(np.linspace(0.0, math.atan(largest), _STEPS))
    slope = _fisheye_slope(r, coefficients) if model == FISHEYE else _slope(r, coefficients)
    backwards = np.flatnonzero(slope <= 0)
    return float(r[backwards[0]]) if backwards.size else math.inf


def _slope(r: npt.NDArray[np.float64], coefficients: Sequence[float]) -> npt.NDArray[np.float64]:
    """Sign of d/dr of r a(r^2) / b(r^2), with a and b of three terms; none beyond a pole of it."""
    k1, k2, _, _, k3, k4, k5, k6 = (*coefficients, 0.0, 0.0, 0.0, 0.0)[:8]
    s = np.square(r)
    a, b = np.polyval((k3, k2, k1, 1), s), np.polyval((k6, k5, k4, 1), s)
    da, db = np.polyval((3 * k3, 2 * k2, k1), s), np.polyval((3 * k6, 2 * k5, k4), s)
    return np.where(b > 0, a * b + 2 * s * (da * b - a * db), 0.0)


def _fisheye_slope(
    r: npt.NDArray[np.float64], coefficients: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Slope of t + k1 t^3 + k2 t^5 + k3 t^7 + k4 t^9 over the angle t."""
    k1, k2, k3, k4 = coefficients
    terms = (9 * k4, 7 * k3, 5 * k2, 3 * k1, 1)
    return np.asarray(np.polyval(terms, np.square(np.arctan(r))), dtype=np.float64)

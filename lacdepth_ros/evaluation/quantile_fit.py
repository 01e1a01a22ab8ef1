# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Regression of a quantile: of the values above it as many as asked for, along any design.

What is least is the sum of weight * side * |residual|, where side is the share for values above
and one minus it for those below; below SMOOTH it is a parabola. A share of the size of what pulls
goes towards zero, for coefficients of which no value says anything.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

SMOOTH = 1e-2
"""Residual below which the loss is a parabola."""
RIDGE = 1e-3
"""Pull of the coefficients towards zero, of the mean pull of the values."""
EXACT = 1e-10
"""Change of the coefficients at which they are found: what only the ridge holds moves slowly."""
MOST_STEPS = 500
"""Newton's steps are exact on parabolas: a dozen are usual."""


def quantile_fit(design: Array, y: Array, weight: Array, *, share: float, start: Array) -> Array:
    """Find the coefficients (K,).

    Args:
        design: (N, K).
        y: (N,) values.
        weight: (N,) > 0.
        share: Of the values that are to lie below, in 0..1.
        start: (K,) where to begin; it decides the time and not the result.

    Raises:
        ArithmeticError: The coefficients do not come to rest, as with values that are not finite.
    """
    beta = start
    for _ in range(MOST_STEPS):
        residual = y - design @ beta
        size = np.maximum(np.abs(residual), SMOOTH)
        pull = weight * np.where(residual > 0, share, 1 - share) / size
        side = np.interp(residual, (-SMOOTH, SMOOTH), (1 - share, share))  # without a leap at zero
        ridge = RIDGE * float(side @ (weight / size)) / len(beta)
        slope = design.T @ (pull * residual) - ridge * beta
        near = np.abs(residual) < SMOOTH
        # Newton's step may go astray far from the end; that by all pulls never does, and is slow.
        steps = [
            np.linalg.solve(
                design[part].T @ (pull[part, None] * design[part]) + ridge * np.eye(len(beta)),
                slope,
            )
            for part in (near, slice(None))
        ]
        losses = [_loss(beta + x, design, y, weight, share, ridge) for x in steps]
        step = steps[int(np.argmin(losses))]
        beta = beta + step
        if np.abs(step).max() < EXACT:
            return beta
    raise ArithmeticError(f'no quantile was found in {MOST_STEPS} steps; the last was {step}')


def _loss(
    beta: Array, design: Array, y: Array, weight: Array, share: float, ridge: float
) -> float:
    residual = y - design @ beta
    size = np.abs(residual)
    smooth = np.where(size < SMOOTH, size**2 / (2 * SMOOTH), size - SMOOTH / 2)
    side = weight * np.where(residual > 0, share, 1 - share)
    return float(side @ smooth + ridge / 2 * beta @ beta)

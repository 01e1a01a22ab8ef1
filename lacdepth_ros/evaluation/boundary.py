# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Boundary F1: are the borders of things where the ground truth has them, whatever the scale.

The scale-invariant boundary F1 of Depth Pro (Bochkovskii et al., "Depth Pro: Sharp Monocular
Metric Depth in Less Than a Second", ICLR 2025), there for dense ground truth. Two pixels side by
side, or one above the other, are a boundary at threshold s when the farther is more than s times
as deep as the nearer; which of the two is the nearer makes four kinds (left, right, above, below).
At each threshold precision and recall are the means over the four kinds, and F1 is their harmonic
mean; the score is the mean of F1 over ten thresholds from 1.05 to 1.25, weighted by the threshold.
A boundary one pixel off counts as wrong twice.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

MIN_PAIRS = 0.5
"""Least share of neighbouring pixels that must both have ground truth; fewer say nothing."""

_THRESHOLDS = np.linspace(1.05, 1.25, 10)
_WEIGHTS = _THRESHOLDS / _THRESHOLDS.sum()
_STEPS = np.log(_THRESHOLDS)


def boundary_f1(
    *,
    pred: npt.NDArray[np.floating],
    target: npt.NDArray[np.floating],
    valid_mask: npt.NDArray[np.bool_],
) -> float | None:
    """Score the boundaries of one image.

    Args:
        pred: (H, W) predicted depth [m], finite and > 0 where valid.
        target: (H, W) true depth [m], likewise.
        valid_mask: (H, W) pixels that count; only neighbours that both count are looked at.

    Returns:
        Depth Pro's F1 in 0..1, or None where it means nothing: less than MIN_PAIRS of the
        neighbours have ground truth (a LiDAR scan), or the ground truth holds no boundary.
    """
    log_pred = np.log(pred, where=valid_mask, out=np.zeros(pred.shape, np.float32))
    log_target = np.log(target, where=valid_mask, out=np.zeros(target.shape, np.float32))
    pairs = [valid_mask[:, 1:] & valid_mask[:, :-1], valid_mask[1:] & valid_mask[:-1]]
    if sum(map(np.count_nonzero, pairs)) < MIN_PAIRS * max(sum(pair.size for pair in pairs), 1):
        return None
    true = np.zeros((4, len(_STEPS)))
    found, right = np.zeros_like(true), np.zeros_like(true)
    for axis, pair in zip((1, 0), pairs, strict=True):
        step_pred = np.diff(log_pred, axis=axis)[pair]
        step_target = np.diff(log_target, axis=axis)[pair]
        for sign in (1, -1):
            kind = 2 * axis + (sign > 0)
            true[kind] = _above(sign * step_target)
            found[kind] = _above(sign * step_pred)
            right[kind] = _above(np.minimum(sign * step_pred, sign * step_target))
    if not true.any():
        return None
    precision = np.mean(right / np.maximum(found, 1), axis=0)
    recall = np.mean(right / np.maximum(true, 1), axis=0)
    return float(_WEIGHTS @ (2 * precision * recall / np.maximum(precision + recall, 1e-12)))


def _above(steps: npt.NDArray[np.floating]) -> npt.NDArray[np.intp]:
    """How many steps of log depth exceed each threshold."""
    steps = np.sort(steps[steps > _STEPS[0]])
    return steps.size - np.searchsorted(steps, _STEPS, side='right')

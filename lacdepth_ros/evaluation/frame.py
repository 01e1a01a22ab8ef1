# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One prediction held against its ground truth under a protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.evaluation.boundary import boundary_f1
from lacdepth_ros.evaluation.calibration import (
    COVERAGE,
    LEVELS,
    CalibrationScore,
    calibration_score,
)
from lacdepth_ros.evaluation.metrics import (
    Sums,
    error_sums,
    metrics_from_sums,
    pixel_count,
    pooled,
    select,
)
from lacdepth_ros.evaluation.protocol import EvaluationProtocol

FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FrameScore:
    """What was measured on one frame.

    Attributes:
        id: Unique name of the frame.
        group: The group it is averaged in.
        pixels: Pixels that were measured.
        unpredicted: Pixels with ground truth that have no prediction.
        scale: What the prediction was multiplied by; 1 without median scaling.
        metrics: The metrics by name.
        boundary_f1: See `boundary.boundary_f1`; None where it means nothing.
        calibration: None without a predicted std.
        sums: (B, S) sums of the errors by true depth, see `metrics.error_sums`.
    """

    id: str
    group: str
    pixels: int
    unpredicted: int
    scale: float
    metrics: dict[str, float]
    boundary_f1: float | None
    calibration: CalibrationScore | None
    sums: Sums

    def to_dict(self) -> dict[str, Any]:
        """One row of the per-frame table: plain numbers by name, None where undefined."""
        score = self.calibration
        covered = dict(zip(LEVELS.tolist(), score.covered.tolist(), strict=True)) if score else {}
        return {
            'id': self.id,
            'group': self.group,
            'pixels': self.pixels,
            'unpredicted': self.unpredicted,
            'scale': self.scale,
            **self.metrics,
            'boundary_f1': self.boundary_f1,
            **{f'coverage_{level * 100:.0f}': covered.get(level) for level in COVERAGE},
            'ause_abs_rel': score.ause['abs_rel'] if score else None,
            'ause_rmse': score.ause['rmse'] if score else None,
        }


class UnpredictedError(ValueError):
    """Nothing is predicted wherever a frame has ground truth.

    Args:
        pixels: Number of such pixels.
    """

    def __init__(self, pixels: int) -> None:
        super().__init__('the prediction is invalid wherever there is ground truth')
        self.pixels = pixels


def score_frame(
    *,
    id: str,
    group: str,
    pred: FloatArray,
    target: FloatArray,
    std: FloatArray | None,
    protocol: EvaluationProtocol,
    edges: npt.NDArray[np.float64],
    widths: npt.NDArray[np.float64],
) -> FrameScore:
    """Measure one frame.

    Args:
        id: Unique name of the frame.
        group: The group it is averaged in.
        pred: (H, W) predicted depth [m]; NaN = none, -Inf and +Inf (REP 117) count as the caps.
        target: (H, W) true depth [m]; NaN and 0 = none.
        std: (H, W) predicted standard deviation [m]; NaN = none. None: no calibration.
        protocol: Caps, crop and scaling.
        edges: (B + 1,) depths [m] between which errors are summed; they span the caps.
        widths: See `calibration.interval_widths`.

    Raises:
        UnpredictedError, ValueError: Nothing is predicted, or shapes differ, or nothing is true.
    """
    window, counting = _counting_pixels(pred, target, std, protocol)
    pred, target = pred[window], target[window]
    predicted = counting & ~np.isnan(pred)
    if not predicted.any():
        raise UnpredictedError(int(counting.sum()))
    finite = predicted & np.isfinite(pred)
    scale = _median_scale(pred[finite], target[finite]) if protocol.median_scaling else 1.0
    clamped = protocol.clamp(pred * np.float32(scale))
    sums = error_sums(*select(clamped, target, predicted), edges=edges)
    calibration = None
    if std is not None:
        scaled = std[window] * np.float32(scale)
        calibration = _calibration(clamped, target, finite, scaled, widths)
    return FrameScore(
        id=id,
        group=group,
        pixels=pixel_count(sums),
        unpredicted=int(counting.sum() - predicted.sum()),
        scale=scale,
        metrics=metrics_from_sums(pooled(sums)),
        boundary_f1=boundary_f1(pred=clamped, target=target, valid_mask=predicted),
        calibration=calibration,
        sums=sums,
    )


def _counting_pixels(
    pred: FloatArray, target: FloatArray, std: FloatArray | None, protocol: EvaluationProtocol
) -> tuple[tuple[slice, slice], npt.NDArray[np.bool_]]:
    """The protocol's window and its pixels that count; ValueError where there is none."""
    for name, array in (('prediction', pred), ('std', pred if std is None else std)):
        if array.shape != target.shape:
            raise ValueError(
                f'the {name} is {_size(array)} but the ground truth is {_size(target)}'
            )
    window = protocol.crop_window(*target.shape)
    counting = protocol.valid_mask(target)[window]
    if not counting.any():
        raise ValueError(
            f'no true depth inside the {protocol.crop} crop and '
            f'{protocol.min_depth_eval:g} .. {protocol.max_depth_eval:g} m'
        )
    return window, counting


def _median_scale(pred: FloatArray, target: FloatArray) -> float:
    """Factor that brings the pixels (N,) of a prediction to the median of the ground truth."""
    median = float(np.median(pred)) if pred.size else 0.0
    if median <= 0:
        raise ValueError(f'the median of the prediction is {median:g} m; no scale can be found')
    return float(np.median(target)) / median


def _calibration(
    pred: FloatArray,
    target: FloatArray,
    measured: BoolArray,
    std: FloatArray,
    widths: npt.NDArray[np.float64],
) -> CalibrationScore | None:
    """Score the std of a frame where it is known; None where it is nowhere."""
    known = measured & np.isfinite(std) & (std >= 0)
    if not known.any():
        return None
    p, t, s = (array[known].astype(np.float64) for array in (pred, target, std))
    return calibration_score(p, t, s, widths)


def _size(array: FloatArray) -> str:
    return 'x'.join(map(str, reversed(array.shape)))

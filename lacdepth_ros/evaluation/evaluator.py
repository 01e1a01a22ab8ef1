# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measure frames one by one and average them: the one place where predictions are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.evaluation.calibration import LEVELS, calibration_summary, interval_widths
from lacdepth_ros.evaluation.frame import FrameScore, UnpredictedError, score_frame
from lacdepth_ros.evaluation.metrics import (
    METRICS,
    metrics_from_sums,
    pixel_count,
    pooled,
    ratio_from_sums,
)
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.evaluation.result import EvaluationReport, SkippedFrame

FloatArray = npt.NDArray[np.floating]

_BANDS = (0.0, 1 / 8, 1 / 4, 1 / 2, 1.0)
_FINE_STEPS = 40


class DepthEvaluator:
    """Collects the scores of frames under one protocol.

    Args:
        protocol: Caps, crop and averaging; None = KITTI's.
        bands: Rising distances [m] between which errors are listed; None = 1/8, 1/4, 1/2 and all
            of the upper cap (of 80 m: 0, 10, 20, 40, 80).
        intervals: Half widths, in std, of the intervals that should hold a share of the errors,
            such as DepthPredictor.intervals; None or {} = those of a Gaussian.

    Raises:
        ValueError: The bands do not rise, or leave 0 .. max_depth_eval.
    """

    def __init__(
        self,
        protocol: EvaluationProtocol | None = None,
        bands: Sequence[float] | None = None,
        intervals: Mapping[float, float] | None = None,
    ) -> None:
        self.protocol = protocol or EvaluationProtocol()
        cap = self.protocol.max_depth_eval
        self._bands = np.asarray([cap * part for part in _BANDS] if bands is None else bands)
        if self._bands.size < 2 or (np.diff(self._bands) <= 0).any():
            raise ValueError(f'bands {bands} must be at least two rising distances in metres')
        if self._bands[0] < 0 or self._bands[-1] > cap:
            raise ValueError(f'bands {bands} must lie within 0 .. {cap:g} m, the upper cap')
        self._edges = np.union1d(self._bands, np.linspace(0, cap, _FINE_STEPS + 1))
        self._widths = interval_widths(intervals or {})
        self._frames: list[FrameScore] = []
        self._skipped: list[SkippedFrame] = []
        self._unpredicted = 0

    def add(
        self,
        *,
        id: str,
        group: str,
        pred: FloatArray,
        target: FloatArray,
        std: FloatArray | None = None,
    ) -> dict[str, float]:
        """Measure one frame.

        Args:
            id: Unique name of the frame.
            group: The group it is averaged in, besides all.
            pred: (H, W) predicted depth [m]; NaN = none, -Inf and +Inf (nearer and farther than
                can be said, REP 117) count as the caps.
            target: (H, W) true depth [m]; NaN and 0 = none.
            std: (H, W) predicted standard deviation [m]; NaN = none. None: no calibration.

        Returns:
            The metrics of the frame by name.

        Raises:
            ValueError: Shapes differ, no true depth counts, or nothing is predicted where it
                does. The frame is not added; tell `skip`.
        """
        try:
            frame = score_frame(
                id=id,
                group=group,
                pred=pred,
                target=target,
                std=std,
                protocol=self.protocol,
                edges=self._edges,
                widths=self._widths,
            )
        except UnpredictedError as error:
            self._unpredicted += error.pixels  # it has no metrics, but is not to be forgotten
            raise
        self._frames.append(frame)
        return frame.metrics

    def skip(self, id: str, reason: str) -> None:
        """Name a frame that could not be measured."""
        self._skipped.append(SkippedFrame(id, reason))

    def merge(self, other: DepthEvaluator) -> None:
        """Take over the frames of another evaluator, such as that of another process.

        Raises:
            ValueError: It follows another protocol, other bands or intervals.
        """
        pairs = ((self._bands, other._bands), (self._widths, other._widths))
        same = all(np.array_equal(ours, theirs) for ours, theirs in pairs)
        if self.protocol != other.protocol or not same:
            raise ValueError(
                'only evaluators of one protocol, the same bands and intervals can be merged'
            )
        self._frames += other._frames
        self._skipped += other._skipped
        self._unpredicted += other._unpredicted

    def report(self) -> EvaluationReport:
        """Average what was measured."""
        frames = self._frames
        groups = {
            group: [frame for frame in frames if frame.group == group]
            for group in dict.fromkeys(frame.group for frame in frames)
        }
        unpredicted = self._unpredicted + sum(frame.unpredicted for frame in frames)
        pixels = unpredicted + sum(frame.pixels for frame in frames)
        return EvaluationReport(
            protocol=self.protocol,
            frames=len(frames),
            overall=self._mean(frames) if frames else {},
            groups={
                name: {'frames': len(members), **self._mean(members)}
                for name, members in groups.items()
            },
            skipped=tuple(self._skipped),
            unpredicted=unpredicted / pixels if pixels else None,
            bands=self._by_distance(frames, self._bands),
            distance=self._by_distance(frames, self._edges),
            by_group={
                name: {
                    'bands': self._by_distance(members, self._bands),
                    'distance': self._by_distance(members, self._edges),
                }
                for name, members in groups.items()
            },
            boundary={
                **_boundary(frames),
                'groups': {name: _boundary(members) for name, members in groups.items()},
            },
            calibration=self._calibration(groups),
            per_frame=tuple(frames),
        )

    def _mean(self, frames: Sequence[FrameScore]) -> dict[str, float]:
        if self.protocol.averaging == 'pixel':
            return metrics_from_sums(pooled(np.concatenate([frame.sums for frame in frames])))
        return {
            name: float(np.mean([frame.metrics[name] for frame in frames])) for name in METRICS
        }

    def _by_distance(
        self, frames: Sequence[FrameScore], edges: npt.NDArray[np.float64]
    ) -> tuple[dict[str, float], ...]:
        """The errors of all pixels of frames between neighbouring edges, where there are any."""
        if not frames:
            return ()
        all_sums = np.stack([frame.sums for frame in frames])  # (frames, fine parts, S)
        rows: list[dict[str, float]] = []
        for low, high in pairwise(edges.tolist()):
            inside = (self._edges[:-1] >= low) & (self._edges[1:] <= high)
            by_frame = [pooled(sums) for sums in all_sums[:, inside]]
            total = pooled(np.stack(by_frame))
            if pixels := pixel_count(total):
                seen = sum(pixel_count(sums) > 0 for sums in by_frame)
                row = {'from': low, 'to': high, 'frames': seen, 'pixels': pixels}
                rows.append({**row, **metrics_from_sums(total), 'ratio': ratio_from_sums(total)})
        return tuple(rows)

    def _calibration(self, groups: dict[str, list[FrameScore]]) -> dict[str, Any] | None:
        by_pixel = self.protocol.averaging == 'pixel'
        scores = {
            name: [frame.calibration for frame in members if frame.calibration]
            for name, members in groups.items()
        }
        every = [score for members in scores.values() for score in members]
        if not every:
            return None
        return {
            **calibration_summary(every, by_pixel=by_pixel),
            'intervals': dict(zip(LEVELS.tolist(), self._widths.tolist(), strict=True)),
            'groups': {
                name: calibration_summary(members, by_pixel=by_pixel)
                for name, members in scores.items()
                if members
            },
        }


def _boundary(frames: Sequence[FrameScore]) -> dict[str, Any]:
    """Mean boundary F1 over the frames where it means something."""
    scores = [frame.boundary_f1 for frame in frames if frame.boundary_f1 is not None]
    return {'frames': len(scores), 'f1': float(np.mean(scores)) if scores else None}

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The result of an evaluation, and its form in JSON and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from lacdepth_ros.core.text import csv_cell
from lacdepth_ros.evaluation.frame import FrameScore
from lacdepth_ros.evaluation.metrics import METRICS
from lacdepth_ros.evaluation.protocol import EvaluationProtocol

FIGURES = (*METRICS, 'frames', 'unpredicted', 'boundary_f1')


@dataclass(frozen=True, slots=True)
class SkippedFrame:
    """A frame that could not be measured, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Result of an evaluation.

    Attributes:
        protocol: The rules the numbers follow.
        frames: Number of measured frames.
        overall: Mean over all measured frames, by metric; empty without any.
        groups: By name of the group: 'frames' and the mean of every metric over its frames.
        skipped: Frames that could not be measured.
        unpredicted: Share of the counting pixels without a prediction, those of skipped frames
            among them; they enter no metric. None where no pixel counted.
        bands: By distance, nearest first: 'from' and 'to' [m], 'frames', 'pixels' and the metrics
            of all these pixels together.
        distance: The same in fine steps, for curves, with 'ratio', the geometric mean of
            predicted over true depth.
        by_group: By name of the group: its own 'bands' and 'distance'.
        boundary: 'frames' on which boundary F1 means something and its mean 'f1' (None without
            any), overall and by group under 'groups'.
        calibration: See `calibration.calibration_summary`; per group under 'groups'. None without
            any predicted std.
        per_frame: Every measured frame.
        assumed: What the metres depend on and nobody gave, in words; '' for nothing.
    """

    protocol: EvaluationProtocol
    frames: int
    overall: dict[str, float]
    groups: dict[str, dict[str, float]]
    skipped: tuple[SkippedFrame, ...]
    unpredicted: float | None
    bands: tuple[dict[str, float], ...] = ()
    distance: tuple[dict[str, float], ...] = ()
    by_group: dict[str, dict[str, tuple[dict[str, float], ...]]] = field(default_factory=dict)
    boundary: dict[str, Any] = field(default_factory=dict)
    calibration: dict[str, Any] | None = None
    per_frame: tuple[FrameScore, ...] = ()
    assumed: str = ''

    def figures(self) -> dict[str, float | None]:
        """What can be required of an evaluation, by the names of FIGURES; None = not measured."""
        return {
            **dict.fromkeys(METRICS),
            **self.overall,
            'frames': self.frames,
            'unpredicted': self.unpredicted,
            'boundary_f1': self.boundary.get('f1'),
        }

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON holds it; without any measured frame every metric is None."""
        return {
            'protocol': self.protocol.to_dict(),
            'assumed': self.assumed or None,
            'frames': self.frames,
            'overall': self.overall or dict.fromkeys(METRICS),
            'groups': self.groups,
            'skipped': [{'id': frame.id, 'reason': frame.reason} for frame in self.skipped],
            'unpredicted': self.unpredicted,
            'bands': list(self.bands),
            'distance': list(self.distance),
            'by_group': self.by_group,
            'boundary': self.boundary,
            'calibration': self.calibration,
            'per_frame': [frame.to_dict() for frame in self.per_frame],
        }

    def to_csv(self) -> str:
        """The measured frames as CSV: one row per frame, the columns of `FrameScore.to_dict`."""
        rows = [frame.to_dict() for frame in self.per_frame]
        text = io.StringIO()
        if rows:
            writer = csv.DictWriter(text, list(rows[0]), lineterminator='\n')
            writer.writeheader()
            writer.writerows(
                {name: csv_cell(value) for name, value in row.items()} for row in rows
            )
        return text.getvalue()

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a replay got back: every frame counted once, scored from the published messages."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.evaluation import result
from lacdepth_ros.evaluation.evaluator import DepthEvaluator
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.session.replay_frames import UnsentFrame
from lacdepth_ros.session.replay_ground_truth import GroundTruth

FloatArray = npt.NDArray[np.float32]

DEPTH_TOPICS = {'32FC1': 'depth/image_rect', '16UC1': 'depth/image_raw'}
"""Topic of the published depth by its encoding."""
UNCERTAINTY = 'depth/uncertainty'
FIGURES = (
    *result.FIGURES,
    *('answered', 'latency_p50_ms', 'latency_p95_ms', 'latency_max_ms'),
)
KEPT = 4
"""Worst frames kept for the pictures."""


@dataclass(slots=True)
class FrameRecord:
    """What became of one frame that was sent.

    Attributes:
        id: Name, '<group>/...'.
        index: Place among the images of the bag.
        stamp: Nanoseconds.
        latency_ms: By topic: from publishing the image to the message's arrival; empty without
            an answer.
        errors: Metrics by name; empty where nothing could be scored.
        problem: Why an answer with ground truth was not scored; '' when it was.
    """

    id: str
    index: int
    stamp: int
    latency_ms: dict[str, float] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    problem: str = ''


@dataclass(frozen=True, slots=True, order=True)
class WorstFrame:
    """A scored frame, ordered by abs_rel.

    Attributes:
        abs_rel: Its error.
        index: Place among the images of the bag.
        id: Its name.
        ground_truth: (H, W) true depth [m].
        depth: (H, W) published depth [m]; infinite beyond its range (REP 117).
        std: (H, W) published standard deviation [m]; None without.
    """

    abs_rel: float
    index: int
    id: str = field(compare=False)
    ground_truth: FloatArray = field(compare=False)
    depth: FloatArray = field(compare=False)
    std: FloatArray | None = field(compare=False)


class ReplayResult:
    """Counts, latencies and scores of a replay, filled frame by frame.

    Args:
        name: Of the bag; the group of frames whose ground truth has no names of its own.
        ground_truth: Of the bag's images.
        protocol: Caps and crop; flip averaging must be off, as the node predicts once.
        depth_topic: Which of DEPTH_TOPICS is scored.
        bands: See `DepthEvaluator`.

    Attributes:
        records: Every frame sent, in order.
        unsent: Images of the bag that could not be sent.
        received: Messages that came in time, by topic.
        without_ground_truth: Ids of the frames that have none.
        worst: The answers with the largest abs_rel; a heap.
        failure: What ended the replay early; '' when nothing did.
        log_end: The end of the node's log when it failed.
        late: Messages that came after the time of their frame.
        repeated: Messages beyond the first of a topic and stamp.
        node: Values of the node's last report on /diagnostics.
        lag_ms: How late the replay itself sent each frame (at a camera's pace only).
    """

    def __init__(
        self,
        name: str,
        ground_truth: GroundTruth,
        protocol: EvaluationProtocol,
        depth_topic: str,
        bands: Sequence[float] | None = None,
    ) -> None:
        if protocol.flip_average:
            raise ValueError('flip_average must be off: the node predicts every image once')
        self.name, self.ground_truth, self.protocol = name, ground_truth, protocol
        self.depth_topic = depth_topic
        self.scores = DepthEvaluator(protocol, bands)
        self.records: list[FrameRecord] = []
        self.unsent: list[UnsentFrame] = []
        self.received: Counter[str] = Counter()
        self.without_ground_truth: list[str] = []
        self.worst: list[WorstFrame] = []
        self.failure = self.log_end = ''
        self.late = self.repeated = 0
        self.node: dict[str, str] = {}
        self.lag_ms: list[float] = []
        self._waiting: dict[int, FrameRecord] = {}
        self._stamps: dict[int, int] = {}

    def sent(self, index: int, stamp: int) -> None:
        """Count a frame as sent; it is unanswered until `answered` hears of it."""
        there = self.ground_truth.find(index, stamp)
        name = (there.id if there else '') or f'{self.name}/{index:06d}'
        record = FrameRecord(name, index, stamp)
        self.records.append(record)
        self._waiting[index] = record
        self._stamps[index] = stamp

    def answered(
        self, index: int, messages: Mapping[str, Any], latency_ms: Mapping[str, float]
    ) -> None:
        """Take in the messages that came back for a sent frame, by topic, and score them."""
        record = self._waiting.pop(index)  # a second answer is an error of the caller
        self.received.update(messages.keys())
        record.latency_ms = dict(latency_ms)
        if self.depth_topic in messages:
            self._score(record, messages)
        else:
            self.scores.skip(record.id, 'the node did not answer')

    @property
    def unanswered(self) -> list[str]:
        """Ids of the frames sent whose depth did not come (in time)."""
        return [r.id for r in self.records if self.depth_topic not in r.latency_ms]

    @property
    def unscored(self) -> list[tuple[str, str]]:
        """Ids of the frames that were answered and have ground truth, yet no score, and why."""
        return [(record.id, record.problem) for record in self.records if record.problem]

    @property
    def share_answered(self) -> float:
        """Frames answered with depth over frames sent; 0 when none was sent."""
        return self.received[self.depth_topic] / len(self.records) if self.records else 0.0

    def latencies(self) -> list[float]:
        """Milliseconds from publishing an image to the arrival of its depth, frame by frame."""
        return [
            r.latency_ms[self.depth_topic]
            for r in self.records
            if self.depth_topic in r.latency_ms
        ]

    def figures(self) -> dict[str, float | None]:
        """What can be required of a replay, by the names of FIGURES; None = not measured."""
        latency = percentiles(self.latencies()) or dict.fromkeys(('p50', 'p95', 'max'))
        return {
            **self.scores.report().figures(),
            'answered': self.share_answered if self.records else None,
            **{f'latency_{name}_ms': value for name, value in latency.items()},
        }

    def seconds(self, index: int) -> float:
        """Time of a sent frame since the first one, by their stamps."""
        return (self._stamps[index] - self.records[0].stamp) / 1e9

    def stages(self) -> dict[str, dict[str, float]]:
        """Percentiles [ms] of what the node timed itself, over its latest frames, by stage."""
        ending = ' p50 [ms]'
        names = [key.removesuffix(ending) for key in self.node if key.endswith(ending)]
        return {
            name: {p: float(self.node[f'{name} {p} [ms]']) for p in ('p50', 'p95')}
            for name in names
        }

    def _score(self, record: FrameRecord, messages: Mapping[str, Any]) -> None:
        there = self.ground_truth.find(record.index, record.stamp)
        if there is None:
            self.without_ground_truth.append(record.id)
            return
        try:
            depth = depth_from_message(messages[self.depth_topic])
            ground_truth, std = there.load(), _std(messages)
            record.errors = self.scores.add(
                id=record.id,
                group=record.id.split('/', maxsplit=1)[0],
                pred=depth,
                target=ground_truth,
                std=std,
            )
        except (OSError, ValueError) as error:
            record.problem = str(error)
            self.scores.skip(record.id, record.problem)
            return
        worst = WorstFrame(
            record.errors['abs_rel'], record.index, record.id, ground_truth, depth, std
        )
        keep = heapq.heappush if len(self.worst) < KEPT else heapq.heappushpop
        keep(self.worst, worst)


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """p50, p95 and largest, rounded; None without values."""
    if not values:
        return None
    p50, p95, largest = (float(v) for v in np.percentile(values, (50, 95, 100)))
    return {'p50': round(p50, 2), 'p95': round(p95, 2), 'max': round(largest, 2)}


def _std(messages: Mapping[str, Any]) -> FloatArray | None:
    """Published standard deviation; None when there is none, or none that means something."""
    if UNCERTAINTY not in messages:
        return None
    std = depth_from_message(messages[UNCERTAINTY])
    return std if np.isfinite(std).any() else None

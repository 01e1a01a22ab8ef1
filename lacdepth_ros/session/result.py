# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a session got back: every frame counted once, scored from the published messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.percentiles import percentiles_at
from lacdepth_ros.data.sample import group_of
from lacdepth_ros.evaluation import result as evaluation
from lacdepth_ros.evaluation import stability
from lacdepth_ros.evaluation.evaluator import DepthEvaluator
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.evaluation.result import EvaluationReport
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.messages.topics import DEPTH, UNCERTAINTY
from lacdepth_ros.session.frames import Frame, UnsentFrame

FloatArray = npt.NDArray[np.float32]

INTERRUPTED = 'interrupted'
"""Failure of a session that Ctrl-C ended."""
FIGURES = (
    *evaluation.FIGURES,
    *stability.FIGURES,
    *('answered', 'latency_p50_ms', 'latency_p95_ms', 'latency_max_ms'),
)
"""Names of what can be required of a session."""


@dataclass(slots=True)
class FrameRecord:
    """What became of one frame that was sent.

    Attributes:
        id: Name, '<group>/...'.
        index: Place among the images of the input.
        stamp: Nanoseconds.
        latency_ms: By topic: from publishing the image to the message's arrival; empty without
            an answer.
        errors: Metrics by name; empty where nothing could be scored.
        problem: Why an answer was not scored although there is ground truth; '' when it was.
    """

    id: str
    index: int
    stamp: int
    latency_ms: dict[str, float] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    problem: str = ''


@dataclass(frozen=True, slots=True)
class AnsweredFrame:
    """An answer as arrays.

    Attributes:
        record: Of the frame.
        messages: What came back, by topic.
        depth: (H, W) published depth [m]; NaN invalid, infinite out of range (REP 117).
        std: (H, W) published standard deviation [m]; None without, or without any finite one.
        ground_truth: (H, W) true depth [m]; None without.
    """

    record: FrameRecord
    messages: Mapping[str, Any]
    depth: FloatArray
    std: FloatArray | None
    ground_truth: FloatArray | None


class SessionResult:
    """Counts, latencies and scores of a session, filled frame by frame.

    Args:
        protocol: Caps and crop; flip averaging must be off, as the node predicts once.
        depth_topic: Which of DEPTH_TOPICS is scored.
        bands: See `DepthEvaluator`.
        intervals: Of the std that the node publishes, see `DepthEvaluator`.
        observe: Called with every answer that has depth.

    Attributes:
        records: Every frame sent, in order.
        unsent: Frames of the input that could not be sent.
        received: Messages that came in time, by topic.
        without_ground_truth: Ids of the answered frames that have none.
        failure: What ended the session early; '' when nothing did.
        log_end: The end of the node's log when it failed.
        late: Messages that came after the time of their frame.
        repeated: Messages beyond the first of a topic and stamp.
        node: Values of the node's last report on /diagnostics.
        stability: `StabilityMeter.summary` of the depth; empty where nobody measured it.
        lag_ms: How late the session itself sent each frame (at a camera's pace only).
        closed_steps: Steps of the stamps [s] that it did not wait for, see `Timeline`.
    """

    def __init__(
        self,
        protocol: EvaluationProtocol,
        depth_topic: str = DEPTH,
        *,
        bands: Sequence[float] | None = None,
        intervals: Mapping[float, float] | None = None,
        observe: Callable[[AnsweredFrame], None] = lambda _: None,
    ) -> None:
        if protocol.flip_average:
            raise ValueError('flip_average must be off: the node predicts every image once')
        self.protocol, self.depth_topic = protocol, depth_topic
        self.records: list[FrameRecord] = []
        self.unsent: list[UnsentFrame] = []
        self.received: Counter[str] = Counter()
        self.without_ground_truth: list[str] = []
        self.failure = self.log_end = ''
        self.late = self.repeated = 0
        self.node: dict[str, str] = {}
        self.stability: dict[str, Any] = {}
        self.lag_ms: list[float] = []
        self.closed_steps: list[float] = []
        self._evaluator = DepthEvaluator(protocol, bands, intervals)
        self._observe = observe
        self._report: EvaluationReport | None = None
        self._waiting: dict[int, tuple[FrameRecord, Callable[[], FloatArray] | None]] = {}

    def sent(self, frame: Frame) -> None:
        """Count a frame as sent; it is unanswered until `answered` is called."""
        record = FrameRecord(frame.id, frame.index, frame.stamp)
        self.records.append(record)
        self._waiting[frame.index] = record, frame.ground_truth

    def answered(
        self, index: int, messages: Mapping[str, Any], latency_ms: Mapping[str, float]
    ) -> None:
        """Take in the messages that came back for a sent frame, by topic, and score them."""
        record, load = self._waiting.pop(index)  # a second answer is an error of the caller
        self._report = None
        self.received.update(messages.keys())
        record.latency_ms = dict(latency_ms)
        if self.depth_topic not in messages:
            self._evaluator.skip(record.id, 'the node did not answer')
            return
        if load is None:
            self.without_ground_truth.append(record.id)
        try:
            depth, std = depth_from_message(messages[self.depth_topic]), _std(messages)
            ground_truth = load() if load else None
            if ground_truth is not None:
                record.errors = self._score(record.id, depth, ground_truth, std)
        except (OSError, ValueError) as error:
            record.problem = str(error)
            self._evaluator.skip(record.id, record.problem)
        else:
            self._observe(AnsweredFrame(record, messages, depth, std, ground_truth))

    def _score(
        self, id: str, depth: FloatArray, ground_truth: FloatArray, std: FloatArray | None
    ) -> dict[str, float]:
        return self._evaluator.add(
            id=id, group=group_of(id), pred=depth, target=ground_truth, std=std
        )

    @property
    def report(self) -> EvaluationReport:
        """The errors, averaged once over what was answered until now."""
        if self._report is None:
            self._report = self._evaluator.report()
        if self._report.assumed != self.assumed_height:  # the node has told since
            self._report = replace(self._report, assumed=self.assumed_height)
        return self._report

    @property
    def assumed_height(self) -> str:
        """In words, the camera's height that the node reports as assumed; '' where it was told."""
        height, _, assumed = self.node.get('camera height [m]', '').partition(' (assumed')
        return f'a camera height of {height} m' if assumed else ''

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

    def latencies(self, topic: str | None = None) -> list[float]:
        """Milliseconds from publishing an image to the arrival of a topic, frame by frame."""
        name = topic or self.depth_topic
        return [r.latency_ms[name] for r in self.records if name in r.latency_ms]

    def figures(self) -> dict[str, float | None]:
        """What can be required of a session, by the names of FIGURES; None = not measured."""
        latency = percentiles(self.latencies()) or dict.fromkeys(('p50', 'p95', 'max'))
        return {
            **self.report.figures(),
            **{name: self.stability.get(name) for name in stability.FIGURES},
            'answered': self.share_answered if self.records else None,
            **{f'latency_{name}_ms': value for name, value in latency.items()},
        }

    def seconds(self, record: FrameRecord) -> float:
        """Time of a frame since the first one, by their stamps."""
        return (record.stamp - self.records[0].stamp) / 1e9

    def stages(self) -> dict[str, dict[str, float]]:
        """Percentiles [ms] of what the node timed itself, over its latest frames, by stage."""
        ending = ' p50 [ms]'
        names = [key.removesuffix(ending) for key in self.node if key.endswith(ending)]
        return {
            name: {
                p: float(self.node[f'{name} {p} [ms]'])
                for p in ('p50', 'p95', 'p99')
                if f'{name} {p} [ms]' in self.node
            }
            for name in names
        }


def percentiles(values: Sequence[float]) -> dict[str, float] | None:
    """p50, p95 and largest, rounded; None without values."""
    if not values:
        return None
    p50, p95, largest = percentiles_at(values, (50, 95, 100))
    return {'p50': round(p50, 2), 'p95': round(p95, 2), 'max': round(largest, 2)}


def _std(messages: Mapping[str, Any]) -> FloatArray | None:
    if UNCERTAINTY not in messages:
        return None
    std = depth_from_message(messages[UNCERTAINTY])
    return std if np.isfinite(std).any() else None

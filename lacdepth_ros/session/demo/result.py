# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the demo received, counted and measured, and the few frames it keeps to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.evaluation.evaluator import DepthEvaluator
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.messages.clouds import cloud_from_message
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.session.demo.frames import Frame, UnreadableFrame

FloatArray = npt.NDArray[np.float32]

DEPTH = 'depth/image_rect'
UNCERTAINTY = 'depth/uncertainty'
CAMERA_INFO = 'depth/camera_info'
CLOUD = 'points'
TOPICS = (DEPTH, UNCERTAINTY, CAMERA_INFO, CLOUD)
"""Topics that make a full answer."""

PROTOCOL = EvaluationProtocol(flip_average=False)
SHOWN = 6
"""Frames on the contact sheet."""


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """A full answer as arrays, all from received messages.

    Attributes:
        id: Name of the frame.
        stamp: Nanoseconds.
        depth: (H, W) metres; NaN invalid, infinite out of range.
        std: (H, W) metres.
        points: (H, W, 3) metres in the optical frame.
        colors: (H, W, 3) uint8 RGB of the points: the (rectified) image as the node saw it.
        errors: Metrics of the frame; empty without ground truth.
    """

    id: str
    stamp: int
    depth: FloatArray
    std: FloatArray
    points: FloatArray
    colors: npt.NDArray[np.uint8]
    errors: Mapping[str, float]


@dataclass(slots=True)
class DemoResult:
    """Counts, latencies and errors of a run.

    Attributes:
        count: Frames the run is going to have (of a video: about).
        sent: Frames published.
        received: Messages received in time, by topic.
        unreadable: Frames of the input that could not be sent.
        unanswered: Ids of the frames whose depth did not come in time.
        frames: A record of each frame sent, in order.
        shown: Answers kept for the pictures, in order.
        middle: The answer in the middle, for the cloud file.
        late: Messages that came after the time of their frame.
        failure: What ended the run early; '' when nothing did.
    """

    count: int
    sent: int = 0
    received: Counter[str] = field(default_factory=Counter)
    unreadable: list[UnreadableFrame] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    shown: list[ShownFrame] = field(default_factory=list)
    middle: ShownFrame | None = None
    late: int = 0
    failure: str = ''
    _evaluator: DepthEvaluator = field(default_factory=lambda: DepthEvaluator(PROTOCOL))
    _latencies: dict[str, list[float]] = field(default_factory=dict)

    def add(
        self, frame: Frame, messages: Mapping[str, Any], latency_ms: Mapping[str, float]
    ) -> None:
        """Take in what came back for a frame, by topic.

        Raises:
            ValueError: A message cannot be decoded.
        """
        index, self.sent = self.sent, self.sent + 1
        self.received.update(messages.keys())
        for topic, latency in latency_ms.items():
            self._latencies.setdefault(topic, []).append(latency)
        record: dict[str, Any] = {'id': frame.id, 'stamp': frame.stamp}
        record['latency_ms'] = {topic: round(value, 2) for topic, value in latency_ms.items()}
        self.frames.append(record)
        if DEPTH not in messages:
            self.unanswered.append(frame.id)
            return
        depth = depth_from_message(messages[DEPTH])
        errors = self._measure(frame, depth)
        if errors:
            record['errors'] = errors
        if messages.keys() >= {UNCERTAINTY, CLOUD}:
            self._keep(index, frame, depth, messages, errors)

    @property
    def complete(self) -> bool:
        """Every frame of the input was sent, and every one got a full answer."""
        return not (self.failure or self.unreadable or self.missing())

    def missing(self) -> dict[str, int]:
        """How many frames lack the message of a topic; only topics where some do."""
        lacks = {topic: self.sent - self.received[topic] for topic in TOPICS}
        return {topic: count for topic, count in lacks.items() if count}

    def latency(self, topic: str = DEPTH) -> dict[str, float] | None:
        """Milliseconds from publishing the image to the arrival of a topic's message."""
        values = self._latencies.get(topic)
        if not values:
            return None
        p50, p95 = np.percentile(values, (50, 95))
        return {'p50': round(float(p50), 2), 'p95': round(float(p95), 2)}

    def errors(self) -> dict[str, Any] | None:
        """Mean metrics over the frames with ground truth, and the protocol; None without one."""
        report = self._evaluator.report()
        if not report.frames:
            return None
        mean = {name: round(value, 5) for name, value in report.overall.items()}
        return {'frames': report.frames, **mean, 'protocol': PROTOCOL.to_dict()}

    def _measure(self, frame: Frame, depth: FloatArray) -> dict[str, float]:
        """Compare received depth with the ground truth; out of range counts as the caps."""
        if frame.ground_truth is None or frame.ground_truth.shape != depth.shape:
            return {}
        try:
            errors = self._evaluator.add(
                id=frame.id, group='all', pred=depth, target=frame.ground_truth
            )
        except ValueError:  # no pixel of ground truth counts, or nothing is predicted there
            return {}
        return {name: round(value, 5) for name, value in errors.items()}

    def _keep(
        self,
        index: int,
        frame: Frame,
        depth: FloatArray,
        messages: Mapping[str, Any],
        errors: Mapping[str, float],
    ) -> None:
        picks = np.linspace(0, self.count - 1, min(SHOWN, self.count)).round()
        is_middle = self.middle is None or index == self.count // 2
        if index not in picks and not is_middle:
            return
        std = depth_from_message(messages[UNCERTAINTY])
        points, colors = cloud_from_message(messages[CLOUD])
        kept = ShownFrame(frame.id, frame.stamp, depth, std, points, colors, errors)
        if index in picks:
            self.shown.append(kept)
        if is_middle:
            self.middle = kept

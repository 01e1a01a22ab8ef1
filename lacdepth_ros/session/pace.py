# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames sent at a camera's pace, answered or not, with /clock running alike."""

from __future__ import annotations

import tempfile
import time

from lacdepth_ros.session.client import Answer, DepthClient
from lacdepth_ros.session.frames import Frame, Frames, UnsentFrame
from lacdepth_ros.session.recorded import image_message
from lacdepth_ros.session.result import SessionResult
from lacdepth_ros.session.spool import AnswerSpool
from lacdepth_ros.session.timeline import Timeline

LEAD = 0.5
"""Seconds before the first frame, for /clock to be seen."""
TICK = 0.025
"""Seconds between two messages on /clock."""
SILENCE, FIRST_ANSWER = 3.0, 20.0
"""Seconds without a further, or without any, answer after which the session is over."""


def send_at_pace(
    client: DepthClient, frames: Frames, result: SessionResult, *, rate: float
) -> None:
    """Send each frame when its stamp says so, answered or not, with /clock running alike.

    Where the stamps step as no camera does (see `Timeline`), /clock steps with them.

    Answers are scored after the last one has come: the machine belongs to the node until then.

    Raises:
        NodeError: The node ended; what it answered before is in the result.
        ValueError: The input is damaged from here on.
    """
    with tempfile.TemporaryFile(prefix='lacdepth_replay_') as file:
        under_way = _UnderWay(client, AnswerSpool(file))
        try:
            clock = _Clock(rate, Timeline(result.closed_steps))
            for frame in frames:
                if isinstance(frame, UnsentFrame):
                    result.unsent.append(frame)
                    continue
                message = image_message(frame.image, frame.stamp)
                result.lag_ms.append(1e3 * clock.wait(client, frame.stamp))
                result.sent(frame)
                under_way.add(frame, client.send(message, frame.info))
                under_way.collect()
            under_way.wait_for_the_last()
        finally:
            under_way.collect()
            for index, messages, latency_ms in under_way.spool.take():
                result.answered(index, messages, latency_ms)


class _Clock:
    """Time of the input, running at `rate` from shortly before its first frame."""

    def __init__(self, rate: float, timeline: Timeline) -> None:
        self._rate, self._timeline = rate, timeline
        self._begin: float | None = None

    def wait(self, client: DepthClient, stamp: int) -> float:
        """Let the client spin until a stamp [ns] is due; returns how late it is then [s]."""
        if self._begin is None:
            self._begin = time.monotonic() + LEAD
        due = self._begin + self._timeline.due(stamp) / 1e9 / self._rate
        while (left := due - time.monotonic()) > 0:
            client.set_clock(max(stamp - round(1e9 * left * self._rate), 0))
            client.spin_for(min(left, TICK))
        client.set_clock(stamp)
        return -left


class _UnderWay:
    """Frames that were sent and are not answered yet; answers go into a spool."""

    def __init__(self, client: DepthClient, spool: AnswerSpool) -> None:
        self.spool = spool
        self._client = client
        self._answers: dict[int, tuple[int, Answer]] = {}  # by index: stamp and answer
        self._slowest = 0.0  # seconds

    def add(self, frame: Frame, answer: Answer) -> None:
        self._answers[frame.index] = (frame.stamp, answer)

    def collect(self) -> int:
        """Put complete answers aside; returns how many."""
        done = [index for index, (_, answer) in self._answers.items() if answer.complete]
        for index in done:
            stamp, answer = self._answers.pop(index)
            self._client.forget(stamp)
            self._slowest = max(self._slowest, max(answer.latency_ms.values()) / 1e3)
            self.spool.park(index, answer.messages, answer.latency_ms)
        return len(done)

    def wait_for_the_last(self) -> None:
        """Wait until all are answered, or none came for twice as long as any has taken."""
        latest = time.monotonic()
        while self._answers and time.monotonic() < latest + self._patience():
            self._client.spin_for(TICK)
            if self.collect():
                latest = time.monotonic()

    def _patience(self) -> float:
        return max(SILENCE, 2 * self._slowest) if self._slowest else FIRST_ANSWER

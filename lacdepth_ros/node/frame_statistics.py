# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Counters and latencies of the node, written by two threads and read by the diagnostics."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lacdepth_ros.core.percentiles import PERCENTILES, percentiles_at

WINDOW = 200
"""Latest frames that the percentiles are taken over."""


@dataclass(frozen=True, slots=True)
class StatisticsSnapshot:
    """State of the statistics at one moment.

    Attributes:
        counts: Frames by fate: received, answered, replaced, failed, unpaired, unwanted,
            dropped (by deactivation). All but the first add up to it, but for the frames that
            wait or are in flight.
        latencies_ms: PERCENTILES of every stage over the latest frames.
        last_error: Text of the latest failure, '' when there was none.
        new_failures: Frames that failed since the previous snapshot.
        findings: What the frames themselves showed, {name: text}.
    """

    counts: dict[str, int]
    latencies_ms: dict[str, tuple[float, ...]]
    last_error: str
    new_failures: int
    findings: dict[str, str]


class FrameStatistics:
    """Thread-safe frame counters, stage latencies and the latest error."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._latencies: dict[str, deque[float]] = {}
        self._last_error = ''
        self._failures_seen = 0
        self._findings: dict[str, str] = {}

    def count(self, fate: str) -> None:
        """Count one frame of this fate."""
        with self._lock:
            self._counts[fate] += 1

    def fail(self, reason: str) -> None:
        """Count one failed frame and remember why."""
        with self._lock:
            self._counts['failed'] += 1
            self._last_error = reason

    def record(self, stage: str, milliseconds: float) -> None:
        """Add the time that one frame spent in a stage."""
        with self._lock:
            self._latencies.setdefault(stage, deque(maxlen=WINDOW)).append(milliseconds)

    def find(self, name: str, text: str) -> None:
        """Remember what the latest frames show, in place of what was said under this name."""
        with self._lock:
            self._findings[name] = text

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Record the wall time of the block under this stage (not when it raises)."""
        start = time.perf_counter()
        yield
        self.record(stage, 1e3 * (time.perf_counter() - start))

    def snapshot(self) -> StatisticsSnapshot:
        """Return the present state; the next snapshot counts new failures from here."""
        with self._lock:
            failed = self._counts['failed']
            new_failures, self._failures_seen = failed - self._failures_seen, failed
            percentiles = {
                stage: percentiles_at(values, PERCENTILES)
                for stage, values in self._latencies.items()
            }
            return StatisticsSnapshot(
                counts=dict(self._counts),
                latencies_ms=percentiles,
                last_error=self._last_error,
                new_failures=new_failures,
                findings=dict(self._findings),
            )

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What was seen in the pictures of the last seconds; knows no ROS."""

from __future__ import annotations

import math
import statistics
import time
from collections import deque
from collections.abc import Callable

WINDOW = 10.0
"""Seconds over which the median is taken, so that a single odd picture does not count."""


class Recent:
    """Values of the last WINDOW seconds.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._seen: deque[tuple[float, float]] = deque()
        self._median = math.nan

    def see(self, value: float) -> None:
        """Take note of a picture's value; NaN is none."""
        now = self.clock()
        while self._seen and now - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        if not math.isnan(value):
            self._seen.append((now, value))
        # Here, once: a frame asks for it several times.
        self._median = statistics.median(x for _, x in self._seen) if self._seen else math.nan

    def median(self) -> float:
        """Median of the latest values; NaN without any."""
        return self._median

    def span(self) -> float:
        """Seconds from the first of them to the last."""
        return self._seen[-1][0] - self._seen[0][0] if self._seen else 0.0

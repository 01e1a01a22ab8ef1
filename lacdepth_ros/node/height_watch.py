# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Holds the height that a camera seems to stand at against the one depth assumes; knows no ROS."""

from __future__ import annotations

import math
import statistics
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lacdepth_ros.models.std_calibration import StdCalibration

WINDOW = 10.0
"""Seconds of pictures that must agree before anything is said."""
MAX_FRAMES = 600


class HeightWatch:
    """Compares heights seen in pictures, which do not depend on any parameter, with the parameter.

    Args:
        calibration: The checkpoint's; without a height in it nothing is said.
        clock: Seconds.
    """

    def __init__(
        self, calibration: StdCalibration | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._cue = None if calibration is None else calibration.height
        self._clock = clock
        self._seen: deque[tuple[float, float]] = deque(maxlen=MAX_FRAMES)
        self._told = math.nan
        self._since = math.inf

    def see(self, height: float, told: float) -> None:
        """Take note of the height seen in a picture, and of the one its depth assumes [m]."""
        now = self._clock()
        if told != self._told:
            self._told, self._since = told, now
        while self._seen and now - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        if not math.isnan(height):
            self._seen.append((now, height))

    def median(self) -> float:
        """Median height seen lately [m]; NaN without any."""
        return statistics.median(x for _, x in self._seen) if self._seen else math.nan

    def describe(self) -> str:
        """Both heights as diagnostics show them."""
        if self._cue is None:
            return 'unknown (the checkpoint has not learned it)'
        return f'{self.median():.2f} (depth assumes {self._told:.2f})'

    def warning(self) -> str:
        """Say that both heights differ, '' while they do not, or not for WINDOW seconds."""
        if self._cue is None or not self._seen or self._clock() - self._since < WINDOW:
            return ''
        if self._seen[-1][0] - self._seen[0][0] < 0.8 * WINDOW:
            return ''
        ratio = self.median() / self._told
        if 1 / (1 + self._cue.tolerance) <= ratio <= 1 + self._cue.tolerance:
            return ''
        return (
            f'pictures look as if taken from {self.median():.2f} m above the ground, but depth '
            f'assumes {self._told:.2f} m: measure the height of the lens and set camera_height '
            '(lacdepth calibrate finds it from true depths)'
        )

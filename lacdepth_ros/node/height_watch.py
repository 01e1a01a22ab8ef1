# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Holds the height that a camera seems to stand at against the one depth assumes; knows no ROS."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lacdepth_ros.node.recent import WINDOW, Recent

if TYPE_CHECKING:
    from lacdepth_ros.models.std_calibration import StdCalibration


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
        self._seen = Recent(clock)
        self._told = math.nan
        self._since = math.inf

    def see(self, height: float, told: float) -> None:
        """Take note of the height seen in a picture, and of the one its depth assumes [m]."""
        if told != self._told:
            self._told, self._since = told, self._seen.clock()
        self._seen.see(height)

    def median(self) -> float:
        """Median height seen lately [m]; NaN without any."""
        return self._seen.median()

    def describe(self, *, familiar: bool) -> str:
        """Both heights as diagnostics show them; what is seen counts in familiar pictures only."""
        if self._cue is None:
            return 'unknown (the checkpoint has not learned it)'
        if not familiar:
            return f'unknown, from pictures unlike the training (depth assumes {self._told:.2f})'
        return f'{self.median():.2f} (depth assumes {self._told:.2f})'

    def warning(self) -> str:
        """Say that both heights differ, '' while they do not, or not for WINDOW seconds."""
        if self._cue is None or self._seen.clock() - self._since < WINDOW:
            return ''
        if self._seen.span() < 0.8 * WINDOW:
            return ''
        ratio = self.median() / self._told
        if 1 / (1 + self._cue.tolerance) <= ratio <= 1 + self._cue.tolerance:
            return ''
        return (
            f'pictures look as if taken from {self.median():.2f} m above the ground, but depth '
            f'assumes {self._told:.2f} m: measure the height of the lens and set camera_height '
            '(lacdepth calibrate finds it from true depths)'
        )

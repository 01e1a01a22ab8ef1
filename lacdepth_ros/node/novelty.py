# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Notices that a camera shows what the network was not trained for; knows no ROS."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lacdepth_ros.node.recent import Recent

if TYPE_CHECKING:
    from lacdepth_ros.models.std_calibration import StdCalibration

FAMILIAR = 1.5
"""Times the usual novelty up to which pictures are enough like those of the training to read more
off them than depth; real cameras at other heights than a car's lie above."""
UNKNOWN = 'unknown (the checkpoint is not calibrated)'


class NoveltyWatch:
    """Holds the novelty of the latest pictures against what is usual.

    Args:
        calibration: The checkpoint's; None: nothing is known, and nothing said.
        clock: Seconds.
    """

    def __init__(
        self, calibration: StdCalibration | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._calibration = calibration
        self._seen = Recent(clock)

    def see(self, novelty: float) -> None:
        """Take note of a picture's novelty; NaN is none."""
        self._seen.see(novelty)

    def median(self) -> float:
        """Median of the latest pictures; NaN without any."""
        return self._seen.median()

    def describe(self) -> str:
        """The median as diagnostics show it."""
        if self._calibration is None:
            return UNKNOWN
        return f'{self.median():.2f} (usual: up to {self._calibration.limit:.2f})'

    def familiar(self) -> bool:
        """Whether the latest pictures are much like those of the training."""
        return self.is_familiar(self.median())

    def is_familiar(self, novelty: float) -> bool:
        """Whether a picture of that novelty is; where nothing is known, it is."""
        if self._calibration is None:
            return True
        return not novelty > FAMILIAR * self._calibration.limit

    def warning(self) -> str:
        """Say that the latest pictures are out of the network's depth, '' when they are not."""
        if self._calibration is None or not self.median() > self._calibration.limit:
            return ''
        return (
            f'pictures are unlike those of the training (novelty {self.median():.1f}, usual up to '
            f'{self._calibration.limit:.1f}): depth is less certain, and its std '
            f'{self._calibration.gain(self.median()):.1f} times larger'
        )

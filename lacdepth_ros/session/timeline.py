# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When frames are due that are sent at the pace of their stamps."""

from __future__ import annotations

from collections.abc import Sequence

from lacdepth_ros.core.stamps import NANOSECONDS

LONGEST_GAP = 10.0
"""Seconds between two stamps above which nobody waits for the second."""


class Timeline:
    """Frames as far apart as their stamps, save where these step as no camera does.

    A clock that was set (GPS time found, NTP) or a recording that was paused puts hours, or
    decades, between two frames: the second then follows after the time between those before it.

    Args:
        closed: Takes such steps [s]: below 0, or above LONGEST_GAP.
    """

    def __init__(self, closed: list[float]) -> None:
        self._closed = closed
        self._latest: int | None = None
        self._due = self._period = 0

    def due(self, stamp: int) -> int:
        """Nanoseconds after the first frame at which the one with this stamp [ns] is due."""
        step = 0 if self._latest is None else stamp - self._latest
        if 0 <= step <= LONGEST_GAP * NANOSECONDS:
            self._period = step
        else:
            self._closed.append(step / NANOSECONDS)
        self._latest = stamp
        self._due += self._period
        return self._due


def describe_closed(steps: Sequence[float]) -> str:
    """The steps [s] that were closed, in words; '' without any."""
    if not steps:
        return ''
    times = 'once' if len(steps) == 1 else f'{len(steps)} times'
    return (
        f'the stamps stepped back, or ahead by more than {LONGEST_GAP:g} s, {times} (first by '
        f'{steps[0]:+.1f} s), which was not waited for: a clock was set, or recording paused'
    )

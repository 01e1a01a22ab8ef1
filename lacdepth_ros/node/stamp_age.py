# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How old an image is by its stamp, where that is of the node's own clock; knows no ROS."""

from __future__ import annotations

import time
from collections.abc import Callable

from lacdepth_ros.core.stamps import NANOSECONDS

MAX_AGE = 10.0
"""Seconds from its stamp to its turn above which an image was stamped by another clock."""
MAX_AHEAD = 0.1
"""Seconds by which a stamp may be ahead: clocks of two machines never agree to the last."""
_NO_LATENCY = 'latencies from stamp to publish are left out, and tf may know no pose of that time'


class StampAge:
    """Tells the age of one frame after the other, and when stamps are not of this clock.

    Args:
        now: Nanoseconds of the node's clock; None while it is simulated.
        clock_is_published: Whether somebody publishes /clock.
        doubt: Called when stamps leave the clock, and with '' when they are back.
        elapsed: Seconds.
    """

    def __init__(
        self,
        now: Callable[[], int | None],
        clock_is_published: Callable[[], bool],
        doubt: Callable[[str], object],
        elapsed: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._now = now
        self._clock_is_published = clock_is_published
        self._doubt = doubt
        self._elapsed = elapsed
        self._begin = 0.0
        self._age: float | None = None
        self._off = ''

    def begin(self, stamp_ns: int) -> None:
        """Take note that the turn of an image has come; what it took until then is not ours."""
        self._begin = self._elapsed()
        now = self._now()
        self._age = None if now is None else (now - stamp_ns) / NANOSECONDS
        off = '' if self._age is None else _off(self._age, stamp_ns)
        if off != self._off:
            self._off = off
            self._doubt(self._describe())
        if off:
            self._age = None

    def seconds(self) -> float | None:
        """Age now of the image whose turn it is; None where no clock tells."""
        if self._age is None:
            return None
        age = self._age + self._elapsed() - self._begin
        return age if age >= 0 else None

    def _describe(self) -> str:
        if not self._off:
            return ''
        if self._off == 'unset':
            return f'images have no stamp: {_NO_LATENCY}; set it in the camera driver'
        seconds = f'{abs(self._age or 0.0):,.1f} s'
        text = f'stamps of the images are {seconds} {self._off} the clock of this node'
        if self._clock_is_published():
            return f'{text}, but /clock is published: {_NO_LATENCY}; set use_sim_time'
        return (
            f'{text}: {_NO_LATENCY}; synchronize the clocks of the machines and let the driver '
            'stamp by them, or play the bag with --clock and set use_sim_time'
        )


def _off(age: float, stamp_ns: int) -> str:
    """Where the stamp of an image of this age lies if not on the clock, in a word."""
    if -MAX_AHEAD <= age <= MAX_AGE:
        return ''
    if not stamp_ns:
        return 'unset'
    return 'behind' if age > 0 else 'ahead of'

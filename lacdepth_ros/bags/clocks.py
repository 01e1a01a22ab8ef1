# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sensors of a bag whose stamps are of different clocks.

A LiDAR counts from its start unless it is told the time, as Ouster's and Livox's do as they come,
or on TAI where PTP gives it, and its stamps come near none of the camera's.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from lacdepth_ros.bags.opening import header_stamp, raw_messages
from lacdepth_ros.core.stamps import NANOSECONDS

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader

_ONE_CLOCK = NANOSECONDS  # by which messages of one clock may be recorded later than others [ns]


def clock_doubt(reader: BagReader, image_topic: str, truth_topic: str) -> str:
    """Say by how much the clocks of two topics differ, by when they were recorded.

    Returns:
        What to add to an error; '' where they have one clock, or nothing tells.
    """
    delays = [_recording_delay(reader, topic) for topic in (image_topic, truth_topic)]
    if None in delays:
        return ''
    image, truth = (delay or 0 for delay in delays)
    offset = truth - image
    if abs(offset) < _ONE_CLOCK:
        return ''
    seconds = f'{offset / NANOSECONDS:.2f}'
    return (
        f'; what was recorded together is stamped {abs(offset) / NANOSECONDS:.2f} s '
        f'{"earlier" if offset > 0 else "later"} on {truth_topic}: its clock is another than the '
        "camera's (it may count from the sensor's start, or be TAI, 37 s ahead of UTC). Let the "
        f'driver stamp by the time of the computer, or try --truth-offset {seconds}, which is '
        'rough where it is no whole number of seconds'
    )


def _recording_delay(reader: BagReader, topic: str) -> int | None:
    """Time of recording minus stamp [ns] of the first message that has one."""
    for _, recorded, data in raw_messages(reader, topic):
        with suppress(ValueError):
            if stamp := header_stamp(data):
                return recorded - stamp
    return None

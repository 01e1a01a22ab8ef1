# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stamps as integers of nanoseconds: to and from messages, and the nearest of many."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import Any

NANOSECONDS = 1_000_000_000


def to_ns(stamp: Any) -> int:
    """Nanoseconds of anything with the fields of builtin_interfaces/Time."""
    return int(stamp.sec) * NANOSECONDS + int(stamp.nanosec)


def stamp_ns(message: Any) -> int:
    """Stamp of a message with a std_msgs/Header, in nanoseconds."""
    return to_ns(message.header.stamp)


def set_stamp(stamp: Any, nanoseconds: int) -> None:
    """Write nanoseconds into anything with the fields of builtin_interfaces/Time."""
    stamp.sec, stamp.nanosec = divmod(nanoseconds, NANOSECONDS)


def nearest(stamps: Sequence[int], stamp: int, tolerance_ns: int | None = None) -> int | None:
    """The one of these sorted stamps that is nearest in time.

    Args:
        stamps: Sorted [ns].
        stamp: Nanoseconds.
        tolerance_ns: Largest difference; None allows any.

    Returns:
        The stamp; None when there is none, or none within the tolerance.
    """
    after = bisect.bisect_left(stamps, stamp)
    around = stamps[max(after - 1, 0) : after + 1]
    found = min(around, key=lambda other: abs(other - stamp), default=None)
    if found is None or tolerance_ns is None or abs(found - stamp) <= tolerance_ns:
        return found
    return None

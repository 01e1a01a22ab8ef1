# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When each point of a cloud was measured: a LiDAR that turns sees them one after another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.stamps import NANOSECONDS, stamp_ns
from lacdepth_ros.messages.clouds import NUMBERS, all_points, fields_of, was_measured

_NAMES = ('t', 'time', 'timestamp', 'time_stamp', 'offset_time', 'time_offset', 'time_offset_ns')
# SICK's ts, Blickfeld's point_time_offset; no centimetres, time of flight or lifetime of tracks.
_LIKE_TIME = re.compile(r'^ts$|(?<!life)time(?!t|_of_flight)|stamp|n?sec$')
_BELOW_SECONDS = re.compile(r'(n|nano|u|micro|m|milli)(?=sec$)')
_WHOLE_NS = ('t', 'offset_time', 'time_offset_ns')  # whole numbers: Ouster's, Livox's, Aeva's
_SHORTEST, _LONGEST = NANOSECONDS // 500, NANOSECONDS // 4  # of sweeps [ns]: 500 Hz .. 4 Hz
_UNITS = (1e9, 1e6, 1e3, 1.0)  # nanoseconds of a second, milli-, micro- and nanosecond


@dataclass(frozen=True, slots=True)
class PointTimes:
    """Times of the measured points of a cloud.

    Attributes:
        field: Name of the field that tells them.
        offsets: (N,) int64 nanoseconds since the stamp of the cloud's header, in the order of
            `points_from_message`; None where it cannot be told in which unit, or from when on,
            the field counts.
    """

    field: str
    offsets: npt.NDArray[np.int64] | None


def times_from_message(msg: Any) -> PointTimes | None:
    """Times of the points, in whatever way drivers write them.

    They count seconds, milli-, micro- or nanoseconds since the stamp of the header (Velodyne,
    Ouster) or since 1970 (Hesai, RoboSense, Livox); a sweep takes 2 to 250 ms in one of them only.

    Returns:
        The times; None where the cloud has none, or where all are the same.

    Raises:
        ValueError: Data is truncated, or a coordinate is missing.
    """
    names, unknown = _names(msg), None
    measured = was_measured(all_points(msg)) if names else None
    for name in names:
        [column] = fields_of(msg, (name,), NUMBERS)
        values = column.reshape(-1)[measured]
        if values.dtype.kind == 'u' and values.itemsize == 4:
            # A packet that was overtaken lies before the first: Livox's offset is below zero.
            values = values.astype(np.uint32).view(np.int32)
        values = values.astype(np.float64)
        if not len(values) or values.min() == values.max():
            continue
        is_whole_ns = column.dtype.kind in 'iu' and name.lower() in _WHOLE_NS
        units = _UNITS[-1:] if is_whole_ns else _UNITS
        offsets = None if _is_below_seconds(name, msg) else _offsets(values, stamp_ns(msg), units)
        if offsets is not None:
            return PointTimes(name, offsets)
        unknown = unknown or PointTimes(name, None)
    return unknown


def _names(msg: Any) -> list[str]:
    """Fields that may tell times, in more than a byte: those with the names of drivers first."""
    wide = [datatype for datatype, kind in NUMBERS.items() if kind not in ('i1', 'u1')]
    there = {field.name.lower(): field.name for field in msg.fields if field.datatype in wide}
    names = [*_NAMES, *filter(_LIKE_TIME.search, there)]
    return [there[name] for name in dict.fromkeys(names) if name in there]


def _is_below_seconds(name: str, msg: Any) -> bool:
    """Whether a field holds what another one's whole seconds lack, as SICK's lidar_nsec.

    Early in a second it would pass for the time since a stamp.
    """
    seconds, found = _BELOW_SECONDS.subn('', name.lower())
    return bool(found) and any(field.name.lower() == seconds for field in msg.fields)


def _offsets(
    values: npt.NDArray[np.float64], stamp: int, units: Sequence[float]
) -> npt.NDArray[np.int64] | None:
    """The offsets [ns]; None where no unit and origin makes a sweep of them, or more than one."""
    found = []
    for unit in units:
        for origin in {0, stamp}:  # both are possible in the first moments of simulated time
            offsets = values * unit - origin
            near = np.abs(offsets).max() <= _LONGEST  # no for NaN
            if near and _SHORTEST <= np.ptp(offsets) <= _LONGEST:
                found.append(np.rint(offsets).astype(np.int64))
    return found[0] if len(found) == 1 else None

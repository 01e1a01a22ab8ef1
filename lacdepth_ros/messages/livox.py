# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Livox's own CustomMsg as a cloud: its drivers publish it in place of a PointCloud2.

It is read from its bytes, as bags often lack its definition, and a library would make an object of
each of its points.
"""

from __future__ import annotations

import struct
from types import SimpleNamespace

CUSTOM_MSGS = frozenset(
    f'{package}/msg/CustomMsg'
    for package in ('livox_ros_driver2', 'livox_ros_driver', 'livox_interfaces')
)
"""Its names in the drivers of three generations; the layout is one."""
_FIELDS = {
    'offset_time': (0, 6),  # offset in the point, PointField.datatype
    'x': (4, 7),
    'y': (8, 7),
    'z': (12, 7),
    'reflectivity': (16, 2),
    'tag': (17, 2),
    'line': (18, 2),
}
_STEP = 20  # bytes from point to point: 19, and one that aligns the next


def cloud_from_custom_msg(data: bytes) -> SimpleNamespace:
    """The points of a serialised CustomMsg.

    Args:
        data: As recorded, in the first four bytes how it is serialised.

    Returns:
        The fields of a sensor_msgs/PointCloud2; offset_time is in nanoseconds since the stamp.

    Raises:
        ValueError: It is cut short.
    """
    order = '<' if data[1] & 1 else '>'
    try:
        sec, nanosec, length = struct.unpack_from(f'{order}iII', data, 4)
        name = bytes(data[16 : 16 + length]).rstrip(b'\0').decode(errors='replace')
        timebase = 12 + length + -(12 + length) % 8  # bytes since the first four
        # The time base, number of points, id and three spare bytes come before the points.
        (count,) = struct.unpack_from(f'{order}I', data, 4 + timebase + 16)
    except struct.error as error:
        raise ValueError(f'it is cut short: {error}') from error
    points = bytes(data[4 + timebase + 20 :])
    needed = max(_STEP * count - 1, 0)
    if len(points) < needed:
        raise ValueError(f'it is cut short: {len(points)} of {needed} bytes of {count} points')
    return SimpleNamespace(
        header=SimpleNamespace(stamp=SimpleNamespace(sec=sec, nanosec=nanosec), frame_id=name),
        height=1,
        width=count,
        fields=[
            SimpleNamespace(name=name, offset=offset, datatype=datatype, count=1)
            for name, (offset, datatype) in _FIELDS.items()
        ],
        is_bigendian=order == '>',
        point_step=_STEP,
        row_step=_STEP * count,
        data=points[:needed] + bytes(min(count, 1)),
        is_dense=True,
    )

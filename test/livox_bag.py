# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CustomMsg as Livox's drivers publish it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bag_scene
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

KIND = 'livox_ros_driver2/msg/CustomMsg'
DEFINITION = """
std_msgs/Header header
uint64 timebase
uint32 point_num
uint8 lidar_id
uint8[3] rsvd
livox_ros_driver2/CustomPoint[] points
================================================================================
MSG: livox_ros_driver2/CustomPoint
uint32 offset_time
float32 x
float32 y
float32 z
uint8 reflectivity
uint8 tag
uint8 line
"""
STORE = get_typestore(Stores.ROS2_JAZZY)
STORE.register(get_types_from_msg(DEFINITION, KIND))


def custom_msg(
    xyz: np.ndarray, offsets: np.ndarray, stamp: int, frame: str, *, little: bool = True
) -> bytes:
    """A serialised message.

    Args:
        xyz: (N, 3) metres.
        offsets: (N,) nanoseconds since the stamp.
        stamp: Nanoseconds.
        frame: frame_id.
        little: Byte order.
    """
    Time, Header = (
        STORE.types[name] for name in ('builtin_interfaces/msg/Time', 'std_msgs/msg/Header')
    )
    Point = STORE.types['livox_ros_driver2/msg/CustomPoint']
    points = [
        Point(int(t), *map(float, point), reflectivity=90, tag=16, line=3)
        for t, point in zip(offsets, xyz, strict=True)
    ]
    header = Header(Time(*divmod(stamp, 10**9)), frame)
    spare = np.zeros(3, np.uint8)
    message = STORE.types[KIND](header, stamp, len(points), 1, spare, points)
    return bytes(STORE.serialize_cdr(message, KIND, little_endian=little))


def bag_with_custom_msg(
    path: Path,
    records: Sequence[tuple[str, int, Any]],
    stamp: int,
    xyz: np.ndarray,
    offsets: np.ndarray,
    *,
    is_defined: bool = True,
) -> Path:
    """A bag of records as those of `bag_scene`, and one CustomMsg of frame lidar."""
    with Writer(path, version=9, storage_plugin=StoragePlugin.SQLITE3) as bag:
        kinds = {topic: bag_scene.KINDS[topic] for topic, _, _ in records}
        kinds['/livox/lidar'] = KIND
        to = {t: bag.add_connection(t, kind, typestore=STORE) for t, kind in kinds.items()}
        for topic, recorded, message in records:
            bag.write(to[topic], recorded, STORE.serialize_cdr(message, kinds[topic]))
        bag.write(to['/livox/lidar'], stamp, custom_msg(xyz, offsets, stamp, 'lidar'))
    if not is_defined:
        with sqlite3.connect(path / f'{path.name}.db3') as file:
            file.execute('DELETE FROM message_definitions WHERE topic_type = ?', (KIND,))
    return path

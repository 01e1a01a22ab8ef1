# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Small bags for tests: a distorted camera with its camera_info, and topics to confuse."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

WIDTH, HEIGHT = 32, 24
BASE = 1_700_000_000_000_000_000
STEP = 66_666_667
STORE = get_typestore(Stores.ROS2_JAZZY)


def header(stamp: int) -> object:
    time = STORE.types['builtin_interfaces/msg/Time'](*divmod(stamp, 10**9))
    return STORE.types['std_msgs/msg/Header'](stamp=time, frame_id='camera')


def picture(index: int) -> np.ndarray:
    """RGB of frame `index`: the red channel counts the frames."""
    return np.full((HEIGHT, WIDTH, 3), (10 * index + 5, 90, 200), np.uint8)


def image(index: int, stamp: int) -> object:
    return STORE.types['sensor_msgs/msg/Image'](
        header=header(stamp),
        height=HEIGHT,
        width=WIDTH,
        encoding='rgb8',
        is_bigendian=0,
        step=3 * WIDTH,
        data=picture(index).reshape(-1),
    )


def compressed(index: int, stamp: int) -> object:
    _, png = cv2.imencode('.png', picture(index)[..., ::-1])
    return STORE.types['sensor_msgs/msg/CompressedImage'](
        header=header(stamp), format='rgb8; png compressed bgr8', data=png.reshape(-1)
    )


def camera_info(index: int, stamp: int) -> object:
    k = np.array([30.0 + index, 0, 15, 0, 31, 11, 0, 0, 1])
    return STORE.types['sensor_msgs/msg/CameraInfo'](
        header=header(stamp),
        height=HEIGHT,
        width=WIDTH,
        distortion_model='plumb_bob',
        d=np.array([-0.1, 0.01, 0, 0, 0]),
        k=k,
        r=np.eye(3).reshape(-1),
        p=np.array([29.0, 0, 15, 0, 0, 29, 11, 0, 0, 0, 1, 0]),
        binning_x=0,
        binning_y=0,
        roi=STORE.types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False),
    )


MAKERS = {'Image': image, 'CompressedImage': compressed, 'CameraInfo': camera_info}
CAMERA = {'/front/image_raw': 'Image', '/front/camera_info': 'CameraInfo'}


def write_bag(
    path: Path,
    topics: dict[str, str],
    *,
    frames: int = 3,
    plugin: StoragePlugin = StoragePlugin.SQLITE3,
    stamped: bool = True,
) -> SimpleNamespace:
    """Write a bag whose every topic has one message per frame; returns its stamps."""
    stamps = [BASE + STEP * index for index in range(frames)]
    with Writer(path, version=9, storage_plugin=plugin) as writer:
        connections = {
            topic: writer.add_connection(topic, f'sensor_msgs/msg/{kind}', typestore=STORE)
            for topic, kind in topics.items()
        }
        for index, stamp in enumerate(stamps):
            for topic, connection in connections.items():
                message = MAKERS[topics[topic]](index, stamp if stamped else 0)
                writer.write(connection, stamp, STORE.serialize_cdr(message, connection.msgtype))
    return SimpleNamespace(path=path, stamps=stamps)

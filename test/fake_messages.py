# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for the ROS messages: the same fields, nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest


class FakeImage(SimpleNamespace):
    """Fields of sensor_msgs/Image."""


class FakePointCloud2(SimpleNamespace):
    """Fields of sensor_msgs/PointCloud2."""


class FakePointField(SimpleNamespace):
    """Fields of sensor_msgs/PointField."""


class FakeCameraInfo(SimpleNamespace):
    """Fields of sensor_msgs/CameraInfo with the defaults that rosidl gives them."""

    def __init__(self, **fields: Any) -> None:
        defaults: dict[str, Any] = {
            'header': None,
            'height': 0,
            'width': 0,
            'distortion_model': '',
            'd': [],
            'k': [0.0] * 9,
            'r': [0.0] * 9,
            'p': [0.0] * 12,
            'binning_x': 0,
            'binning_y': 0,
            'roi': SimpleNamespace(x_offset=0, y_offset=0, height=0, width=0, do_rectify=False),
        }
        super().__init__(**(defaults | fields))


_FAKES = {
    'Image': FakeImage,
    'PointCloud2': FakePointCloud2,
    'PointField': FakePointField,
    'CameraInfo': FakeCameraInfo,
    'CompressedImage': SimpleNamespace,
}

KINDS = ('fake', pytest.param('ros', marks=pytest.mark.ros))
"""Parameters of a test that must hold with and without ROS."""


def message_class(kind: str, name: str) -> Any:
    """Class of a sensor_msgs message, or its stand-in; skips where ROS is absent."""
    if kind == 'fake':
        return _FAKES[name]
    return getattr(pytest.importorskip('sensor_msgs.msg'), name)


def new_header(kind: str) -> Any:
    """Header with a stamp and frame_id, or its stand-in."""
    if kind == 'fake':
        return SimpleNamespace(stamp=SimpleNamespace(sec=3, nanosec=7), frame_id='cam_optical')
    header = pytest.importorskip('std_msgs.msg').Header(frame_id='cam_optical')
    header.stamp.sec, header.stamp.nanosec = 3, 7
    return header

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages to be written into bags, without the classes of a ROS installation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace as Message
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.transforms import Transform, quaternion_from_matrix
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.stamps import set_stamp
from lacdepth_ros.messages.clouds import FLOAT32
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.messages.images import color_to_message

JPEG_QUALITY = 95


def header(stamp: int, frame_id: str) -> Message:
    """std_msgs/Header of a stamp [ns]."""
    head = Message(stamp=Message(), frame_id=frame_id)
    set_stamp(head.stamp, stamp)
    return head


def image(rgb: npt.NDArray[np.uint8], head: Message) -> Any:
    """sensor_msgs/Image, rgb8, of (H, W, 3) uint8 RGB."""
    return _with_numpy_data(color_to_message(Message, rgb, head))


def jpeg_image(rgb: npt.NDArray[np.uint8], head: Message) -> Message:
    """sensor_msgs/CompressedImage, JPEG of quality 95, of (H, W, 3) uint8 RGB."""
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode('.jpg', bgr, (cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY))
    return jpeg_file(data.tobytes(), head)


def jpeg_file(data: bytes, head: Message) -> Message:
    """sensor_msgs/CompressedImage that holds the bytes of a JPEG file."""
    pixels = np.frombuffer(data, np.uint8)
    return Message(header=head, format='rgb8; jpeg compressed bgr8', data=pixels)


def depth_image(depth: npt.NDArray[np.float32], head: Message) -> Any:
    """sensor_msgs/Image, 32FC1 metres, of (H, W) depth with NaN where it is not known."""
    return _with_numpy_data(depth_to_message(Message, depth, head))


def camera_info(camera: Camera, head: Message) -> Message:
    """sensor_msgs/CameraInfo of a rectified camera: no distortion, and P = [K | 0].

    The last column of P is zero because the frame of the header is that of this very camera; it
    is the baseline to the first camera of a stereo pair only where both share one frame.
    """
    return Message(
        header=head,
        height=camera.height,
        width=camera.width,
        distortion_model='plumb_bob',
        d=np.zeros(5),
        k=camera.K.ravel(),
        r=np.eye(3).ravel(),
        p=np.column_stack((camera.K, np.zeros(3))).ravel(),
        binning_x=0,
        binning_y=0,
        roi=Message(x_offset=0, y_offset=0, height=0, width=0, do_rectify=False),
    )


def scan_cloud(scan: npt.NDArray[np.float32], head: Message) -> Message:
    """sensor_msgs/PointCloud2 of a scan (N, 4) float32: x, y, z [m] and intensity."""
    return Message(
        header=head,
        height=1,
        width=len(scan),
        fields=[
            Message(name=name, offset=4 * index, datatype=FLOAT32, count=1)
            for index, name in enumerate(('x', 'y', 'z', 'intensity'))
        ],
        is_bigendian=False,
        point_step=16,
        row_step=16 * len(scan),
        data=np.ascontiguousarray(scan, dtype='<f4').reshape(-1).view(np.uint8),
        is_dense=bool(np.isfinite(scan).all()),
    )


def diagnostics(head: Message, name: str, values: Mapping[str, str]) -> Message:
    """diagnostic_msgs/DiagnosticArray with one status that is OK."""
    pairs = [Message(key=key, value=value) for key, value in values.items()]
    status = Message(level=0, name=name, message='', hardware_id='', values=pairs)
    return Message(header=head, status=[status])


def tf_message(stamp: int, links: Sequence[tuple[str, str, Transform]]) -> Message:
    """tf2_msgs/TFMessage of (parent, child, pose of the child in the parent)."""
    return Message(transforms=[_stamped(stamp, *link) for link in links])


def _stamped(stamp: int, parent: str, child: str, pose: Transform) -> Message:
    x, y, z, w = quaternion_from_matrix(pose[:3, :3])
    tx, ty, tz = pose[:3, 3]
    return Message(
        header=header(stamp, parent),
        child_frame_id=child,
        transform=Message(
            translation=Message(x=tx, y=ty, z=tz), rotation=Message(x=x, y=y, z=z, w=w)
        ),
    )


def _with_numpy_data(message: Any) -> Any:
    """The same message with its bytes as rosbags takes them; nothing is copied."""
    message.data = np.frombuffer(message.data, np.uint8)
    return message

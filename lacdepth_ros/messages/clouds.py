# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Organized coloured point clouds <-> sensor_msgs/PointCloud2."""

from __future__ import annotations

from array import array
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.messages.buffers import byte_array, empty_bytes

_FLOAT32 = 7  # PointField.FLOAT32
_POINT_STEP = 16  # bytes: x, y, z and rgb as float32


def cloud_to_message(
    PointCloud2: Any,
    PointField: Any,
    points: npt.NDArray[np.float32],
    rgb: npt.NDArray[np.uint8],
    header: Any,
) -> Any:
    """Encode an organized cloud at 16 bytes a point: x, y, z, rgb.

    A thinner cloud is points[::n, ::n] with rgb[::n, ::n].

    Args:
        PointCloud2: The message class sensor_msgs.msg.PointCloud2.
        PointField: The message class sensor_msgs.msg.PointField.
        points: (H, W, 3) float32 metres in the optical frame; NaN where invalid.
        rgb: (H, W, 3) uint8 colours of the points.
        header: Header of the depth image, taken over as it is.

    Returns:
        The PointCloud2 message. rgb is the float32 whose bits are 0x00RRGGBB, as PCL and RViz
        read it; is_dense is False, as invalid points stay in their place as NaN.

    Raises:
        ValueError: points and rgb are not (H, W, 3) arrays of one size.
    """
    if points.ndim != 3 or points.shape[2] != 3 or points.shape != rgb.shape:
        raise ValueError(
            f'points {points.shape} and rgb {rgb.shape} must both be (H, W, 3) of one size'
        )
    height, width, _ = points.shape
    msg = PointCloud2()
    msg.header = header
    msg.height, msg.width = height, width
    msg.fields = _fields(PointField)
    msg.is_bigendian = False
    msg.point_step = _POINT_STEP
    msg.row_step = _POINT_STEP * width
    msg.data = _interleaved(points, rgb)
    msg.is_dense = False
    return msg


def points_to_message(
    PointCloud2: Any, PointField: Any, points: npt.NDArray[np.float32], header: Any
) -> Any:
    """Encode points alone at 12 bytes each: x, y, z, as costmaps read them.

    Args:
        PointCloud2: The message class sensor_msgs.msg.PointCloud2.
        PointField: The message class sensor_msgs.msg.PointField.
        points: (N, 3) float32 metres in the optical frame, finite.
        header: Header of the depth image, taken over as it is.

    Returns:
        The PointCloud2 message, one row; is_dense is True, as every point is finite.
    """
    msg = PointCloud2()
    msg.header = header
    msg.height, msg.width = 1, len(points)
    msg.fields = list(_fields(PointField)[:3])
    msg.is_bigendian = False
    msg.point_step = 12
    msg.row_step = 12 * len(points)
    msg.data = byte_array(points.astype('<f4'))
    msg.is_dense = True
    return msg


def cloud_from_message(msg: Any) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
    """Decode a cloud with float32 fields x, y, z and rgb, at any offset and point step.

    Returns:
        Points (H, W, 3) float32 metres, NaN where invalid, and their colours (H, W, 3) uint8
        RGB; H is 1 for a cloud that is not organized.

    Raises:
        ValueError: A field is missing or not float32, or data is truncated.
    """
    offsets = {field.name: field.offset for field in msg.fields if field.datatype == _FLOAT32}
    if missing := [name for name in ('x', 'y', 'z', 'rgb') if name not in offsets]:
        raise ValueError(
            f'cloud has no float32 fields {missing}; it has {[field.name for field in msg.fields]}'
        )
    if len(msg.data) < msg.height * msg.row_step or msg.row_step < msg.width * msg.point_step:
        raise ValueError(
            f'cloud data is truncated: {len(msg.data)} bytes for {msg.height} rows of '
            f'{msg.row_step} bytes with {msg.width} points of {msg.point_step} bytes each'
        )
    order = '>' if msg.is_bigendian else '<'
    layout = np.dtype(
        {
            'names': ['x', 'y', 'z', 'rgb'],
            'formats': [f'{order}f4'] * 3 + [f'{order}u4'],
            'offsets': [offsets[name] for name in ('x', 'y', 'z', 'rgb')],
            'itemsize': msg.point_step,
        }
    )
    strides = (msg.row_step, msg.point_step)
    cloud = np.ndarray((msg.height, msg.width), layout, msg.data, 0, strides)
    points = np.stack([cloud[name] for name in ('x', 'y', 'z')], axis=-1).astype(np.float32)
    colors = np.stack([cloud['rgb'] >> shift & 0xFF for shift in (16, 8, 0)], axis=-1)
    return points, colors.astype(np.uint8)


def _interleaved(points: npt.NDArray[np.float32], rgb: npt.NDArray[np.uint8]) -> array[int]:
    """Bytes of (H, W, 4) float32: x, y, z and the colour's bits."""
    data, cloud = empty_bytes((*points.shape[:2], 4), 'f4')
    if not points.size:  # OpenCV takes no empty arrays
        return data
    color = cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGRA).view(np.uint32)
    color &= np.uint32(0x00FFFFFF)  # the alpha OpenCV adds would make the float a NaN
    planes = [np.ascontiguousarray(points[..., i], dtype='<f4') for i in range(3)]
    cv2.merge([*planes, color[..., 0].view(np.float32)], cloud)
    return data


@lru_cache(maxsize=1)
def _fields(PointField: Any) -> list[Any]:
    """The four fields of every cloud; made once, as each costs a checked constructor."""
    names = ('x', 'y', 'z', 'rgb')
    return [
        PointField(name=name, offset=4 * index, datatype=_FLOAT32, count=1)
        for index, name in enumerate(names)
    ]

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Organized coloured point clouds <-> sensor_msgs/PointCloud2."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.messages.buffers import ByteBuffer, byte_array
from lacdepth_ros.messages.byte_order import are_metres_swapped

FLOAT32 = 7  # PointField.FLOAT32
_FLOATS = {FLOAT32: 'f4', 8: 'f8'}  # 8 is FLOAT64
NUMBERS = {**dict(enumerate(('i1', 'u1', 'i2', 'u2', 'i4', 'u4'), start=1)), **_FLOATS}
"""Kind of every PointField.datatype."""
_COLORED = ('x', 'y', 'z', 'rgb')
_POINT_STEP = 16  # bytes: these as float32
_REPEATED = 10
"""Points at the very same place, one after the other, that no sensor measures."""
FARTHEST_MEDIAN = 250.0
"""Median distance [m] beyond which no LiDAR measures: such a cloud is not in metres."""


def cloud_to_message(
    PointCloud2: Any,
    PointField: Any,
    points: npt.NDArray[np.float32],
    rgb: npt.NDArray[np.uint8],
    header: Any,
    buffer: ByteBuffer | None = None,
) -> Any:
    """Encode an organized cloud at 16 bytes a point: x, y, z, rgb.

    A thinner cloud is points[::n, ::n] with rgb[::n, ::n].

    Args:
        PointCloud2: The message class sensor_msgs.msg.PointCloud2.
        PointField: The message class sensor_msgs.msg.PointField.
        points: (H, W, 3) float32 metres in the optical frame; NaN where invalid.
        rgb: (H, W, 3) uint8 colours of the points.
        header: Header of the depth image, taken over as it is.
        buffer: Takes the bytes; None makes a new one.

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
    msg.data = _interleaved(points, rgb, buffer or ByteBuffer())
    msg.is_dense = False
    return msg


def is_colored_cloud(msg: Any) -> bool:
    """Whether a PointCloud2 may be one that `cloud_to_message` made.

    LiDARs have no rgb, and PCL and those that follow it leave four bytes free before it.
    """
    fields = [(field.name, field.offset, field.datatype) for field in msg.fields]
    ours = [(name, 4 * index, FLOAT32) for index, name in enumerate(_COLORED)]
    return bool(msg.point_step == _POINT_STEP and fields == ours)


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
    """Decode a colored cloud: fields x, y, z and rgb at any offset and point step.

    Returns:
        Points (H, W, 3) float32 metres, NaN where invalid, and their colours (H, W, 3) uint8
        RGB; H is 1 for a cloud that is not organized.

    Raises:
        ValueError: A field is missing or no float, or data is truncated.
    """
    *xyz, color = fields_of(msg, ('x', 'y', 'z', 'rgb'))
    points = np.stack(xyz, axis=-1).astype(np.float32)
    rgb = color.astype(np.float32).view(np.uint32)  # taken alone: arithmetic changes some NaN
    colors = np.stack([rgb >> shift & 0xFF for shift in (16, 8, 0)], axis=-1)
    return points, colors.astype(np.uint8)


def points_from_message(msg: Any) -> npt.NDArray[np.float64]:
    """Measured points (N, 3) [m] of any cloud with x, y, z, such as a LiDAR driver publishes.

    Points that are not finite were not measured, and neither were those at (0, 0, 0), which many
    drivers write where nothing came back, wherever these were moved.

    Raises:
        ValueError: A coordinate is missing or no float, or data is truncated.
    """
    points = all_points(msg)
    return points[was_measured(points)]


def all_points(msg: Any) -> npt.NDArray[np.float64]:
    """Points (N, 3) of a cloud as they are written, also those that were not measured."""
    return np.stack(fields_of(msg, 'xyz'), axis=-1).astype(np.float64).reshape(-1, 3)


def has_points(msg: Any) -> bool:
    """Whether a cloud has x, y and z as floats."""
    return {'x', 'y', 'z'} <= {f.name for f in msg.fields if f.datatype in _FLOATS}


def was_measured(points: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """(N,) which points were measured: finite, not at (0, 0, 0), nor all at one other place.

    Livox's extrinsic parameters, and whoever transforms a cloud, move the zeros to where the
    sensor is.
    """
    measured = np.asarray(np.isfinite(points).all(axis=1) & points.any(axis=1))
    same = (points[1:] == points[:-1]).all(axis=1) & measured[1:]
    places = points[2:][same[1:] & same[:-1]]  # two returns of one beam may be the same
    if len(places) >= _REPEATED:
        some = places[:: len(places) // 1000 + 1]
        found, counts = np.unique(some, axis=0, return_counts=True)
        commonest = found[counts.argmax()]
        if (places == commonest).all(axis=1).sum() >= _REPEATED:
            measured &= (points != commonest).any(axis=1)
    return measured


def check_metres(points: npt.NDArray[np.float64]) -> None:
    """Refuse points that are too far from whoever saw them to be in metres.

    Args:
        points: (N, 3) as a sensor or a camera next to it sees them: a cloud in `odom` or `map` may
            lie at any distance from the origin of its own frame.

    Raises:
        ValueError: Their median distance is above FARTHEST_MEDIAN.
    """
    median = float(np.median(np.linalg.norm(points, axis=1))) if len(points) else 0.0
    if median > FARTHEST_MEDIAN:
        raise ValueError(
            f'the points lie {median:.0f} m away in the median: is the cloud in millimetres? '
            'Metres are needed (REP 103)'
        )


def fields_of(
    msg: Any, names: Iterable[str], kinds: Mapping[int, str] = _FLOATS
) -> list[npt.NDArray[Any]]:
    """The named fields of a cloud, each (H, W) as in the message.

    Args:
        msg: The cloud.
        names: Of the fields.
        kinds: PointField.datatype of those that will do, and how NumPy calls it.

    Raises:
        ValueError: A field is missing or of another kind, or data is truncated.
    """
    order = '>' if msg.is_bigendian and not _is_little_endian(msg) else '<'
    return _read(msg, names, kinds, order)


def _is_little_endian(msg: Any) -> bool:
    """Whether a cloud that says otherwise is: PCL and RViz never look, so nobody notices."""
    if not any(field.name == 'x' and field.datatype == FLOAT32 for field in msg.fields):
        return False
    [x] = _read(msg, ('x',), _FLOATS, '>')
    return are_metres_swapped(x)


def _read(
    msg: Any, names: Iterable[str], kinds: Mapping[int, str], order: str
) -> list[npt.NDArray[Any]]:
    """`fields_of` in one byte order, as NumPy calls it."""
    there = {
        f.name: (order + kinds[f.datatype], f.offset) for f in msg.fields if f.datatype in kinds
    }
    if missing := [name for name in names if name not in there]:
        raise ValueError(
            f'the cloud has no float fields {missing}; it has {[f.name for f in msg.fields]}'
        )
    height, width, step = msg.height, msg.width, msg.point_step
    row = msg.row_step
    if not row or len(msg.data) == height * width * step:
        row = width * step  # what it says was left 0, or counts points or all bytes
    needed = (height - 1) * row + width * step if height and width else 0
    if len(msg.data) < needed or (height > 1 and row < width * step):
        raise ValueError(
            f'cloud data is truncated: {len(msg.data)} of {needed} bytes for {height} rows of '
            f'{row} bytes with {width} points of {step} bytes each'
        )
    planes = []
    for name in names:
        kind, offset = there[name]
        layout = np.dtype(
            {'names': [name], 'formats': [kind], 'offsets': [offset], 'itemsize': step}
        )
        planes.append(np.ndarray((height, width), layout, msg.data, 0, (row, step))[name])
    return planes


def _interleaved(
    points: npt.NDArray[np.float32], rgb: npt.NDArray[np.uint8], buffer: ByteBuffer
) -> array[int]:
    """Bytes of (H, W, 4) float32: x, y, z and the colour's bits."""
    data, cloud = buffer.view((*points.shape[:2], 4), 'f4')
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
    return [
        PointField(name=name, offset=4 * index, datatype=FLOAT32, count=1)
        for index, name in enumerate(_COLORED)
    ]

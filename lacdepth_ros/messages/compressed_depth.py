# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth images that image_transport's compressedDepth packed."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.image_file import decode_file
from lacdepth_ros.core.text import quoted
from lacdepth_ros.messages.depth import MILLIMETERS

_HEADER = struct.Struct('<iff')  # kind of packing, and the two numbers of inverse depth


def depth_image(msg: Any) -> Any:
    """A sensor_msgs/Image of depth, unpacked where it is a CompressedImage of compressedDepth.

    Raises:
        ValueError: See `image_from_compressed_depth`.
    """
    return image_from_compressed_depth(msg) if hasattr(msg, 'format') else msg


def image_from_compressed_depth(msg: Any) -> SimpleNamespace:
    """Unpack a sensor_msgs/CompressedImage of a compressedDepth topic.

    16UC1 is packed without loss. 32FC1 was turned into 16 bits of inverse depth, so far things
    are coarse, and what lay beyond the publisher's depth_max (10 m unless set) is NaN.

    Args:
        msg: Anything with the fields header, format and data.

    Returns:
        The fields of the sensor_msgs/Image that was packed.

    Raises:
        ValueError: It is no such message, is packed by RVL, or truncated or damaged.
    """
    encoding, _, packing = msg.format.partition(';')
    if encoding not in (*MILLIMETERS, '32FC1') or 'rvl' in packing:
        raise ValueError(
            f'compressed depth of format {quoted(msg.format)} is none of 16UC1 and 32FC1 as PNG; '
            'unpack it first: ros2 run image_transport republish --ros-args -p in_transport:='
            'compressedDepth -p out_transport:=raw'
        )
    data = bytes(msg.data)
    if len(data) < _HEADER.size:
        raise ValueError(f'compressed depth is truncated: {len(data)} bytes')
    try:
        counts = decode_file(data[_HEADER.size :], flags=cv2.IMREAD_UNCHANGED)
    except ValueError as error:
        raise ValueError(f'compressed depth of {len(data)} bytes: {error}') from error
    if counts.dtype != np.uint16 or counts.ndim != 2:
        raise ValueError(f'compressed depth holds {counts.shape} values of type {counts.dtype}')
    values = counts if encoding in MILLIMETERS else _metres(counts, *_HEADER.unpack_from(data)[1:])
    values = values.astype(values.dtype.newbyteorder('<'), copy=False)
    return SimpleNamespace(
        header=msg.header,
        height=counts.shape[0],
        width=counts.shape[1],
        encoding=encoding,
        is_bigendian=0,
        step=values.strides[0],
        data=values.tobytes(),
    )


def _metres(counts: npt.NDArray[np.uint16], a: float, b: float) -> npt.NDArray[np.float32]:
    """Depth of counts of inverse depth, a / depth + b; NaN of 0."""
    with np.errstate(divide='ignore'):
        depth = np.float32(a) / (counts.astype(np.float32) - np.float32(b))
    return np.where(counts > 0, depth, np.float32(np.nan)).astype(np.float32)

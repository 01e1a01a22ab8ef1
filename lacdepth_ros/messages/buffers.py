# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Message bytes <-> arrays: the one place that knows step, padding and byte order."""

from __future__ import annotations

import math
from array import array
from typing import Any

import numpy as np
import numpy.typing as npt


def pixel_view(msg: Any, kind: str, channels: int) -> npt.NDArray[Any]:
    """View the rows of a sensor_msgs/Image in place, without a copy.

    Args:
        msg: Anything with the fields height, width, step, is_bigendian, encoding and data.
        kind: NumPy kind and size of one value: 'u1', 'u2' or 'f4'.
        channels: Values per pixel.

    Returns:
        (H, W, channels) view in the message's own byte order; rows may be strided.

    Raises:
        ValueError: The size is zero, step is shorter than a row, or data is truncated.
    """
    height, width, step = msg.height, msg.width, msg.step
    dtype = np.dtype(('>' if msg.is_bigendian else '<') + kind)
    if height == 0 or width == 0:
        raise ValueError(f'image size {width}x{height} is zero; fix the camera driver')
    row_bytes = width * channels * dtype.itemsize
    if step < row_bytes:
        raise ValueError(
            f'step {step} is shorter than one row of {width} {msg.encoding} pixels '
            f'({row_bytes} bytes); fix step or encoding in the publisher'
        )
    if len(msg.data) < step * height:
        raise ValueError(
            f'image data is truncated: {len(msg.data)} bytes, but step {step} x height {height} '
            f'needs {step * height}; check the publisher and the transport'
        )
    strides = (step, channels * dtype.itemsize, dtype.itemsize)
    return np.ndarray((height, width, channels), dtype, msg.data, 0, strides)


class ByteBuffer:
    """Bytes of one message after another: memory that was used before is filled in half the time.

    A message that holds them is valid until the next one is made. rclpy copies what it publishes,
    so a publisher may keep one.
    """

    def __init__(self) -> None:
        self._bytes = array('B')

    def view(self, shape: tuple[int, ...], kind: str) -> tuple[array[int], npt.NDArray[Any]]:
        """The array.array('B') that rclpy takes without a loop, and a view to fill it through.

        Args:
            shape: Of the view.
            kind: NumPy kind and size of one value, such as 'f4'; little endian.
        """
        dtype = np.dtype('<' + kind)
        size = math.prod(shape) * dtype.itemsize
        if len(self._bytes) != size:
            self._bytes = array('B', b'\0') * size
        return self._bytes, np.frombuffer(self._bytes, dtype).reshape(shape)


def byte_array(values: npt.NDArray[Any]) -> array[int]:
    """Copy an array, in C order, into the array.array('B') that rclpy takes without a loop."""
    data = array('B')
    data.frombytes(values.reshape(-1).view(np.uint8).data)
    return data

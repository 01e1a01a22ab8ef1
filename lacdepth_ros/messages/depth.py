# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth images (REP 118) <-> arrays of metres."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.text import quoted
from lacdepth_ros.messages.buffers import ByteBuffer, pixel_view
from lacdepth_ros.messages.byte_order import check_byte_order

DEPTH_ENCODINGS = ('32FC1', '16UC1')
MILLIMETERS = ('16UC1', 'mono16')
"""Encodings of depth in millimetres that are read: ZED's OpenNI mode has the latter."""
_SATURATED = 65535
_FAR_CODE = 250.0  # metres
_FEWEST_OF_CODE = 0.01  # of all pixels


def depth_to_message(
    Image: Any,
    depth: npt.NDArray[np.float32],
    header: Any,
    *,
    encoding: str = '32FC1',
    buffer: ByteBuffer | None = None,
) -> Any:
    """Encode depth, or its standard deviation, as a sensor_msgs/Image.

    Args:
        Image: The message class sensor_msgs.msg.Image.
        depth: (H, W) float32 metres along the optical axis; NaN invalid (REP 118), -Inf too near
            and +Inf beyond range (REP 117).
        header: Taken over as it is.
        encoding: '32FC1', metres, values kept bit for bit; or '16UC1', millimetres rounded to
            the nearest. There 0 is invalid and stands for all that has no place in it: NaN,
            infinities, values <= 0, and depth from 65.535 m on, which a saturated 65535 would
            turn into a wall.
        buffer: Takes the bytes; None makes a new one.

    Returns:
        The Image message.

    Raises:
        ValueError: depth is not a (H, W) array or the encoding is not one of the two.
    """
    if depth.ndim != 2:
        raise ValueError(f'depth has shape {depth.shape}; an (H, W) array is needed')
    if encoding not in DEPTH_ENCODINGS:
        raise ValueError(_unknown_encoding(encoding))
    kind = 'f4' if encoding == '32FC1' else 'u2'
    data, pixels = (buffer or ByteBuffer()).view(depth.shape, kind)
    pixels[...] = depth if encoding == '32FC1' else _millimeters(depth)
    msg = Image()
    msg.header = header
    msg.height, msg.width = depth.shape
    msg.encoding = encoding
    msg.is_bigendian = 0
    msg.step = msg.width * pixels.itemsize
    msg.data = data
    return msg


def depth_from_message(msg: Any) -> npt.NDArray[np.float32]:
    """Decode a 32FC1 or 16UC1 depth image, the latter also where it is named mono16.

    Returns:
        (H, W) float32 metres; NaN invalid. The infinities of REP 117 stay as they are. 65535 mm
        is invalid, too: on Arm infinite depth becomes that where it is cast to 16 bits.

    Raises:
        ValueError: Another encoding, a zero size, a short step, truncated data, or depth that
            makes sense only in the other byte order.
    """
    in_millimeters = msg.encoding in MILLIMETERS
    if not in_millimeters and msg.encoding not in DEPTH_ENCODINGS:
        raise ValueError(_unknown_encoding(msg.encoding))
    pixels = pixel_view(msg, 'u2' if in_millimeters else 'f4', 1)[..., 0]
    check_byte_order(pixels, msg)
    values = pixels.astype(np.float32)
    if in_millimeters:
        values[(values == 0) | (values == _SATURATED)] = np.nan
        values /= np.float32(1000)
    return values


def without_far_code(depth: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Depth (H, W) [m] without the value that some simulators give what they do not see.

    CARLA has the sky at exactly 1000 m. Nothing that was measured is so far,
    and of so many pixels that agree to the last bit.
    """
    finite = np.isfinite(depth)
    farthest = depth.max(where=finite, initial=0)
    if farthest < _FAR_CODE:
        return depth
    same = depth == farthest
    is_code = same.mean() > _FEWEST_OF_CODE and same.sum() < finite.sum()
    return np.where(same, np.float32(np.nan), depth) if is_code else depth


def _millimeters(depth: npt.NDArray[np.float32]) -> npt.NDArray[np.uint16]:
    millimeters = np.rint(depth.astype(np.float32, copy=False) * np.float32(1000))
    fits = (millimeters > 0) & (millimeters < _SATURATED)
    return np.where(fits, millimeters, np.float32(0)).astype(np.uint16)


def _unknown_encoding(encoding: str) -> str:
    return (
        f'depth encoding {quoted(encoding)} is not one of {DEPTH_ENCODINGS} (REP 118); '
        'publish metres as 32FC1 or millimetres as 16UC1'
    )

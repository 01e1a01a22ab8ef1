# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth images whose is_bigendian is not the byte order of their pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_LOOKED_AT = 2**18  # pixels, about; of more, every other row
_ENOUGH = 100  # pixels below which nothing is judged
_SMOOTHER = 16.0
"""Times by which neighbors must come closer: a byte is 256, and noise comes no closer at all."""
_METRES = (1e-3, 1e5)
_ONE_BYTE = 256


def check_byte_order(pixels: npt.NDArray[Any], msg: Any) -> None:
    """Refuse depth whose bytes make sense in the other order alone.

    Args:
        pixels: (H, W) as read by the message, uint16 or float32.
        msg: The sensor_msgs/Image.

    Raises:
        ValueError: They do.
    """
    read = pixels[:: 1 + pixels.size // _LOOKED_AT]
    swapped = read.byteswap()
    wrong = _steps_shrink if read.dtype.kind == 'u' else _become_metres
    if wrong(read, swapped):
        flag = int(bool(msg.is_bigendian))
        raise ValueError(
            f'{msg.encoding} depth makes sense only with its bytes swapped, so is_bigendian = '
            f'{flag} is wrong; set {1 - flag} in the publisher, or in the bag'
        )


def are_metres_swapped(read: npt.NDArray[np.float32]) -> bool:
    """Whether coordinates [m] make sense with their bytes swapped, and as read do not."""
    with np.errstate(invalid='ignore'):
        return _become_metres(np.abs(read), np.abs(read.byteswap()))


def _steps_shrink(read: npt.NDArray[np.uint16], swapped: npt.NDArray[np.uint16]) -> bool:
    """Whether neighbors that differ are far closer to each other when swapped.

    Depth in steps of a whole upper byte would be, too: all of it is below one byte when swapped.
    """
    left, right = read[:, :-1], read[:, 1:]
    differ = (left != 0) & (right != 0) & (left != right)
    if np.count_nonzero(differ) < _ENOUGH:
        return False
    if np.median(swapped[read != 0]) < _ONE_BYTE:
        return False
    steps = [
        np.median(np.abs(np.diff(values.astype(np.int32), axis=1))[differ])
        for values in (read, swapped)
    ]
    return bool(steps[0] > _SMOOTHER * steps[1])


def _become_metres(read: npt.NDArray[np.float32], swapped: npt.NDArray[np.float32]) -> bool:
    """Whether next to all that is finite is a depth when swapped, and little is as read.

    The upper byte of floats in the wrong order is the lowest one, so that some look like metres.
    """
    as_read, as_swapped = (
        np.count_nonzero((values > _METRES[0]) & (values < _METRES[1]))
        for values in (read, swapped)
    )
    finite = np.count_nonzero(np.isfinite(swapped) & (swapped != 0))
    return bool(as_swapped >= _ENOUGH and as_swapped > 0.9 * finite and as_read < 0.25 * finite)

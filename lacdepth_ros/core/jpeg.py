# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEGs decoded with an ear for libjpeg's warnings.

OpenCV decodes a JPEG that is damaged in its middle without a word: from there on the pixels are
grey, shifted or of other colours. simplejpeg runs the same libjpeg-turbo, makes the same pixels in
the same time, and says what it met.
"""

from __future__ import annotations

import functools
import re
import warnings
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.installation import missing_modules
from lacdepth_ros.core.jpeg_header import MAX_PADDING, tidied
from lacdepth_ros.core.jpeg_restarts import restart_parts

_PADDED = re.compile(r'(\d+) extraneous bytes before marker 0xd([0-79])$')  # restart or end
_END = '9'


def decode_jpeg(data: bytes, flags: int) -> npt.NDArray[Any] | None:
    """Decode a JPEG of 8 bits and one or three channels.

    Args:
        data: The whole file.
        flags: OpenCV's: cv2.IMREAD_UNCHANGED leaves one channel as it is, others make three.

    Returns:
        (H, W) or (H, W, 3) uint8, colors in BGR order; None where OpenCV cannot decode it, which
        is only asked if simplejpeg is not installed.

    Raises:
        ValueError: It is damaged; the message says how it was noticed.
    """
    if not _is_simplejpeg_there():
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    from simplejpeg import decode_jpeg_header

    data = tidied(data)
    try:
        gray = decode_jpeg_header(data)[2] == 'Gray' and flags == cv2.IMREAD_UNCHANGED
        colors = 'GRAY' if gray else 'BGR'
        pixels = _decode(data, colors)
    except ValueError as error:
        raise ValueError(f'damaged: {error}') from error
    return pixels[..., 0] if gray else pixels


def _decode(data: bytes, colors: str) -> npt.NDArray[np.uint8]:
    """Pixels (H, W, channels); ValueError where libjpeg warns of more than padding."""
    from simplejpeg import decode_jpeg

    try:
        return np.asarray(decode_jpeg(data, colors))
    except ValueError as warning:
        if (found := _PADDED.search(str(warning))) is None:
            raise
        # It does not tell of what follows; and of padding that it had read ahead it told nothing
        # at once, but adds up the bytes of several parts.
        if found[2] != _END or int(found[1]) > MAX_PADDING:
            if not (parts := list(restart_parts(data))):
                raise
            for part in parts:
                _decode(part, colors)
    return np.asarray(decode_jpeg(data, colors, strict=False))


@functools.cache
def _is_simplejpeg_there() -> bool:
    if missing_modules(['simplejpeg']):
        warnings.warn(
            'a JPEG that is damaged in its middle will be taken for a picture, as simplejpeg is '
            'not installed: run pip install simplejpeg',
            stacklevel=2,
        )
        return False
    return True

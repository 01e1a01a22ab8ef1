# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""YUV images of planes, as video hardware has them: luma above chroma of its size or half."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

_HALVED = {
    'nv12': cv2.COLOR_YUV2RGB_NV12,
    'nv21': cv2.COLOR_YUV2RGB_NV21,
    'i420': cv2.COLOR_YUV2RGB_I420,
}
"""Encoding of 4:2:0 -> OpenCV conversion; nv12 and nv21 interleave U and V, i420 does not."""

PLANAR_ENCODINGS = (*_HALVED, 'nv24')
"""Encodings that `rgb_from_planes` decodes."""


def rgb_from_planes(msg: Any) -> npt.NDArray[np.uint8]:
    """Decode a sensor_msgs/Image of one of PLANAR_ENCODINGS; step is the luma's.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: Width or height is zero, or odd where chroma is halved, step is short, or data
            is truncated.
    """
    return _rgb_of_full_chroma(msg) if msg.encoding == 'nv24' else _rgb_of_halved_chroma(msg)


def _rgb_of_full_chroma(msg: Any) -> npt.NDArray[np.uint8]:
    """Decode nv24: a row of chroma is twice as long as one of luma."""
    width, height, step = msg.width, msg.height, msg.step
    if not (width and height) or step < width or len(msg.data) < 3 * step * height:
        raise ValueError(
            f'image data is truncated or its step wrong: {len(msg.data)} bytes, step {step}, but '
            f'{width}x{height} in nv24 needs a step of at least {width} and three times its rows'
        )
    planes = np.frombuffer(msg.data, np.uint8, 3 * step * height)
    luma = planes[: step * height].reshape(height, step)[:, :width]
    chroma = planes[step * height :].reshape(height, step, 2)[:, :width]
    # OpenCV knows no 4:4:4 of video range: each pixel becomes a pair that shares its chroma.
    pairs = np.stack([chroma[..., 0], luma, chroma[..., 1], luma], axis=-1)
    twice = cv2.cvtColor(pairs.reshape(height, 2 * width, 2), cv2.COLOR_YUV2RGB_UYVY)
    return np.ascontiguousarray(twice[:, ::2], dtype=np.uint8)


def _rgb_of_halved_chroma(msg: Any) -> npt.NDArray[np.uint8]:
    """Decode nv12, nv21 or i420."""
    width, height, step = msg.width, msg.height, msg.step
    if not (width and height) or width % 2 or height % 2:
        raise ValueError(
            f'image size {width}x{height} must be even and not zero: {msg.encoding} shares colour '
            'among 2x2 pixels; fix the camera driver'
        )
    rows = height // 2 * 3
    if step < width or step % 2 or len(msg.data) < step * rows:
        raise ValueError(
            f'image data is truncated or its step wrong: {len(msg.data)} bytes, step {step}, but '
            f'{width}x{height} in {msg.encoding} needs an even step of at least {width} and '
            f'{rows} rows'
        )
    planes = np.frombuffer(msg.data, np.uint8, step * rows)
    if msg.encoding != 'i420':
        packed = planes.reshape(rows, step)[:, :width]
    else:
        luma = planes[: step * height].reshape(height, step)[:, :width]
        chroma = planes[step * height :].reshape(height, step // 2)[:, : width // 2]
        packed = np.concatenate([luma, chroma.reshape(-1, width)])
    code = _HALVED[msg.encoding]
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(packed), code), np.uint8)

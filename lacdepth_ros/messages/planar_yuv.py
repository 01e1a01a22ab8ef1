# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""YUV 4:2:0 images: a plane of luma above chroma of half the size, as video hardware has them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

CONVERSIONS = {
    'nv12': cv2.COLOR_YUV2RGB_NV12,
    'nv21': cv2.COLOR_YUV2RGB_NV21,
    'i420': cv2.COLOR_YUV2RGB_I420,
}
"""Encoding -> OpenCV conversion to RGB; nv12 and nv21 interleave U and V, i420 does not."""


def rgb_from_planes(msg: Any) -> npt.NDArray[np.uint8]:
    """Decode a sensor_msgs/Image of an encoding in CONVERSIONS; step is the luma's.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: Width or height is odd or zero, step is short, or data is truncated.
    """
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
    code = CONVERSIONS[msg.encoding]
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(packed), code), np.uint8)

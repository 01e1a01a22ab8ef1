# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stored frame on which engines are compared: a rendered street with exact depth.

street.jpg and street_depth.png are frame 5 of synthetic street 90002, as KITTI's camera sees it.
"""

from __future__ import annotations

from importlib.resources import files

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.preprocessing import resize_image

DEPTH_PNG_SCALE = 256
"""Counts of a metre."""


def stored_street() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]]:
    """Read image (375, 1242, 3) uint8 RGB and depth (375, 1242) [m] to 80 m, else 0."""
    image = cv2.imdecode(_read('street.jpg'), cv2.IMREAD_COLOR)
    counts = cv2.imdecode(_read('street_depth.png'), cv2.IMREAD_UNCHANGED)
    assert image is not None and counts is not None, 'the package is damaged; reinstall it'
    rgb = np.ascontiguousarray(image[..., ::-1], dtype=np.uint8)
    return rgb, np.divide(counts, DEPTH_PNG_SCALE, dtype=np.float32)


def street_pixels(height: int, width: int) -> npt.NDArray[np.uint8]:
    """The stored image resampled to (height, width, 3) uint8 RGB."""
    return np.ascontiguousarray(resize_image(stored_street()[0], width, height))


def _read(name: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer((files('lacdepth_ros.models.engines') / name).read_bytes(), np.uint8)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stored street on which engines are compared, as any camera sees it, with exact depth.

street.jpg and street_depth.png are frame 5 of synthetic street 90002, rendered for STREET_CAMERA:
taller than wide, so that upright pictures can be cut out of it as well as wide ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.preprocessing import resize_image

STREET_CAMERA = Camera(535.0, 535.0, 607.5, 671.5, 1216, 1344)
DEPTH_PNG_SCALE = 256
"""Counts of a metre."""


@dataclass(frozen=True, slots=True)
class StreetView:
    """The street as a camera sees it.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        depth: (H, W) float32 [m] to 80 m, 0 beyond and in the sky.
        camera: Intrinsics of these pixels.
    """

    image: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.float32]
    camera: Camera


def stored_street() -> StreetView:
    """Read the whole of it."""
    image = cv2.imdecode(_read('street.jpg'), cv2.IMREAD_COLOR)
    counts = cv2.imdecode(_read('street_depth.png'), cv2.IMREAD_UNCHANGED)
    assert image is not None and counts is not None, 'the package is damaged; reinstall it'
    rgb = np.ascontiguousarray(image[..., ::-1], dtype=np.uint8)
    return StreetView(rgb, np.divide(counts, DEPTH_PNG_SCALE, dtype=np.float32), STREET_CAMERA)


def street_view(camera: Camera) -> StreetView:
    """Cut out and resample what a camera sees.

    Returns:
        A view of the camera's size. Its intrinsics are the camera's to within a pixel of the
        stored picture; where the camera sees more than is stored, its focal lengths are longer by
        one factor, until it does not.
    """
    whole = stored_street()
    left, top, width, height = _window(camera, whole.camera)
    seen = (slice(top, top + height), slice(left, left + width))
    size = (camera.width, camera.height)
    return StreetView(
        np.ascontiguousarray(resize_image(whole.image[seen], *size)),
        np.asarray(cv2.resize(whole.depth[seen], size, interpolation=cv2.INTER_NEAREST_EXACT)),
        whole.camera.cropped(left, top, width, height).resized(*size),
    )


def _window(camera: Camera, whole: Camera) -> tuple[int, int, int, int]:
    """Left, top, width and height [px] of what a camera sees in the picture of another."""
    wanted, stored = _borders(camera), _borders(whole)
    slopes = wanted / max(1.0, (wanted / stored).max())
    left, right = _pixels(slopes[:2], whole.fx, whole.cx, whole.width)
    top, bottom = _pixels(slopes[2:], whole.fy, whole.cy, whole.height)
    return left, top, right - left, bottom - top


def _borders(camera: Camera) -> npt.NDArray[np.float64]:
    """Slopes of the rays through the left, right, upper and lower border of a picture."""
    columns = (np.array([0, camera.width]) - 0.5 - camera.cx) / camera.fx
    rows = (np.array([0, camera.height]) - 0.5 - camera.cy) / camera.fy
    return np.concatenate([columns, rows])


def _pixels(
    slopes: npt.NDArray[np.float64], focal: float, center: float, size: int
) -> tuple[int, int]:
    """First pixel between two slopes, and the one after the last; one at least."""
    first, end = (round(float(slope) * focal + center + 0.5) for slope in slopes)
    first = min(first, size - 1)
    return first, max(end, first + 1)


def _read(name: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer((files('lacdepth_ros.models.engines') / name).read_bytes(), np.uint8)

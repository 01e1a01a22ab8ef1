# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth, points and ray length of a pinhole camera, in its optical frame.

Convention: depth is z of the optical frame (x right, y down, z forward; REP 103) in metres, pixel
centres are integers, and the pixel (u, v) sees the point ((u - cx) z / fx, (v - cy) z / fy, z).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera

FloatArray = npt.NDArray[np.float32]
_KEPT = 32
"""Cameras whose rays are kept: eight of a node, each whole, thinned and in blocks."""


def depth_to_points(depth: FloatArray, camera: Camera) -> FloatArray:
    """Back-project a depth image.

    Args:
        depth: (H, W) float32 metres; what is not finite is invalid.
        camera: Camera of these pixels.

    Returns:
        (H, W, 3) float32 metres, x right, y down, z forward; NaN in all three where invalid. A
        view of three planes, which are filled, and read by `messages.clouds`, faster than points.

    Raises:
        ValueError: Depth and camera differ in size.
    """
    check_size(depth, camera)
    planes = np.empty((3, *depth.shape), np.float32)
    planes[2] = depth
    planes[2][~np.isfinite(planes[2])] = np.nan
    for plane, ray in zip(planes[:2], _rays(camera), strict=True):
        np.multiply(planes[2], ray, out=plane)
    return np.moveaxis(planes, 0, -1)


def points_to_depth(points: npt.NDArray[np.floating], camera: Camera) -> FloatArray:
    """Project points onto the image; where several fall on one pixel the nearest wins.

    Args:
        points: (..., 3) metres in the optical frame; points that are not finite or not in front
            of the camera are left out.
        camera: Camera of the wanted depth image.

    Returns:
        (H, W) float32 metres; NaN where no point falls.
    """
    x, y, z = np.asarray(points, dtype=np.float64).reshape(-1, 3).T
    front = np.isfinite(x) & np.isfinite(y) & np.isfinite(z) & (z > 0)
    x, y, z = x[front], y[front], z[front]
    u = np.rint(camera.fx * x / z + camera.cx)
    v = np.rint(camera.fy * y / z + camera.cy)
    seen = (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
    nearest = np.full((camera.height, camera.width), np.inf, dtype=np.float32)
    pixels = (v[seen].astype(np.intp), u[seen].astype(np.intp))
    np.minimum.at(nearest, pixels, z[seen].astype(np.float32))
    nearest[np.isinf(nearest)] = np.nan
    return nearest


def depth_to_ray_length(depth: FloatArray, camera: Camera) -> FloatArray:
    """Euclidean distance [m] to the point of each pixel of a depth image [m], both (H, W)."""
    check_size(depth, camera)
    return depth * ray_lengths(camera)


def ray_length_to_depth(ray_length: FloatArray, camera: Camera) -> FloatArray:
    """Depth [m] of each pixel from the Euclidean distance [m] to its point, both (H, W)."""
    check_size(ray_length, camera)
    return ray_length / ray_lengths(camera)


@lru_cache(maxsize=_KEPT)
def _rays(camera: Camera) -> tuple[FloatArray, FloatArray]:
    """Ray slopes: x / z of every column, (W,), and y / z of every row, (H, 1)."""
    x = (np.arange(camera.width) - camera.cx) / camera.fx
    y = (np.arange(camera.height) - camera.cy) / camera.fy
    return x.astype(np.float32), y.astype(np.float32)[:, None]


@lru_cache(maxsize=_KEPT)
def ray_lengths(camera: Camera) -> FloatArray:
    """Length (H, W) of the rays whose z is 1; read-only, as it is kept."""
    x, y = _rays(camera)
    lengths = np.sqrt(x * x + y * y + np.float32(1))
    lengths.flags.writeable = False
    return lengths


def check_size(image: FloatArray, camera: Camera) -> None:
    """Refuse an (H, W) map whose size is not the camera's, with a ValueError."""
    if image.shape != (camera.height, camera.width):
        raise ValueError(
            f'depth of shape {image.shape} and camera of {camera.width}x{camera.height} pixels '
            'differ; take the camera through the same resize and crop as the image'
        )

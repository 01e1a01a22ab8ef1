# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Coloured points of a depth image, thinned and gated as the user asks; knows no ROS."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.flying_pixels import find_flying_pixels
from lacdepth_ros.core.geometry import depth_to_points

FloatArray = npt.NDArray[np.float32]
ColorArray = npt.NDArray[np.uint8]


def limit_range(depth: FloatArray, min_depth: float, max_depth: float) -> FloatArray:
    """Mark depth outside the range as REP 117 asks: -Inf too near, +Inf beyond; NaN stays.

    Args:
        depth: (H, W) float32 metres; not changed.
        min_depth: Smallest depth kept [m].
        max_depth: Largest depth kept [m].

    Returns:
        (H, W) float32 metres.
    """
    limited = depth.copy()
    np.copyto(limited, np.float32(np.inf), where=depth > max_depth)
    np.copyto(limited, np.float32(-np.inf), where=depth < min_depth)
    return limited


def colored_points(
    depth: FloatArray,
    std: FloatArray | None,
    image: ColorArray,
    camera: Camera,
    *,
    stride: int = 1,
    max_std: float = 0.0,
    min_angle: float = 0.0,
    organized: bool = True,
) -> tuple[FloatArray, ColorArray]:
    """Back-project a depth image into points with the colours of the image.

    Args:
        depth: (H, W) float32 metres; what is not finite is invalid.
        std: (H, W) float32 metres, standard deviation of depth; may be None where max_std is 0.
        image: (H, W, 3) uint8 RGB of the same pixels.
        camera: Camera of these pixels.
        stride: Keep every n-th pixel of every n-th row.
        max_std: Points with a larger standard deviation are invalid [m]; 0 keeps all.
        min_angle: Pixels on ramps between surfaces are invalid; see `find_flying_pixels`
            [degrees], 0 keeps all.
        organized: Keep the image's layout with NaN where invalid, else only valid points.

    Returns:
        Points (h, w, 3) float32 metres in the optical frame and their colours (h, w, 3) uint8;
        h = 1 when not organized.
    """
    if min_angle > 0:
        flying = find_flying_pixels(depth, camera, min_angle)
        depth = np.where(flying, np.float32(np.nan), depth)
    depth, colors = depth[::stride, ::stride], image[::stride, ::stride]
    if max_std > 0:
        assert std is not None
        depth = np.where(std[::stride, ::stride] <= max_std, depth, np.float32(np.nan))
    points = depth_to_points(depth, thinned_camera(camera, stride))
    if organized:
        return points, colors
    valid = np.isfinite(points[..., 2])
    return points[valid][np.newaxis], colors[valid][np.newaxis]


def thinned_camera(camera: Camera, stride: int) -> Camera:
    """Camera of image[::stride, ::stride]: kept pixel centres stay where they are."""
    if stride == 1:
        return camera
    return Camera(
        fx=camera.fx / stride,
        fy=camera.fy / stride,
        cx=camera.cx / stride,
        cy=camera.cy / stride,
        width=-(-camera.width // stride),
        height=-(-camera.height // stride),
    )

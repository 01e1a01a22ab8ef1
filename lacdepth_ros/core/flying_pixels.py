# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pixels between two surfaces, whose points hang in the air; knows no ROS.

A depth network draws a ramp where one object hides another. The points of that ramp lie on no
surface, and a costmap takes them for obstacles. On the ramp the surface runs almost along the ray.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import check_size

FloatArray = npt.NDArray[np.float32]
_Slopes = npt.NDArray[np.floating]


class _Limit(NamedTuple):
    """From depth a to b it is too steep where |scale * (b - a) / (b + a) + offset| > steepest."""

    scale: FloatArray
    offset: FloatArray
    steepest: FloatArray


def find_flying_pixels(
    depth: FloatArray, camera: Camera, min_angle: float
) -> npt.NDArray[np.bool_]:
    """Find pixels on a ramp: depth rises, or falls, too steeply on both sides of them.

    The last pixel of either surface is steep on one side only and stays; so does a pole of one
    pixel's width, which is nearer than both of its sides.

    Level ground is seen under a small angle as well: of a camera at height h it is found beyond
    h / tan(min_angle), at 3 degrees and 1.65 m beyond 31 m.

    Args:
        depth: (H, W) float32 metres; beside a pixel that is not finite nothing is steep.
        camera: Camera of these pixels.
        min_angle: Smallest angle between ray and surface that is believed [degrees], 0 .. 90.

    Returns:
        (H, W) bool, True where the pixel is on a ramp.

    Raises:
        ValueError: Depth and camera differ in size, or the angle is out of range.
    """
    check_size(depth, camera)
    if not 0 <= min_angle < 90:
        raise ValueError(f'min_angle {min_angle} degrees must be at least 0 and below 90')
    flying = np.zeros(depth.shape, dtype=bool)
    if min_angle == 0:
        return flying
    z = np.where(np.isfinite(depth), depth, np.float32(np.nan))
    columns, rows = _limits(camera, min_angle)
    side = _steep(z[:, :-1], z[:, 1:], columns)
    flying[:, 1:-1] |= (side[:, :-1] == side[:, 1:]) & (side[:, 1:] != 0)
    side = _steep(z[:-1], z[1:], rows)
    flying[1:-1] |= (side[:-1] == side[1:]) & (side[1:] != 0)
    return flying


def _steep(before: FloatArray, after: FloatArray, limit: _Limit) -> npt.NDArray[np.int8]:
    """1 or -1 between neighbours of too steep a rise or fall of depth, else 0."""
    # 2 (b - a) / (b + a) is log(b / a) to the third order, and cheaper.
    rise = after - before
    rise /= after + before
    rise *= limit.scale
    rise += limit.offset
    return (rise > limit.steepest).astype(np.int8) - (rise < -limit.steepest).astype(np.int8)


@lru_cache(maxsize=8)  # cameras of a node
def _limits(camera: Camera, min_angle: float) -> tuple[_Limit, _Limit]:
    """Limits of the rise between neighbouring columns, and between neighbouring rows.

    The ray of a pixel is r = (a, b, 1). Along a row the point P = z r moves by
    dP = dz r + (z / fx, 0, 0), so with g = d(log z) per pixel the angle between dP and r has
    tan = |dP x r| / |dP . r| = sqrt(1 + b^2) / |fx g |r|^2 + a|.
    """
    a = ((np.arange(camera.width) - camera.cx) / camera.fx)[None]
    b = ((np.arange(camera.height) - camera.cy) / camera.fy)[:, None]
    square = a * a + b * b + 1
    cotangent = 1 / math.tan(math.radians(min_angle))

    def limit(focal: float, along: _Slopes, across: _Slopes) -> _Limit:
        scale, steepest = 2 * focal * square, cotangent * np.sqrt(1 + across * across)
        return _Limit(*(value.astype(np.float32) for value in (scale, along, steepest)))

    columns, rows = limit(camera.fx, a, b), limit(camera.fy, b, a)
    return (
        _Limit(columns.scale[:, :-1], columns.offset[:, :-1], columns.steepest),
        _Limit(rows.scale[:-1], rows.offset[:-1], rows.steepest),
    )

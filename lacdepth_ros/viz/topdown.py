# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Clouds seen from above, on a grid of metres."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.viz.text import draw_text

FloatArray = npt.NDArray[np.float32]
ColorImage = npt.NDArray[np.uint8]

_BACKGROUND = (24, 26, 30)
_GRID = (62, 66, 74)
_LABEL = (190, 194, 200)
_DARKEST = 60  # of a point, so that asphalt stands out from the background
_GRID_STEP = 10  # metres


def topdown(
    points: FloatArray,
    colors: ColorImage,
    *,
    x_range: tuple[float, float] = (-20.0, 20.0),
    z_range: tuple[float, float] = (0.0, 60.0),
    pixels_per_meter: float = 10.0,
    max_height: float = 2.5,
) -> ColorImage:
    """Draw a cloud from above: the camera at the bottom looks up the picture.

    Args:
        points: (..., 3) metres in the optical frame; points that are not finite are left out.
        colors: (..., 3) uint8 RGB of the points.
        x_range: Shown metres to the left (negative) and right of the camera.
        z_range: Shown metres ahead of the camera.
        pixels_per_meter: Scale of the picture.
        max_height: Points more than this [m] above the camera are left out, so that foliage and
            wires do not hide the road.

    Returns:
        (H, W, 3) uint8 RGB with a labelled grid of 10 m and a triangle for the camera; upper
        points cover lower ones.
    """
    (left, right), (near, far) = x_range, z_range
    width = round((right - left) * pixels_per_meter)
    height = round((far - near) * pixels_per_meter)
    x, y, z = points.reshape(-1, 3).T
    with np.errstate(invalid='ignore'):
        shown = (x >= left) & (x < right) & (z >= near) & (z < far) & (y > -max_height)
    order = np.flatnonzero(shown)
    order = order[np.argsort(-y[order], kind='stable')]  # from the ground up
    columns = ((x[order] - left) * pixels_per_meter).astype(np.intp)
    rows = height - 1 - ((z[order] - near) * pixels_per_meter).astype(np.intp)
    picture = _grid(x_range, z_range, pixels_per_meter)
    dots = _DARKEST + colors.reshape(-1, 3)[order] * (1 - _DARKEST / 255)
    for right_shift, down_shift in ((1, 1), (1, 0), (0, 1), (0, 0)):  # a dot covers 2 x 2 pixels
        near_columns = np.minimum(columns + right_shift, width - 1)
        picture[np.minimum(rows + down_shift, height - 1), near_columns] = dots
    _label_grid(picture, x_range, z_range, pixels_per_meter)
    return picture


def _multiples(low: float, high: float) -> range:
    """Whole multiples of the grid step within low..high."""
    first, last = math.ceil(low / _GRID_STEP), math.floor(high / _GRID_STEP)
    return range(first * _GRID_STEP, last * _GRID_STEP + 1, _GRID_STEP)


def _grid(x_range: tuple[float, float], z_range: tuple[float, float], scale: float) -> ColorImage:
    """Empty picture with lines every 10 m."""
    width = round((x_range[1] - x_range[0]) * scale)
    height = round((z_range[1] - z_range[0]) * scale)
    picture = np.full((height, width, 3), _BACKGROUND, dtype=np.uint8)
    for x in _multiples(*x_range):
        picture[:, min(round((x - x_range[0]) * scale), width - 1)] = _GRID
    for z in _multiples(*z_range):
        picture[max(height - 1 - round((z - z_range[0]) * scale), 0)] = _GRID
    return picture


def _label_grid(
    picture: ColorImage, x_range: tuple[float, float], z_range: tuple[float, float], scale: float
) -> None:
    """Write metres along the left and the lower edge, where there is room, and the camera."""
    height, width = picture.shape[:2]
    for z in _multiples(*z_range):
        row = height - round((z - z_range[0]) * scale)
        if 20 < row < height - 20:
            draw_text(picture, f'{z} m', (6, row - 5), height=14, color=_LABEL)
    for x in _multiples(*x_range):
        column = round((x - x_range[0]) * scale)
        if 0 < column < width - 60:
            text = f'{x:+d} m' if x else '0'
            draw_text(picture, text, (column + 10, height - 6), height=14, color=_LABEL)
    column, row = round(-x_range[0] * scale), height - 1 + round(z_range[0] * scale)
    camera = np.array([(column, row - 14), (column - 7, row), (column + 7, row)])
    cv2.fillConvexPoly(picture, camera, _LABEL, cv2.LINE_AA)

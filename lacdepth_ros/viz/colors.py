# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth and clouds as pictures and files a person can judge."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.whole_file import write_bytes
from lacdepth_ros.viz.text import draw_text

FloatArray = npt.NDArray[np.float32]
ColorImage = npt.NDArray[np.uint8]

NEAR, FAR = 2.0, 80.0
"""Metres of the warmest and of the coldest colour, unless other ones are asked for."""

_BACKGROUND = (24, 26, 30)
_GRID = (62, 66, 74)
_LABEL = (190, 194, 200)
_DARKEST = 60  # of a point, so that asphalt stands out from the background
_GRID_STEP = 10  # metres


def colorize_depth(
    depth: FloatArray, *, min_depth: float = NEAR, max_depth: float = FAR
) -> ColorImage:
    """Paint depth on a fixed logarithmic scale, so that pictures compare over time.

    Args:
        depth: (H, W) metres; what is not finite or not positive is invalid.
        min_depth: Depth [m] of the warmest colour; nearer depth has it too.
        max_depth: Depth [m] of the coldest colour; farther depth has it too.

    Returns:
        (H, W, 3) uint8 RGB: near warm, far cold, invalid black.

    Raises:
        ValueError: Not 0 < min_depth < max_depth.
    """
    if not 0 < min_depth < max_depth:
        raise ValueError(
            f'color range {min_depth}..{max_depth} m must satisfy 0 < min_depth < max_depth'
        )
    valid = np.isfinite(depth) & (depth > 0)
    log_depth = np.log(depth, where=valid, out=np.zeros(depth.shape, np.float32))
    nearness = (math.log(max_depth) - log_depth) / np.float32(math.log(max_depth / min_depth))
    return _paint(nearness, valid, cv2.COLORMAP_TURBO)


def colorize_uncertainty(depth: FloatArray, std: FloatArray, *, worst: float = 0.3) -> ColorImage:
    """Paint how sure depth is: its relative standard deviation std / depth.

    Args:
        depth: (H, W) metres; what is not finite or not positive is invalid.
        std: (H, W) standard deviation [m].
        worst: Relative deviation of the darkest colour; larger ones have it too.

    Returns:
        (H, W, 3) uint8 RGB: sure bright, unsure dark, invalid black.
    """
    valid = np.isfinite(depth) & (depth > 0) & np.isfinite(std)
    relative = np.divide(std, depth, where=valid, out=np.zeros(depth.shape, np.float32))
    return _paint(1 - relative / np.float32(worst), valid, cv2.COLORMAP_VIRIDIS)


def depth_legend(width: int, *, min_depth: float = NEAR, max_depth: float = FAR) -> ColorImage:
    """Draw the colour scale of colorize_depth with its metres.

    Args:
        width: Width of the picture [px].
        min_depth: Depth [m] at the left end, as given to colorize_depth.
        max_depth: Depth [m] at the right end, as given to colorize_depth.

    Returns:
        (32, width, 3) uint8 RGB, labelled at 1, 2, 5, 10, 20, 50, ... m.
    """
    ratio = max_depth / min_depth
    depth = min_depth * ratio ** ((np.arange(width, dtype=np.float32) + 0.5) / width)
    row = colorize_depth(depth[None].astype(np.float32), min_depth=min_depth, max_depth=max_depth)
    legend = np.repeat(row, 32, axis=0)
    for power in range(math.floor(math.log10(min_depth)), math.ceil(math.log10(max_depth))):
        for meters in (step * 10.0**power for step in (1, 2, 5)):
            column = round(width * math.log(meters / min_depth) / math.log(ratio))
            if 0 < column < width - 45:  # room for the label
                legend[:, column : column + 2] = 0
                draw_text(legend, f'{meters:g} m', (column + 6, 22), height=13, color=(0, 0, 0))
    return legend


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


def write_ply(path: str | Path, points: FloatArray, colors: ColorImage) -> None:
    """Write a coloured cloud as a binary PLY file, which MeshLab and CloudCompare open.

    Args:
        path: The file; it is replaced when it exists, and its folder made when it is missing.
        points: (..., 3) metres; points that are not finite are left out. Axes are kept: those of
            the optical frame are x right, y down, z forward.
        colors: (..., 3) uint8 RGB of the points.

    Raises:
        OSError: The file cannot be written; then there is none.
    """
    points, colors = points.reshape(-1, 3), colors.reshape(-1, 3)
    valid = np.isfinite(points).all(axis=1)
    vertices = np.empty(
        int(valid.sum()), dtype=np.dtype([('position', '<f4', 3), ('color', 'u1', 3)])
    )
    vertices['position'] = points[valid]
    vertices['color'] = colors[valid]
    header = [
        'ply',
        'format binary_little_endian 1.0',
        'comment metres; optical frame: x right, y down, z forward',
        f'element vertex {len(vertices)}',
        *(f'property float {axis}' for axis in 'xyz'),
        *(f'property uchar {channel}' for channel in ('red', 'green', 'blue')),
        'end_header',
    ]
    text = '\n'.join(header) + '\n'
    write_bytes(path, text.encode('ascii') + vertices.tobytes())


def _paint(values: FloatArray, valid: npt.NDArray[np.bool_], colormap: int) -> ColorImage:
    """Colours of values 0..1, clipped; black where not valid."""
    index = np.clip(values * np.float32(254), 0, 254).astype(np.uint8)
    index += 1  # 0 is kept for invalid pixels
    index *= valid
    return np.asarray(cv2.applyColorMap(index, _palette(colormap)), dtype=np.uint8)


@lru_cache(maxsize=2)
def _palette(colormap: int) -> ColorImage:
    """(256, 1, 3) RGB: black, then 255 steps of the colour map."""
    steps = np.linspace(0, 255, 255).astype(np.uint8)[:, None]
    colors = cv2.cvtColor(cv2.applyColorMap(steps, colormap), cv2.COLOR_BGR2RGB)
    return np.concatenate([np.zeros((1, 1, 3), np.uint8), colors])


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

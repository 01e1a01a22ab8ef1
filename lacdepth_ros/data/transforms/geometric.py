# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Geometric changes of a sample: crop, pad, resize, rotate, flip; ground truth and camera follow.

Measured depth is never interpolated: every value a change yields was measured, and lies within
half a pixel (a rotation: half an old pixel) of where the new camera sees its point. Interpolated
depth (`Sample.dense`) may be interpolated again, but only between pixels that all have it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.preprocessing import resize_image
from lacdepth_ros.data.sample import Sample

KITTI_BENCHMARK_SIZE = (352, 1216)
"""Height and width of the KITTI depth benchmark's images: the lowest rows, the middle columns."""
_NYU_SIZE = (480, 640)
_NYU_BORDER = (43, 45, 565, 427)

Depth = npt.NDArray[np.float32]


def crop(sample: Sample, left: int, top: int, width: int, height: int) -> Sample:
    """Cut out a window; the arrays stay views of the sample's.

    Raises:
        ValueError: The window does not lie inside the image.
    """
    camera = sample.camera.cropped(left, top, width, height)
    window = np.s_[top : top + height, left : left + width]
    return _change(sample, camera, lambda x: x[window], lambda x: x[window], lambda x: x[window])


def kitti_benchmark_window(
    height: int, width: int, name: str = 'the image'
) -> tuple[slice, slice]:
    """Rows and columns of KITTI's benchmark crop: of 375x1242, rows 23:375, columns 13:1229.

    Raises:
        ValueError: The image, which messages call `name`, is smaller than the crop.
    """
    rows, columns = KITTI_BENCHMARK_SIZE
    if height < rows or width < columns:
        raise ValueError(
            f'{name} is {width}x{height}, smaller than the {columns}x{rows} of the KITTI '
            'benchmark crop; leave that crop out (benchmark_crop, fixed_crop)'
        )
    top, left = height - rows, (width - columns) // 2
    return slice(top, height), slice(left, left + columns)


def crop_to_kitti_benchmark(sample: Sample) -> Sample:
    """Cut to 352x1216 as the KITTI depth benchmark does.

    Raises:
        ValueError: The image is smaller.
    """
    height, width = KITTI_BENCHMARK_SIZE
    camera = sample.camera
    rows, columns = kitti_benchmark_window(camera.height, camera.width, sample.id)
    return crop(sample, columns.start, rows.start, width, height)


def check_nyu_size(height: int, width: int, name: str) -> None:
    """Refuse an image, which messages call `name`, that has not the size of NYU's (ValueError)."""
    if (height, width) != _NYU_SIZE:
        raise ValueError(
            f"{name}: fixed_crop='nyu' is made for 640x480, not {width}x{height}; use "
            "fixed_crop='none'"
        )


def crop_nyu_border(sample: Sample) -> Sample:
    """Cut off the white border of NYU's rectified 640x480 images: 565x427 remain.

    Raises:
        ValueError: The image is of another size.
    """
    check_nyu_size(sample.camera.height, sample.camera.width, sample.id)
    return crop(sample, *_NYU_BORDER)


def pad(sample: Sample, *, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> Sample:
    """Continue the image by its border pixels; there is no ground truth in what is added."""
    if not any((left, top, right, bottom)):
        return sample
    camera = sample.camera.padded(left=left, top=top, right=right, bottom=bottom)
    sides = (top, bottom, left, right)

    def fill(depth: Any) -> Any:
        return cv2.copyMakeBorder(depth, *sides, cv2.BORDER_CONSTANT, value=(0.0,))

    def continued(image: Any) -> Any:
        return cv2.copyMakeBorder(image, *sides, cv2.BORDER_REPLICATE)

    return _change(sample, camera, continued, fill, fill)


def resize(sample: Sample, width: int, height: int) -> Sample:
    """Resample the image; scatter its depth into the new grid; interpolate its dense depth."""
    if (height, width) == sample.depth.shape:
        return sample
    return _change(
        sample,
        sample.camera.resized(width, height),
        lambda image: resize_image(image, width, height),
        lambda depth: scatter_depth(depth, height, width),
        lambda dense: _interpolate(
            dense, lambda x: cv2.resize(x, (width, height), interpolation=cv2.INTER_LINEAR)
        ),
    )


def rotate_camera(
    sample: Sample, *, pitch: float = 0.0, roll: float = 0.0, yaw: float = 0.0
) -> Sample:
    """Turn the camera about its optical centre: what it sees moves up and clockwise.

    A turn needs no depth to be drawn: pixels move by the homography K' R K^-1, and depth, which is
    measured along the optical axis, is measured again along the new one. K stays as it is, but
    for a yaw: the window then moves with the scene, so that the pixel of the old optical axis
    keeps its column and the new axis lies as far off it as the camera was turned. What enters
    from outside the image continues its border pixels and has no ground truth; each pixel takes
    the measured depth of the nearest old pixel, if there is one.

    Args:
        sample: The camera's height stays as it is.
        pitch: Downward turn of the optical axis [degrees].
        roll: Turn of the scene about the optical axis, clockwise [degrees].
        yaw: Turn of the optical axis to the right [degrees], in (-90, 90).
    """
    if pitch == 0 and roll == 0 and yaw == 0:
        return sample
    old, size = sample.camera, (sample.camera.width, sample.camera.height)
    camera = replace(old, cx=old.cx + old.fx * math.tan(math.radians(yaw)))
    rotation = _rotation(*(math.radians(angle) for angle in (pitch, roll, yaw)))
    matrix = camera.K @ rotation @ np.linalg.inv(old.K)
    to_new_z = _along_new_axis(old, rotation)

    def turned(x: Any, mode: int) -> Any:
        return cv2.warpPerspective(x, matrix, size, flags=mode, borderMode=cv2.BORDER_CONSTANT)

    return _change(
        sample,
        camera,
        lambda image: cv2.warpPerspective(image, matrix, size, borderMode=cv2.BORDER_REPLICATE),
        lambda depth: turned(depth * to_new_z, cv2.INTER_NEAREST),
        lambda dense: _interpolate(dense * to_new_z, lambda x: turned(x, cv2.INTER_LINEAR)),
    )


def flip(sample: Sample) -> Sample:
    """Mirror left to right."""

    def mirror(x: Any) -> Any:
        return cv2.flip(x, 1)

    return _change(sample, sample.camera.flipped(), mirror, mirror, mirror)


def scatter_depth(depth: Depth, height: int, width: int) -> Depth:
    """Move every measured depth (0 = none) to the pixel it falls on; the nearest wins."""
    distance: Any = np.where(depth > 0, depth, np.float32(np.inf))
    distance = _move_rows(distance, height)
    distance = cv2.transpose(_move_rows(cv2.transpose(distance), width))
    return np.where(np.isinf(distance), np.float32(0), distance)


def _move_rows(distance: Any, height: int) -> Any:
    """Move each row to the new row its centre falls on; the least of each column wins.

    Whole rows, not single points: equally quick for sparse ground truth, 10 times for dense.
    """
    rows = len(distance)
    target = ((np.arange(rows) + 0.5) * (height / rows)).astype(np.int64)
    if height >= rows:
        moved = np.full((height, distance.shape[1]), np.inf, np.float32)
        moved[target] = distance
        return moved
    first = np.searchsorted(target, np.arange(height))
    last = np.append(first[1:], rows) - 1
    nearest = distance[first]
    for step in range(1, 1 + int((last - first).max())):
        np.minimum(nearest, distance[np.minimum(first + step, last)], out=nearest)
    return nearest


def _interpolate(dense: Depth, interpolate: Callable[[Depth], Any]) -> Depth:
    """Interpolate dense depth; 0 where a pixel without it (or outside) would take part."""
    share = interpolate((dense > 0).astype(np.float32))
    return np.where(share > 1 - 1e-4, interpolate(dense), np.float32(0))


def _rotation(pitch: float, roll: float, yaw: float) -> npt.NDArray[np.float64]:
    """(3, 3) from the old optical frame into the new one: first the yaw, then pitch and roll."""
    cp, sp, cr, sr = math.cos(pitch), math.sin(pitch), math.cos(roll), math.sin(roll)
    cy, sy = math.cos(yaw), math.sin(yaw)
    turn = np.array([[cy, 0.0, -sy], [0.0, 1.0, 0.0], [sy, 0.0, cy]])
    nod = np.array([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]])
    lean = np.array([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]])
    return lean @ nod @ turn


def _along_new_axis(camera: Camera, rotation: npt.NDArray[np.float64]) -> Depth:
    """(H, W) factors from depth along the old optical axis to depth along the new one."""
    x = (np.arange(camera.width) - camera.cx) / camera.fx
    y = (np.arange(camera.height) - camera.cy) / camera.fy
    of_x, of_y, of_z = rotation[2]
    factors = of_x * x[None, :] + (of_y * y + of_z)[:, None]
    return np.maximum(factors, 0).astype(np.float32)  # behind the new camera: no depth


def _change(
    sample: Sample,
    camera: Camera,
    image: Callable[[Any], Any],
    depth: Callable[[Any], Any],
    dense: Callable[[Any], Any],
) -> Sample:
    """A sample of the new camera, whose maps are made by these functions."""
    return replace(
        sample,
        image=image(sample.image),
        depth=depth(sample.depth),
        dense=None if sample.dense is None else dense(sample.dense),
        camera=camera,
    )

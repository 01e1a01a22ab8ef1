# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What no camera_info can say, and what it hardly means: refused here, or reported once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera, check_plausible
from lacdepth_ros.core.image_file import check_bounds

NEGLIGIBLE_SKEW = 1e-3
"""Skew [px] below which K counts as one without; it moves no pixel by as much."""

_LENGTHS = {'k': 9, 'r': 9, 'p': 12}
_LARGEST, _SMALLEST = 1e9, 1e-30
# Shares of the size. Lenses are a few hundredths off, rectified images a tenth along one axis.
_OFF_CENTER, _OFF_CENTER_BOTH = 0.2, 0.15
_SQUARE_PIXELS = (0.8, 1.25)
_WIDE_FIELD_OF_VIEW = 120.0
_LONG_BASELINE = 10.0
_SAME_VIEW = 0.03
"""Of the focal length, and radians: DepthAI's rectified images have their own K, another's P."""
_MUCH_OUTSIDE = 0.25
"""Share of a rectified image without a picture; calibrations of common drivers leave a tenth."""


def check_fields(info: Any) -> None:
    """Refuse a camera_info with numbers or sizes that no driver can mean.

    This comes before anything is computed from it or allocated for it.

    Raises:
        ValueError: A list is of another length, a value is NaN, infinite or out of all
            proportion (uninitialized memory), or no image has such a size.
    """
    try:
        check_bounds(info.width, info.height)
    except ValueError as error:
        raise ValueError(f'camera_info: {error}; fix the camera driver') from error
    for name in ('d', 'k', 'r', 'p'):
        values = [float(value) for value in getattr(info, name)]
        if len(values) != _LENGTHS.get(name, len(values)):
            raise ValueError(
                f'camera_info.{name} has {len(values)} numbers; {_LENGTHS[name]} are needed'
            )
        for index, value in enumerate(values):
            if not math.isfinite(value):
                raise ValueError(
                    f'camera_info.{name}[{index}] = {value} contains NaN or infinity; '
                    'calibrate the camera'
                )
            if value and not _SMALLEST <= abs(value) <= _LARGEST:
                raise ValueError(
                    f'camera_info.{name}[{index}] = {value:g} is no number of a calibration '
                    '(uninitialized memory?); calibrate the camera'
                )


def check_matrix(name: str, rows: Sequence[Sequence[float]]) -> None:
    """Refuse a K or P[:3, :3] that is not [[fx, s, cx], [0, fy, cy], [0, 0, 1]].

    Raises:
        ValueError: It is not; names the matrix.
    """
    below = (rows[1][0], *rows[2])
    if not np.allclose(below, (0.0, 0.0, 0.0, 1.0), atol=1e-6):
        raise ValueError(
            f'camera_info.{name} holds {list(map(list, rows))}, which is not '
            '[[fx, 0, cx], [0, fy, cy], [0, 0, 1]]; calibrate the camera'
        )


def check_sensor(camera: Camera, info: Any) -> None:
    """Refuse intrinsics that are those of no camera with this full sensor.

    Args:
        camera: Of the full sensor, without region and binning.
        info: The camera_info it comes from, named in the error.

    Raises:
        ValueError: Field of view, ratio of the focal lengths or principal point are impossible.
    """
    x, y = _off_center(camera)
    if max(abs(x), abs(y)) >= 0.5 or min(abs(x), abs(y)) > _OFF_CENTER_BOTH:
        raise ValueError(
            f'cx, cy = {camera.cx:g}, {camera.cy:g} px is not near the middle of the full '
            f'{describe_size(info)}: it would be that of a {2 * camera.cx + 1:.0f}x'
            f'{2 * camera.cy + 1:.0f} image. Give width, height, K and P of the full sensor, and '
            'the window and binning in roi and binning_x, binning_y'
        )
    check_plausible(camera)


def calibration_doubts(info: Any, camera: Camera, *, rectified: bool) -> tuple[str, ...]:
    """What is possible but seldom meant; each text says what it does to the depth.

    Args:
        info: A camera_info that passed check_fields.
        camera: Its camera of the full sensor.
        rectified: Whether the image is a rectified one.
    """
    doubts = []
    if not any(info.p):
        doubts.append('camera_info.p is all zeros: K is taken in its place')
    if not rectified and not any(info.r):
        doubts.append('camera_info.r is all zeros: the identity is taken in its place')
    ratio = camera.fx / camera.fy
    if not _SQUARE_PIXELS[0] <= ratio <= _SQUARE_PIXELS[1]:
        doubts.append(
            f'fx / fy = {camera.fx:g} / {camera.fy:g} = {ratio:.2f}: pixels are square in nearly '
            'every camera; images are stretched until they are square by these numbers, so depth '
            'is wrong where they are'
        )
    if max(map(abs, _off_center(camera))) > _OFF_CENTER:
        doubts.append(
            f'cx, cy = {camera.cx:g}, {camera.cy:g} px lies far from the middle of '
            f'{describe_size(info)}: right only if the image is a window of a larger one'
        )
    angle = math.degrees(2 * math.atan(max(camera.width, camera.height) / (2 * camera.fx)))
    if not rectified and not any(info.d) and angle > _WIDE_FIELD_OF_VIEW:
        doubts.append(
            f'a field of view of {angle:.0f} degrees without distortion: a lens as wide bends '
            'the picture, so D is probably missing; calibrate the camera'
        )
    if rectified and not any(info.d) and any(info.p) and not _is_same_view(info):
        doubts.append(
            'camera_info has no distortion, but its P or R is not that of K: image_proc hands '
            'such images on as image_rect without rectifying them, and then depth is wrong; '
            'subscribe the raw topic, unless somebody else rectifies it'
        )
    if info.p[0] and abs(info.p[3] / info.p[0]) > _LONG_BASELINE:
        doubts.append(
            f'camera_info.p[3] / p[0] = {info.p[3] / info.p[0]:g} m is a long stereo baseline; '
            'it is handed on, depth does not use it'
        )
    return tuple(doubts)


def outside_doubts(outside: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """What is doubtful about a rectified image of which much shows nothing of the raw one.

    K and P of a recording whose images were rectified, or resized, before do not describe them,
    and nothing else tells: the focal length of the rectified image is then a wrong one.

    Args:
        outside: (H, W), True where it shows nothing.
    """
    share = float(outside.mean())
    if share <= _MUCH_OUTSIDE:
        return ()
    return (
        f'{100 * share:.0f} % of the image rectified by K, D, R and P show nothing, as with a P '
        'that keeps all of a wide lens (alpha 1); if this is none, the images are rectified '
        'already (set image_is_rectified: true; bag extract: --rectified) or K is of another '
        'size, and depth is wrong',
    )


def describe_size(info: Any) -> str:
    """Size, region and binning of a camera_info in words, such as '1280x960 with binning 2'."""
    words = f'{info.width}x{info.height}'
    roi = info.roi
    if roi.width or roi.height:
        words += f', roi {roi.width}x{roi.height} at ({roi.x_offset}, {roi.y_offset})'
    binning = (info.binning_x or 1, info.binning_y or 1)
    if binning != (1, 1):
        same = binning[0] == binning[1]
        words += f' with binning {binning[0] if same else f"{binning[0]}x{binning[1]}"}'
    return words


def _is_same_view(info: Any) -> bool:
    """Whether P and R leave the view of K about as it is."""
    k, r = (np.asarray(values, dtype=np.float64) for values in (info.k, info.r))
    p = np.asarray(info.p, dtype=np.float64).reshape(3, 4)[:, :3].ravel()
    if not k.any():
        return True  # nothing tells of another
    same_axes = not r.any() or np.allclose(r, np.eye(3).ravel(), rtol=0, atol=_SAME_VIEW)
    return bool(same_axes and np.allclose(p, k, rtol=0, atol=_SAME_VIEW * k[0]))


def _off_center(camera: Camera) -> tuple[float, float]:
    """Way of the principal point from the middle, as shares of width and height."""
    return (
        (camera.cx + 0.5) / camera.width - 0.5,
        (camera.cy + 0.5) / camera.height - 0.5,
    )

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CameraInfo -> Camera of the pixels that arrive, and back for the pixels that leave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.text import clean, quoted
from lacdepth_ros.messages.calibration import (
    NEGLIGIBLE_SKEW,
    calibration_doubts,
    check_fields,
    check_matrix,
    check_sensor,
    describe_size,
)

FISHEYE = 'equidistant'
_ROUNDING = 1  # pixels
# Of OpenCV, Foxglove, librealsense and Kalibr; librealsense's modified and inverse ones differ.
_ALIASES = {
    **dict.fromkeys(('fisheye', 'kannala_brandt', 'kannala_brandt4'), FISHEYE),
    **dict.fromkeys(('radtan', 'brown_conrady'), 'plumb_bob'),
}
# The polynomials are nested: more coefficients than a name promises have their own meaning.
_POLYNOMIAL = (4, 5, 8, 12, 14)
COEFFICIENTS = {'plumb_bob': _POLYNOMIAL, 'rational_polynomial': _POLYNOMIAL, FISHEYE: (4,)}
"""Numbers of coefficients each distortion model may have."""


def camera_from_info(info: Any, *, rectified: bool) -> Camera:
    """Camera of the image that a sensor_msgs/CameraInfo accompanies.

    K and P describe the sensor at full resolution. The region of interest is cut out first, then
    binning merges blocks of pixels, half-pixel exact: cx' = (cx - x_offset + 1/2) / b - 1/2. The
    same window is taken for rectified images, as image_proc does. A region of size 0 is the full
    sensor, a binning of 0 is 1, and pixels that do not fill a block are dropped.

    Args:
        info: Anything with the fields of CameraInfo.
        rectified: True for a rectified image (its intrinsics are P[:3, :3], or K where P is all
            zeros); False for a raw one (K), which is a pinhole image only if it has neither
            distortion nor skew (`Rectifier` removes both).

    Returns:
        The camera; its size is the size the image must have.

    Raises:
        ValueError: A number is NaN or of no calibration, K or P holds zeros, P has skew, no
            camera has these intrinsics, or the region does not lie in the image.
    """
    name = 'p' if rectified and any(info.p) else 'k'
    full = _sensor(info, name)
    try:
        check_sensor(full, info)
        return _binned(_region(full, info), info)
    except ValueError as error:
        raise ValueError(f'camera_info ({name}): {error}') from error


def doubts_of_info(info: Any, *, rectified: bool) -> tuple[str, ...]:
    """What is possible but seldom meant in a camera_info that camera_from_info takes."""
    full = _sensor(info, 'p' if rectified and any(info.p) else 'k')
    return calibration_doubts(info, full, rectified=rectified)


def check_image_size(info: Any, camera: Camera, *, width: int, height: int) -> None:
    """Refuse an image that is not of the size its camera_info says.

    One column or row more is the rounding of image_proc's resize: OpenCV makes 188 rows of half of
    375, and the camera_info beside them says 187. Its K holds for both.

    Args:
        info: The camera_info.
        camera: What camera_from_info made of it.
        width: Of the image that arrived [px].
        height: Of the image that arrived [px].

    Raises:
        ValueError: The sizes differ; says how the expected one comes about.
    """
    if 0 <= width - camera.width <= _ROUNDING and 0 <= height - camera.height <= _ROUNDING:
        return
    expected, words = f'{camera.width}x{camera.height}', describe_size(info)
    computed = expected if words == expected else f'{words} = {expected}'
    cause = (
        'the calibration is of another image size, the two topics do not belong together, or the '
        'driver resizes without adapting it'
    )
    if (width, height) == (info.width, info.height):
        cause = (
            'its width and height are those of the image and not of the full sensor: calibrate '
            'without region and binning, or have the driver leave them out of camera_info'
        )
    raise ValueError(f'image is {width}x{height} but its camera_info {computed}; {cause}')


def distortion_from_info(info: Any) -> tuple[str, tuple[float, ...]]:
    """Distortion model and coefficients D of the raw image.

    Returns:
        The model's name, that of ROS for its aliases, and as many coefficients as it may
        have: zeros beyond are dropped. () when there is no distortion (all zeros).

    Raises:
        ValueError: There is distortion, but the model is unknown or has another number of
            coefficients.
    """
    model = _ALIASES.get(info.distortion_model, info.distortion_model)
    coefficients = tuple(float(value) for value in info.d)
    if not any(coefficients):
        return model, ()
    if model not in COEFFICIENTS:
        raise ValueError(
            f'distortion model {quoted(model)} is not supported; use one of '
            f'{sorted(COEFFICIENTS)} or rectify the image before'
        )
    used = max(index for index, value in enumerate(coefficients) if value) + 1
    fitting = [n for n in COEFFICIENTS[model] if used <= n <= len(coefficients)]
    if not fitting:
        raise ValueError(
            f'{model} has {len(coefficients)} coefficients {clean(str(coefficients))}, not one of '
            f'{COEFFICIENTS[model]}'
        )
    return model, coefficients[: max(fitting)]


_SMALL_TURN = 1e-4
"""Radians of R that move no pixel by a tenth of its size in images of common focal lengths."""


def is_pinhole(info: Any) -> bool:
    """Whether the raw image is a pinhole image as it is: no distortion, skew or R.

    Raises:
        ValueError: There is distortion of an unknown model or number of coefficients, or R is no
            rotation.
    """
    bent = distortion_from_info(info)[1] or skew_from_info(info)
    return not bent and not is_turned(info)


def is_turned(info: Any) -> bool:
    """Whether rectification turns the camera, by more than the rounding of its calibration."""
    return not np.allclose(rotation_from_info(info), np.eye(3), atol=_SMALL_TURN)


def camera_of_view(info: Any, *, rectified: bool) -> Camera:
    """Camera of the pinhole image that is made of an image: its own, or the rectified one.

    Args:
        info: The image's camera_info.
        rectified: The image arrives rectified.

    Raises:
        ValueError: The camera_info is unusable, see `camera_from_info` and `is_pinhole`.
    """
    return camera_from_info(info, rectified=rectified or not is_pinhole(info))


def skew_from_info(info: Any) -> float:
    """Skew [px] of the raw image's pixels, 0 where it moves none of them.

    A point (x, y, 1) of the optical frame falls on u = fx x + skew y + cx.
    """
    skew = float(info.k[1])
    return 0.0 if abs(skew) < NEGLIGIBLE_SKEW else skew / (info.binning_x or 1)


def rotation_from_info(info: Any) -> npt.NDArray[np.float64]:
    """The rectifying rotation R (3, 3); the identity where it is all zeros.

    Raises:
        ValueError: It is no rotation.
    """
    R = np.array(info.r, dtype=np.float64).reshape(3, 3)
    if not R.any():
        return np.eye(3)
    if not np.allclose(R @ R.T, np.eye(3), atol=1e-3) or np.linalg.det(R) < 0:
        raise ValueError(
            f'camera_info.r = {R.ravel().tolist()} is no rotation; a camera without a '
            'rectifying rotation publishes the identity'
        )
    return R


def info_for_depth(CameraInfo: Any, info: Any, header: Any, *, camera: Camera) -> Any:
    """CameraInfo that belongs to published depth, whatever was done to its pixels before.

    Depth is a pinhole image, so K = P[:3, :3] = camera.K, D is zero, R the identity, and region
    and binning are spent: the size is that of the depth image. Of the input only the baseline to
    the first camera of a stereo pair remains (fourth column of P, scaled with the focal length).

    Args:
        CameraInfo: The message class sensor_msgs.msg.CameraInfo.
        info: CameraInfo of the input image.
        header: Header of the depth image, taken over as it is.
        camera: Camera of the depth image's pixels.

    Returns:
        The CameraInfo message.
    """
    msg = CameraInfo()
    msg.header = header
    msg.width, msg.height = camera.width, camera.height
    msg.distortion_model = 'plumb_bob'
    msg.d = [0.0] * 5
    msg.k = [camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0]
    msg.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    tx = camera.fx * info.p[3] / info.p[0] if info.p[0] else 0.0
    ty = camera.fy * info.p[7] / info.p[5] if info.p[5] else 0.0
    msg.p = [*msg.k[:3], tx, *msg.k[3:6], ty, *msg.k[6:], 0.0]
    msg.binning_x = msg.binning_y = 1
    return msg


def is_info_for_depth(info: Any) -> bool:
    """Whether a camera_info may be one that `info_for_depth` made.

    Few drivers set a binning that merges no pixels.
    """
    intrinsics = np.asarray(info.p, dtype=np.float64).reshape(3, 4)[:, :3].ravel()
    plain = len(info.d) == 5 and not any(info.d) and np.array_equal(info.r, np.eye(3).ravel())
    unbinned = info.binning_x == info.binning_y == 1
    return bool(plain and unbinned and np.array_equal(info.k, intrinsics))


def _sensor(info: Any, name: str) -> Camera:
    """Camera of the full sensor by 'k' or 'p', without the skew that K may have."""
    check_fields(info)
    columns = 4 if name == 'p' else 3
    values = [float(value) for value in getattr(info, name)]
    rows = [values[columns * row : columns * row + 3] for row in range(3)]
    if any(values):  # zeros get the better text of Camera
        check_matrix(name, rows)
    try:
        return Camera.from_K(_without_skew(name, rows), width=info.width, height=info.height)
    except ValueError as error:
        raise ValueError(f'camera_info ({name}): {error}') from error


def _without_skew(name: str, rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """The matrix without a skew that is negligible or, in K, left to the rectification."""
    (fx, skew, cx), *below = rows
    keep = name == 'p' and abs(skew) >= NEGLIGIBLE_SKEW
    return [[fx, skew if keep else 0.0, cx], *map(list, below)]


def _region(full: Camera, info: Any) -> Camera:
    """Camera of the sensor window that is read out; a window of zeros is the full sensor."""
    roi = info.roi
    if not roi.width and not roi.height:
        return full
    inside = roi.x_offset + roi.width <= full.width and roi.y_offset + roi.height <= full.height
    if not inside:
        raise ValueError(
            f'roi {roi.width}x{roi.height} at ({roi.x_offset}, {roi.y_offset}) does not fit '
            f'{full.width}x{full.height}: is the image already cropped? width and height are '
            'those of the full sensor'
        )
    return full.cropped(roi.x_offset, roi.y_offset, roi.width, roi.height)


def _binned(camera: Camera, info: Any) -> Camera:
    """Camera of the image whose pixels are blocks of binning_x x binning_y pixels."""
    columns, rows = info.binning_x or 1, info.binning_y or 1
    width, height = camera.width // columns, camera.height // rows
    if not (width and height):
        raise ValueError(f'{describe_size(info)} leaves no pixel; fix binning in the driver')
    return camera.cropped(0, 0, width * columns, height * rows).resized(width, height)

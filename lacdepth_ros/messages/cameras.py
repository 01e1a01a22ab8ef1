# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""CameraInfo -> Camera of the pixels that arrive, and back for the pixels that leave."""

from __future__ import annotations

import math
from typing import Any

from lacdepth_ros.core.camera import Camera


def camera_from_info(info: Any, *, rectified: bool) -> Camera:
    """Camera of the image that a sensor_msgs/CameraInfo accompanies.

    K and P describe the sensor at full resolution. The region of interest is cut out first, then
    binning merges blocks of pixels, half-pixel exact: cx' = (cx - x_offset + 1/2) / b - 1/2. The
    same window is taken for rectified images, as image_proc does. A region of size 0 is the full
    sensor, a binning of 0 is 1, and pixels that do not fill a block are dropped.

    Args:
        info: Anything with the fields of CameraInfo.
        rectified: True for a rectified image (its intrinsics are P[:3, :3]); False for a raw
            one (K), which is a pinhole image only if it has no distortion.

    Returns:
        The camera; its size is the size the image must have.

    Raises:
        ValueError: K or P holds zeros, NaN or skew, the size is zero, or the region does not lie
            in the image. P full of zeros is refused even when K is good: what was rectified to
            which intrinsics is then unknown (a driver without distortion may be taken as raw).
    """
    name = 'p' if rectified else 'k'
    columns = 4 if rectified else 3
    values = [float(value) for value in getattr(info, name)]
    rows = [values[columns * row : columns * row + 3] for row in range(3)]
    if rectified and not any(values):
        raise ValueError(
            'camera_info.p is all zeros, so the intrinsics of the rectified image are unknown; '
            'calibrate the camera, or declare the image raw if it needs no rectification'
        )
    try:
        full = Camera.from_K(rows, width=info.width, height=info.height)
        return _binned(_region(full, info.roi), info.binning_x or 1, info.binning_y or 1)
    except ValueError as error:
        raise ValueError(f'camera_info ({name}): {error}') from error


def distortion_from_info(info: Any) -> tuple[str, tuple[float, ...]]:
    """Distortion model and coefficients D of the raw image.

    Returns:
        The model's name, and the coefficients; () when there is no distortion (all zeros).

    Raises:
        ValueError: A coefficient is NaN or infinite.
    """
    coefficients = tuple(float(value) for value in info.d)
    if not all(math.isfinite(value) for value in coefficients):
        raise ValueError(
            f'camera_info.d = {coefficients} contains NaN or infinity; calibrate the camera'
        )
    return info.distortion_model, coefficients if any(coefficients) else ()


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


def _region(full: Camera, roi: Any) -> Camera:
    """Camera of the sensor window that is read out; a window of zeros is the full sensor."""
    if not roi.width and not roi.height:
        return full
    return full.cropped(roi.x_offset, roi.y_offset, roi.width, roi.height)


def _binned(camera: Camera, binning_x: int, binning_y: int) -> Camera:
    """Camera of the image whose pixels are blocks of binning_x x binning_y pixels."""
    width, height = camera.width // binning_x, camera.height // binning_y
    whole_blocks = camera.cropped(0, 0, width * binning_x, height * binning_y)
    return whole_blocks.resized(width, height)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Removal of lens distortion with maps that are computed once per calibration."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.cameras import camera_from_info, distortion_from_info

FISHEYE = 'equidistant'
COEFFICIENTS = {'plumb_bob': (4, 5), 'rational_polynomial': (8, 12, 14), FISHEYE: (4,)}
"""Numbers of coefficients each distortion model may have."""


class Rectifier:
    """Maps raw pixels of one calibration to the pinhole image that K, D, R and P describe.

    Attributes:
        camera: Camera of the rectified image: P[:3, :3], with region and binning applied.
        outside: (H, W) bool, True where a rectified pixel sees nothing of the raw image.
    """

    def __init__(self, info: Any) -> None:
        """Compute the maps.

        Args:
            info: Anything with the fields of sensor_msgs/CameraInfo.

        Raises:
            ValueError: Unknown distortion model, a wrong number of coefficients, R that is no
                rotation, or intrinsics that no camera has.
        """
        self.camera = camera_from_info(info, rectified=True)
        raw = camera_from_info(info, rectified=False)
        self._maps = _rectify_maps(info, raw, self.camera)
        white = np.full((raw.height, raw.width), 255, dtype=np.uint8)
        self.outside = np.asarray(cv2.remap(white, *self._maps, cv2.INTER_LINEAR)) < 255

    def rectify(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Rectify a raw image (H, W, 3); pixels outside the raw image become black.

        Raises:
            ValueError: The image has another size than the calibration.
        """
        if image.shape[:2] != self.outside.shape:
            height, width = self.outside.shape
            raise ValueError(
                f'image is {image.shape[1]}x{image.shape[0]}, its camera_info {width}x{height}'
            )
        return np.asarray(cv2.remap(image, *self._maps, cv2.INTER_LINEAR), dtype=np.uint8)


def _rectify_maps(info: Any, raw: Camera, rectified: Camera) -> tuple[Any, Any]:
    model, coefficients = distortion_from_info(info)
    if model not in COEFFICIENTS:
        raise ValueError(
            f'distortion model {model!r} is not supported; use one of {sorted(COEFFICIENTS)} or '
            'rectify the image before this node'
        )
    if len(coefficients) not in COEFFICIENTS[model]:
        raise ValueError(
            f'{model} has {len(coefficients)} coefficients, not one of {COEFFICIENTS[model]}'
        )
    library = cv2.fisheye if model == FISHEYE else cv2
    size = (rectified.width, rectified.height)
    D = np.array(coefficients)
    return library.initUndistortRectifyMap(
        raw.K, D, _rotation(info), rectified.K, size, cv2.CV_16SC2
    )


def _rotation(info: Any) -> npt.NDArray[np.float64]:
    R = np.array(info.r, dtype=np.float64).reshape(3, 3)
    if not np.allclose(R @ R.T, np.eye(3), atol=1e-3):
        raise ValueError(
            f'camera_info.r = {R.ravel().tolist()} is no rotation; a camera without a '
            'rectifying rotation publishes the identity'
        )
    return R


class Pinholes:
    """Camera and rectifier of the latest calibration; made anew when the calibration changes.

    Attributes:
        changes: Number of times the calibration was another than before.
    """

    def __init__(self) -> None:
        self.changes = 0
        self._key: Any = None
        self._value: tuple[Camera, Rectifier | None] | None = None

    def of(
        self, info: Any, *, rectified: bool, rectify: bool = True
    ) -> tuple[Camera, Rectifier | None]:
        """Camera of the pinhole image, and what makes it of the image that arrives.

        Args:
            info: Anything with the fields of sensor_msgs/CameraInfo.
            rectified: The image is rectified already: P holds, and D does not matter.
            rectify: Whether a distorted image may be rectified; if not, it is refused.

        Returns:
            The camera, and the rectifier: None where the image is a pinhole image as it is.

        Raises:
            ValueError: The camera_info is unusable, or the image distorted and rectify false.
        """
        key = (rectified, rectify, _calibration(info))
        if self._value is None or key != self._key:
            self._value = _pinhole(info, rectified, rectify)
            self._key = key
            self.changes += 1
        return self._value


def _calibration(info: Any) -> tuple[Any, ...]:
    """All of a camera_info but its header, comparable (NaN never equals: nothing is kept)."""
    roi = info.roi
    return (
        (info.width, info.height, info.distortion_model, info.binning_x, info.binning_y),
        (roi.x_offset, roi.y_offset, roi.width, roi.height),
        *(tuple(values) for values in (info.d, info.k, info.r, info.p)),
    )


def _pinhole(info: Any, rectified: bool, rectify: bool) -> tuple[Camera, Rectifier | None]:
    if rectified:
        return camera_from_info(info, rectified=True), None
    model, coefficients = distortion_from_info(info)
    if not coefficients:
        return camera_from_info(info, rectified=False), None
    if not rectify:
        raise ValueError(
            f'camera_info has {model} distortion {coefficients} and rectify is false; subscribe '
            'a rectified image and set image_is_rectified, or set rectify'
        )
    rectifier = Rectifier(info)
    return rectifier.camera, rectifier

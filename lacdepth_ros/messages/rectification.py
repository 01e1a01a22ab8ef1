# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Removal of lens distortion with maps that are computed once per calibration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.black_border import BlackBorder, is_black_at_an_edge
from lacdepth_ros.messages.calibration import outside_doubts
from lacdepth_ros.messages.cameras import (
    FISHEYE,
    camera_from_info,
    check_image_size,
    distortion_from_info,
    doubts_of_info,
    is_pinhole,
    rotation_from_info,
    skew_from_info,
)
from lacdepth_ros.messages.distortion import turning_radius

MAX_OUTSIDE = 0.9
"""Largest share of a rectified image that may show nothing of the raw one."""
_NOWHERE = -2.0  # a column of the raw image that even interpolation does not reach


@dataclass(frozen=True, slots=True)
class View:
    """A pinhole image and its camera.

    Attributes:
        image: (H, W, 3) uint8 RGB, rectified.
        camera: Camera of these pixels.
        outside: (H, W) bool, True where rectification found nothing to show, here or before the
            image came; None if it shows something everywhere.
        rectified_here: The image is not as it came.
    """

    image: npt.NDArray[np.uint8]
    camera: Camera
    outside: npt.NDArray[np.bool_] | None = None
    rectified_here: bool = False

    def without_outside(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(H, W) values with NaN where the image shows nothing."""
        if self.outside is None:
            return values
        return np.where(self.outside, np.float32(np.nan), values)


class Rectifier:
    """Maps raw pixels of one calibration to the pinhole image that K, D, R and P describe.

    Attributes:
        camera: Camera of the rectified image: P[:3, :3] (K where P is all zeros), with region and
            binning applied.
        outside: (H, W) bool, True where a rectified pixel sees nothing of the raw image, or
            lies beyond the angle up to which D describes the lens.
    """

    def __init__(self, info: Any) -> None:
        """Compute the maps.

        Args:
            info: Anything with the fields of sensor_msgs/CameraInfo.

        Raises:
            ValueError: Unknown distortion model, a wrong number of coefficients, R that is no
                rotation, intrinsics that no camera has, or a rectified image that would show
                next to nothing of the raw one.
        """
        self.camera = camera_from_info(info, rectified=True)
        raw = camera_from_info(info, rectified=False)
        self._maps = _rectify_maps(info, raw, self.camera)
        white = np.full((raw.height, raw.width), 255, dtype=np.uint8)
        self.outside = np.asarray(cv2.remap(white, *self._maps, cv2.INTER_LINEAR)) < 255
        if self.outside.mean() > MAX_OUTSIDE:
            raise ValueError(
                f'{100 * self.outside.mean():.0f} % of the image rectified by K, D, R and P of '
                'camera_info show nothing: they do not belong together; calibrate the camera'
            )

    def view(self, image: npt.NDArray[np.uint8]) -> View:
        """The pinhole image of a raw one (H, W, 3), black where it shows nothing.

        Raises:
            ValueError: The image has another size than the calibration.
        """
        return View(self.rectify(image), self.camera, self.outside, rectified_here=True)

    def rectify(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Rectify a raw image (H, W, 3); pixels outside the raw image become black.

        Raises:
            ValueError: The image has another size than the calibration.
        """
        self._check_size(image)
        return np.asarray(cv2.remap(image, *self._maps, cv2.INTER_LINEAR), dtype=np.uint8)

    def rectify_depth(self, depth: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Rectify raw depth (H, W): that of the nearest raw pixel, NaN where there is none.

        Depth is along the optical axis of the rectified image if R is the identity.

        Raises:
            ValueError: The depth has another size than the calibration.
        """
        self._check_size(depth)
        whole, fraction = self._maps  # the second: 5 bits of the column, then 5 of the row
        up = np.stack([fraction >> 4 & 1, fraction >> 9 & 1], axis=-1).astype(np.int16)
        nearest = cv2.remap(depth, whole + up, np.empty(0, np.uint16), cv2.INTER_NEAREST)
        return np.where(self.outside, np.float32(np.nan), nearest)

    def _check_size(self, image: npt.NDArray[Any]) -> None:
        if image.shape[:2] != self.outside.shape:
            height, width = self.outside.shape
            raise ValueError(
                f'image is {image.shape[1]}x{image.shape[0]}, its camera_info {width}x{height}'
            )


def _rectify_maps(info: Any, raw: Camera, rectified: Camera) -> tuple[Any, Any]:
    model, coefficients = distortion_from_info(info)
    library = cv2.fisheye if model == FISHEYE else cv2
    size = (rectified.width, rectified.height)
    D = np.array(coefficients or [0.0] * 4)
    u, v = library.initUndistortRectifyMap(
        raw.K, D, rotation_from_info(info), rectified.K, size, cv2.CV_32FC1
    )
    if not (np.isfinite(u).all() and np.isfinite(v).all()):
        raise ValueError(f'camera_info.d = {coefficients} bends pixels to infinity; calibrate')
    u += np.float32(skew_from_info(info) / raw.fy) * (v - np.float32(raw.cy))
    u[_beyond_lens(info, rectified)] = _NOWHERE
    return cv2.convertMaps(u, v, cv2.CV_16SC2)


def _beyond_lens(info: Any, rectified: Camera) -> npt.NDArray[np.bool_]:
    """(H, W), True where the ray of a rectified pixel is none that the lens model describes."""
    u, v = np.meshgrid(np.arange(rectified.width), np.arange(rectified.height))
    rays = np.stack([u, v, np.ones_like(u)], axis=-1) @ np.linalg.inv(rectified.K).T
    x, y, z = np.moveaxis(rays @ rotation_from_info(info), -1, 0)  # of the raw camera
    in_front = z > 0
    r = np.hypot(x, y) / np.where(in_front, z, 1.0)
    return ~in_front | (r >= turning_radius(*distortion_from_info(info), float(r.max())))


def _border_of(info: Any) -> BlackBorder:
    """What images that arrive rectified show nothing in, as their calibration tells.

    Whoever rectified them by K, D, R and P left the same pixels black as a `Rectifier` does. A
    camera_info without distortion, or with one that is not known, tells of no border.
    """
    try:
        return BlackBorder(None if is_pinhole(info) else Rectifier(info).outside)
    except ValueError:  # D, which no longer matters for such an image
        return BlackBorder(None)


class RectifierCache:
    """Camera and rectifier of the latest calibration; made anew when the calibration changes.

    Attributes:
        changes: Number of times the calibration was another than before.
        doubts: What is possible but seldom meant in the latest one.
    """

    def __init__(self) -> None:
        self.changes = 0
        self.doubts: tuple[str, ...] = ()
        self._key: Any = None
        self._value: tuple[Camera, Rectifier | None] | None = None
        self._arriving: tuple[Any, Camera] | None = None
        self._border: tuple[int, BlackBorder] | None = None

    def arriving(self, info: Any, *, rectified: bool) -> Camera:
        """Camera of the image that arrives with a camera_info; see `camera_from_info`."""
        key = (rectified, _calibration(info))
        if self._arriving is None or key != self._arriving[0]:
            self._arriving = key, camera_from_info(info, rectified=rectified)
        return self._arriving[1]

    def view(
        self,
        image: npt.NDArray[np.uint8],
        info: Any,
        *,
        rectified: bool,
        rectify: bool = True,
    ) -> View:
        """The pinhole image of an image (H, W, 3) that came with this camera_info; see `get`."""
        height, width = image.shape[:2]
        camera, rectifier = self.get(
            info, width=width, height=height, rectified=rectified, rectify=rectify
        )
        if rectifier is not None:
            return rectifier.view(image[: rectifier.camera.height, : rectifier.camera.width])
        if not (rectified and is_black_at_an_edge(image)):
            return View(image, camera)
        if self._border is None or self._border[0] != self.changes:
            self._border = self.changes, _border_of(info)
        return View(image, camera, self._border[1].of(image))

    def get(
        self, info: Any, *, width: int, height: int, rectified: bool, rectify: bool = True
    ) -> tuple[Camera, Rectifier | None]:
        """Camera of the pinhole image, and what makes it of the image that arrives.

        A column or row that the image has beside those of its camera_info (`check_image_size`) is
        part of a pinhole image, and no part of one that is rectified here.

        Args:
            info: Anything with the fields of sensor_msgs/CameraInfo.
            width: Of the image that arrived [px].
            height: Of the image that arrived [px].
            rectified: The image is rectified already: P holds, and D does not matter.
            rectify: Whether a distorted image may be rectified; if not, it is refused.

        Returns:
            The camera, and the rectifier: None where the image is a pinhole image as it is.

        Raises:
            ValueError: The camera_info is unusable or of another size than the image, or the
                image is distorted and rectify false.
        """
        key = (rectified, rectify, _calibration(info))
        if self._value is None or key != self._key:
            camera = camera_from_info(info, rectified=rectified)
            # Before maps of a size that no image has are computed.
            check_image_size(info, camera, width=width, height=height)
            rectifier = None if rectified else _rectifier(info, rectify)
            self._value = (rectifier.camera if rectifier else camera), rectifier
            self.doubts = doubts_of_info(info, rectified=rectified)
            if rectifier is not None:
                self.doubts += outside_doubts(rectifier.outside)
            self._key = key
            self.changes += 1
        camera, rectifier = self._value
        check_image_size(info, camera, width=width, height=height)
        if rectifier is None and (width, height) != (camera.width, camera.height):
            camera = replace(camera, width=width, height=height)
        return camera, rectifier


def _calibration(info: Any) -> tuple[Any, ...]:
    """All of a camera_info but its header, comparable (NaN never equals: nothing is kept)."""
    roi = info.roi
    return (
        (info.width, info.height, info.distortion_model, info.binning_x, info.binning_y),
        (roi.x_offset, roi.y_offset, roi.width, roi.height),
        *(tuple(values) for values in (info.d, info.k, info.r, info.p)),
    )


def _rectifier(info: Any, rectify: bool) -> Rectifier | None:
    """What a raw image needs to become a pinhole image; None when it is one."""
    if is_pinhole(info):
        return None
    if not rectify:
        model, coefficients = distortion_from_info(info)
        raise ValueError(
            f'camera_info has {model} distortion {coefficients}, skew {skew_from_info(info):g} px '
            f'and r = {list(info.r)}, and rectify is false; subscribe a rectified image and set '
            'image_is_rectified, or set rectify'
        )
    return Rectifier(info)

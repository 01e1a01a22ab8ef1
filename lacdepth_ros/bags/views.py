# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Recorded images as pinhole images with their cameras, rectified where the lens distorts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.reader import RecordedImage
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.cameras import rotation_from_info
from lacdepth_ros.messages.rectification import RectifierCache


@dataclass(frozen=True, slots=True)
class View:
    """A pinhole image.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        camera: Camera of these pixels.
        rotation: (3, 3) turns points of the image's frame into that of these pixels; the identity
            unless rectification turned the camera (R of its camera_info).
        outside: (H, W) bool, True where rectification found nothing to show; None if the image
            was a pinhole image already, and is as it was recorded.
    """

    image: npt.NDArray[np.uint8]
    camera: Camera
    rotation: npt.NDArray[np.float64]
    outside: npt.NDArray[np.bool_] | None


class Views:
    """Makes views; what a calibration needs is computed once, and anew when it changes.

    Args:
        rectified: The images are rectified: P of camera_info holds, and D does not matter.
    """

    def __init__(self, *, rectified: bool) -> None:
        self._rectified = rectified
        self._rectifiers = RectifierCache()

    @property
    def calibrations(self) -> int:
        """Number of times the calibration was another than before."""
        return self._rectifiers.changes

    def of(self, recorded: RecordedImage) -> View:
        """The pinhole image.

        Raises:
            ValueError: The image is damaged, or its camera_info is unusable, of another size, or
                missing.
        """
        info = recorded.info
        if info is None:
            raise ValueError('the bag has no camera_info for this image')
        image = recorded.decode()
        height, width = image.shape[:2]
        camera, rectifier = self._rectifiers.get(
            info, width=width, height=height, rectified=self._rectified
        )
        if rectifier is None:
            return View(image, camera, np.eye(3), None)
        return View(rectifier.rectify(image), camera, rotation_from_info(info), rectifier.outside)

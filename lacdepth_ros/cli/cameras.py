# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which camera took an image, as the command line says: given, read from a file, or assumed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lacdepth_ros.cli.console import UsageError, warn
from lacdepth_ros.core.camera import Camera, check_plausible
from lacdepth_ros.data.camera_info import CameraInfoFile, read_camera_info
from lacdepth_ros.data.headers import read_header
from lacdepth_ros.messages.calibration import outside_doubts
from lacdepth_ros.messages.cameras import camera_from_info, doubts_of_info, is_pinhole
from lacdepth_ros.messages.rectification import Rectifier, View

Image = npt.NDArray[np.uint8]


class CameraSource(Protocol):
    """Knows which camera took an image."""

    def view(self, image: Image) -> View:
        """The pinhole image (H, W, 3) and its camera; ValueError when it cannot be its camera."""


class GivenIntrinsics:
    """--intrinsics FX FY CX CY: of pixels of every image, whatever its size."""

    def __init__(self, fx: float, fy: float, cx: float, cy: float) -> None:
        try:
            Camera(fx, fy, cx, cy, width=1, height=1)
        except ValueError as error:
            raise UsageError(f'--intrinsics: {error}') from error
        self._intrinsics = (fx, fy, cx, cy)

    def check_images(self, paths: Iterable[Path]) -> None:
        """Refuse intrinsics that are not plausible for one of these images.

        Only headers are read; what has none that is known, or is damaged, is left to `view`.

        Raises:
            UsageError: They are not.
        """
        for path in paths:
            try:
                header = read_header(path)
            except (OSError, ValueError):
                continue
            try:
                self._camera(header.width, header.height)
            except ValueError as error:
                raise UsageError(f'--intrinsics: {path}: {error}') from error

    def view(self, image: Image) -> View:
        """The image as it is; ValueError when the intrinsics are not plausible for its size."""
        height, width = image.shape[:2]
        return View(image, self._camera(width, height))

    def _camera(self, width: int, height: int) -> Camera:
        camera = Camera(*self._intrinsics, width=width, height=height)
        check_plausible(camera)
        return camera


class CalibrationFile:
    """--camera-info FILE: images of one size, rectified first when the lens distorts.

    Args:
        path: The file.
        rectify: Whether images are to be rectified here; the node does that itself.
    """

    def __init__(self, path: Path, *, rectify: bool = True) -> None:
        try:
            info = self._info = read_camera_info(path)
            self._raw = camera_from_info(info, rectified=False)
            self._rectifier = None if is_pinhole(info) or not rectify else Rectifier(info)
            doubts = doubts_of_info(info, rectified=False)
            if self._rectifier is not None:
                doubts += outside_doubts(self._rectifier.outside)
        except (OSError, ValueError) as error:
            raise UsageError(f'--camera-info: {error}') from error
        self._path = path
        for doubt in doubts:
            warn(f'{path}: {doubt}')
        if self._rectifier is not None:
            warn(
                f'{path} describes a lens with distortion: images are rectified first; depth and '
                f'pixels are those of the rectified image, with {self._rectifier.camera}'
            )

    def view(self, image: Image) -> View:
        """The image, rectified when the lens distorts; ValueError when it has another size."""
        self.info_of(image)
        return View(image, self._raw) if self._rectifier is None else self._rectifier.view(image)

    def info_of(self, image: Image) -> CameraInfoFile:
        """The camera_info of an image; ValueError when it has another size."""
        height, width = image.shape[:2]
        if (width, height) != (self._raw.width, self._raw.height):
            raise ValueError(
                f'the image is {width}x{height} pixels but {self._path} is of a '
                f'{self._raw.width}x{self._raw.height} camera'
            )
        return self._info


class AssumedCamera:
    """No intrinsics: the field of view the checkpoint was trained for, said loudly once."""

    def __init__(self, assume: Callable[[int, int], Camera]) -> None:
        """Take the function (width, height) -> Camera of the predictor."""
        self._assume = assume
        self._warned = False

    def view(self, image: Image) -> View:
        """The image as it is."""
        height, width = image.shape[:2]
        camera = self._assume(width, height)
        if not self._warned:
            degrees = math.degrees(2 * math.atan(width / (2 * camera.fx)))
            warn(
                "THE CAMERA IS UNKNOWN: metres assume the checkpoint's training field of view "
                f'({degrees:.0f} degrees across, fx = {camera.fx:.0f} px at {width}x{height}); '
                'with another lens every depth is wrong by a common factor. '
                'Give --intrinsics or --camera-info.'
            )
            self._warned = True
        return View(image, camera)

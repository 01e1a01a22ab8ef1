# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The pinhole camera that travels with its pixels through every resize, crop, pad and flip."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Camera:
    """Intrinsics of the pixels of one rectified image; pixel centres lie on integers.

    A point (x, y, z) [m] of the optical frame (x right, y down, z forward; REP 103) falls on the
    pixel u = fx x / z + cx, v = fy y / z + cy. Every method returns a new camera that belongs to
    the pixels after the change, so a point keeps its place in the picture.

    Attributes:
        fx: Focal length along the columns [px], > 0.
        fy: Focal length along the rows [px], > 0.
        cx: Column of the principal point [px].
        cy: Row of the principal point [px].
        width: Image width [px], > 0.
        height: Image height [px], > 0.

    Raises:
        ValueError: A value is not finite, or a focal length or a size is not positive.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def __post_init__(self) -> None:
        values = (self.fx, self.fy, self.cx, self.cy)
        if not all(math.isfinite(value) for value in values):
            raise ValueError(
                f'camera intrinsics fx, fy, cx, cy = {values} contain NaN or infinity; '
                'calibrate the camera or fix its camera_info'
            )
        if self.fx <= 0 or self.fy <= 0:
            raise ValueError(
                f'focal lengths fx, fy = {(self.fx, self.fy)} must be positive pixels; '
                'an uncalibrated driver publishes zeros: calibrate the camera first'
            )
        if self.width <= 0 or self.height <= 0:
            raise ValueError(f'image size {self.width}x{self.height} must be positive')

    @classmethod
    def from_K(cls, K: npt.ArrayLike, *, width: int, height: int) -> Camera:  # noqa: N802
        """Build a camera from a (3, 3) matrix [[fx, 0, cx], [0, fy, cy], [0, 0, 1]].

        Raises:
            ValueError: K is not 3x3, has skew, or holds values no camera has.
        """
        matrix = np.asarray(K, dtype=np.float64)
        if matrix.shape != (3, 3):
            raise ValueError(f'K has shape {matrix.shape}; a 3x3 matrix is needed')
        if matrix[0, 1] != 0:
            raise ValueError(f'K has skew {matrix[0, 1]}; only skew 0 is supported: rectify first')
        fx, fy, cx, cy = (float(matrix[i]) for i in ((0, 0), (1, 1), (0, 2), (1, 2)))
        return cls(fx, fy, cx, cy, width, height)

    @property
    def K(self) -> npt.NDArray[np.float64]:  # noqa: N802
        """The (3, 3) intrinsic matrix."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    def resized(self, width: int, height: int) -> Camera:
        """Camera of the image resampled to width x height (half-pixel exact, as cv2.resize)."""
        sx, sy = width / self.width, height / self.height
        return Camera(
            fx=self.fx * sx,
            fy=self.fy * sy,
            cx=(self.cx + 0.5) * sx - 0.5,
            cy=(self.cy + 0.5) * sy - 0.5,
            width=width,
            height=height,
        )

    def cropped(self, left: int, top: int, width: int, height: int) -> Camera:
        """Camera of the window image[top:top + height, left:left + width].

        Raises:
            ValueError: The window does not lie inside the image.
        """
        inside = (
            0 <= left <= left + width <= self.width and 0 <= top <= top + height <= self.height
        )
        if not inside:
            raise ValueError(
                f'crop {width}x{height} at ({left}, {top}) leaves the '
                f'{self.width}x{self.height} image'
            )
        return Camera(self.fx, self.fy, self.cx - left, self.cy - top, width, height)

    def padded(self, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> Camera:
        """Camera of the image with that many pixels added on each side (none may be negative)."""
        if min(left, top, right, bottom) < 0:
            raise ValueError(f'padding {(left, top, right, bottom)} must not be negative')
        return Camera(
            self.fx,
            self.fy,
            self.cx + left,
            self.cy + top,
            self.width + left + right,
            self.height + top + bottom,
        )

    def flipped(self) -> Camera:
        """Camera of the image mirrored left to right."""
        return Camera(self.fx, self.fy, self.width - 1 - self.cx, self.cy, self.width, self.height)

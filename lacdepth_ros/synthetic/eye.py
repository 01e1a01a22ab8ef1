# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The camera in the street: where it stands, and the rays of its pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.synthetic.noise import Floats
from lacdepth_ros.synthetic.solids import F64

Window = tuple[int, int, int, int]
"""First row, last row + 1, first column, last column + 1."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A camera somewhere else on the vehicle, or on another one, in place of the drive's own.

    Attributes:
        height: Of the optical centre above the road [m].
        lateral: Shift to the right of the drive's path [m].
        yaw, pitch, roll: Of the camera to the vehicle: right, down, clockwise [rad].
    """

    height: float
    lateral: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class Eye:
    """Where the camera stands in the street.

    Attributes:
        position: (3,) optical centre in the street frame [m].
        rotation: (3, 3) from the optical frame into the street frame.
    """

    position: F64
    rotation: F64

    @classmethod
    def looking(
        cls, position: Sequence[float], *, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0
    ) -> Eye:
        """Eye turned by yaw (to the right), pitch (down) and roll (clockwise) [rad]."""
        cy, sy = math.cos(yaw), math.sin(yaw)
        cp, sp = math.cos(pitch), math.sin(pitch)
        cr, sr = math.cos(roll), math.sin(roll)
        turn = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
        nod = np.array([[1.0, 0.0, 0.0], [0.0, cp, sp], [0.0, -sp, cp]])
        tilt = np.array([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]])
        return cls(np.asarray(position, np.float64), turn @ nod @ tilt)

    def on_grade(self, grade: float) -> Eye:
        """The eye of a vehicle that climbs along z by so many metres a metre, and tilts by it."""
        c, s = math.cos(math.atan(grade)), math.sin(math.atan(grade))
        climb = np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])
        return Eye(self.position, climb @ self.rotation) if grade else self


@dataclass(frozen=True, slots=True)
class Rays:
    """Rays of a camera's pixels: direction (x[column], y[row], 1) in the optical frame."""

    camera: Camera
    x: Floats
    y: Floats

    @classmethod
    def of(cls, camera: Camera) -> Rays:
        """Rays through the pixel centres."""
        x = (np.arange(camera.width) - camera.cx) / camera.fx
        y = (np.arange(camera.height) - camera.cy) / camera.fy
        return cls(camera, x.astype(np.float32), y.astype(np.float32))

    def linear(self, coefficients: npt.ArrayLike, window: Window) -> Floats:
        """Values of a x + b y + c over a window of pixels.

        Args:
            coefficients: (..., 3) numbers a, b, c of each function.
            window: The pixels.

        Returns:
            (..., rows, columns) float32.
        """
        table = np.asarray(coefficients, np.float32)[..., None]
        top, bottom, left, right = window
        across = table[..., 0, :] * self.x[left:right]
        down = table[..., 1, :] * self.y[top:bottom] + table[..., 2, :]
        return across[..., None, :] + down[..., :, None]

    def points(self, eye: Eye, pixels: npt.NDArray[np.intp], inverse_depth: Floats) -> Floats:
        """(N, 3) street points seen at flat pixel indices."""
        rows, columns = np.divmod(pixels, self.camera.width)
        depth = 1.0 / inverse_depth
        local = np.stack([self.x[columns] * depth, self.y[rows] * depth, depth], axis=1)
        return local @ eye.rotation.T.astype(np.float32) + eye.position.astype(np.float32)

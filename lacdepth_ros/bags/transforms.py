# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Poses as matrices and as quaternions; knows no ROS.

A pose is a (4, 4) float64 matrix [R | t] in metres that takes points of the child's frame into the
parent's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

Transform = npt.NDArray[np.float64]
Quaternion = tuple[float, float, float, float]


def matrix_from_quaternion(quaternion: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Rotation matrix (3, 3) of a unit quaternion x, y, z, w."""
    return np.asarray(Rotation.from_quat(quaternion).as_matrix())


def quaternion_from_matrix(matrix: npt.NDArray[np.float64]) -> Quaternion:
    """Unit quaternion x, y, z, w, with w >= 0, of the rotation nearest to a (3, 3) matrix."""
    x, y, z, w = Rotation.from_matrix(matrix).as_quat(canonical=True)
    return float(x), float(y), float(z), float(w)


def pose_of(rotation: npt.NDArray[np.float64], translation: npt.ArrayLike) -> Transform:
    """The (4, 4) pose of a rotation (3, 3) and a translation [m]."""
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, translation
    return pose


def apply(pose: Transform, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Take points (N, 3) [m] into the pose's parent."""
    return points @ pose[:3, :3].T + pose[:3, 3]

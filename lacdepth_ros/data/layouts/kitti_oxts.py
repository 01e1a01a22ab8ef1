# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where the car was: poses from the GPS and inertial measurements of a KITTI raw drive."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lacdepth_ros.data.layouts.kitti import parse_stamp, read_calibration

Pose = npt.NDArray[np.float64]
_EARTH_RADIUS = 6378137.0  # metres, as KITTI's development kit has it
_VALUES = (
    30  # numbers of a measurement; the first six are lat, lon [deg], alt [m], roll, pitch, yaw
)


def read_imu_poses(drive: Path, stems: Sequence[str]) -> list[tuple[int, Pose]]:
    """Read the poses of the IMU at the frames of a drive.

    Args:
        drive: Folder '..._sync'.
        stems: Names of the frames without suffix, such as '0000000005'.

    Returns:
        Stamp [ns] and (4, 4) pose of the IMU (x forward, y left, z up) in a level frame whose x
        points east and y north [m], of each frame that has a measurement; empty without any.

    Raises:
        ValueError: A file is damaged.
    """
    folder, clock = drive / 'oxts' / 'data', drive / 'oxts' / 'timestamps.txt'
    files = [path for stem in stems if (path := folder / f'{stem}.txt').is_file()]
    if not files or not clock.is_file():
        return []
    lines = clock.read_text(encoding='utf-8-sig', errors='replace').splitlines()
    whole = len(lines) != len(files)  # the lines are those of the whole drive
    measured, stamps = [], []
    for index, path in enumerate(files):
        row = int(path.stem) if whole else index
        if row >= len(lines):
            raise ValueError(f'{clock}: {len(lines)} lines hold no time stamp for {path.name}')
        stamps.append(parse_stamp(lines[row], f'{clock}:{row + 1}'))
        measured.append(_measurement(path))
    scale = math.cos(math.radians(measured[0][0]))
    return [(stamp, _pose(values, scale)) for stamp, values in zip(stamps, measured, strict=True)]


def read_velodyne_from_imu(drive: Path) -> Pose | None:
    """(4, 4) pose of the IMU in the scanner's frame; None where the calibration is not there."""
    path = drive.parent / 'calib_imu_to_velo.txt'
    if not path.is_file():
        return None
    values = read_calibration(path, {'R': 9, 'T': 3})
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = values['R'].reshape(3, 3), values['T']
    return pose


def _measurement(path: Path) -> npt.NDArray[np.float64]:
    try:
        values = np.array(path.read_text(encoding='ascii').split(), dtype=np.float64)
    except ValueError as error:
        raise ValueError(f'{path} is not made of numbers ({error})') from error
    if len(values) != _VALUES or not np.isfinite(values[:6]).all():
        raise ValueError(f'{path} must be {_VALUES} numbers, the first six finite')
    return values


def _pose(values: npt.NDArray[np.float64], scale: float) -> Pose:
    """Mercator projection of the place, and the turn by yaw, pitch and roll."""
    latitude, longitude, altitude, roll, pitch, yaw = values[:6]
    cr, sr, cp, sp = math.cos(roll), math.sin(roll), math.cos(pitch), math.sin(pitch)
    cy, sy = math.cos(yaw), math.sin(yaw)
    pose = np.eye(4)
    pose[:3, :3] = (
        np.array([[cy, -sy, 0.0], [sy, cy, 0.0], [0.0, 0.0, 1.0]])
        @ np.array([[cp, 0.0, sp], [0.0, 1.0, 0.0], [-sp, 0.0, cp]])
        @ np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
    )
    pose[:3, 3] = (
        scale * _EARTH_RADIUS * math.radians(longitude),
        scale * _EARTH_RADIUS * math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)),
        altitude,
    )
    return pose

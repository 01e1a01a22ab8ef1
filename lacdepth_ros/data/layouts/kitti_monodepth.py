# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ground truth of KITTI's scans as Monodepth exports it, by which Eigen's split is measured.

It differs from `KittiCalibration.scan_depth` in what papers with that ground truth share: depth is
the scanner's x, forward, and not the camera's z, 0.27 m less; and a point lies one pixel further
left and up, as KITTI's MATLAB code counts from 1.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lacdepth_ros.data.layouts.kitti import KittiCalibration, read_scan


def monodepth_scan_depth(calibration: KittiCalibration, path: Path) -> npt.NDArray[np.float32]:
    """Depth (H, W) [m] of a Velodyne scan, 0 where no point falls; the nearest point wins.

    Raises:
        FileNotFoundError: There is no such scan.
        ValueError: The scan is damaged.
    """
    scan, camera = read_scan(path), calibration.camera
    x, y, z = calibration.points_in_camera(scan).T
    forward = scan[scan[:, 0] >= 0, 0]
    with np.errstate(divide='ignore', invalid='ignore'):
        column = np.round(camera.fx * x / z + camera.cx) - 1
        row = np.round(camera.fy * y / z + camera.cy) - 1
    inside = (column >= 0) & (row >= 0) & (column < camera.width) & (row < camera.height)
    depth = np.full((camera.height, camera.width), np.inf, np.float32)
    place = row[inside].astype(np.int64), column[inside].astype(np.int64)
    np.minimum.at(depth, place, forward[inside])
    return np.where(np.isinf(depth), np.float32(0), depth)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How other packages read depth images and clouds, written down from their sources in NumPy.

- depth_image_proc (image_pipeline 30b982af), depth_traits.hpp and conversions.hpp: `convertDepth`
- depthimage_to_laserscan (ros2, 79b60bf), DepthImageToLaserScan.cpp: `use_point`, `convert`
- nav2_costmap_2d (jazzy f4108e5b1 .. main a3a97043), observation_buffer.cpp: `bufferCloud`
- spatio_temporal_voxel_layer (ros2, 403d9ed7), measurement_buffer.cpp with PCL's PassThrough, and
  spatio_temporal_voxel_grid.cpp: `operator()`
"""

from __future__ import annotations

import numpy as np


def depth_image_proc_points(values: np.ndarray, fx: float, fy: float, cx: float, cy: float):
    """convertDepth: points (H, W, 3) float32 of a 32FC1 or 16UC1 image, P matrix of the camera."""
    if values.dtype == np.uint16:
        valid, meters = values != 0, values.astype(np.float32) * np.float32(0.001)
    else:
        valid, meters = np.isfinite(values), values
    v, u = np.indices(values.shape)
    meters = np.where(valid, meters, np.float32(np.nan))
    points = ((u - cx) * meters / fx, (v - cy) * meters / fy, meters)
    return np.stack(points, axis=-1).astype(np.float32)


def laserscan_ranges(
    values: np.ndarray, fx: float, cx: float, cy: float, *, low=0.45, high=10.0, rows=1
) -> np.ndarray:
    """convert: ranges by column, here in the columns' order, of `rows` rows about the axis."""
    ranges = np.full(values.shape[1], np.nan)
    unit = 0.001 if values.dtype == np.uint16 else 1.0
    top = int(cy - rows / 2)
    for row in values[top : top + rows]:
        for u, depth in enumerate(row):
            usable = depth != 0 if values.dtype == np.uint16 else np.isfinite(depth)
            r = float(depth)
            if usable:
                r = float(np.hypot((u - cx) * depth * unit / fx, depth * unit))
            if _use_point(r, ranges[u], low, high):
                ranges[u] = r
    return ranges


def _use_point(new: float, old: float, low: float, high: float) -> bool:
    if not np.isfinite(new) and not np.isfinite(old):
        return not np.isnan(new)
    if not low <= new <= high:
        return False
    return not np.isfinite(old) or new < old


def nav2_buffered(points: np.ndarray, low: float, high: float) -> np.ndarray:
    """bufferCloud: points (N, 3) of the global frame whose z is between the source's heights."""
    z = points[:, 2]
    return points[(z <= high) & (z >= low)]


def stvl_buffered(points: np.ndarray, low: float, high: float, *, filtered=True) -> np.ndarray:
    """BufferROSCloud with filter 'passthrough', or without any."""
    if not filtered:
        return points
    z = points[:, 2]
    return points[np.isfinite(points).all(axis=1) & (z >= low) & (z <= high)]


def stvl_marked(points: np.ndarray, reach: float) -> np.ndarray:
    """operator(): what is marked of buffered points (N, 3) relative to the sensor."""
    square = (points**2).sum(axis=1)
    return points[~((square > reach**2) | (square < 0.0001))]

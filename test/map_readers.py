# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How others join and map what the node publishes, written down from their sources in NumPy.

- pointcloud_to_laserscan (rolling, d71ed2e), pointcloud_to_laserscan_node.cpp: `cloudCallback`
- octomap_server (octomap_mapping ros2, 72141b9), octomap_server.cpp: `insertScan`
- nvblox (7c76f90), projective_integrator_impl.cuh: `FloatPixelGreaterThanZero`;
  projective_tsdf_integrator.cu: `UpdateTsdfVoxelFunctor`, for a voxel that is seen first
- isaac_ros_nitros (4fbeb11), nitros_image.cpp: `convert_to_custom`,
  `allocate_video_buffer_no_padding`; nitros_image_details.hpp: `g_ros_to_gxf_video_format`
- image_proc (image_pipeline 30b982af), crop_decimate.cpp: `imageCb`
- ORB_SLAM3 (c0acf237), Frame.cc: `ComputeStereoFromRGBD`, `UnprojectStereo`
- message_filters (jazzy, d3eecd6), exact_time.h: `add`, `checkTuple`, `clearOldTuples`
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def scan_of_cloud(
    points: np.ndarray,
    *,
    heights: tuple[float, float],
    angles: tuple[float, float] = (-math.pi, math.pi),
    range_max: float = math.inf,
    increment: float = math.pi / 180,
) -> np.ndarray:
    """cloudCallback: ranges by angle of points (N, 3) in target_frame, use_inf true."""
    ranges = np.full(math.ceil((angles[1] - angles[0]) / increment), math.inf)
    for x, y, z in points:
        distance, angle = math.hypot(x, y), math.atan2(y, x)
        inside = heights[0] <= z <= heights[1] and angles[0] <= angle <= angles[1]
        if not math.isnan(x + y + z) and inside and distance <= range_max:
            index = int((angle - angles[0]) / increment)
            ranges[index] = min(ranges[index], distance)
    return ranges


def octomap_marks(points: np.ndarray, max_range: float = -1.0) -> np.ndarray:
    """insertScan: which ends of rays (N, 3) from the origin are taken for occupied."""
    return (np.linalg.norm(points, axis=1) <= max_range) | (max_range < 0)


def nvblox_distance(measured: float, voxel: float, truncation: float = 0.2) -> float | None:
    """Signed distance that a voxel at depth `voxel` gets; None where it stays as it is."""
    if not measured > 1e-6:
        return None
    distance = measured - voxel
    if distance < -truncation:
        return None
    weight = 1 / voxel**2  # by the voxel's depth, not the measured one
    fused = distance * weight / weight
    return min(truncation, fused) if fused > 0 else max(-truncation, fused)


NITROS_BYTES = {'rgb8': 3, 'bgr8': 3, 'bgra8': 4, 'mono8': 1, '16UC1': 2, '32FC1': 4}
"""Bytes of a pixel of encodings, some of those that it knows."""


def nitros_rows(image: Any) -> np.ndarray:
    """convert_to_custom: bytes (H, W * bytes of a pixel) that an Image becomes on the GPU.

    Raises:
        RuntimeError: It takes no such image.
    """
    if image.encoding not in NITROS_BYTES:
        raise RuntimeError('Unsupported encoding from ROS.')
    if image.width % 2 or image.height % 2:
        raise RuntimeError('Odd Image width or height.')
    rows = np.frombuffer(image.data, np.uint8).reshape(image.height, image.step)
    return rows[:, : image.width * NITROS_BYTES[image.encoding]]


def crop_info(info: Any, width: int, height: int) -> None:
    """imageCb: what becomes of a camera_info without binning, with offsets of 0."""
    info.binning_x, info.binning_y = max(info.binning_x, 1), max(info.binning_y, 1)
    info.roi.width, info.roi.height, info.roi.do_rectify = width, height, True


def orb_slam_point(depth: float, x: float, y: float) -> tuple[float, float, float] | None:
    """Point of a feature on the ray (x, y, 1); None for one without depth."""
    return (x * depth, y * depth, depth) if depth > 0 else None


def exact_pairs(arrivals: list[tuple[float, str, int]], queue_size: int) -> list[int]:
    """Stamps of which both messages came while the first still waited.

    Args:
        arrivals: When a message came, of which topic, with which stamp.
        queue_size: Of the synchronizer.
    """
    waiting: dict[int, set[str]] = {}
    found = []
    for _, topic, stamp in sorted(arrivals):
        waiting.setdefault(stamp, set()).add(topic)
        if len(waiting[stamp]) == 2:
            found.append(stamp)
            waiting = {later: names for later, names in waiting.items() if later > stamp}
        while len(waiting) > queue_size:
            del waiting[min(waiting)]
    return found

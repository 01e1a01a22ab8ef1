# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Known points in space and their picture: what a change of the picture must keep together."""

from __future__ import annotations

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample

CAMERA = Camera(fx=90.0, fy=80.0, cx=47.3, cy=21.9, width=100, height=48)
COUNT = 60


def points_and_sample(camera: Camera = CAMERA) -> tuple[np.ndarray, Sample]:
    """Points (N, 3) in space, and their picture: each is the true depth of one pixel.

    All depths differ, so depth names the point. The dense depth is that of the plane DENSE.
    """
    rng = np.random.default_rng(0)
    cells = rng.permutation(camera.width * camera.height)[:COUNT]
    v, u = np.divmod(cells, camera.width)
    z = np.float32(5) + np.arange(COUNT, dtype=np.float32)
    points = np.stack([(u - camera.cx) * z / camera.fx, (v - camera.cy) * z / camera.fy, z], 1)
    depth = np.zeros((camera.height, camera.width), np.float32)
    depth[v, u] = z
    image = rng.integers(0, 256, (camera.height, camera.width, 3), np.uint8)
    return points, Sample(image, depth, camera, 'scene/0', plane_depth(camera))


def plane_depth(
    camera: Camera, normal: tuple[float, float, float] = (0.05, -0.1, 1.0)
) -> np.ndarray:
    """Depth (H, W) of the plane normal . (x, y, z) = 20 as the camera sees it."""
    v, u = np.mgrid[: camera.height, : camera.width]
    x, y = (u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy
    return (20 / (normal[0] * x + normal[1] * y + normal[2])).astype(np.float32)


def check_points(points: np.ndarray, view: Sample, slack: float = 1e-6) -> int:
    """Every depth is that of a point and lies where the camera sees it; returns their number."""
    found = 0
    for row, column in np.argwhere(view.depth):
        matches = points[points[:, 2] == view.depth[row, column]]
        assert len(matches) == 1, 'a depth that no point has'
        x, y, z = matches[0]
        assert abs(view.camera.fx * x / z + view.camera.cx - column) <= 0.5 + slack
        assert abs(view.camera.fy * y / z + view.camera.cy - row) <= 0.5 + slack
        found += 1
    return found


def check_plane(
    view: Sample, normal: tuple[float, float, float] = (0.05, -0.1, 1.0), tolerance: float = 1e-2
) -> int:
    """Every dense depth is the plane's there; returns their number."""
    assert view.dense is not None
    known = view.dense > 0
    expected = plane_depth(view.camera, normal)
    np.testing.assert_allclose(view.dense[known], expected[known], rtol=tolerance)
    return int(known.sum())

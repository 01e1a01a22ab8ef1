# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Range limits and coloured points."""

from __future__ import annotations

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.pointcloud import colored_points, limit_range

CAMERA = Camera(fx=50.0, fy=40.0, cx=3.0, cy=2.5, width=9, height=6)


def scene():
    rng = np.random.default_rng(0)
    depth = rng.uniform(2, 30, (6, 9)).astype(np.float32)
    depth[1, 2], depth[4, 4] = np.nan, np.inf
    std = np.full((6, 9), 0.5, np.float32)
    std[0, 0] = 3.0
    image = rng.integers(0, 255, (6, 9, 3), dtype=np.uint8)
    return depth, std, image


def test_limit_range_follows_rep_117():
    depth = np.array([[0.5, 2.0, 80.0, 81.0, np.nan]], np.float32)
    limited = limit_range(depth, 1.0, 80.0)
    assert limited.dtype == np.float32
    np.testing.assert_array_equal(limited, [[-np.inf, 2.0, 80.0, np.inf, np.nan]])
    assert depth[0, 0] == 0.5


def test_organized_points_project_back_to_their_pixels():
    depth, std, image = scene()
    points, colors = colored_points(depth, std, image, CAMERA)
    assert points.shape == (6, 9, 3) and points.dtype == np.float32
    for v, u in ((0, 0), (3, 8), (5, 1)):
        x, y, z = points[v, u]
        assert z == depth[v, u]
        np.testing.assert_allclose((50 * x / z + 3.0, 40 * y / z + 2.5), (u, v), atol=1e-4)
    assert np.isnan(points[1, 2]).all() and np.isnan(points[4, 4]).all()
    np.testing.assert_array_equal(colors, image)


def test_stride_keeps_the_points_of_the_kept_pixels():
    depth, std, image = scene()
    full, _ = colored_points(depth, std, image, CAMERA)
    for stride in (2, 4):
        points, colors = colored_points(depth, std, image, CAMERA, stride=stride)
        np.testing.assert_allclose(points, full[::stride, ::stride], rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(colors, image[::stride, ::stride])


def test_max_std_gates_uncertain_points():
    depth, std, image = scene()
    points, _ = colored_points(depth, std, image, CAMERA, max_std=1.0)
    assert np.isnan(points[0, 0]).all()
    assert np.isfinite(points[0, 1]).all()


def test_unorganized_cloud_holds_valid_points_only():
    depth, std, image = scene()
    points, colors = colored_points(depth, std, image, CAMERA, organized=False)
    assert points.shape == colors.shape == (1, 6 * 9 - 2, 3)
    assert np.isfinite(points).all()
    np.testing.assert_array_equal(colors[0], image[np.isfinite(depth)])


def test_points_of_a_ramp_are_left_out():
    depth = np.full((6, 9), 4.0, np.float32)
    depth[:, 4:6], depth[:, 6:] = (12.0, 36.0), 108.0
    image = np.zeros((6, 9, 3), np.uint8)
    points, _ = colored_points(depth, None, image, CAMERA, min_angle=3.0)
    expected = np.zeros((6, 9), bool)
    expected[:, 4:6] = True
    np.testing.assert_array_equal(np.isnan(points[..., 2]), expected)
    kept, _ = colored_points(depth, None, image, CAMERA, min_angle=3.0, organized=False)
    assert kept.shape == (1, 42, 3)

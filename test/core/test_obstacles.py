# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What marks and what clears, on a wall before the open whose distances are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import depth_to_points
from lacdepth_ros.core.obstacles import (
    MAX_POINTS,
    ObstacleSettings,
    clearing_points,
    obstacle_points,
    trusted_depth,
)

CAMERA = Camera(fx=100.0, fy=110.0, cx=50.0, cy=30.0, width=120, height=70)
PLAIN = ObstacleSettings(voxel_size=0.1, max_range=20.0, max_relative_std=0.0, min_angle=0.0)
WALL = np.s_[20:50, 40:70]


def scene() -> np.ndarray:
    """A wall at 8 m before the open, ground that is too near below, a hole."""
    depth = np.full((70, 120), np.inf, np.float32)
    depth[WALL] = 8.0
    depth[60:] = -np.inf
    depth[:, :10] = np.nan
    return depth


def test_only_surfaces_within_range_mark() -> None:
    depth = scene()
    depth[:10, 80:] = 30.0
    points = obstacle_points(depth, CAMERA, PLAIN)
    whole = depth_to_points(depth, CAMERA)[WALL].reshape(-1, 3)
    assert np.unique(points[:, 2]) == pytest.approx([8.0])
    voxels = {tuple(v) for v in np.floor(whole / np.float32(0.1)).astype(int)}
    assert len(points) == len(voxels)


def test_the_range_is_a_distance_and_no_depth() -> None:
    depth = np.full((70, 120), 8.0, np.float32)
    points = obstacle_points(depth, CAMERA, replace(PLAIN, max_range=8.2, voxel_size=0.01))
    lengths = np.linalg.norm(depth_to_points(depth, CAMERA), axis=-1)
    assert np.linalg.norm(points, axis=1).max() <= 8.2
    assert len(points) == (lengths <= 8.2).sum()


def test_large_voxels_are_all_met_though_pixels_are_skipped() -> None:
    camera = CAMERA.resized(960, 560)  # 800 px of focal length: 4 pixels a voxel at 20 m
    depth = np.full((560, 960), 19.0, np.float32)
    settings = replace(PLAIN, max_range=20.0, voxel_size=0.5)
    points = obstacle_points(depth, camera, settings)
    whole = depth_to_points(depth, camera)
    near = np.linalg.norm(whole, axis=-1) < 19.8
    voxels = {tuple(v) for v in np.floor(whole[near] / np.float32(0.5)).astype(int)}
    found = {tuple(v) for v in np.floor(points / np.float32(0.5)).astype(int)}
    assert found >= voxels
    pole = np.full((560, 960), np.inf, np.float32)
    pole[:, 400:402] = 19.0
    assert len(obstacle_points(pole, camera, settings)) > 10, 'two pixels do not slip through'


def test_too_many_voxels_become_coarser_and_keep_every_region() -> None:
    camera = CAMERA.resized(600, 350)
    depth = np.full((350, 600), 15.0, np.float32)
    settings = replace(PLAIN, voxel_size=0.001)
    points = obstacle_points(depth, camera, settings)
    assert MAX_POINTS / 3 < len(points) <= MAX_POINTS
    every = depth_to_points(depth, camera)[::25, ::25].reshape(-1, 3)
    gaps = np.linalg.norm(every[:, None] - points[None, :, :], axis=-1).min(axis=1)
    assert gaps.max() < 0.25


def test_the_smallest_voxels_of_the_widest_range_can_be_numbered() -> None:
    depth = np.geomspace(1, 900, 70 * 120, dtype=np.float32).reshape(70, 120)
    points = obstacle_points(depth, CAMERA, replace(PLAIN, voxel_size=0.01, max_range=1000.0))
    lengths = np.linalg.norm(depth_to_points(depth, CAMERA), axis=-1)
    assert np.linalg.norm(points, axis=1).max() == pytest.approx(
        lengths[lengths <= 1000].max(), 1e-3
    )
    assert len(points) > 1000


def test_a_ray_into_the_open_clears_to_the_end_of_the_range() -> None:
    points = clearing_points(scene(), CAMERA, PLAIN, 80.0)
    distance = np.linalg.norm(points, axis=1)
    column = CAMERA.fx * points[:, 0] / points[:, 2] + CAMERA.cx
    row = CAMERA.fy * points[:, 1] / points[:, 2] + CAMERA.cy
    wall = (row > 19.5) & (row < 49.5) & (column > 39.5) & (column < 69.5)
    np.testing.assert_allclose(points[wall, 2], 8.0, rtol=1e-5)
    np.testing.assert_allclose(distance[~wall], 20.0, rtol=1e-5)
    assert column.min() > 9.4, 'no ray where nothing is known'
    assert row.max() < 59.6, 'no ray where something is too near'
    assert len(points) == 60 * 110


def test_a_block_clears_no_farther_than_its_nearest_pixel() -> None:
    camera = CAMERA.resized(480, 280)  # 134,400 pixels: blocks of 3 x 3
    depth = np.full((280, 480), 15.0, np.float32)
    depth[100, 200] = 5.0  # in the block of rows 99..101, columns 198..200
    depth[0:3, 0:3] = np.nan
    depth[4, 4] = np.nan
    points = clearing_points(depth, camera, PLAIN, 80.0)
    assert len(points) == 93 * 160 - 1
    near = points[np.linalg.norm(points, axis=1) < 10]
    assert len(near) == 1
    u = camera.fx * near[0, 0] / near[0, 2] + camera.cx
    v = camera.fy * near[0, 1] / near[0, 2] + camera.cy
    assert (u, v) == pytest.approx((199, 100), abs=1e-3)


def test_uncertain_and_flying_pixels_neither_mark_nor_clear() -> None:
    depth = np.full((70, 120), 18.0, np.float32)
    depth[:, :50] = 6.0
    depth[:, 50:53] = np.geomspace(6, 18, 5)[1:-1]
    depth[:, 110:] = np.inf
    std = np.full_like(depth, 0.5)
    std[:, 80:90] = 4.0
    trusted = trusted_depth(
        depth, std, CAMERA, replace(PLAIN, max_relative_std=0.2, min_angle=3.0)
    )
    expected = depth.copy()
    expected[:, 50:53] = expected[:, 80:90] = np.nan
    np.testing.assert_array_equal(trusted, expected)
    points = obstacle_points(trusted, CAMERA, PLAIN)
    assert np.unique(np.round(points[:, 2], 3)).tolist() == [6.0, 18.0]


def test_what_is_too_near_is_not_doubted_and_stops_rays() -> None:
    depth = np.full((70, 120), 15.0, np.float32)
    depth[:, 55:66] = -np.inf
    std = np.full_like(depth, 0.5)
    trusted = trusted_depth(depth, std, CAMERA, replace(PLAIN, max_relative_std=0.3))
    np.testing.assert_array_equal(trusted, depth)
    points = clearing_points(trusted, CAMERA, PLAIN, 80.0)
    column = CAMERA.fx * points[:, 0] / points[:, 2] + CAMERA.cx
    assert not ((column > 54.5) & (column < 65.5)).any()
    assert len(points) == 70 * (120 - 11)


def test_a_limit_of_the_user_makes_no_uncertain_pixel_free_space() -> None:
    depth = np.full((70, 120), 16.0, np.float32)
    depth[:, 60:] = np.inf  # beyond the network's own range: no std says anything about that
    std = np.full_like(depth, 0.5)
    std[:, :30] = 20.0
    trusted = trusted_depth(
        depth, std, CAMERA, replace(PLAIN, max_relative_std=0.3), farthest=15.0
    )
    assert np.isnan(trusted[:, :30]).all()
    assert np.isposinf(trusted[:, 30:]).all()


def test_without_gates_all_depth_is_trusted() -> None:
    np.testing.assert_array_equal(trusted_depth(scene(), None, CAMERA, PLAIN), scene())


def test_nothing_seen_gives_empty_clouds() -> None:
    nothing = np.full((70, 120), np.nan, np.float32)
    assert obstacle_points(nothing, CAMERA, PLAIN).shape == (0, 3)
    assert clearing_points(nothing, CAMERA, PLAIN, 80.0).shape == (0, 3)


def test_a_ray_into_the_open_ends_where_the_depth_may() -> None:
    """+Inf of a camera at 0.2 m says 'beyond 11 m': what lies between 11 and 20 m is not free."""
    points = clearing_points(scene(), CAMERA, PLAIN, 11.0)
    wall = points[:, 2] < 8.1
    np.testing.assert_allclose(points[wall, 2], 8.0, rtol=1e-5)
    np.testing.assert_allclose(points[~wall, 2], 11.0, rtol=1e-5)
    assert (wall.sum(), len(points)) == (30 * 30, 60 * 110)


def test_an_unfamiliar_picture_marks_but_frees_nothing_that_it_does_not_see_the_end_of() -> None:
    depth = scene()
    depth[:10, 80:] = 60.0
    trusted = trusted_depth(depth, None, CAMERA, PLAIN, familiar=False)
    points = clearing_points(trusted, CAMERA, PLAIN, 80.0)
    np.testing.assert_allclose(points[:, 2], 8.0, rtol=1e-5)
    assert len(points) == 30 * 30
    np.testing.assert_array_equal(
        obstacle_points(trusted, CAMERA, PLAIN), obstacle_points(depth, CAMERA, PLAIN)
    )

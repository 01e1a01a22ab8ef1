# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Points, depth and ray length against plain loops over the pinhole formula."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import (
    depth_to_points,
    depth_to_ray_length,
    points_to_depth,
    ray_length_to_depth,
    ray_lengths,
)

CAMERA = Camera(fx=11.0, fy=17.0, cx=5.3, cy=2.1, width=9, height=5)


@pytest.fixture
def depth():
    return np.random.default_rng(0).uniform(1, 60, (5, 9)).astype(np.float32)


def test_points_are_those_of_the_pinhole_formula(depth):
    points = depth_to_points(depth, CAMERA)
    assert points.shape == (5, 9, 3)
    assert points.dtype == np.float32
    inverse = np.linalg.inv(CAMERA.K)
    for v, u in np.ndindex(5, 9):
        expected = inverse @ [u, v, 1] * depth[v, u]
        np.testing.assert_allclose(points[v, u], expected, rtol=1e-5, atol=1e-5)


def test_points_right_of_and_below_the_center_have_positive_x_and_y(depth):
    points = depth_to_points(depth, CAMERA)
    assert points[4, 8, 0] > 0
    assert points[4, 8, 1] > 0
    np.testing.assert_array_equal(points[..., 2], depth)


@pytest.mark.parametrize('invalid', [np.nan, np.inf, -np.inf])
def test_invalid_depth_becomes_a_point_of_three_nan(depth, invalid):
    depth[2, 3] = invalid
    points = depth_to_points(depth, CAMERA)
    assert np.isnan(points[2, 3]).all()
    assert np.isfinite(points).sum() == 3 * (5 * 9 - 1)


def test_strided_and_double_depth_are_taken(depth):
    wide = np.repeat(depth, 2, axis=1).astype(np.float64)
    np.testing.assert_array_equal(
        depth_to_points(wide[:, ::2], CAMERA), depth_to_points(depth, CAMERA)
    )


def test_depth_comes_back_from_its_points(depth):
    depth[1, 1] = np.nan
    points = depth_to_points(depth, CAMERA)
    np.testing.assert_allclose(points_to_depth(points, CAMERA), depth, rtol=1e-6)


def test_the_nearest_point_wins_whatever_the_order():
    ray = np.array([(3 - 5.3) / 11, (2 - 2.1) / 17, 1])
    points = np.array([ray * 9, ray * 4, ray * 7])
    for order in ([0, 1, 2], [1, 2, 0], [2, 0, 1]):
        depth = points_to_depth(points[order], CAMERA)
        assert depth[2, 3] == np.float32(4)
        assert np.isfinite(depth).sum() == 1


def test_points_behind_beside_and_unknown_are_left_out():
    points = np.array([[0, 0, -3], [0, 0, 0], [50, 0, 3], [np.nan, 0, 3], [0, 0, np.inf]])
    assert np.isnan(points_to_depth(points, CAMERA)).all()
    assert np.isnan(points_to_depth(np.empty((0, 3)), CAMERA)).all()


def test_ray_length_is_the_norm_of_the_point_and_returns(depth):
    length = depth_to_ray_length(depth, CAMERA)
    norm = np.linalg.norm(depth_to_points(depth, CAMERA), axis=2)
    np.testing.assert_allclose(length, norm, rtol=1e-5)
    np.testing.assert_allclose(ray_length_to_depth(length, CAMERA), depth, rtol=1e-6)


def test_rays_that_are_kept_cannot_be_changed():
    with pytest.raises(ValueError, match='read-only'):
        ray_lengths(CAMERA)[:] = 2


@pytest.mark.parametrize('convert', [depth_to_points, depth_to_ray_length, ray_length_to_depth])
def test_a_camera_of_another_size_is_refused(depth, convert):
    with pytest.raises(ValueError, match=r'\(9, 5\).*9x5'):
        convert(depth.T, CAMERA)


def test_points_one_pixel_outside_are_left_out():
    camera = Camera(50.0, 60.0, 3.25, 2.5, 8, 6)
    for u, v, seen in ((0, 0, True), (7, 5, True), (8, 3, False), (-1, 3, False), (3, 6, False)):
        ray = np.array([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1.0])
        depth = points_to_depth(4.0 * ray, camera)
        assert depth.shape == (6, 8)
        assert np.isfinite(depth).sum() == seen
        assert not seen or depth[v, u] == 4.0

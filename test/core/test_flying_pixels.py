# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Ramps between surfaces are found; surfaces, their borders and thin poles are not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.flying_pixels import find_flying_pixels
from lacdepth_ros.core.geometry import depth_to_points

CAMERA = Camera(fx=100.0, fy=120.0, cx=33.3, cy=19.2, width=60, height=40)


def wall_and_background() -> np.ndarray:
    """A wall at 5 m, a ramp of columns 20..24, a background at 20 m."""
    depth = np.full((40, 60), 5.0, np.float32)
    depth[:, 20:25] = np.geomspace(5, 20, 7)[1:-1]
    depth[:, 25:] = 20.0
    return depth


def test_a_ramp_is_found_and_both_surfaces_keep_their_borders() -> None:
    expected = np.zeros((40, 60), bool)
    expected[:, 20:25] = True
    np.testing.assert_array_equal(find_flying_pixels(wall_and_background(), CAMERA, 3), expected)


def test_a_ramp_between_rows_is_found() -> None:
    depth = np.full((40, 60), 20.0, np.float32)
    depth[10:14] = np.linspace(20, 5, 6)[1:-1, None]
    depth[14:] = 5.0
    expected = np.zeros((40, 60), bool)
    expected[10:14] = True
    np.testing.assert_array_equal(find_flying_pixels(depth, CAMERA, 3), expected)


def test_a_sharp_edge_and_a_thin_pole_stay() -> None:
    depth = np.full((40, 60), 20.0, np.float32)
    depth[:, 30:] = 6.0
    depth[:, 10] = 3.0
    depth[25, :] = 4.0
    assert not find_flying_pixels(depth, CAMERA, 3).any()


@pytest.mark.parametrize('axis', [0, 1])
@pytest.mark.parametrize('sign', [-1, 1])
def test_the_limit_is_the_angle_between_ray_and_surface(axis: int, sign: int) -> None:
    """A plane through the optical axis' neighbourhood; its angles follow from its points."""
    a = ((np.arange(60) - CAMERA.cx) / CAMERA.fx)[None]
    b = ((np.arange(40) - CAMERA.cy) / CAMERA.fy)[:, None]
    slope = a if axis else b
    depth = (10 / (1 - sign * 2.5 * slope)).astype(np.float32) + np.zeros((40, 60), np.float32)
    points = depth_to_points(depth, CAMERA).astype(np.float64)
    along = np.gradient(points, axis=axis)
    cosine = (along * points).sum(-1) / np.linalg.norm(along, axis=-1)
    angle = np.degrees(np.arccos(np.abs(cosine) / np.linalg.norm(points, axis=-1)))
    inside = np.s_[2:-2, 2:-2]
    limit = float(np.median(angle[inside]))
    found = find_flying_pixels(depth, CAMERA, limit)[inside]
    away = np.abs(angle[inside] - limit) > 0.5
    assert 0.2 < found.mean() < 0.8
    np.testing.assert_array_equal(found[away], (angle[inside] < limit)[away])


def test_ground_is_found_from_where_its_angle_is_too_small() -> None:
    height, angle = 1.5, 4.0
    below = np.maximum((np.arange(40) - CAMERA.cy) / CAMERA.fy, 1e-6)
    depth = np.minimum(height / below, 1000).astype(np.float32)[:, None] + np.zeros((1, 60))
    found = find_flying_pixels(depth.astype(np.float32), CAMERA, angle)
    column = round(CAMERA.cx)
    farthest = depth[1:-1, column][~found[1:-1, column] & (depth[1:-1, column] < 900)].max()
    reach = height / math.tan(math.radians(angle))
    assert farthest < reach < depth[:, column][depth[:, column] > farthest].min()


def test_nothing_is_steep_beside_invalid_pixels_and_no_limit_finds_nothing() -> None:
    depth = wall_and_background()
    depth[:, 21], depth[:, 23] = np.nan, np.inf
    assert not find_flying_pixels(depth, CAMERA, 3).any()
    assert not find_flying_pixels(wall_and_background(), CAMERA, 0).any()


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match='min_angle 90'):
        find_flying_pixels(wall_and_background(), CAMERA, 90)
    with pytest.raises(ValueError, match='differ'):
        find_flying_pixels(wall_and_background()[1:], CAMERA, 3)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What others make of our depth images and clouds: the table of docs/nav2.md, line by line."""

from __future__ import annotations

import math

import numpy as np
import pytest
from depth_readers import (
    depth_image_proc_points,
    laserscan_ranges,
    nav2_buffered,
    stvl_buffered,
    stvl_marked,
)
from fake_messages import FakeImage, FakePointCloud2, FakePointField

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import depth_to_points
from lacdepth_ros.core.obstacles import ObstacleSettings, clearing_points, obstacle_points
from lacdepth_ros.core.pointcloud import colored_points, limit_range
from lacdepth_ros.messages.clouds import cloud_from_message, cloud_to_message, points_to_message
from lacdepth_ros.messages.depth import depth_to_message

CAMERA = Camera(fx=40.0, fy=50.0, cx=3.5, cy=2.5, width=8, height=5)
NEAR, NOTHING, BEYOND = -math.inf, math.nan, math.inf
KINDS = {'metres': 5.0, 'too near': NEAR, 'invalid': NOTHING, 'beyond range': BEYOND}
SETTINGS = ObstacleSettings(voxel_size=0.01, max_range=20.0, max_relative_std=0.0, min_angle=0.0)


def published(value: float, encoding: str) -> np.ndarray:
    """The pixels of a depth image with one value everywhere, as a subscriber finds them."""
    message = depth_to_message(
        FakeImage, np.full((5, 8), value, np.float32), None, encoding=encoding
    )
    assert message.step == message.width * (4 if encoding == '32FC1' else 2)
    kind = np.float32 if encoding == '32FC1' else np.uint16
    return np.frombuffer(message.data, kind).reshape(message.height, message.width)


@pytest.mark.parametrize('encoding', ['32FC1', '16UC1'])
@pytest.mark.parametrize('name', KINDS)
def test_depth_image_proc_has_a_point_where_there_are_meters_and_none_elsewhere(
    name: str, encoding: str
) -> None:
    values = published(KINDS[name], encoding)
    points = depth_image_proc_points(values, CAMERA.fx, CAMERA.fy, CAMERA.cx, CAMERA.cy)
    ours = depth_to_points(np.full((5, 8), KINDS[name], np.float32), CAMERA)
    np.testing.assert_allclose(points, ours, rtol=1e-6)
    assert np.isfinite(points).all() == (name == 'metres')
    assert not (points == 0).all(axis=-1).any(), 'a point in the camera itself'


@pytest.mark.parametrize(
    ('name', 'encoding', 'scan'),
    [
        ('metres', '32FC1', 'distance'),
        ('too near', '32FC1', -math.inf),
        ('invalid', '32FC1', math.nan),
        ('beyond range', '32FC1', math.inf),
        ('metres', '16UC1', 'distance'),
        ('too near', '16UC1', math.nan),
        ('invalid', '16UC1', math.nan),
        ('beyond range', '16UC1', math.nan),
    ],
)
def test_depthimage_to_laserscan_keeps_what_rep_117_means(
    name: str, encoding: str, scan: float | str
) -> None:
    ranges = laserscan_ranges(published(KINDS[name], encoding), CAMERA.fx, CAMERA.cx, CAMERA.cy)
    distance = 5 * np.hypot(1, (np.arange(8) - CAMERA.cx) / CAMERA.fx)
    expected = distance if scan == 'distance' else np.full(8, scan)
    np.testing.assert_allclose(ranges, expected, rtol=1e-6)


def test_depthimage_to_laserscan_forgets_meters_beyond_its_own_range() -> None:
    """So max_depth must not exceed its range_max: what we call beyond range it takes for free."""
    depth = np.full((5, 8), 30.0, np.float32)
    assert np.isnan(laserscan_ranges(depth, CAMERA.fx, CAMERA.cx, CAMERA.cy, high=10.0)).all()
    limited = limit_range(depth, 0.0, 10.0)
    assert np.isposinf(laserscan_ranges(limited, CAMERA.fx, CAMERA.cx, CAMERA.cy, high=10.0)).all()


def test_depthimage_to_laserscan_takes_unknown_millimetres_for_the_camera_from_range_0() -> None:
    for low, scan in ((0.45, math.nan), (0.0, 0.0)):
        values = published(NOTHING, '16UC1')
        ranges = laserscan_ranges(values, CAMERA.fx, CAMERA.cx, CAMERA.cy, low=low)
        np.testing.assert_array_equal(ranges, np.full(8, scan))
    metres = laserscan_ranges(
        published(NOTHING, '32FC1'), CAMERA.fx, CAMERA.cx, CAMERA.cy, low=0.0
    )
    assert np.isnan(metres).all()


def upright(points: np.ndarray) -> np.ndarray:
    """Points of the optical frame in a frame with x forward and z up, from 1.65 m."""
    x, y, z = points.reshape(-1, 3).T
    return np.stack([z, -x, 1.65 - y], axis=1)


def cloud(value: float) -> np.ndarray:
    """The points of `points` for one depth everywhere, as a subscriber finds them."""
    depth = np.full((5, 8), value, np.float32)
    image = np.zeros((5, 8, 3), np.uint8)
    points, colors = colored_points(depth, None, image, CAMERA)
    message = cloud_to_message(FakePointCloud2, FakePointField, points, colors, None)
    return upright(cloud_from_message(message)[0])


def bare(points: np.ndarray) -> np.ndarray:
    message = points_to_message(FakePointCloud2, FakePointField, points, None)
    return upright(np.frombuffer(message.data, np.float32))


@pytest.mark.parametrize('name', KINDS)
def test_layers_see_meters_in_points_and_nothing_else(name: str) -> None:
    """In `points` the open is NaN: it neither marks nor clears."""
    points = cloud(KINDS[name])
    seen = 40 if name == 'metres' else 0
    assert len(nav2_buffered(points, -2.0, 10.0)) == seen
    assert len(stvl_marked(stvl_buffered(points, -2.0, 10.0), 20.0)) == seen


def test_stvl_without_filter_would_mark_nan() -> None:
    points = stvl_buffered(cloud(BEYOND), -2.0, 10.0, filtered=False)
    assert len(stvl_marked(points, 20.0)) == 40


@pytest.mark.parametrize(
    ('value', 'marks', 'clears'),
    [(5.0, True, 5.0), (30.0, False, 20.0), (BEYOND, False, 20.0), (NEAR, False, None)],
)
def test_layers_mark_surfaces_and_clear_up_to_them_or_to_the_range(
    value: float, marks: bool, clears: float | None
) -> None:
    depth = np.full((5, 8), value, np.float32)
    marking = nav2_buffered(bare(obstacle_points(depth, CAMERA, SETTINGS)), 0.3, 2.0)
    assert (len(marking) == 40) == marks and (len(marking) == 0) != marks
    clearing = nav2_buffered(bare(clearing_points(depth, CAMERA, SETTINGS, 80.0)), -2.0, 10.0)
    assert len(clearing) == (0 if clears is None else 40)
    if clears is not None:
        ends = clearing - (0, 0, 1.65)
        nearest = np.linalg.norm(ends, axis=1).min()
        assert nearest == pytest.approx(clears, rel=1e-3)
        assert np.isfinite(clearing).all()

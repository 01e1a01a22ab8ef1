# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Laser scans, maps and pairs that others make of the node's topics: docs/consumers.md."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from depth_readers import laserscan_ranges
from fake_messages import FakeCameraInfo, FakeImage
from map_readers import (
    crop_info,
    exact_pairs,
    nitros_rows,
    nvblox_distance,
    octomap_marks,
    orb_slam_point,
    scan_of_cloud,
)

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.obstacles import ObstacleSettings, clearing_points, obstacle_points
from lacdepth_ros.core.pointcloud import limit_range
from lacdepth_ros.messages.cameras import camera_from_info, info_for_depth
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.messages.images import color_to_message

CAMERA = Camera(fx=60.0, fy=70.0, cx=39.5, cy=29.5, width=80, height=60)
HEIGHT = 0.3
SETTINGS = ObstacleSettings(voxel_size=0.1, max_range=20.0, max_relative_std=0.0, min_angle=0.0)


def ground() -> np.ndarray:
    """Depth (H, W) of level ground seen from HEIGHT by a level camera; +Inf above it."""
    below = np.arange(CAMERA.height, dtype=np.float32) - np.float32(CAMERA.cy)
    row = np.where(below > 0, CAMERA.fy * HEIGHT / np.maximum(below, 1e-6), math.inf)
    return np.broadcast_to(row[:, None], (CAMERA.height, CAMERA.width)).astype(np.float32)


@pytest.mark.parametrize(('rows', 'sees_ground'), [(4, False), (8, False), (12, True)])
def test_the_rows_of_a_laser_scan_end_above_the_ground_within_its_range(
    rows: int, sees_ground: bool
) -> None:
    reach = 5.0
    assert CAMERA.fy * HEIGHT / reach == pytest.approx(4.2), 'rows that docs/consumers.md allows'
    depth = limit_range(ground(), 0.0, reach)
    scan = laserscan_ranges(depth, CAMERA.fx, CAMERA.cx, CAMERA.cy, low=0.1, high=reach, rows=rows)
    assert np.isfinite(scan).any() == sees_ground
    assert sees_ground or np.isposinf(scan).all(), 'free up to the end of the range'


def upright(points: np.ndarray) -> np.ndarray:
    """Points of the optical frame in base_link: x forward, y left, z up from the ground."""
    x, y, z = points.T
    return np.stack([z, -x, HEIGHT - y], axis=1)


def test_a_scan_of_the_obstacle_cloud_marks_but_tells_nothing_of_what_was_not_seen() -> None:
    depth = np.full((60, 80), math.nan, np.float32)  # too uncertain to be told
    depth[10:30, 40:44] = 6.0
    points = upright(obstacle_points(depth, CAMERA, SETTINGS))
    scan = scan_of_cloud(points, heights=(0.3, 2.0), range_max=20.0)
    hit = np.isfinite(scan)
    assert 1 <= hit.sum() <= 6
    assert scan[hit] == pytest.approx(6.0, abs=0.1)
    assert np.isposinf(scan[~hit]).all(), 'uncertain, beside and behind: all +Inf'
    view = math.atan(CAMERA.width / (2 * CAMERA.fx))
    assert len(scan_of_cloud(points, heights=(0.3, 2.0), angles=(-view, view))) < 70


def test_ground_predicted_too_high_is_an_obstacle_unless_min_height_is_given() -> None:
    depth = np.where(np.isfinite(ground()), 0.5 * ground(), math.inf).astype(np.float32)
    points = upright(obstacle_points(depth, CAMERA, SETTINGS))
    assert np.isfinite(scan_of_cloud(points, heights=(np.finfo(float).tiny, 2.0))).any()
    assert np.isposinf(scan_of_cloud(points, heights=(0.3, 2.0))).all()


def test_octomap_marks_surfaces_of_the_clearing_cloud_and_not_the_ends_of_open_views() -> None:
    depth = np.full((60, 80), math.inf, np.float32)
    depth[:, 30:40] = 6.0
    depth[:, 50:60] = math.nan
    points = clearing_points(depth, CAMERA, SETTINGS, 80.0)
    marks = octomap_marks(points, max_range=19.5)
    assert len(points) == 60 * 70
    assert marks.sum() == 60 * 10
    assert points[marks, 2] == pytest.approx(6.0, rel=1e-3)
    assert octomap_marks(points).all(), 'without max_range the open view is a wall at 20 m'


def test_octomap_s_range_must_lie_below_the_network_s_too() -> None:
    points = clearing_points(np.full((60, 80), math.inf, np.float32), CAMERA, SETTINGS, 11.0)
    assert octomap_marks(points, max_range=19.5).any()
    assert not octomap_marks(points, max_range=10.5).any()


@pytest.mark.parametrize(
    ('measured', 'distance'),
    [(5.0, 0.2), (3.1, 0.1), (math.inf, 0.2), (math.nan, None), (-math.inf, None), (2.0, None)],
)
def test_nvblox_frees_what_lies_before_infinity_and_leaves_the_unknown(
    measured: float, distance: float | None
) -> None:
    assert nvblox_distance(measured, 3.0) == pytest.approx(distance)


KITTI = {
    'width': 1242,
    'height': 375,
    'k': [721.5, 0.0, 609.6, 0.0, 721.5, 172.9, 0.0, 0.0, 1.0],
    'r': [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
    'p': [721.5, 0.0, 609.6, 0.0, 0.0, 721.5, 172.9, 0.0, 0.0, 0.0, 1.0, 0.0],
}


@pytest.mark.parametrize('encoding', ['32FC1', '16UC1'])
def test_isaac_takes_depth_of_an_image_that_crop_decimate_made_even(encoding: str) -> None:
    info = FakeCameraInfo(**KITTI)
    camera = camera_from_info(info, rectified=False)
    depth = np.arange(375 * 1242, dtype=np.float32).reshape(375, 1242) / 10_000 + 1
    with pytest.raises(RuntimeError, match='Odd Image'):
        nitros_rows(depth_to_message(FakeImage, depth, None, encoding=encoding))
    crop_info(info, 1242, 374)
    even = camera_from_info(info, rectified=False)
    assert even == replace(camera, height=374), 'the same rays, a row fewer'
    published = info_for_depth(FakeCameraInfo, info, None, camera=even)
    assert (published.width, published.height, published.k[5]) == (1242, 374, 172.9)
    image = depth_to_message(FakeImage, depth[:374], None, encoding=encoding)
    kind, unit = (np.float32, 1.0) if encoding == '32FC1' else (np.uint16, 0.001)
    np.testing.assert_allclose(nitros_rows(image).view(kind) * unit, depth[:374], atol=6e-4)


def test_isaac_takes_the_color_image_that_comes_with_depth() -> None:
    rgb = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    assert (
        nitros_rows(color_to_message(FakeImage, rgb, None)).tolist() == rgb.reshape(4, 18).tolist()
    )


@pytest.mark.parametrize('unseen', [math.inf, math.nan])
def test_orb_slam_has_no_place_at_infinity_in_millimetres(unseen: float) -> None:
    depth = np.array([[5.0, unseen]], np.float32)
    at_infinity = orb_slam_point(float(depth[0, 1]), 0.1, 0.2)
    assert (at_infinity is None) == math.isnan(unseen)
    message = depth_to_message(FakeImage, depth, None, encoding='16UC1')
    near, far = np.frombuffer(message.data, np.uint16) / 1000.0
    assert orb_slam_point(near, 0.1, 0.2) == pytest.approx((0.5, 1.0, 5.0))
    assert orb_slam_point(far, 0.1, 0.2) is None


@pytest.mark.parametrize(
    ('latency', 'queue', 'joined'),
    [(0.130, 5, True), (0.130, 3, False), (0.200, 5, False), (0.200, 7, True)],
)
def test_exact_pairs_need_a_queue_of_latency_times_rate(
    latency: float, queue: int, joined: bool
) -> None:
    rate, answered = 30.0, 3  # the node answers every third image
    images = [(stamp / rate, 'image', stamp) for stamp in range(90)]
    depth = [(stamp / rate + latency, 'depth', stamp) for stamp in range(0, 60, answered)]
    assert (queue > latency * rate) == joined
    assert len(exact_pairs(images + depth, queue)) == (20 if joined else 0)

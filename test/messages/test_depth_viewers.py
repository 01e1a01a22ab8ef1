# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What viewers and codecs make of published depth: docs/consumers.md, claim by claim."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from depth_viewers import (
    RvizDepthCloud,
    compressed_depth,
    convert_metric,
    foxglove_gray,
    rviz_gray,
    web_video_gray,
)
from fake_messages import FakeCameraInfo, FakeImage

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import depth_to_points
from lacdepth_ros.messages.cameras import info_for_depth
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.viz.colors import colorize_depth

STREET = np.array([[2.5, 5.0, 14.0, 40.0, 79.0, math.inf, math.nan]], np.float32)
"""Metres of a street with sky, and a pixel of which nothing is known."""


def published(depth: np.ndarray, encoding: str = '32FC1') -> np.ndarray:
    message = depth_to_message(FakeImage, depth, None, encoding=encoding)
    kind = np.float32 if encoding == '32FC1' else np.uint16
    return np.frombuffer(message.data, kind).reshape(depth.shape)


def test_foxglove_shows_metres_as_white_so_its_layout_shows_the_colors() -> None:
    assert foxglove_gray(published(STREET)).tolist() == [[255] * 6 + [0]]
    colors = colorize_depth(STREET)[0]
    assert len(np.unique(colors[:5], axis=0)) == 5
    assert not colors[5:].any()


def test_rviz_needs_a_fixed_range_where_anything_is_beyond_range() -> None:
    values = published(STREET)
    assert rviz_gray(values, None) is None
    assert rviz_gray(values[:, :5], None) is not None, 'a street without sky'
    assert rviz_gray(values, (0.0, 80.0)).tolist() == [[7, 15, 44, 127, 251, 255, 0]]


def test_rviz_s_depth_cloud_is_the_node_s_until_the_camera_zooms() -> None:
    wide = Camera(fx=60.0, fy=70.0, cx=2.5, cy=1.0, width=7, height=3)
    tele = replace(wide, fx=120.0, fy=140.0)
    depth = np.tile(STREET, (3, 1))
    finite = np.isfinite(depth)
    wide_info, tele_info = (
        info_for_depth(FakeCameraInfo, FakeCameraInfo(), None, camera=camera)
        for camera in (wide, tele)
    )
    display = RvizDepthCloud()
    for info in (wide_info, tele_info):
        shown = display.points(published(depth), info)
        np.testing.assert_allclose(shown, depth_to_points(depth, wide)[finite], rtol=1e-5)
    anew = RvizDepthCloud().points(published(depth), tele_info)
    np.testing.assert_allclose(anew, depth_to_points(depth, tele)[finite], rtol=1e-5)
    assert not np.allclose(shown, anew, rtol=0.1)


def test_web_video_server_shows_black_where_anything_is_beyond_range() -> None:
    assert not web_video_gray(published(STREET)).any()
    assert web_video_gray(published(STREET[:, :5])).max() >= 254


def test_convert_metric_brings_what_is_far_near_and_our_own_millimetres_do_not() -> None:
    assert convert_metric(published(STREET)).tolist() == [[2500, 5000, 14000, 40000, 13464, 0, 0]]
    assert published(STREET, '16UC1').tolist() == [[2500, 5000, 14000, 40000, 0, 0, 0]]


def test_compressed_depth_forgets_what_is_beyond_10_m_unless_it_is_told() -> None:
    values = published(STREET)
    assert np.isfinite(compressed_depth(values)).tolist() == [[True] * 2 + [False] * 5]
    told = compressed_depth(values, depth_max=80.0)[0]
    assert np.isfinite(told).tolist() == [True] * 5 + [False] * 2
    error = np.abs(told[:5] / STREET[0, :5] - 1)
    assert error.max() < 0.01


def test_compressed_depth_takes_minus_infinity_for_an_obstacle() -> None:
    near = published(np.full((1, 1), -math.inf, np.float32))
    assert compressed_depth(near)[0, 0] == pytest.approx(0.154, abs=0.001)


def test_compressed_millimetres_bear_no_depth_max_above_65() -> None:
    values = published(STREET, '16UC1')
    assert compressed_depth(values, depth_max=80.0).tolist() == [[2500, 5000, 14000, 0, 0, 0, 0]]
    assert compressed_depth(values, depth_max=65.0).tolist() == values.tolist()


def test_resized_depth_is_of_no_thing_unless_it_is_that_of_a_pixel() -> None:
    """cv2.resize, as resize_node of image_proc (30b982af) calls it; its interpolation is 1."""
    edge = published(np.array([[5.0, 5.0, 5.0, 45.0, 45.0, 45.0]], np.float32))
    averaged = cv2.resize(edge, (3, 1), interpolation=cv2.INTER_LINEAR)
    assert averaged.tolist() == [[5.0, 25.0, 45.0]]
    assert (cv2.INTER_LINEAR, cv2.INTER_NEAREST) == (1, 0)
    assert set(cv2.resize(edge, (3, 1), interpolation=0)[0].tolist()) == {5.0, 45.0}

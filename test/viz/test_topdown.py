# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The view from above: every point lands where it belongs."""

from __future__ import annotations

import numpy as np

from lacdepth_ros.viz.topdown import topdown


def lightened(color):
    """Colour of a dot: 0..255 becomes 60..255."""
    return (60 + color * (195 / 255)).astype(np.uint8)


def test_points_land_in_the_top_view():
    points = np.array([[0.05, 0.5, 5.05], [-15.95, 1, 25.05]], np.float32)
    colors = np.array([[250, 10, 20], [30, 240, 40]], np.uint8)
    picture = topdown(points, colors)
    assert picture.shape == (600, 400, 3)
    np.testing.assert_array_equal(picture[599 - 50, 200], lightened(colors[0]))
    np.testing.assert_array_equal(picture[599 - 250, 40], lightened(colors[1]))


def test_upper_points_cover_lower_ones_unless_too_high():
    points = np.array([[3.05, -1, 8.05], [3.05, 1.5, 8.05], [3.05, -4, 8.05]], np.float32)
    colors = np.array([[250, 0, 0], [0, 250, 0], [0, 0, 250]], np.uint8)
    for order in ([0, 1, 2], [2, 1, 0]):
        picture = topdown(points[order], colors[order])
        np.testing.assert_array_equal(picture[599 - 80, 230], lightened(colors[0]))


def test_points_outside_the_view_change_nothing():
    nowhere = np.array([[[0, 0, np.nan], [np.nan, np.nan, np.nan], [0, 0, 60]]], np.float32)
    beside = np.array([[[21, 0, 5], [0, 0, -1], [-20.1, 0, 5]]], np.float32)
    empty = topdown(np.empty((0, 3), np.float32), np.empty((0, 3), np.uint8))
    white = np.full((1, 3, 3), 255, np.uint8)
    for points in (nowhere, beside):
        np.testing.assert_array_equal(topdown(points, white), empty)

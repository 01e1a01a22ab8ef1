# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Colours stand for fixed metres, and every point lands where it belongs."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.viz.colors import (
    colorize_depth,
    colorize_uncertainty,
    depth_legend,
    topdown,
    write_ply,
)


def paint(*meters):
    depth = np.array([meters], np.float32)
    return colorize_depth(depth, min_depth=1, max_depth=100)[0].astype(int)


def test_invalid_depth_is_black_and_nothing_else_is():
    colors = paint(np.nan, np.inf, -np.inf, 0, -3, 0.01, 1, 10, 100, 5000)
    assert not colors[:5].any()
    assert colors[5:].any(axis=1).all()


def test_near_is_warm_and_far_is_cold():
    near, middle, far = paint(1.5, 10, 70)
    assert near[0] > near[2] + 100
    assert far[2] > far[0] + 50
    assert middle[1] == max(middle)


def test_the_scale_is_fixed_and_logarithmic():
    np.testing.assert_array_equal(paint(7), paint(2, 7, 90)[1:2])
    np.testing.assert_array_equal(paint(0.2, 300), paint(1, 100))
    ramp = paint(*np.geomspace(1, 100, 999))
    steps = np.flatnonzero(np.abs(np.diff(ramp, axis=0)).sum(axis=1))
    assert len(steps) > 200
    assert np.ptp(np.diff(steps)) <= 6  # equal ratios of depth are equal steps of colour


@pytest.mark.parametrize('limits', [(0, 10), (5, 5), (8, 2), (np.nan, 3)])
def test_impossible_ranges_are_refused(limits):
    with pytest.raises(ValueError, match='0 < min_depth < max_depth'):
        colorize_depth(np.ones((2, 3), np.float32), min_depth=limits[0], max_depth=limits[1])


def test_colors_are_bright_where_std_is_small_for_its_depth():
    depth = np.array([[10, 10, 100, 10, np.nan, 10]], np.float32)
    std = np.array([[0.1, 2.0, 1.0, 9.0, 1.0, np.nan]], np.float32)
    colors = colorize_uncertainty(depth, std)[0].astype(int)
    brightness = colors.sum(axis=1)
    assert brightness[0] > brightness[1] > brightness[3] > 0
    np.testing.assert_array_equal(colors[2], colors[0])
    assert not colors[4:].any()


def test_the_legend_has_the_colors_of_its_depths():
    legend = depth_legend(400, min_depth=1, max_depth=100)
    assert legend.shape == (32, 400, 3)
    for column in (17, 290):  # clear of lines and labels
        depth = np.full((1, 1), 100 ** ((column + 0.5) / 400), np.float32)
        color = colorize_depth(depth, min_depth=1, max_depth=100)[0, 0]
        np.testing.assert_array_equal(legend[2, column], color)
    assert not legend[:, 200].any()  # the line of 10 m


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


def test_ply_holds_the_valid_points_and_their_colors(tmp_path):
    points = np.arange(18, dtype=np.float32).reshape(2, 3, 3)
    colors = np.arange(100, 118, dtype=np.uint8).reshape(2, 3, 3)
    points[0, 1] = np.nan
    path = tmp_path / 'cloud.ply'
    write_ply(path, points, colors)
    header, _, body = path.read_bytes().partition(b'end_header\n')
    lines = header.decode().splitlines()
    assert lines[:2] == ['ply', 'format binary_little_endian 1.0']
    assert 'element vertex 5' in lines
    properties = [line.split()[1:] for line in lines if line.startswith('property')]
    assert properties == [
        *(['float', axis] for axis in 'xyz'),
        *(['uchar', channel] for channel in ('red', 'green', 'blue')),
    ]
    record = np.dtype([('xyz', '<f4', 3), ('rgb', 'u1', 3)])
    vertices = np.frombuffer(body, record)
    kept = [0, 2, 3, 4, 5]
    np.testing.assert_array_equal(vertices['xyz'], points.reshape(-1, 3)[kept])
    np.testing.assert_array_equal(vertices['rgb'], colors.reshape(-1, 3)[kept])

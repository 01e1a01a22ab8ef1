# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Colors stand for fixed metres, near and far, sure and unsure."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.viz.colors import colorize_depth, colorize_uncertainty, depth_legend


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

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Rectified pixels beyond what a distortion model describes show nothing; no others are lost."""

from __future__ import annotations

import math
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from fake_messages import FakeCameraInfo

from lacdepth_ros.messages.distortion import turning_radius
from lacdepth_ros.messages.rectification import Rectifier

# Size, fx, fy, cx, cy and D: the published calibrations of data sets, and of devices like these.
LENSES = {
    'KITTI raw': (
        *((1392, 512), (959.791, 956.9251, 696.0217, 224.1806)),
        (-0.3691481, 0.1968681, 0.001353473, 0.0005677587, -0.06770705),
    ),
    'EuRoC': (
        *((752, 480), (458.654, 457.296, 367.215, 248.375)),
        (-0.28340811, 0.07395907, 0.00019359, 1.76187114e-05),
    ),
    'TUM RGB-D': (
        *((640, 480), (517.3, 516.5, 318.6, 255.3)),
        (0.2624, -0.9531, -0.0054, 0.0026, 1.1633),
    ),
    'RealSense color': (
        *((1280, 720), (636.5, 635.8, 643.1, 364.2)),
        (-0.0557, 0.0668, -0.0006, 0.0003, -0.0216),
    ),
    'Azure Kinect': (
        *((1280, 720), (607.6, 607.4, 638.6, 366.9)),
        (0.4518, -2.5365, 0.00085, -0.00018, 1.4535, 0.3319, -2.3602, 1.3813),
    ),
    'OAK-D': (
        *((1920, 1080), (1497.0, 1497.0, 960.0, 540.0)),
        (9.4, -90.1, 0.0003, -0.0006, 292.0, 9.2, -89.0, 289.0),
    ),
    'action camera': ((1920, 1080), (866.0, 866.0, 955.0, 541.0), (0.05, 0.02, -0.01, 0.002)),
    'TUM-VI': (
        *((512, 512), (190.978, 190.973, 254.932, 256.897)),
        (0.00348239, 0.00071503, -0.00205324, 0.00020294),
    ),
}
FISHEYES = ('action camera', 'TUM-VI')
FOLDING = {
    'plumb_bob': (-0.30, 0.09, 0.0, 0.0, -0.012),
    'rational_polynomial': (0.0, 0.0, 0.0, 0.0, 0.0, 0.4, 0.0, 0.0),
    'equidistant': (-0.3, 0.0, 0.0, 0.0),
}


def message(size, k, d, model, p=None, r=(1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)):
    fx, fy, cx, cy = k
    px, py, pcx, pcy = p or k
    return FakeCameraInfo(
        width=size[0],
        height=size[1],
        distortion_model=model,
        d=d,
        k=(fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0),
        r=r,
        p=(px, 0.0, pcx, 0.0, 0.0, py, pcy, 0.0, 0.0, 0.0, 1.0, 0.0),
        binning_x=0,
        binning_y=0,
        roi=SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0),
    )


def distort(x, y, model, d):
    """Pinhole coordinates (focal length 1) to distorted ones."""
    s = x * x + y * y
    if model == 'equidistant':
        r = np.maximum(np.sqrt(s), 1e-12)
        t = np.arctan(r)
        scale = t * (1 + d[0] * t**2 + d[1] * t**4 + d[2] * t**6 + d[3] * t**8) / r
        return x * scale, y * scale
    k1, k2, p1, p2, k3, k4, k5, k6 = (*d, 0, 0, 0, 0)[:8]
    scale = (1 + k1 * s + k2 * s**2 + k3 * s**3) / (1 + k4 * s + k5 * s**2 + k6 * s**3)
    return (
        x * scale + 2 * p1 * x * y + p2 * (s + 2 * x * x),
        y * scale + p1 * (s + 2 * y * y) + 2 * p2 * x * y,
    )


def within_raw(size, k, d, model, p):
    """(H, W), True where the model puts a rectified pixel well within the raw image."""
    u, v = np.meshgrid(np.arange(float(size[0])), np.arange(float(size[1])))
    x, y = distort((u - p[2]) / p[0], (v - p[3]) / p[1], model, d)
    u, v = k[0] * x + k[2], k[1] * y + k[3]
    return (u > 0.1) & (u < size[0] - 1.1) & (v > 0.1) & (v < size[1] - 1.1)


@pytest.mark.parametrize('shown', ['as K', 'cropped', 'all'])
@pytest.mark.parametrize('lens', LENSES)
def test_ordinary_lenses_lose_no_pixel(lens, shown):
    """Whether P shows as much as K, only what has no black border, or all of the raw image."""
    size, k, d = LENSES[lens]
    model = 'equidistant' if lens in FISHEYES else 'rational_polynomial'
    K, p = np.array([[k[0], 0, k[2]], [0, k[1], k[3]], [0, 0, 1.0]]), k
    if shown != 'as K' and lens not in FISHEYES:
        P, _ = cv2.getOptimalNewCameraMatrix(K, np.array(d), size, float(shown == 'all'))
        p = (P[0, 0], P[1, 1], P[0, 2], P[1, 2])
    elif shown != 'as K':
        p = (k[0] * (1.1 if shown == 'cropped' else 0.75), k[1], k[2], k[3])
    rectifier = Rectifier(message(size, k, d, model, p))
    within = within_raw(size, k, d, model, p)
    assert within.mean() > 0.6
    assert not (rectifier.outside & within).any()


def turn_by_looking(model, d):
    """First tangent from which on a ray farther out lies farther in."""
    r = np.linspace(0, 6, 600_001)
    moved = np.diff(distort(r, 0 * r, model, d)[0])
    return r[np.flatnonzero(moved <= 0)[0]]


@pytest.mark.parametrize('model', FOLDING)
def test_turning_radius_is_where_the_model_turns_back(model):
    d = FOLDING[model]
    turn = turn_by_looking(model, d)
    assert turning_radius(model, d, 6.0) == pytest.approx(turn, rel=3e-3)
    assert turning_radius(model, d, 0.95 * turn) == math.inf
    assert turning_radius(model, (), 6.0) == math.inf


def test_turning_radius_by_hand():
    assert turning_radius('plumb_bob', (-1 / 3, 0, 0, 0), 2.0) == pytest.approx(1.0, abs=1e-3)
    rational = (0, 0, 0, 0, 0, 0.25, 0, 0)  # r / (1 + r^2 / 4)
    assert turning_radius('rational_polynomial', rational, 9.0) == pytest.approx(2.0, abs=1e-3)
    pole = (0, 0, 0, 0, 0, -0.25, 0, 0)  # r / (1 - r^2 / 4)
    assert turning_radius('rational_polynomial', pole, 9.0) == pytest.approx(2.0, abs=1e-3)
    fisheye = (-1 / 3, 0, 0, 0)  # t - t^3 / 3
    assert turning_radius('equidistant', fisheye, 9.0) == pytest.approx(math.tan(1), abs=1e-3)


@pytest.mark.parametrize('model', FOLDING)
def test_no_second_picture_is_shown_beyond_the_turn(model):
    size, k, p, d = (640, 360), (310.0, 300, 320, 180), (100.0, 105, 325, 175), FOLDING[model]
    rectifier = Rectifier(message(size, k, d, model, p))
    u, v = np.meshgrid(np.arange(640), np.arange(360))
    r = np.hypot((u - 325) / 100, (v - 175) / 105)
    turn, within = turn_by_looking(model, d), within_raw(size, k, d, model, p)
    assert (within & (r > 1.01 * turn)).mean() > 0.05, 'where a second picture would be'
    assert rectifier.outside[r > 1.01 * turn].all()
    assert not rectifier.outside[within & (r < 0.99 * turn)].any()
    white = np.full((360, 640, 3), 255, np.uint8)
    assert not rectifier.rectify(white)[r > 1.01 * turn].any()


def test_turned_cameras_fold_around_their_own_axis():
    """R turns the rays by 20 degrees: the picture of the raw axis lies beside the middle."""
    size, k, p, d = (640, 360), (310.0, 300, 320, 180), (100.0, 105, 325, 175), (-0.2, 0, 0, 0)
    c, s = math.cos(math.radians(20)), math.sin(math.radians(20))
    R = (c, 0.0, s, 0.0, 1.0, 0.0, -s, 0.0, c)
    rectifier = Rectifier(message(size, k, d, 'plumb_bob', p, R))
    u, v = np.meshgrid(np.arange(640.0), np.arange(360.0))
    rays = np.stack([(u - 325) / 100, (v - 175) / 105, np.ones_like(u)], -1)
    axis = np.array(R).reshape(3, 3) @ (0, 0, 1)
    angle = np.arccos(rays @ axis / np.linalg.norm(rays, axis=-1))
    turn = math.atan(turn_by_looking('plumb_bob', d))
    assert rectifier.outside[angle > turn + 0.01].all()
    assert not rectifier.outside[175, np.abs(angle[175] - 0.5) < 0.1].any()


def test_a_lens_that_hardly_shows_anything_is_refused():
    """Tangents r become r / (1 + 4 r^2), which turns at 0.5; all of them lie in the raw image."""
    d = (0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0)
    folding = message((1280, 720), (600.0, 600, 640, 360), d, 'rational_polynomial')
    folding.p = (200.0, 0.0, 640, 0.0, 0.0, 200.0, 360, 0.0, 0.0, 0.0, 1.0, 0.0)
    with pytest.raises(ValueError, match=r'9[5-8] % of the image .* show nothing'):
        Rectifier(folding)

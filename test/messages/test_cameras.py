# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Intrinsics that arrive, and those that leave with the depth."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from fake_messages import KINDS, FakeCameraInfo, message_class, new_header

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.calibration import describe_size
from lacdepth_ros.messages.cameras import (
    camera_from_info,
    distortion_from_info,
    info_for_depth,
    skew_from_info,
)

K = [71.0, 0, 30.25, 0, 83.0, 18.5, 0, 0, 1]
P = [69.0, 0, 31.5, -8.28, 0, 79.0, 17.25, 0, 0, 0, 1, 0]


def info(**changes):
    fields = {
        'width': 65,
        'height': 42,
        'k': K,
        'p': P,
        'd': [0.1, -0.2, 0.001, 0.002, 0.03],
        'distortion_model': 'plumb_bob',
    }
    return FakeCameraInfo(**(fields | changes))


def region(x, y, width, height):
    return SimpleNamespace(x_offset=x, y_offset=y, width=width, height=height, do_rectify=True)


def test_raw_images_have_k_and_rectified_ones_p():
    assert camera_from_info(info(), rectified=False) == Camera(71.0, 83.0, 30.25, 18.5, 65, 42)
    assert camera_from_info(info(), rectified=True) == Camera(69.0, 79.0, 31.5, 17.25, 65, 42)


@pytest.mark.parametrize(
    ('roi', 'binning', 'size'),
    [
        (region(0, 0, 0, 0), (0, 0), (65, 42)),
        (region(0, 0, 65, 42), (1, 1), (65, 42)),
        (region(7, 5, 50, 30), (1, 0), (50, 30)),
        (region(0, 0, 0, 0), (2, 3), (32, 14)),  # the 65th column fills no block
        (region(7, 5, 51, 30), (4, 2), (12, 15)),
    ],
)
def test_region_and_binning_keep_points_in_their_pixels(roi, binning, size):
    camera = camera_from_info(
        info(roi=roi, binning_x=binning[0], binning_y=binning[1]), rectified=False
    )
    assert (camera.width, camera.height) == size
    # A pixel of the binned image is the mean of its block of sensor pixels.
    block = np.maximum(binning, 1)
    for column, row in [(0, 0), (5, 3), (size[0] - 1, size[1] - 1)]:
        first = [roi.x_offset, roi.y_offset] + block * [column, row]
        mean_u, mean_v = first + (block - 1) / 2
        x, y = (mean_u - 30.25) / 71.0, (mean_v - 18.5) / 83.0
        np.testing.assert_allclose(camera.K @ [x, y, 1], [column, row, 1], atol=1e-12)


@pytest.mark.parametrize(
    ('changes', 'rectified', 'reason'),
    [
        ({'k': [0.0] * 9}, False, r'camera_info \(k\): focal lengths .*calibrate'),
        ({'p': [0.0] * 12, 'k': [0.0] * 9}, True, r'camera_info \(k\): focal lengths'),
        ({'k': [71.0, 0, np.nan, *K[3:]]}, False, 'NaN'),
        ({'p': [np.inf, *P[1:]]}, True, 'infinity'),
        ({'p': [69.0, 0.5, *P[2:]]}, True, 'skew 0.5'),
        ({'width': 0}, False, '0x42'),
        ({'roi': region(20, 0, 50, 42)}, False, r'roi 50x42 at \(20, 0\) does not fit 65x42'),
        ({'roi': region(0, 3, 65, 40)}, False, r'roi 65x40 at \(0, 3\) does not fit 65x42'),
        ({'roi': region(0, 0, 1, 0)}, False, 'must be positive'),
        ({'binning_y': 50}, True, '65x42 with binning 1x50 leaves no pixel'),
    ],
)
def test_impossible_infos_are_refused(changes, rectified, reason):
    with pytest.raises(ValueError, match=reason):
        camera_from_info(info(**changes), rectified=rectified)


def test_distortion_is_empty_when_there_is_none():
    assert distortion_from_info(info()) == ('plumb_bob', (0.1, -0.2, 0.001, 0.002, 0.03))
    assert distortion_from_info(info(d=[0.0] * 5)) == ('plumb_bob', ())
    assert distortion_from_info(info(d=[], distortion_model='')) == ('', ())


@pytest.mark.parametrize('kind', KINDS)
def test_the_info_of_depth_describes_its_pixels(kind):
    CameraInfo = message_class(kind, 'CameraInfo')
    source = CameraInfo(
        **{name: vars(info())[name] for name in ('width', 'height', 'd', 'k', 'p')}
    )
    source.roi.width, source.roi.height, source.binning_x = 60, 40, 2
    camera = camera_from_info(source, rectified=True).resized(30, 23)
    header = new_header(kind)
    msg = info_for_depth(CameraInfo, source, header, camera=camera)
    assert msg.header is header
    assert (msg.width, msg.height, msg.binning_x, msg.binning_y) == (30, 23, 1, 1)
    assert (msg.roi.width, msg.roi.height, msg.roi.x_offset, msg.roi.y_offset) == (0, 0, 0, 0)
    assert (msg.distortion_model, list(msg.d)) == ('plumb_bob', [0.0] * 5)
    np.testing.assert_array_equal(np.reshape(msg.k, (3, 3)), camera.K)
    np.testing.assert_array_equal(np.reshape(msg.r, (3, 3)), np.eye(3))
    np.testing.assert_array_equal(np.reshape(msg.p, (3, 4))[:, :3], camera.K)
    for rectified in (True, False):
        assert camera_from_info(msg, rectified=rectified) == camera
    assert distortion_from_info(msg)[1] == ()


def test_the_stereo_baseline_survives_a_change_of_size():
    source = info(p=[*P[:7], 3.16, *P[8:]])
    camera = camera_from_info(source, rectified=True).resized(130, 84)
    msg = info_for_depth(FakeCameraInfo, source, None, camera=camera)
    assert msg.p[3] / msg.p[0] == pytest.approx(-8.28 / 69.0)
    assert msg.p[7] / msg.p[5] == pytest.approx(3.16 / 79.0)
    unknown = info_for_depth(FakeCameraInfo, info(p=[0.0] * 12), None, camera=camera)
    assert [unknown.p[i] for i in (3, 7, 11)] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ('binning', 'roi', 'words'),
    [
        ((0, 0), (0, 0, 0, 0), '1280x960'),
        ((1, 1), (0, 0, 0, 0), '1280x960'),
        ((0, 1), (0, 0, 0, 0), '1280x960'),
        ((2, 2), (0, 0, 0, 0), '1280x960 with binning 2'),
        ((2, 0), (0, 0, 0, 0), '1280x960 with binning 2x1'),
        ((0, 2), (0, 0, 0, 0), '1280x960 with binning 1x2'),
        ((1, 1), (640, 480, 100, 80), '1280x960, roi 640x480 at (100, 80)'),
        ((4, 4), (640, 0, 1, 2), '1280x960, roi 640x0 at (1, 2) with binning 4'),
    ],
)
def test_sizes_are_described_by_what_they_come_of(binning, roi, words):
    width, height, x, y = roi
    region = SimpleNamespace(width=width, height=height, x_offset=x, y_offset=y)
    camera_info = SimpleNamespace(
        width=1280, height=960, binning_x=binning[0], binning_y=binning[1], roi=region
    )
    assert describe_size(camera_info) == words


@pytest.mark.parametrize(('binning', 'pixels'), [(0, 1.5), (1, 1.5), (3, 0.5)])
def test_skew_is_in_pixels_of_the_image(binning, pixels):
    skewed = info(k=[71.0, 1.5, *K[2:]], binning_x=binning)
    assert skew_from_info(skewed) == pixels
    assert skew_from_info(info(k=[71.0, 9e-4, *K[2:]], binning_x=binning)) == 0.0

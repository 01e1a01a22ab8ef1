# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every driver's camera_info gets the right camera, the right refusal or the right warning."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from camera_infos import CASES
from fake_messages import FakeCameraInfo

from lacdepth_ros.messages import rectification
from lacdepth_ros.messages.cameras import camera_from_info, info_for_depth
from lacdepth_ros.messages.rectification import RectifierCache

NUMBERS = {'d': 5, 'k': 9, 'r': 9, 'p': 12}
WIDTH, HEIGHT = 1242, 375


def kitti(**changes):
    fields = {
        'width': WIDTH,
        'height': HEIGHT,
        'distortion_model': 'plumb_bob',
        'd': [0.01, 0.0, 0.0, 0.0, 0.0],
        'k': [721.5, 0, 609.6, 0, 721.5, 172.9, 0, 0, 1],
        'r': [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0],
        'p': [721.5, 0, 609.6, 44.9, 0, 721.5, 172.9, 0.2, 0, 0, 1, 0],
    }
    return FakeCameraInfo(**(fields | changes))


def camera_of(info, image=(WIDTH, HEIGHT), *, rectified=False):
    cache = RectifierCache()
    camera, _ = cache.get(info, width=image[0], height=image[1], rectified=rectified)
    return camera, cache.doubts


@pytest.mark.parametrize('case', CASES, ids=lambda case: case.name)
def test_drivers(case):
    image = case.image or case.size
    if case.answer is None:
        with pytest.raises(ValueError, match=case.reason):
            camera_of(case.info, image, rectified=case.rectified)
        return
    camera, doubts = camera_of(case.info, image, rectified=case.rectified)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == pytest.approx(case.answer, abs=1e-9)
    assert (camera.width, camera.height) == image
    assert bool(doubts) == bool(case.doubt), doubts
    assert case.doubt in ' '.join(doubts)


def test_there_are_forty_drivers():
    assert len(CASES) >= 40


@pytest.mark.parametrize('rectified', [False, True])
@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf, 5e-324, -7e-310, 1e-31, 1e12])
@pytest.mark.parametrize('name', NUMBERS)
def test_no_number_of_no_calibration_is_taken_anywhere(name, value, rectified):
    for index in range(NUMBERS[name]):
        values = list(getattr(kitti(), name))
        values[index] = value
        with pytest.raises(ValueError, match=rf'camera_info.{name}\[{index}\] = '):
            camera_of(kitti(**{name: values}), rectified=rectified)


@pytest.mark.parametrize(
    ('changes', 'words'),
    [
        ({'k': [1.0, 0, 0, 0, 1.0, 0, 0, 0, 1]}, 'would be that of a 1x1 image'),
        ({'k': [4.3, 0, 609.6, 0, 4.3, 172.9, 0, 0, 1]}, 'Give it in pixels'),
        ({'k': [172.2, 0, 609.6, 0, 1722, 172.9, 0, 0, 1]}, 'fx / fy = 172.2 / 1722 = 0.1,'),
        ({'k': [1722, 0, 609.6, 0, 172.2, 172.9, 0, 0, 1]}, 'fx / fy = 1722 / 172.2 = 10,'),
        ({'k': [1e6, 0, 609.6, 0, 1e6, 172.9, 0, 0, 1]}, 'field of view of 0.0712 degrees'),
        ({'k': [721.5, 0, 0, 0, 721.5, 0, 0, 0, 1]}, 'would be that of a 1x1 image'),
        ({'k': [721.5, 0, -300, 0, 721.5, -300, 0, 0, 1]}, 'not near the middle of the full 1242'),
        ({'k': [721.5, 0, 609.6, 0, 721.5, -3, 0, 0, 1]}, 'not near the middle'),
        ({'k': [721.5, 0, 609.6, 3, 721.5, 172.9, 0, 0, 1]}, r'camera_info.k .* \[0, 0, 1\]'),
        ({'k': [721.5, 0, 609.6, 0, 721.5, 172.9, 0, 0, 0]}, r'camera_info.k .* \[0, 0, 1\]'),
        ({'k': [721.5, 0, 609.6, 0, 721.5, 172.9, 0, 0]}, 'camera_info.k has 8 numbers'),
        ({'p': [721.5, 0, 0, 0, 0, 721.5, 0, 0, 0, 0, 1, 0]}, r'\(p\): cx, cy = 0, 0 px'),
        ({'p': [60, 0, 609.6, 0, 0, 60, 172.9, 0, 0, 0, 1, 0]}, r'\(p\): fx = 60 px'),
        ({'d': [1e8, -1e8, 0, 0, 0]}, 'show nothing'),
        ({'width': 16385}, '16385x375: sizes must be positive, with no side above 16384'),
        ({'width': 16384, 'height': 16384}, '67108864 px at most'),
        ({'width': 2**32 - 1, 'height': 2**32 - 1}, 'sizes must be'),
    ],
)
def test_what_no_camera_has_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        camera_of(kitti(**changes))


@pytest.mark.parametrize('value', [1e-30, -1e-30, 1e9])
def test_numbers_at_the_bounds_are_taken(value):
    values = [0.01, value if abs(value) < 1 else 0.0, 0.0, 0.0, 0.0]
    p = list(kitti().p)
    p[11] = value
    camera, _ = camera_of(kitti(d=values, p=p))
    assert camera.fx == 721.5


def test_maps_are_made_only_for_images_that_exist(monkeypatch):
    monkeypatch.setattr(rectification, 'Rectifier', lambda _: pytest.fail('made'))
    big = kitti(width=8192, height=8192, k=[8e3, 0, 4e3, 0, 8e3, 4e3, 0, 0, 1])
    with pytest.raises(ValueError, match='image is 1242x375 but its camera_info 8192x8192'):
        camera_of(big)


def test_a_zoomed_sensor_window_is_named_with_its_way():
    roi = SimpleNamespace(x_offset=8, y_offset=4, width=1200, height=360)
    with pytest.raises(
        ValueError, match=r'1242x375, roi 1200x360 at \(8, 4\) with binning 2x3 = 600x120;'
    ):
        camera_of(kitti(roi=roi, binning_x=2, binning_y=3), image=(600, 122))


def test_size_of_the_image_beside_the_binning_of_the_sensor_is_named():
    """As of pylon with a calibration of binned images."""
    with pytest.raises(
        ValueError, match=r'with binning 2 = 621x187; its width and height are those'
    ):
        camera_of(kitti(binning_x=2, binning_y=2))


def test_skew_moves_rectified_pixels():
    """Against the projection written out: u = fx x + s y + cx."""
    info = kitti(k=[721.5, 90.0, 609.6, 0, 721.5, 172.9, 0, 0, 1], d=[])
    _, rectifier = RectifierCache().get(info, width=WIDTH, height=HEIGHT, rectified=False)
    ramp = np.tile(np.arange(WIDTH) / 8, (HEIGHT, 1)).astype(np.uint8)
    seen = rectifier.rectify(np.dstack([ramp] * 3))[..., 0]
    for row, column in ((20, 300), (172, 609), (360, 1000)):
        expected = column + 90.0 * (row - 172.9) / 721.5
        assert seen[row, column] == pytest.approx(expected / 8, abs=1.01)


@pytest.mark.parametrize('case', [c for c in CASES if c.answer], ids=lambda case: case.name)
def test_what_leaves_is_finite_and_plain(case):
    """No NaN, subnormal or zero focal length enters depth/camera_info; Tx keeps the baseline."""
    image = case.image or case.size
    camera, _ = camera_of(case.info, image, rectified=case.rectified)
    out = info_for_depth(FakeCameraInfo, case.info, None, camera=camera)
    values = np.array([*out.k, *out.r, *out.p, *out.d])
    assert np.isfinite(values).all()
    assert (np.abs(values[values != 0]) > 1e-6).all()
    p = case.info.p
    assert out.p[3] == pytest.approx(camera.fx * p[3] / p[0] if p[0] else 0.0)
    assert camera_from_info(out, rectified=True) == camera

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Synthetic drives: deterministic, dense, exact for every camera, and moving."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.synthetic.ground import Zone, paint_ground
from lacdepth_ros.synthetic.layout import FRAME_PERIOD, NARROW, street
from lacdepth_ros.synthetic.sample import KITTI_CAMERA, synthetic_sample

SMALL = KITTI_CAMERA.resized(320, 96)


def test_sample_has_dense_finite_depth_and_an_id():
    sample = synthetic_sample(3, 7, camera=SMALL)
    assert sample.image.shape == (96, 320, 3)
    assert sample.image.dtype == np.uint8
    assert sample.depth.dtype == np.float32
    assert np.isfinite(sample.depth).all()
    assert (sample.depth >= 0).all()
    assert sample.camera == SMALL
    assert sample.id == 'synthetic/000003_0007'
    assert sample.group == 'synthetic'


@pytest.mark.parametrize('seed', range(6))
def test_streets_look_like_drives(seed):
    sample = synthetic_sample(seed, camera=SMALL)
    known = sample.depth > 0
    assert known[-20:].all(), 'the ground is always known'
    assert 0.55 < known.mean() <= 1.0
    assert 1.0 < np.percentile(sample.depth[known], 1) < 9.0
    assert sample.depth.max() <= 1001.0
    assert 60 < sample.image[sample.depth > 0].mean() < 150
    assert sample.image.std() > 25


@pytest.mark.slow
def test_every_third_street_is_a_narrow_lane_with_near_sides():
    """Share of what is above the middle row and nearer than 7 m; nothing but the sides can be."""
    near = {'narrow': [], 'wide': []}
    for seed in range(12):
        upper = synthetic_sample(seed, camera=SMALL).depth[: SMALL.height // 2]
        narrow = seed % NARROW == NARROW - 1
        near['narrow' if narrow else 'wide'].append(np.mean((upper > 0) & (upper < 7.0)))
        assert (street(seed).road.lanes == (0, 1)) == narrow
    assert len(near['narrow']) == 4
    assert np.mean(near['narrow']) > 5 * np.mean(near['wide'])


def test_narrow_lane_has_no_center_line():
    lane = dataclasses.replace(street(NARROW - 1).road, parking=(0.0, 0.0), sway=0.0)
    points = np.zeros((200, 3), np.float32)
    points[:, 2] = np.linspace(0.0, 20.0, 200)  # along x = 0, before the first crossing
    zone, depth = np.full(200, Zone.ROAD, np.uint8), np.full(200, 8.0, np.float32)

    def brightness(road):
        return np.median(paint_ground(road, points, zone, depth, 700.0))

    marked = brightness(dataclasses.replace(lane, lanes=(1, 1), dashed=False))
    assert brightness(lane) < 0.3 < 0.4 < marked


def test_same_arguments_give_the_same_sample():
    first = synthetic_sample(5, 2, camera=SMALL)
    street.cache_clear()
    again = synthetic_sample(5, 2, camera=SMALL)
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.depth, again.depth)


def test_different_seeds_and_frames_differ():
    base = synthetic_sample(5, camera=SMALL)
    for other in (synthetic_sample(6, camera=SMALL), synthetic_sample(5, 1, camera=SMALL)):
        assert np.mean(base.depth != other.depth) > 0.2
        assert np.mean(base.image != other.image) > 0.5


def test_two_cameras_measure_the_same_scene():
    # The second camera's pixels are every fourth pixel of the first, by its own intrinsics.
    fine = Camera(240.0, 236.0, 163.0, 51.0, 328, 104)
    coarse = Camera(fine.fx / 4, fine.fy / 4, 163.0 / 4, 51.0 / 4, 82, 26)
    a = synthetic_sample(11, camera=fine).depth[::4, ::4]
    b = synthetic_sample(11, camera=coarse).depth
    assert a.shape == b.shape
    same = np.isclose(a, b, rtol=1e-4)
    assert same.mean() > 0.999  # single pixels on an outline may round either way


def test_cropped_camera_sees_the_crop():
    whole = synthetic_sample(4, camera=SMALL)
    part = synthetic_sample(4, camera=SMALL.cropped(40, 20, 200, 70))
    same = np.isclose(part.depth, whole.depth[20:90, 40:240], rtol=1e-5)
    assert same.mean() > 0.999


def test_sequence_advances_with_the_ego_motion():
    frames = [synthetic_sample(8, n, camera=SMALL) for n in range(3)]
    assert [frame.id for frame in frames] == [f'synthetic/000008_{n:04d}' for n in range(3)]
    drive = street(8).drive
    steps = [street(8).eye(n).position[2] for n in range(3)]
    np.testing.assert_allclose(np.diff(steps), drive.speed * FRAME_PERIOD)
    assert 8.0 <= drive.speed <= 12.0


def test_negative_seed_or_frame_is_refused():
    with pytest.raises(ValueError, match='0 or more'):
        synthetic_sample(-1)
    with pytest.raises(ValueError, match='0 or more'):
        synthetic_sample(0, -1)

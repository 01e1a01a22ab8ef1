# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Geometric changes: known points stay where the camera says, and no depth is ever invented."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from posed_points import CAMERA, COUNT, check_plane, check_points, points_and_sample

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.transforms.geometric import (
    crop,
    crop_nyu_border,
    crop_to_kitti_benchmark,
    flip,
    pad,
    resize,
    rotate_camera,
    scatter_depth,
)

MIRROR = np.diag([-1.0, 1.0, 1.0])


def rolled(degrees: float) -> np.ndarray:
    """Rotation of points about the optical axis."""
    a = np.radians(degrees)
    return np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])


@pytest.mark.parametrize(
    ('change', 'motion', 'size', 'least'),
    [
        (lambda s: crop(s, 7, 5, 60, 31), np.eye(3), (31, 60), 10),
        (lambda s: pad(s, left=3, top=4, right=5, bottom=6), np.eye(3), (58, 108), COUNT),
        (lambda s: resize(s, 37, 18), np.eye(3), (18, 37), 50),
        (lambda s: resize(s, 160, 77), np.eye(3), (77, 160), COUNT),
        (lambda s: resize(s, 50, 96), np.eye(3), (96, 50), 50),
        (flip, MIRROR, (48, 100), COUNT),
        (lambda s: rotate_camera(s, roll=3.0), rolled(3.0), (48, 100), 45),
        (lambda s: rotate_camera(s, roll=-20.0), rolled(-20.0), (48, 100), 30),
    ],
)
def test_points_and_plane_keep_their_place(
    change: Callable[[Sample], Sample], motion: np.ndarray, size: tuple[int, int], least: int
) -> None:
    """Depth within half a pixel of each moved point; dense depth that of the moved plane."""
    points, sample = points_and_sample()
    before = (sample.image.copy(), sample.depth.copy())
    view = change(sample)
    assert view.depth.shape == size and view.id == sample.id
    # Half an old pixel of a rolled camera reaches a little farther along the new sides.
    slack = 0.57 * abs(motion[0, 1]) + 1e-3
    assert check_points(points @ motion.T, view, slack) >= least
    normal = motion @ np.array([0.05, -0.1, 1.0])  # rotations and mirrors are orthogonal
    assert check_plane(view, tuple(normal)) > 0.6 * min(48 * 100, size[0] * size[1])
    np.testing.assert_array_equal(sample.image, before[0])
    np.testing.assert_array_equal(sample.depth, before[1])


@pytest.mark.parametrize(
    'change', [flip, lambda s: crop(s, 7, 5, 60, 31), lambda s: resize(s, 50, 24)]
)
def test_sample_without_dense_depth_stays_without(change: Callable[[Sample], Sample]) -> None:
    _, sample = points_and_sample()
    assert change(replace(sample, dense=None)).dense is None


@pytest.mark.parametrize(
    'change', [lambda s: resize(s, 70, 30), lambda s: rotate_camera(s, roll=10.0)]
)
def test_image_follows_the_same_camera(change: Callable[[Sample], Sample]) -> None:
    """An image that holds x / z and y / z of its rays, as grey values, shows them afterwards."""
    camera = Camera(fx=90.0, fy=80.0, cx=47.3, cy=21.9, width=100, height=48)

    def rays(camera: Camera) -> np.ndarray:
        v, u = np.mgrid[: camera.height, : camera.width]
        x, y = (u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy
        return np.stack([x, y, np.zeros_like(x)], -1)

    image = np.rint(128 + 150 * rays(camera)).astype(np.uint8)
    nothing = np.zeros((48, 100), np.float32)
    view = change(Sample(image, nothing, camera, 'scene/0', nothing + 1))
    motion = rolled(10.0) if view.camera == camera else np.eye(3)
    expected = 128 + 150 * (rays(view.camera) @ motion)  # the old ray of each new pixel
    assert view.dense is not None
    inside = view.dense > 0
    assert inside.mean() > 0.7
    assert np.abs(view.image - expected)[inside][:, :2].max() < 2


def test_roll_leaves_k_and_the_corners_without_ground_truth() -> None:
    _, sample = points_and_sample()
    view = rotate_camera(replace(sample, depth=np.full((48, 100), 9, np.float32)), roll=10.0)
    assert view.camera == CAMERA
    assert view.dense is not None
    for depth in (view.depth, view.dense):
        assert depth[0, 0] == depth[-1, -1] == 0
    assert view.image[0, 0].any()  # continued, not black
    assert set(np.unique(view.depth)) == {0, 9}


def test_padding_has_no_ground_truth_and_continues_the_image() -> None:
    _, sample = points_and_sample()
    view = pad(replace(sample, depth=np.ones((48, 100), np.float32)), top=3, right=2)
    assert view.dense is not None
    assert not view.depth[:3].any() and not view.dense[:, 100:].any()
    assert (view.depth[3:, :100] == 1).all()
    np.testing.assert_array_equal(view.image[:3, :100], np.repeat(view.image[3:4, :100], 3, 0))


def test_dense_depth_is_interpolated_only_between_known_pixels() -> None:
    dense = np.tile(np.array([4, 6, 0, 8, 10, 12], np.float32), (6, 1))
    image = np.zeros((6, 6, 3), np.uint8)
    sample = Sample(image, dense, Camera(9, 9, 3, 3, 6, 6), 'scene/0', dense)
    view = resize(sample, 3, 3)
    np.testing.assert_allclose(view.dense, np.tile([5, 0, 11], (3, 1)))
    np.testing.assert_array_equal(view.depth, np.tile([4, 8, 10], (3, 1)))  # nearest, unblended


def test_nearest_depth_wins_and_none_is_blended() -> None:
    depth = np.array([[7, 3, 0, 0], [5, 9, 0, 4], [0, 0, 2, 8], [0, 6, 1, 0]], np.float32)
    np.testing.assert_array_equal(scatter_depth(depth, 2, 2), [[3, 4], [6, 1]])
    np.testing.assert_array_equal(scatter_depth(depth, 1, 4), [[5, 3, 1, 4]])
    larger = scatter_depth(depth, 8, 8)
    assert sorted(larger[larger > 0]) == sorted(depth[depth > 0])
    assert not scatter_depth(np.zeros((4, 4), np.float32), 2, 2).any()


@pytest.mark.parametrize('size', [(20, 33), (7, 9), (41, 70), (60, 31), (13, 90), (1, 1)])
@pytest.mark.parametrize('density', [0.1, 1.0])
def test_scattering_is_that_of_single_points(size: tuple[int, int], density: float) -> None:
    rng = np.random.default_rng(0)
    depth = np.where(rng.random((41, 67)) < density, rng.uniform(1, 80, (41, 67)), 0)
    depth = depth.astype(np.float32)
    expected = np.full(size, np.inf, np.float32)
    for row, column in np.argwhere(depth):
        place = int((row + 0.5) * size[0] / 41), int((column + 0.5) * size[1] / 67)
        expected[place] = min(expected[place], depth[row, column])
    expected[np.isinf(expected)] = 0
    np.testing.assert_array_equal(scatter_depth(depth, *size), expected)


def frame(height: int, width: int) -> Sample:
    """Depth is 1 + row + column / 10000, so each pixel can be told."""
    v, u = np.mgrid[:height, :width].astype(np.float32)
    camera = Camera(721.5, 721.5, 609.6, 172.9, width, height)
    return Sample(np.zeros((height, width, 3), np.uint8), 1 + v + u / 10000, camera, 'x/0')


@pytest.mark.parametrize(('size', 'top', 'left'), [((375, 1242), 23, 13), ((370, 1226), 18, 5)])
def test_kitti_benchmark_crop(size: tuple[int, int], top: int, left: int) -> None:
    view = crop_to_kitti_benchmark(frame(*size))
    assert view.depth.shape == (352, 1216)
    assert view.depth[0, 0] == np.float32(1 + top) + np.float32(left / 10000)
    assert (view.camera.cx, view.camera.cy) == (609.6 - left, 172.9 - top)


def test_nyu_border_crop() -> None:
    view = crop_nyu_border(frame(480, 640))
    assert view.depth.shape == (427, 565)  # columns 43:608, rows 45:472
    assert view.depth[0, 0] == np.float32(46) + np.float32(43 / 10000)
    assert (view.camera.cx, view.camera.cy) == pytest.approx((609.6 - 43, 172.9 - 45))


@pytest.mark.parametrize(
    ('cut', 'size', 'message'),
    [
        (crop_to_kitti_benchmark, (351, 1242), '1242x351, smaller than the 1216x352'),
        (crop_nyu_border, (427, 565), '640x480, not 565x427'),
    ],
)
def test_image_too_small_for_a_fixed_crop(
    cut: Callable[[Sample], Sample], size: tuple[int, int], message: str
) -> None:
    with pytest.raises(ValueError, match=rf'x/0.*{message}.*fixed_crop'):
        cut(frame(*size))

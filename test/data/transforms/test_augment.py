# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Random views: the camera follows the pixels, whatever was drawn."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from posed_points import CAMERA, check_plane, check_points, points_and_sample

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.preprocessing import focal_length
from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.transforms.augment import augment
from lacdepth_ros.data.transforms.config import AugmentConfig

SQUARE = replace(CAMERA, fy=CAMERA.fx)
STILL = AugmentConfig(
    crop=(40, 80),
    focal_range=(84.0, 85.0),
    flip=0.0,
    gray=0.0,
    brightness=0.0,
    contrast=0.0,
    saturation=0.0,
    channel_gain=0.0,
    gamma=0.0,
    blur=0.0,
)


@pytest.mark.parametrize('crop', [(30, 50), (40, 130), (70, 50), (70, 130)])
@pytest.mark.parametrize('vertical', ['random', 'bottom', 'top'])
@pytest.mark.parametrize('seed', range(3))
def test_random_view_keeps_points_and_camera_together(
    crop: tuple[int, int], vertical: Any, seed: int
) -> None:
    points, sample = points_and_sample()
    config = replace(STILL, crop=crop, focal_range=(40.0, 110.0), vertical=vertical)
    view = augment(sample, config, np.random.default_rng(seed))
    assert view.image.shape == (*crop, 3)
    assert (view.camera.height, view.camera.width) == crop
    assert 39 <= focal_length(view.camera) <= 112
    assert check_points(points, view) > 0
    assert check_plane(view) > 0
    assert view.id == sample.id


def test_all_changes_together_keep_points_and_plane() -> None:
    """Roll, scale, crop, pad and flip: undo the roll and the mirror to find the points again."""
    points, sample = points_and_sample()
    config = replace(STILL, crop=(44, 80), rotation=5.0, scale_range=(0.7, 1.2), flip=1.0)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        draws = np.random.default_rng(seed).uniform(-5.0, 5.0, 2)
        angle = np.radians(draws[1])  # the first is the pitch's
        cos, sin = np.cos(angle), np.sin(angle)
        motion = np.diag([-1, 1, 1]) @ [[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]
        view = augment(sample, config, rng)
        # Half a pixel from the roll (scaled), half a pixel from the resize.
        assert check_points(points @ motion.T, view, slack=0.61) > 10
        assert check_plane(view, tuple(motion @ [0.05, -0.1, 1.0])) > 1000


def test_focal_range_of_one_value_sets_the_focal_length() -> None:
    _, sample = points_and_sample()
    config = replace(STILL, crop=(200, 400), focal_range=(360.0, 360.0))
    view = augment(sample, config, np.random.default_rng(0))
    assert focal_length(view.camera) == pytest.approx(360.0, rel=0.01)


def test_scale_range_replaces_the_focal_range() -> None:
    _, sample = points_and_sample(SQUARE)
    config = replace(STILL, scale_range=(1.0, 1.0))
    view = augment(sample, config, np.random.default_rng(0))
    assert (view.camera.fx, view.camera.fy) == (SQUARE.fx, SQUARE.fy)  # never resampled
    assert any(
        np.array_equal(view.image, sample.image[top : top + 40, left : left + 80])
        for top in range(9)
        for left in range(21)
    )
    focals = [
        augment(sample, replace(STILL, scale_range=(0.5, 0.75)), np.random.default_rng(s)).camera
        for s in range(30)
    ]
    shares = [focal_length(camera) / focal_length(SQUARE) for camera in focals]
    assert 0.49 <= min(shares) < 0.55 and 0.7 < max(shares) <= 0.76


def test_wide_zoom_draws_from_its_own_range_with_its_probability() -> None:
    _, sample = points_and_sample()
    config = replace(STILL, wide_zoom=0.5, wide_focal_range=(150.0, 200.0))
    rng = np.random.default_rng(0)
    focals = [focal_length(augment(sample, config, rng).camera) for _ in range(80)]
    wide = [focal for focal in focals if focal > 120]
    assert 20 < len(wide) < 60
    assert min(wide) > 145 and max(wide) < 205
    assert all(80 < focal < 90 for focal in focals if focal <= 120)


def test_focal_lengths_that_leave_the_crop_empty_are_left_out() -> None:
    """40 x 80 of 48 x 100 pixels at 100 px: to fill 90 % of 60 rows takes 112 px and more."""
    _, sample = points_and_sample(SQUARE)
    config = replace(
        STILL, crop=(60, 80), focal_range=(50.0, 60.0), least_fill=0.9, wide_zoom=1e-9
    )
    config = replace(config, wide_focal_range=(50.0, 200.0))
    views = [augment(sample, config, np.random.default_rng(s)) for s in range(30)]
    scales = [focal_length(view.camera) / focal_length(SQUARE) for view in views]
    assert min(scales) > 0.9 * 60 / 48 * 0.98
    assert max(scales) < 1.2 * 0.9 * 60 / 48 * 1.02
    bound = replace(config, wide_zoom=0.0)  # the range says how far it may go
    assert focal_length(augment(sample, bound, np.random.default_rng(0)).camera) < 61


@pytest.mark.parametrize('scales', [{}, {'scale_range': (0.9, 1.1)}])
@pytest.mark.parametrize(('fx', 'fy'), [(50.0, 100.0), (100.0, 50.0), (90.0, 80.0)])
def test_pixels_of_a_view_are_square(fx: float, fy: float, scales: dict[str, Any]) -> None:
    """As those of the network's input are, whatever the camera's (`input_camera`)."""
    oblong = Camera(fx, fy, 47.3, 41.9, width=100, height=90)
    points, sample = points_and_sample(oblong)
    config = replace(STILL, crop=(30, 30), focal_range=(70.0, 75.0), **scales)
    found = 0
    for seed in range(5):
        view = augment(sample, config, np.random.default_rng(seed))
        assert view.camera.fx / view.camera.fy == pytest.approx(1, abs=0.04)  # whole pixels
        found += check_points(points, view)
        assert check_plane(view) > 0
    assert found > 10
    full = augment(sample, replace(config, least_fill=1.0), np.random.default_rng(0))
    assert (full.dense is not None) and (full.dense > 0).mean() > 0.9


def test_lost_detail_keeps_brightness_and_size() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 100, 3)).astype(np.uint8)
    sample = Sample(image, np.zeros((48, 100), np.float32), SQUARE, 'x/0')
    still = replace(STILL, crop=(48, 100), scale_range=(1.0, 1.0))
    same = augment(sample, still, np.random.default_rng(0)).image
    coarse = augment(sample, replace(still, low_resolution=1.0), np.random.default_rng(0)).image
    np.testing.assert_array_equal(same, image)
    assert coarse.shape == image.shape
    assert coarse.mean() == pytest.approx(image.mean(), abs=2)
    assert coarse.std() < 0.85 * image.std()


def test_rows_are_aligned_as_asked() -> None:
    _, sample = points_and_sample(SQUARE)
    tops = {}
    for vertical in ('random', 'bottom', 'top'):
        config = replace(STILL, scale_range=(1.0, 1.0), vertical=vertical)
        views = [augment(sample, config, np.random.default_rng(s)) for s in range(40)]
        tops[vertical] = {round(SQUARE.cy - view.camera.cy) for view in views}
    assert tops == {'random': set(range(9)), 'bottom': {8}, 'top': {0}}


@pytest.mark.parametrize(('vertical', 'row'), [('random', 0), ('bottom', 12), ('top', 0)])
def test_border_beyond_the_image_has_no_ground_truth(vertical: Any, row: int) -> None:
    _, sample = points_and_sample(SQUARE)
    sample = replace(sample, depth=np.ones_like(sample.depth))
    config = replace(STILL, crop=(60, 120), scale_range=(1.0, 1.0), vertical=vertical)
    view = augment(sample, config, np.random.default_rng(0))
    inside = np.zeros((60, 120), bool)
    inside[row : row + 48, :100] = True
    assert view.dense is not None
    np.testing.assert_array_equal(view.depth, inside)
    np.testing.assert_array_equal(view.dense > 0, inside)
    np.testing.assert_array_equal(view.image[inside].reshape(48, 100, 3), sample.image)
    assert view.image[~inside].any()  # continued, not black


def test_flip_is_drawn_with_its_probability() -> None:
    points, sample = points_and_sample()
    for probability, mirror in ((1.0, -1), (0.0, 1)):
        config = replace(STILL, flip=probability)
        view = augment(sample, config, np.random.default_rng(0))
        assert check_points(points * [mirror, 1, 1], view) > 0


@pytest.mark.parametrize(
    ('fixed_crop', 'size', 'offset'),
    [('kitti', (375, 1242), (13, 23)), ('nyu', (480, 640), (43, 45))],
)
def test_fixed_crop_comes_first(
    fixed_crop: Any, size: tuple[int, int], offset: tuple[int, int]
) -> None:
    camera = Camera(700.0, 710.0, 300.0, 200.0, width=size[1], height=size[0])
    image = np.zeros((*size, 3), np.uint8)
    sample = Sample(image, np.ones(size, np.float32), camera, 'x/0')
    config = replace(
        STILL, fixed_crop=fixed_crop, crop=(300, 500), scale_range=(1.0, 1.0), vertical='top'
    )
    view = augment(sample, config, np.random.default_rng(0))
    assert view.camera.cy == 200.0 - offset[1]
    assert view.camera.cx <= 300.0 - offset[0]
    with pytest.raises(ValueError, match='fixed_crop'):
        augment(points_and_sample()[1], config, np.random.default_rng(0))


LAPDEPTH_KITTI = AugmentConfig(
    fixed_crop='kitti',
    rotation=1.0,
    scale_range=(1.0, 1.0),
    crop=(352, 704),
    photometric_probability=0.5,
    brightness=0.1,
    channel_gain=0.1,
    gamma=0.1,
    channel_permutation=0.5,
    contrast=0.0,
    saturation=0.0,
    gray=0.0,
    blur=0.0,
)


@pytest.mark.skipif('LACDEPTH_DATA' not in os.environ, reason='needs the real frames')
@pytest.mark.parametrize('config', [AugmentConfig(), LAPDEPTH_KITTI])
def test_views_of_real_frames_hold_only_what_was_measured(config: AugmentConfig) -> None:
    entries = read_manifest(Path(os.environ['LACDEPTH_DATA']) / 'train' / 'manifest.jsonl')
    one_of_each = {entry.group: entry for entry in entries}
    for entry in one_of_each.values():
        sample = entry.load()
        if config.fixed_crop == 'kitti' and sample.camera.width < 1216:
            continue
        view = augment(sample, config, np.random.default_rng(0))
        assert view.depth.shape == view.image.shape[:2] == config.crop
        assert np.isin(view.depth, sample.depth).all() and (view.depth > 0).any()


def test_original_is_untouched() -> None:
    _, sample = points_and_sample()
    image, depth = sample.image.copy(), sample.depth.copy()
    augment(sample, AugmentConfig(crop=(30, 50)), np.random.default_rng(0))
    np.testing.assert_array_equal(sample.image, image)
    np.testing.assert_array_equal(sample.depth, depth)


def test_same_seed_gives_the_same_view() -> None:
    _, sample = points_and_sample()
    config = AugmentConfig(crop=(30, 50), focal_range=(50.0, 100.0))
    views = [augment(sample, config, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(views[0].image, views[1].image)
    np.testing.assert_array_equal(views[0].depth, views[1].depth)
    assert not np.array_equal(views[0].image, views[2].image)


def test_crop_that_crops_take_the_place_of_is_refused() -> None:
    crops = ((288, 704), (352, 640))
    assert AugmentConfig(crop=(352, 640), crops=crops).crops == AugmentConfig(crops=crops).crops
    with pytest.raises(ValueError, match=r'crop=\(128, 416\) has no effect beside crops=.*; list'):
        AugmentConfig(crop=(128, 416), crops=crops)


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('crop', (0, 704)),
        ('crop', 224),
        ('crop', (224.5, 704)),
        ('crops', ((224, 704), (224,))),
        ('crops', ((224, 0),)),
        ('wide_focal_range', (900.0, 300.0)),
        ('wide_zoom', 2.0),
        ('least_fill', -0.1),
        ('pitch', 90.0),
        ('yaw', -1.0),
        ('low_resolution', 1.5),
        ('focal_range', (690.0, 380.0)),
        ('focal_range', (0.0, 380.0)),
        ('focal_range', (380.0,)),
        ('flip', 1.5),
        ('gray', -0.1),
        ('blur', 'often'),
        ('brightness', 1.0),
        ('contrast', -0.1),
        ('gamma', -0.5),
        ('gamma', float('nan')),
        ('scale_range', (0.0, 1.0)),
        ('rotation', 90.0),
        ('photometric_probability', 1.1),
        ('channel_permutation', -1.0),
        ('fixed_crop', 'sintel'),
        ('vertical', 'middle'),
    ],
)
def test_impossible_range_is_named(field: str, value: Any) -> None:
    with pytest.raises(ValueError) as caught:
        AugmentConfig(**{field: value})
    assert f'{field}={value!r}' in str(caught.value)

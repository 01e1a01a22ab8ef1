# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Random views: the camera follows the pixels, and no depth is ever invented."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lacdepth_ros.camera import Camera
from lacdepth_ros.data.augment import (
    AugmentConfig,
    augment,
    change_light,
    flip,
    rescale,
    scatter_depth,
)
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.preprocessing import focal_length

CAMERA = Camera(fx=90.0, fy=80.0, cx=47.3, cy=21.9, width=100, height=48)
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


def points_and_sample() -> tuple[np.ndarray, Sample]:
    """Points in space (N, 3), and their picture: each is the true depth of one pixel."""
    rng = np.random.default_rng(0)
    cells = rng.permutation(CAMERA.width * CAMERA.height)[:60]
    v, u = np.divmod(cells, CAMERA.width)
    z = np.float32(5) + np.arange(60, dtype=np.float32)  # all different: depth names the point
    points = np.stack([(u - CAMERA.cx) * z / CAMERA.fx, (v - CAMERA.cy) * z / CAMERA.fy, z], 1)
    depth = np.zeros((CAMERA.height, CAMERA.width), np.float32)
    depth[v, u] = z
    image = rng.integers(0, 256, (CAMERA.height, CAMERA.width, 3), np.uint8)
    return points, Sample(image, depth, CAMERA, 'scene/0')


def check_points(points: np.ndarray, view: Sample) -> int:
    """Every depth is that of a point and lies where the camera sees it; returns their number."""
    found = 0
    for row, column in np.argwhere(view.depth):
        matches = points[points[:, 2] == view.depth[row, column]]
        assert len(matches) == 1, 'a depth that no point has'
        x, y, z = matches[0]
        assert abs(view.camera.fx * x / z + view.camera.cx - column) <= 0.5 + 1e-6
        assert abs(view.camera.fy * y / z + view.camera.cy - row) <= 0.5 + 1e-6
        found += 1
    return found


@pytest.mark.parametrize('scale', [0.37, 0.5, 1.0, 1.6])
def test_rescaled_depth_lands_where_the_camera_says(scale: float) -> None:
    points, sample = points_and_sample()
    view = rescale(sample, scale)
    assert view.depth.shape == (round(48 * scale), round(100 * scale))
    assert focal_length(view.camera) == pytest.approx(scale * focal_length(CAMERA), rel=0.02)
    assert check_points(points, view) >= (50 if scale < 1 else 60)


@pytest.mark.parametrize('crop', [(30, 50), (40, 130), (70, 50), (70, 130)])
@pytest.mark.parametrize('seed', range(4))
def test_random_view_keeps_points_and_camera_together(crop: tuple[int, int], seed: int) -> None:
    points, sample = points_and_sample()
    config = replace(STILL, crop=crop, focal_range=(40.0, 110.0), flip=0.0)
    view = augment(sample, config, np.random.default_rng(seed))
    assert view.image.shape == (*crop, 3)
    assert (view.camera.height, view.camera.width) == crop
    assert 39 <= focal_length(view.camera) <= 112
    assert check_points(points, view) > 0
    assert view.id == sample.id


def test_flipped_points_are_mirrored() -> None:
    points, sample = points_and_sample()
    view = flip(sample)
    assert check_points(points * [-1, 1, 1], view) == 60
    np.testing.assert_array_equal(view.image, sample.image[:, ::-1])


def test_flip_is_drawn_with_its_probability() -> None:
    points, sample = points_and_sample()
    config = replace(STILL, flip=1.0)
    view = augment(sample, config, np.random.default_rng(0))
    assert check_points(points * [-1, 1, 1], view) > 0


def test_nearest_depth_wins_and_none_is_blended() -> None:
    depth = np.array([[7, 3, 0, 0], [5, 9, 0, 4], [0, 0, 2, 8], [0, 6, 1, 0]], np.float32)
    np.testing.assert_array_equal(scatter_depth(depth, 2, 2), [[3, 4], [6, 1]])
    np.testing.assert_array_equal(scatter_depth(depth, 1, 4), [[5, 3, 1, 4]])
    larger = scatter_depth(depth, 8, 8)
    assert sorted(larger[larger > 0]) == sorted(depth[depth > 0])


def test_border_beyond_the_image_has_no_truth() -> None:
    _, sample = points_and_sample()
    sample = replace(sample, depth=np.ones_like(sample.depth))
    config = replace(STILL, crop=(60, 120), focal_range=(focal_length(CAMERA),) * 2)
    view = augment(sample, config, np.random.default_rng(0))
    assert (view.depth[:48, :100] == 1).all()
    assert not view.depth[48:].any() and not view.depth[:, 100:].any()
    np.testing.assert_array_equal(view.image[48:, :100], np.repeat(view.image[47:48, :100], 12, 0))


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


def test_light_that_does_not_change_leaves_the_image() -> None:
    _, sample = points_and_sample()
    light = change_light(sample.image, STILL, np.random.default_rng(0))
    assert light.dtype == np.uint8
    assert np.abs(light.astype(int) - sample.image).max() <= 1


def test_gray_has_one_value_a_pixel() -> None:
    _, sample = points_and_sample()
    light = change_light(sample.image, replace(STILL, gray=1.0), np.random.default_rng(0))
    assert np.ptp(light.astype(int), axis=2).max() <= 1
    assert light.std() > 10


@pytest.mark.parametrize(
    ('changes', 'expected'),
    [
        ({'brightness': 0.5}, lambda x, rng: x * rng.uniform(0.5, 1.5)),
        ({'gamma': 0.5}, lambda x, rng: 255 * (x / 255) ** (1.5 ** gamma_draw(rng))),
    ],
)
def test_light_follows_its_formula(changes: dict[str, Any], expected: Any) -> None:
    image = np.full((8, 8, 3), 60, np.uint8)
    light = change_light(image, replace(STILL, **changes), np.random.default_rng(3))
    value = expected(60.0, np.random.default_rng(3))
    np.testing.assert_allclose(light, value, atol=1.5)


def gamma_draw(rng: np.random.Generator) -> float:
    """The draw for gamma comes after brightness, three gains, contrast and saturation."""
    rng.uniform(size=6)
    return float(rng.uniform(-1, 1))


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('crop', (0, 704)),
        ('crop', 224),
        ('crop', (224.5, 704)),
        ('focal_range', (690.0, 380.0)),
        ('focal_range', (0.0, 380.0)),
        ('focal_range', (380.0,)),
        ('flip', 1.5),
        ('gray', -0.1),
        ('blur', 'often'),
        ('brightness', 1.0),
        ('contrast', -0.1),
        ('gamma', -0.5),
    ],
)
def test_impossible_range_is_named(field: str, value: Any) -> None:
    with pytest.raises(ValueError) as caught:
        AugmentConfig(**{field: value})
    assert f'{field}={value!r}' in str(caught.value)

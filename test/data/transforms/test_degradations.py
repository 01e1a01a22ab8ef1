# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Degraded pictures, against what NumPy makes of their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lacdepth_ros.data.transforms.config import AugmentConfig
from lacdepth_ros.data.transforms.degradations import (
    DRAWS,
    blocky,
    compressed,
    defocused,
    degrade,
    dimmed,
    noisy,
    smeared,
    veiled,
    wetted,
)
from lacdepth_ros.data.transforms.photometric import augment_photometric


@pytest.fixture(scope='module')
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (48, 120, 3), np.uint8)


def impulse(height: int = 41, width: int = 41) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[height // 2, width // 2] = 255
    return image


def test_an_eighth_of_the_light_is_0_39_of_the_value(image: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    expected = 255 * (0.125 * (image / 255.0) ** 2.2) ** (1 / 2.2)
    assert np.abs(dimmed(image, 0.125, 0.0, rng) - expected).max() <= 1
    white = np.full((100, 100, 3), 255, np.uint8)
    noise = (dimmed(white, 0.25, 0.02, rng) / 255.0) ** 2.2
    assert noise.mean() == pytest.approx(0.25, abs=0.003)  # of the light, not of the values
    assert noise.std() == pytest.approx(0.02, rel=0.05)


def test_noise_has_the_std_asked_for_in_every_channel() -> None:
    gray = np.full((100, 200, 3), 128, np.uint8)
    changed = noisy(gray, 12, np.random.default_rng(0)).astype(float)
    np.testing.assert_allclose(changed.std((0, 1)), 12, rtol=0.05)
    assert abs(np.corrcoef(changed[..., 0].ravel(), changed[..., 1].ravel())[0, 1]) < 0.05


def test_a_point_out_of_focus_is_a_gaussian() -> None:
    spot = defocused(impulse(), 2.0)[..., 1].astype(float)
    rows, columns = np.mgrid[-20:21, -20:21]
    expected = 255 * np.exp(-(rows**2 + columns**2) / (2 * 2.0**2)) / (2 * math.pi * 2.0**2)
    np.testing.assert_allclose(spot, expected, atol=1)


def test_a_shaken_point_is_a_line_of_that_length_and_direction() -> None:
    level = smeared(impulse(), 11, 0.0)[..., 0]
    assert (level[20, 15:26] == round(255 / 11)).all() and np.count_nonzero(level) == 11
    upright = smeared(impulse(), 11, math.pi / 2)[..., 0]
    np.testing.assert_array_equal(upright, level.T)
    rows, columns = np.nonzero(smeared(impulse(), 11, math.pi / 4)[..., 0])
    assert set(zip(rows - 20, columns - 20, strict=True)) == {(i, i) for i in range(-4, 5)}


def test_fog_is_a_mean_with_its_veil(image: np.ndarray) -> None:
    expected = 0.3 * image.astype(float) + 0.7 * 200
    assert np.abs(veiled(image, 0.3, 200) - expected).max() <= 1


def test_blocks_hold_the_mean_of_their_pixels(image: np.ndarray) -> None:
    means = image.reshape(8, 6, 20, 6, 3).mean((1, 3))
    blocks = blocky(image, 20)
    assert np.abs(blocks[3::6, 3::6] - means).max() <= 1
    np.testing.assert_array_equal(blocks, blocks[3::6, 3::6].repeat(6, 0).repeat(6, 1))


def test_less_of_a_picture_is_left_at_a_lower_quality(image: np.ndarray) -> None:
    errors = [np.abs(compressed(image, q).astype(int) - image).mean() for q in (95, 40, 5)]
    assert errors[0] < errors[1] < errors[2]
    red = np.zeros((32, 32, 3), np.uint8) + np.array([200, 0, 0], np.uint8)
    assert np.abs(compressed(red, 90).astype(int) - red).max() < 12  # channels keep their places


def test_drops_blur_and_pale_what_lies_behind_them_alone() -> None:
    gray = np.full((128, 256, 3), 100, np.uint8)
    stripes = np.zeros_like(gray)
    stripes[:, ::2] = 200
    pictures = (gray, stripes)
    wet, wet_stripes = (wetted(x, 3, np.random.default_rng(3)).astype(int) for x in pictures)
    middle, dry = wet[..., 0] >= 119, wet[..., 0] == 100
    assert wet.max() in (119, 120) and wet.min() >= 99  # 0.8 of the mean, and 40
    assert 0.001 < middle.mean() < dry.mean() < 0.99
    assert np.abs(wet_stripes[middle] - 120).max() <= 12  # no stripes are left in a drop
    assert np.abs(wet_stripes[dry] - stripes[dry]).max() <= 12  # and all of them outside


def test_every_kind_is_drawn_at_many_strengths(
    image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    for name, draw in DRAWS.items():
        monkeypatch.setitem(
            DRAWS, name, lambda x, r, name=name, draw=draw: (seen.append(name), draw(x, r))[1]
        )
    for draw in [*DRAWS.values()]:
        pictures = {draw(image, np.random.default_rng(seed)).tobytes() for seed in range(6)}
        assert len(pictures) >= 4
    counts = []
    for seed in range(300):
        seen.clear()
        changed = degrade(image, np.random.default_rng(seed))
        assert changed.shape == image.shape and changed.dtype == np.uint8
        counts.append(list(seen))
    kinds = [name for names in counts for name in names]
    share = {name: kinds.count(name) / len(kinds) for name in DRAWS}
    assert share['defocused'] == pytest.approx(3 / 11, abs=0.06)
    assert all(value > 0.04 for value in share.values())
    assert np.mean([len(names) == 2 for names in counts]) == pytest.approx(0.25, abs=0.07)


def test_the_share_of_degraded_views_is_the_setting(image: np.ndarray) -> None:
    off = {
        'photometric_probability': 0.0,
        'gray': 0.0,
        'blur': 0.0,
    }

    def changed(degraded: float) -> float:
        config = AugmentConfig(**off, degraded=degraded)
        views = (augment_photometric(image, config, np.random.default_rng(s)) for s in range(200))
        return float(np.mean([not np.array_equal(view, image) for view in views]))

    assert changed(0.0) == 0.0
    assert changed(0.4) == pytest.approx(0.4, abs=0.09)
    with pytest.raises(ValueError, match=r'degraded=1.5 must lie in \[0, 1\]'):
        AugmentConfig(degraded=1.5)

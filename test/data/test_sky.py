# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sky is marked only where nothing else can be meant."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.data.sky import MARGIN, sky_mask

NO_GROUND_TRUTH = np.zeros((80, 120), np.float32)


def scene(sky: tuple[int, int, int]) -> np.ndarray:
    """Rows 0 to 39 sky, below brown ground."""
    image = np.empty((80, 120, 3), np.uint8)
    image[:40], image[40:] = sky, (120, 90, 60)
    return image


@pytest.mark.parametrize('sky', [(255, 255, 255), (90, 140, 220)])
def test_smooth_white_or_blue_at_the_top_is_sky(sky: tuple[int, int, int]) -> None:
    mask = sky_mask(scene(sky), NO_GROUND_TRUTH)
    border = 40 - MARGIN
    assert mask[:border].all()
    assert not mask[40:].any()


@pytest.mark.parametrize('color', [(60, 110, 40), (150, 150, 150), (220, 120, 60)])
def test_foliage_walls_and_dusk_are_not(color: tuple[int, int, int]) -> None:
    assert not sky_mask(scene(color), NO_GROUND_TRUTH).any()


def test_white_that_does_not_reach_the_top_is_not() -> None:
    image = scene((120, 90, 61))
    image[20:40, 20:100] = 255
    assert not sky_mask(image, NO_GROUND_TRUTH).any()


def test_measured_points_keep_their_surroundings() -> None:
    depth = NO_GROUND_TRUTH.copy()
    depth[10, 60] = 7.0
    mask = sky_mask(scene((255, 255, 255)), depth)
    assert not mask[8:13, 58:63].any()
    assert mask[10, :40].all()


def test_texture_is_not_sky() -> None:
    image = scene((255, 255, 255))
    image[:40] -= np.random.default_rng(0).integers(0, 30, (40, 120, 1), dtype=np.uint8)
    assert sky_mask(image, NO_GROUND_TRUTH).mean() < 0.02


def test_gray_pictures_stay_unmarked() -> None:
    image = np.full((80, 120, 3), 90, np.uint8)
    image[:40] = 255
    assert not sky_mask(image, NO_GROUND_TRUTH).any()

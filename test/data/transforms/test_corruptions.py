# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Corrupted pictures are pictures, and differ from the original as their names say."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.data.transforms.corruptions import FITTED, HELD_OUT, SENSELESS


def street() -> np.ndarray:
    """Halves of 60 and 180, with fine stripes."""
    image = np.full((60, 200, 3), 60, np.uint8)
    image[:, 100:] = 180
    image[::2] += 20
    return image


@pytest.mark.parametrize('kind', [*FITTED, *HELD_OUT])
def test_a_picture_of_the_same_size_that_is_another(kind: str) -> None:
    corrupt = {**FITTED, **HELD_OUT}[kind]
    image = street()
    one, two = (corrupt(image, np.random.default_rng(1)) for _ in range(2))
    assert one.shape == image.shape and one.dtype == np.uint8
    assert np.array_equal(one, two), 'the same seed gives the same picture'
    assert np.abs(one.astype(int) - image).mean() > 0.5
    assert np.array_equal(image, street()), 'the original stays'


def test_their_names_say_what_they_do() -> None:
    image, rng = street(), np.random.default_rng(0)
    kinds = {name: f(image, rng).astype(float) for name, f in {**FITTED, **HELD_OUT}.items()}
    stripes = {name: np.abs(np.diff(x[:, 20:80, 0], axis=0)).mean() for name, x in kinds.items()}
    assert kinds['night'].mean() < 0.5 * image.mean()
    assert kinds['dark'].mean() < image.mean() < kinds['overexposed'].mean()
    assert stripes['blurred'] < 15 and stripes['pixelated'] < 15 < stripes['noisy']
    assert np.ptp(kinds['foggy']) < 0.3 * np.ptp(image)
    assert stripes['shaken'] == pytest.approx(20), 'only sideways'
    assert np.abs(np.diff(kinds['shaken'][0, :, 0])).max() < 60
    assert np.array_equal(kinds['negative'], 255 - image)


@pytest.mark.parametrize('kind', SENSELESS)
def test_a_picture_of_nothing_has_the_size_asked_for(kind: str) -> None:
    image = SENSELESS[kind](20, 30, np.random.default_rng(0))
    assert image.shape == (20, 30, 3) and image.dtype == np.uint8

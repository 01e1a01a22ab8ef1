# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Photometric augmentation against torchvision's functions and their formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as tv

from lacdepth_ros.data.transforms.config import AugmentConfig
from lacdepth_ros.data.transforms.photometric import augment_photometric, color_matrix, gamma_table

DARK: dict[str, Any] = dict.fromkeys(
    ('gray', 'brightness', 'contrast', 'saturation', 'channel_gain', 'gamma', 'blur'), 0.0
)


def picture() -> np.ndarray:
    """Mid-tones, so that no change of the tests is clipped."""
    return np.random.default_rng(0).integers(70, 140, (24, 40, 3), np.uint8)


def light(image: np.ndarray, seed: int = 0, **changes: Any) -> np.ndarray:
    config = AugmentConfig(**{**DARK, **changes})
    return augment_photometric(image, config, np.random.default_rng(seed))


def torchvision(image: np.ndarray, *changes: tuple[Any, float]) -> np.ndarray:
    """Apply torchvision's functions to the float image; 0..255."""
    x = torch.from_numpy(image).permute(2, 0, 1).double() / 255
    for function, factor in changes:
        x = function(x, factor)
    return 255 * x.permute(1, 2, 0).numpy()


def changed(image: np.ndarray, **factors: Any) -> np.ndarray:
    one: dict[str, Any] = {'gain': np.ones(3), 'saturation': 1.0, 'contrast': 1.0, **factors}
    matrix = color_matrix(image, **one)
    return image @ matrix[:, :3].T + matrix[:, 3]


@pytest.mark.parametrize('factor', [0.6, 0.9, 1.3])
def test_each_change_is_torchvisions(factor: float) -> None:
    image = picture()
    for ours, theirs in (
        (changed(image, gain=np.full(3, factor)), tv.adjust_brightness),
        (changed(image, contrast=factor), tv.adjust_contrast),
        (changed(image, saturation=factor), tv.adjust_saturation),
        (gamma_table(factor)[image], tv.adjust_gamma),
    ):
        # torchvision rounds its grey weights to four digits, the table to whole values.
        np.testing.assert_allclose(ours, torchvision(image, (theirs, factor)), atol=0.6)


def test_changes_together_are_torchvisions_in_turn() -> None:
    image = picture()
    ours = changed(image, gain=np.full(3, 1.1), saturation=0.7, contrast=1.2)
    theirs = torchvision(
        image,
        (tv.adjust_brightness, 1.1),
        (tv.adjust_saturation, 0.7),
        (tv.adjust_contrast, 1.2),
    )
    np.testing.assert_allclose(ours, theirs, atol=0.2)


def test_light_that_does_not_change_leaves_the_image() -> None:
    image = np.random.default_rng(1).integers(0, 256, (24, 40, 3), np.uint8)
    result = light(image)
    assert result.dtype == np.uint8 and result is not image
    np.testing.assert_array_equal(result, image)
    strong = {'brightness': 0.5, 'contrast': 0.5, 'saturation': 0.5, 'channel_gain': 0.5}
    np.testing.assert_array_equal(
        light(image, **strong, gamma=1.0, photometric_probability=0), image
    )


@pytest.mark.parametrize(
    ('name', 'spread'), [('brightness', 0.25), ('channel_gain', 0.1), ('contrast', 0.3)]
)
def test_factors_fill_their_range(name: str, spread: float) -> None:
    """A grey ramp: brightness and gains act as factors, contrast about the mean."""
    image = np.tile(np.linspace(80, 120, 41).astype(np.uint8)[:, None, None], (1, 8, 3))
    middle = 100.0 if name == 'contrast' else 0.0
    factors = np.array(
        [
            np.mean((light(image, seed, **{name: spread}) - middle) @ [1, 0, 0])
            if name != 'contrast'
            else np.ptp(light(image, seed, contrast=spread)) * 2.5
            for seed in range(150)
        ]
    )
    factors /= 100
    assert 1 - spread - 0.02 <= factors.min() <= 1 - 0.9 * spread + 0.02
    assert 1 + 0.9 * spread - 0.02 <= factors.max() <= 1 + spread + 0.02
    assert factors.mean() == pytest.approx(1, abs=0.25 * spread)


def test_channels_are_gained_one_by_one() -> None:
    image = np.full((4, 4, 3), 100, np.uint8)
    colors = np.array([light(image, seed, channel_gain=0.2)[0, 0] for seed in range(20)])
    assert np.ptp(colors.astype(int), axis=1).min() > 0
    assert np.ptp([light(image, s, brightness=0.2) for s in range(20)], axis=-1).max() == 0


def test_gamma_is_drawn_symmetrically() -> None:
    image = np.full((4, 4, 3), 64, np.uint8)
    values = np.array([light(image, seed, gamma=0.25)[0, 0, 0] for seed in range(200)])
    gammas = np.log(values / 255) / np.log(64 / 255)
    assert 0.79 <= gammas.min() <= 0.83 and 1.2 <= gammas.max() <= 1.26
    assert np.log(gammas).mean() == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize('name', ['brightness', 'contrast', 'saturation', 'channel_gain', 'gamma'])
def test_each_change_is_drawn_with_its_probability(name: str) -> None:
    image = picture()
    same = [
        np.array_equal(light(image, seed, **{name: 0.5, 'photometric_probability': 0.3}), image)
        for seed in range(200)
    ]
    assert 0.6 <= np.mean(same) <= 0.8


def test_gray_has_one_value_a_pixel() -> None:
    result = light(picture(), gray=1.0, brightness=0.2, contrast=0.2)
    assert np.ptp(result.astype(int), axis=2).max() <= 1
    assert result.std() > 5


def test_channel_permutation_yields_all_orders_and_no_other_values() -> None:
    image = np.array([[[10, 20, 30]]], np.uint8)
    orders = {tuple(light(image, s, channel_permutation=1.0)[0, 0]) for s in range(60)}
    assert len(orders) == 6 and all(sorted(order) == [10, 20, 30] for order in orders)
    half = [tuple(light(image, s, channel_permutation=0.5)[0, 0]) for s in range(200)]
    assert 0.5 <= np.mean([order == (10, 20, 30) for order in half]) <= 0.67  # 1/2 + 1/12


def test_blur_keeps_the_mean_and_lowers_the_contrast() -> None:
    image = picture()
    result = light(image, blur=1.0)
    assert result.mean() == pytest.approx(image.mean(), abs=0.5)
    assert result.std() < 0.95 * image.std()


def test_lapdepths_light_stays_within_its_range() -> None:
    gray = np.full((4, 4, 3), 100, np.uint8)
    lapdepth = {
        'brightness': 0.1,
        'gamma': 0.1,
        'channel_gain': 0.1,
        'photometric_probability': 0.5,
    }
    values = np.array([light(gray, s, **lapdepth)[0, 0] for s in range(300)])
    darkest = 255 * (100 * 0.81 / 255) ** 1.1
    brightest = 255 * (100 * 1.21 / 255) ** (1 / 1.1)
    assert darkest - 1 <= values.min() and values.max() <= brightest + 1
    # Three changes, each with p = 1/2; the smallest ones round to nothing.
    assert 1 / 8 - 0.05 <= (values == 100).all(axis=1).mean() <= 1 / 8 + 0.12

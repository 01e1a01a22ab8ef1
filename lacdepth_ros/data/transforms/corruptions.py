# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures as bad light, weather and lenses leave them: ground truth stays, the network errs.

What the std must grow by on pictures unlike the training's is fitted to the kinds of FITTED, and
held against those of HELD_OUT.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from lacdepth_ros.data.transforms import degradations
from lacdepth_ros.data.transforms.degradations import (
    Image,
    as_picture,
    blocky,
    defocused,
    dimmed,
    smeared,
    veiled,
)

Corruption = Callable[[Image, np.random.Generator], Image]
Picture = Callable[[int, int, np.random.Generator], Image]


def night(image: Image, rng: np.random.Generator) -> Image:
    """An eighth of the light, and the noise of a sensor that amplifies it."""
    return dimmed(image, 0.12, 0.02, rng)


def noisy(image: Image, rng: np.random.Generator) -> Image:
    """Noise of 40 values."""
    return degradations.noisy(image, 40, rng)


def blurred(image: Image, _: np.random.Generator) -> Image:
    """Out of focus, by half a hundredth of the width."""
    return defocused(image, image.shape[1] / 200)


def foggy(image: Image, _: np.random.Generator) -> Image:
    """A quarter of the contrast behind a gray veil."""
    return veiled(image, 0.25, 190)


def pixelated(image: Image, _: np.random.Generator) -> Image:
    """A hundredth of the width a block, as of a broken video."""
    return blocky(image, 100)


def dark(image: Image, rng: np.random.Generator) -> Image:
    """Dusk: shadows close, with noise."""
    return as_picture(255 * ((image / 255.0) ** 2.5 + rng.normal(0, 0.03, image.shape)))


def overexposed(image: Image, _: np.random.Generator) -> Image:
    """Two and a half times too bright."""
    return as_picture(2.5 * image.astype(np.float64) + 30)


def shaken(image: Image, _: np.random.Generator) -> Image:
    """Smeared sideways by a fortieth of the width."""
    return smeared(image, max(3, image.shape[1] // 40), 0.0)


def negative(image: Image, _: np.random.Generator) -> Image:
    """Light for dark."""
    return as_picture(255.0 - image)


FITTED: dict[str, Corruption] = {
    'night': night,
    'noisy': noisy,
    'blurred': blurred,
    'foggy': foggy,
    'pixelated': pixelated,
}
HELD_OUT: dict[str, Corruption] = {
    'dark': dark,
    'overexposed': overexposed,
    'shaken': shaken,
    'negative': negative,
}


def black(height: int, width: int, _: np.random.Generator) -> Image:
    """A lens cap."""
    return np.zeros((height, width, 3), np.uint8)


def static(height: int, width: int, rng: np.random.Generator) -> Image:
    """Every value at random."""
    return rng.integers(0, 256, (height, width, 3), np.uint8)


def sky(height: int, width: int, rng: np.random.Generator) -> Image:
    """Blue, paler below, with a few soft clouds."""
    fall = np.linspace(1, 0.6, height)[:, None, None] * np.array([150.0, 190.0, 240.0])
    clouds = cv2.resize(rng.normal(0, 40, (3, 8)), (width, height), interpolation=cv2.INTER_CUBIC)
    return as_picture(fall + clouds[..., None] + rng.normal(0, 2, fall.shape))


SENSELESS: dict[str, Picture] = {'black': black, 'static': static, 'sky': sky}
"""Pictures that no depth belongs to, made for a size."""

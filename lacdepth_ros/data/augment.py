# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Random views of a sample for training: scale, crop, flip, light; the camera follows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.preprocessing import focal_length, resize_image

_RANGES: tuple[tuple[tuple[str, ...], str, Callable[[float], bool]], ...] = (
    (('flip', 'gray', 'blur'), '[0, 1]', lambda value: 0 <= value <= 1),
    (
        ('brightness', 'contrast', 'saturation', 'channel_gain'),
        '[0, 1)',
        lambda value: 0 <= value < 1,
    ),
    (('gamma',), '[0, inf)', lambda value: 0 <= value < math.inf),
)


def _is_pair(value: Any, kind: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, kind) for v in value)


@dataclass(frozen=True, slots=True)
class AugmentConfig:
    """Ranges of the random view.

    Raises:
        ValueError: A range that no view can be drawn from.
    """

    crop: tuple[int, int] = (224, 704)
    """Height and width of the network's training input [px]."""
    focal_range: tuple[float, float] = (380.0, 690.0)
    """The view is scaled to a focal length drawn from this range [px]."""
    flip: float = 0.5
    """Probability of a left-right flip."""
    gray: float = 0.3
    """Probability that colour is dropped."""
    brightness: float = 0.25
    """Relative range of brightness: factor in [1 - b, 1 + b]."""
    contrast: float = 0.25
    """Relative range of contrast."""
    saturation: float = 0.4
    """Relative range of saturation."""
    channel_gain: float = 0.1
    """Relative range of each colour channel's gain (white balance)."""
    gamma: float = 0.25
    """Gamma is drawn from [1 / (1 + g), 1 + g]."""
    blur: float = 0.1
    """Probability of a slight Gaussian blur."""

    def __post_init__(self) -> None:
        if not _is_pair(self.crop, int) or min(self.crop) < 1:
            raise ValueError(f'crop={self.crop!r} must be two sizes [height, width] above 0')
        if not _is_pair(self.focal_range, (int, float)) or not (
            0 < self.focal_range[0] <= self.focal_range[1]
        ):
            raise ValueError(
                f'focal_range={self.focal_range!r} must be [low, high] pixels above 0'
            )
        for names, allowed, fits in _RANGES:
            for name in names:
                value = getattr(self, name)
                if not isinstance(value, (int, float)) or not fits(value):
                    raise ValueError(f'{name}={value!r} must lie in {allowed}')


def augment(sample: Sample, config: AugmentConfig, rng: np.random.Generator) -> Sample:
    """Draw a random view of a sample of size config.crop.

    Depth is never interpolated: every measured point moves to the pixel it falls on, and the
    nearest one wins. A view smaller than the crop is continued by its border pixels, without
    truth there.
    """
    sample = rescale(sample, _draw_scale(sample.camera, config, rng))
    sample = _random_crop(sample, config.crop, rng)
    if rng.random() < config.flip:
        sample = flip(sample)
    image = change_light(sample.image, config, rng)
    return Sample(image=image, depth=sample.depth, camera=sample.camera, id=sample.id)


def rescale(sample: Sample, scale: float) -> Sample:
    """Resample the image and scatter its depth into the new grid."""
    height, width = (max(1, round(side * scale)) for side in sample.depth.shape)
    if (height, width) == sample.depth.shape:
        return sample
    return Sample(
        image=resize_image(sample.image, width, height),
        depth=scatter_depth(sample.depth, height, width),
        camera=sample.camera.resized(width, height),
        id=sample.id,
    )


def scatter_depth(
    depth: npt.NDArray[np.float32], height: int, width: int
) -> npt.NDArray[np.float32]:
    """Move every measured depth (0 = none) to the pixel it falls on; the nearest wins."""
    rows, columns = np.nonzero(depth)
    values = depth[rows, columns]
    rows = (rows + 0.5) * (height / depth.shape[0])
    columns = (columns + 0.5) * (width / depth.shape[1])
    target = rows.astype(np.int64) * width + columns.astype(np.int64)
    nearest = np.full(height * width, np.inf, np.float32)
    np.minimum.at(nearest, target, values)
    nearest[np.isinf(nearest)] = 0
    return nearest.reshape(height, width)


def flip(sample: Sample) -> Sample:
    """Mirror left to right."""
    return Sample(
        image=np.ascontiguousarray(sample.image[:, ::-1]),
        depth=np.ascontiguousarray(sample.depth[:, ::-1]),
        camera=sample.camera.flipped(),
        id=sample.id,
    )


def change_light(
    image: npt.NDArray[np.uint8], config: AugmentConfig, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Draw brightness, contrast, saturation, white balance, gamma, grey and blur for an image."""

    def factor(spread: float, size: int | None = None) -> npt.NDArray[np.float32]:
        return np.asarray(rng.uniform(1 - spread, 1 + spread, size), np.float32)

    gain = factor(config.brightness) * factor(config.channel_gain, 3)
    contrast, saturation = factor(config.contrast), factor(config.saturation)
    gamma = (1 + config.gamma) ** rng.uniform(-1, 1)
    saturation = np.float32(0) if rng.random() < config.gray else saturation
    x: npt.NDArray[np.floating] = image.astype(np.float32) * (gain / 255)
    gray = np.asarray(cv2.cvtColor(x, cv2.COLOR_RGB2GRAY), np.float32)
    x = gray[..., None] + (x - gray[..., None]) * saturation
    x = gray.mean() + (x - gray.mean()) * contrast
    bright = np.rint(255 * np.clip(x, 0, 1) ** np.float32(gamma)).astype(np.uint8)
    if rng.random() < config.blur:
        sigma = float(rng.uniform(0.4, 1.2))
        return cv2.GaussianBlur(bright, (0, 0), sigma)
    return bright


def _draw_scale(camera: Camera, config: AugmentConfig, rng: np.random.Generator) -> float:
    low, high = config.focal_range
    return float(rng.uniform(low, high)) / focal_length(camera)


def _random_crop(sample: Sample, size: tuple[int, int], rng: np.random.Generator) -> Sample:
    height, width = size
    bottom = max(0, height - sample.camera.height)
    right = max(0, width - sample.camera.width)
    image = cv2.copyMakeBorder(sample.image, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    depth = np.pad(sample.depth, ((0, bottom), (0, right)))
    camera = sample.camera.padded(right=right, bottom=bottom)
    top = int(rng.integers(0, camera.height - height + 1))
    left = int(rng.integers(0, camera.width - width + 1))
    return Sample(
        image=image[top : top + height, left : left + width],  # type: ignore[arg-type]
        depth=depth[top : top + height, left : left + width],
        camera=camera.cropped(left, top, width, height),
        id=sample.id,
    )

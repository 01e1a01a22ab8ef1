# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Random views of a sample for training; the camera follows every geometric change."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.preprocessing import focal_length, square_stretch
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.transforms.config import AugmentConfig, Vertical
from lacdepth_ros.data.transforms.geometric import (
    check_nyu_size,
    crop,
    crop_nyu_border,
    crop_to_kitti_benchmark,
    flip,
    kitti_benchmark_window,
    pad,
    resize,
    rotate_camera,
)
from lacdepth_ros.data.transforms.photometric import augment_photometric

FILLING_RANGE = 1.2
"""Where only long focal lengths fill a crop, they are drawn up to this factor of the least."""


def augment(sample: Sample, config: AugmentConfig, rng: np.random.Generator) -> Sample:
    """Draw a random view of a sample of size config.crop.

    Its pixels are square, as those of the network's input are. A view smaller than the crop is
    continued by its border pixels, without ground truth there.

    Raises:
        ValueError: config.fixed_crop does not fit the sample.
    """
    if config.fixed_crop == 'kitti':
        sample = crop_to_kitti_benchmark(sample)
    elif config.fixed_crop == 'nyu':
        sample = crop_nyu_border(sample)
    if config.rotation or config.pitch or config.yaw:
        most = (config.pitch, config.rotation, config.yaw)
        pitch, roll, yaw = (rng.uniform(-angle, angle) for angle in most)
        sample = rotate_camera(sample, pitch=pitch, roll=roll, yaw=yaw)
    sample = _random_window(sample, config, rng)
    if rng.random() < config.flip:
        sample = flip(sample)
    return replace(sample, image=augment_photometric(sample.image, config, rng))


def check_fixed_crop(camera: Camera, config: AugmentConfig, name: str) -> None:
    """Refuse an image, which messages call `name`, that config.fixed_crop does not fit.

    Raises:
        ValueError: It is too small, or of another size.
    """
    if config.fixed_crop == 'kitti':
        kitti_benchmark_window(camera.height, camera.width, name)
    elif config.fixed_crop == 'nyu':
        check_nyu_size(camera.height, camera.width, name)


def _random_window(sample: Sample, config: AugmentConfig, rng: np.random.Generator) -> Sample:
    """Scale and crop; the window is cut before it is scaled, so fewer pixels are touched."""
    camera, (height, width) = sample.camera, config.crop
    scale, stretch = _draw_scale(camera, config, rng), square_stretch(camera)
    rows, view_rows = _span(camera.height, height, scale * stretch)
    columns, view_columns = _span(camera.width, width, scale / stretch)
    top = _draw_top(camera.height - rows, config.vertical, rng)
    left = int(rng.integers(0, camera.width - columns + 1))
    view = resize(crop(sample, left, top, columns, rows), view_columns, view_rows)
    missing = height - view_rows
    above = missing if config.vertical == 'bottom' else 0
    return pad(view, top=above, bottom=missing - above, right=width - view_columns)


def _draw_scale(camera: Camera, config: AugmentConfig, rng: np.random.Generator) -> float:
    if config.scale_range is not None:
        return float(rng.uniform(*config.scale_range))
    wide = rng.random() < config.wide_zoom
    low, high = config.wide_focal_range if wide else config.focal_range
    focal = focal_length(camera)
    rows, columns = config.crop
    stretch = square_stretch(camera)
    least = max(rows / (camera.height * stretch), columns * stretch / camera.width)
    filling = config.least_fill * least * focal
    if filling > low:
        most = max(high, config.wide_focal_range[1]) if config.wide_zoom else high
        low = min(filling, most)
        high = max(high, min(FILLING_RANGE * low, most))
    return math.exp(rng.uniform(math.log(low), math.log(high))) / focal


def _span(side: int, wanted: int, scale: float) -> tuple[int, int]:
    """Pixels to cut from a side, and how many they become: `wanted`, or less if it is short."""
    cut = max(1, round(wanted / scale))
    return (cut, wanted) if cut <= side else (side, min(wanted, max(1, round(side * scale))))


def _draw_top(spare: int, vertical: Vertical, rng: np.random.Generator) -> int:
    if vertical == 'random':
        return int(rng.integers(0, spare + 1))
    return spare if vertical == 'bottom' else 0

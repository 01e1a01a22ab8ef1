# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong, or can hardly be right, with a frame that can be read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera, doubt_of_axis
from lacdepth_ros.data.manifest import ManifestEntry
from lacdepth_ros.data.sample import BEYOND_FROM, Sample

_FOCAL_PER_WIDTH = (0.13, 11.5)  # fields of view of 150 and 5 degrees
_DARK = 16  # of 255: the brightest value of 12 bits stored low in 16
_PLAUSIBLE = (0.2, 150.0)  # metres, of a frame's median depth
_DENSE_RATIO = 1.1  # how far dense may be from the ground truth, in the median
_TELLING = 20  # different counts from which on what they have in common is no accident
_WIDENED = (256, 257)  # factors from 8 bits to 16
_HIGH_BYTES, _SWAPPED = 64, 4  # bytes that change most are low ones, unless they are swapped
_TUM, _TUM_SCALE = 5, 5000  # whole millimetres, times five
_SUN, _SUN_SCALE = 8, 8000  # whole millimetres, their bits turned left by three
_SUN_NEAR = 0.9  # share of the pixels nearer than 8.192 m, whose bits do not reach round


def measured(sample: Sample) -> npt.NDArray[np.bool_]:
    """Where depth was measured: the sky, which is known to lie beyond, is not."""
    return (sample.depth > 0) & (sample.depth <= BEYOND_FROM)


def doubts_of_frame(
    sample: Sample, entry: ManifestEntry, median: float
) -> Iterator[tuple[str, str]]:
    """What is wrong with a frame, as (kind, message).

    Args:
        sample: The frame.
        entry: Its line of the manifest.
        median: Of its measured depth [m].
    """
    valid = measured(sample)
    if not valid.any():
        yield 'empty ground truth', f'{entry.depth} has no pixel with ground truth'
        return
    if not _PLAUSIBLE[0] < median < _PLAUSIBLE[1]:
        yield (
            'implausible depth',
            f'{entry.depth}: median of {median:.3g} m; is depth_scale = {entry.depth_scale:g} '
            'counts per metre right?',
        )
    elif doubt := _doubt_about_counts(sample.depth[valid], entry.depth_scale):
        yield 'implausible depth', f'{entry.depth}: {doubt}'
    if doubt := _doubt_about_camera(sample.camera):
        yield 'implausible K', doubt
    if sample.image.min() == sample.image.max():
        yield 'empty image', f'{entry.image} has one colour'
    elif (brightest := int(sample.image.max())) < _DARK:
        yield (
            'dark image',
            f'{entry.image} has no value above {brightest} of 255: are its 10 or 12 bits stored '
            'low in 16? Scale them up, as the node does',
        )
    if sample.dense is not None:
        ratio = float(np.median(sample.dense[valid] / sample.depth[valid]))
        if not 1 / _DENSE_RATIO < ratio < _DENSE_RATIO:
            yield 'wrong dense depth', f'{entry.dense} is {ratio:.3g} times the ground truth'


def _doubt_about_counts(depth: npt.NDArray[np.float32], scale: float) -> str:
    """What the stored counts have in common that tells how they were made ('' for nothing)."""
    counts = np.rint(depth.astype(np.float64) * scale).astype(np.int64)
    different = np.unique(counts)
    if different.size < _TELLING:
        return ''
    common = int(np.gcd.reduce(different))
    if any(common % factor == 0 for factor in _WIDENED):
        return (
            f'every count is a multiple of {common}: a picture of 8 bits, stored in 16, shows '
            'depth and holds no metres'
        )
    high_bytes = np.unique(different >> 8).size
    if high_bytes >= _HIGH_BYTES and _SWAPPED * np.unique(different & 255).size <= high_bytes:
        return (
            f'counts have {high_bytes} different high bytes and few low ones: their bytes are '
            'swapped; 16 bits were read in the other order before this PNG was written'
        )
    if common == _TUM and scale != _TUM_SCALE:
        return (
            f'every count is a multiple of {_TUM}, as of millimetres stored at {_TUM_SCALE} '
            f'counts per metre (TUM RGB-D); is depth_scale = {scale:g} right?'
        )
    round_the_end = counts % _SUN
    near = float(np.mean(round_the_end == 0))
    if round_the_end.max() <= 1 and near >= _SUN_NEAR and scale != _SUN_SCALE:
        return (
            f'counts are multiples of {_SUN}, as of millimetres whose bits SUN RGB-D turns: '
            "unturn them with 'lacdepth data pairs --depth-is sun', 1000 per metre"
        )
    return ''


def _doubt_about_camera(camera: Camera) -> str:
    """Why K can hardly be of this image ('' when it may well be)."""
    size = f'{camera.width}x{camera.height} pixels'
    low, high = _FOCAL_PER_WIDTH
    if not low < camera.fx / camera.width < high:
        return (
            f'fx = {camera.fx:g} for an image of {size}: is it in pixels? A normalized K must be '
            'multiplied by width and height'
        )
    return doubt_of_axis(camera)

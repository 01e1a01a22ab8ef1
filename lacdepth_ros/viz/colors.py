# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth and its uncertainty as colors, and the scales that belong to them."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.viz.text import draw_text

FloatArray = npt.NDArray[np.float32]
ColorImage = npt.NDArray[np.uint8]

NEAR, FAR = 2.0, 80.0
"""Metres of the warmest and of the coldest colour, unless other ones are asked for."""


def colorize_depth(
    depth: FloatArray, *, min_depth: float = NEAR, max_depth: float = FAR
) -> ColorImage:
    """Paint depth on a fixed logarithmic scale, so that pictures compare over time.

    Args:
        depth: (H, W) metres; what is not finite or not positive is invalid.
        min_depth: Depth [m] of the warmest colour; nearer depth has it too.
        max_depth: Depth [m] of the coldest colour; farther depth has it too.

    Returns:
        (H, W, 3) uint8 RGB: near warm, far cold, invalid black.

    Raises:
        ValueError: Not 0 < min_depth < max_depth.
    """
    if not 0 < min_depth < max_depth:
        raise ValueError(
            f'color range {min_depth}..{max_depth} m must satisfy 0 < min_depth < max_depth'
        )
    valid = np.isfinite(depth) & (depth > 0)
    log_depth = np.log(depth, where=valid, out=np.zeros(depth.shape, np.float32))
    nearness = (math.log(max_depth) - log_depth) / np.float32(math.log(max_depth / min_depth))
    return _paint(nearness, valid, cv2.COLORMAP_TURBO)


def colorize_uncertainty(depth: FloatArray, std: FloatArray, *, worst: float = 0.3) -> ColorImage:
    """Paint how sure depth is: its relative standard deviation std / depth.

    Args:
        depth: (H, W) metres; what is not finite or not positive is invalid.
        std: (H, W) standard deviation [m].
        worst: Relative deviation of the darkest colour; larger ones have it too.

    Returns:
        (H, W, 3) uint8 RGB: sure bright, unsure dark, invalid black.
    """
    valid = np.isfinite(depth) & (depth > 0) & np.isfinite(std)
    relative = np.divide(std, depth, where=valid, out=np.zeros(depth.shape, np.float32))
    return _paint(1 - relative / np.float32(worst), valid, cv2.COLORMAP_VIRIDIS)


def depth_legend(width: int, *, min_depth: float = NEAR, max_depth: float = FAR) -> ColorImage:
    """Draw the colour scale of colorize_depth with its metres.

    Args:
        width: Width of the picture [px].
        min_depth: Depth [m] at the left end, as given to colorize_depth.
        max_depth: Depth [m] at the right end, as given to colorize_depth.

    Returns:
        (32, width, 3) uint8 RGB, labelled at 1, 2, 5, 10, 20, 50, ... m.
    """
    ratio = max_depth / min_depth
    depth = min_depth * ratio ** ((np.arange(width, dtype=np.float32) + 0.5) / width)
    row = colorize_depth(depth[None].astype(np.float32), min_depth=min_depth, max_depth=max_depth)
    legend = np.repeat(row, 32, axis=0)
    for power in range(math.floor(math.log10(min_depth)), math.ceil(math.log10(max_depth))):
        for meters in (step * 10.0**power for step in (1, 2, 5)):
            column = round(width * math.log(meters / min_depth) / math.log(ratio))
            if 0 < column < width - 45:  # room for the label
                legend[:, column : column + 2] = 0
                draw_text(legend, f'{meters:g} m', (column + 6, 22), height=13, color=(0, 0, 0))
    return legend


def _paint(values: FloatArray, valid: npt.NDArray[np.bool_], colormap: int) -> ColorImage:
    """Colours of values 0..1, clipped; black where not valid."""
    index = np.clip(values * np.float32(254), 0, 254).astype(np.uint8)
    index += 1  # 0 is kept for invalid pixels
    index *= valid
    return np.asarray(cv2.applyColorMap(index, _palette(colormap)), dtype=np.uint8)


@lru_cache(maxsize=2)
def _palette(colormap: int) -> ColorImage:
    """(256, 1, 3) RGB: black, then 255 steps of the colour map."""
    steps = np.linspace(0, 255, 255).astype(np.uint8)[:, None]
    colors = cv2.cvtColor(cv2.applyColorMap(steps, colormap), cv2.COLOR_BGR2RGB)
    return np.concatenate([np.zeros((1, 1, 3), np.uint8), colors])

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Finds what is surely sky in outdoor training images, where no LiDAR answers."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

WHITE = 225
"""Smallest channel value of an overexposed or clouded sky."""
BLUE = 110
"""Smallest blue of a blue sky, which also exceeds red by BLUE_OVER_RED."""
BLUE_OVER_RED = 20
MAX_GRADIENT = 60
"""Largest Sobel response [grey values] of the smooth sky."""
MIN_SHARE = 0.003
"""Smallest share of the image that one piece of sky must fill."""
MAX_MEASURED = 0.003
"""Share of a bright region that may have measured depth: a LiDAR answers from white walls, which
otherwise look like sky, at four times as many pixels."""
MARGIN = 7
"""Width [px] of the border left out around sky and around measured points."""


def sky_mask(
    image: npt.NDArray[np.uint8], depth: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Mark pixels that are sky beyond reasonable doubt; much sky stays unmarked.

    Sky is white or blue, smooth, reaches the upper border of the image and has no measured depth
    nearby; a bright region that LiDAR answers from is a wall. One above all measured points can
    still be taken for sky: use the mask for a gentle training hint only. In a grey picture the two
    look alike, so nothing is marked.

    Args:
        image: (H, W, 3) uint8 RGB of an outdoor scene, camera upright.
        depth: (H, W) metres, 0 where nothing was measured.

    Returns:
        (H, W) bool.
    """
    red, green, blue = cv2.split(image)
    if np.array_equal(red, blue):
        return np.zeros(depth.shape, bool)
    bright = cv2.min(cv2.min(red, green), blue) >= WHITE
    bluish = (blue >= BLUE) & (cv2.subtract(blue, red) >= BLUE_OVER_RED) & (blue >= green)
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    smooth = np.abs(cv2.Sobel(gray, cv2.CV_16S, 1, 0)) + np.abs(cv2.Sobel(gray, cv2.CV_16S, 0, 1))
    measured = cv2.dilate((depth > 0).astype(np.uint8), np.ones((MARGIN, MARGIN), np.uint8))
    skylike = (bright | bluish) & (smooth < MAX_GRADIENT)
    candidates = skylike & (measured == 0) & ~_answering(skylike, depth)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(candidates.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= MIN_SHARE * gray.size
    at_top = np.isin(np.arange(count), labels[0])
    keep = large & at_top
    keep[0] = False  # the background's label
    sky = keep[labels].astype(np.uint8)
    # The image's own border is no border of the sky.
    padded = cv2.copyMakeBorder(sky, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_REPLICATE)
    eroded = cv2.erode(padded, np.ones((MARGIN, MARGIN), np.uint8))
    return np.asarray(eroded[MARGIN:-MARGIN, MARGIN:-MARGIN] > 0)


def _answering(
    skylike: npt.NDArray[np.bool_], depth: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Pixels of the regions that the sensor answers from."""
    count, labels = cv2.connectedComponents(skylike.astype(np.uint8))
    area = np.bincount(labels.ravel(), minlength=count)
    measured = np.bincount(labels[depth > 0], minlength=count)
    return np.asarray((measured > MAX_MEASURED * area)[labels] & skylike)

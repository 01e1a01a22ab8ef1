# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""YUV images of two bytes a pixel whose encoding names the two in the wrong order."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

LUMA_PLACE = {'yuv422': 1, 'uyvy': 1, 'yuv422_yuy2': 0, 'yuyv': 0}
"""Encoding -> which of the two bytes of a pixel is its brightness."""
_ROWS, _PAIRS = 64, 128  # looked at, about
_STRONGER = 2.0
"""Times by which color may not vary more than brightness: in photographs it does 0.4 times."""
_VARIES = 8.0  # standard deviation below which a picture is too plain to judge
_ALIKE = 0.5  # neighbors' difference in standard deviations; of U and V it is more


def check_pair_order(pixels: npt.NDArray[np.uint8], encoding: str) -> None:
    """Refuse brightness where color should be.

    Args:
        pixels: (H, W, 2), W even, laid out as a key of LUMA_PLACE.
        encoding: That key.

    Raises:
        ValueError: The bytes make sense in the other order alone.
    """
    height, width = pixels.shape[:2]
    rows, step = 1 + height // _ROWS, 2 * (1 + width // (2 * _PAIRS))
    if width < 4:
        return  # a single pair a row
    even, odd, after = (pixels[::rows, n : width - 2 + n : step] for n in range(3))
    spread = cv2.meanStdDev(np.concatenate([even, odd], axis=2))[1].ravel()
    place = LUMA_PLACE[encoding]
    luma, chroma = spread[place::2], spread[1 - place :: 2]
    if chroma.min() < max(_VARIES, _STRONGER * luma.max()):
        return
    first, second, third = (half[..., 1 - place].astype(np.float32) for half in (even, odd, after))
    apart = np.abs(first - second).mean()
    # Brightness changes on the way, so the next byte is nearer than the one after it. U and V of
    # one color, as of a green floor before a grey wall, are two numbers all over it.
    if apart < _ALIKE * chroma.min() and apart < np.abs(first - third).mean():
        held, named = ('YUYV', 'yuyv') if place else ('UYVY', 'uyvy')
        raise ValueError(
            f'{encoding} means {"UYVY" if place else "YUYV"}, but this image holds {held}: where '
            f'its color should be it has brightness; set the encoding {named} in the camera '
            'driver, or another pixel format'
        )

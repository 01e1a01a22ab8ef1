# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Text on pictures, sized in pixels."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.text import clean

_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_text(
    picture: npt.NDArray[np.uint8],
    text: str,
    corner: tuple[int, int],
    *,
    height: int,
    color: tuple[int, int, int],
    max_width: int | None = None,
) -> None:
    """Write a line of text into the picture; what is not printable comes out as its escape.

    OpenCV ends the process at bytes of a file's name that are no UTF-8.

    Args:
        picture: (H, W, 3) uint8; changed in place.
        text: The line.
        corner: Column and row [px] of the left end of the base line.
        height: Height of a capital letter [px].
        color: Of the picture's own channel order.
        max_width: Longer lines [px] are written smaller so that they fit.
    """
    text = clean(text)
    scale = cv2.getFontScaleFromHeight(_FONT, height, 1)
    (length, _), _ = cv2.getTextSize(text, _FONT, scale, 1)
    if max_width is not None and length > max_width:
        scale *= max_width / length
    cv2.putText(picture, text, corner, _FONT, scale, color, 1, cv2.LINE_AA)

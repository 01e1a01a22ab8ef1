# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images that arrive rectified, with a black border where the lens cast nothing."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

_BLACK = 16  # what a JPEG makes of black beside a picture
_FRINGE = 4  # pixels beside a picture that interpolation and JPEG fill with its colors
_PROBES = 256  # pixels that are looked at in each frame
_SHARE_BLACK = 0.95  # of them, in a border that shows nothing


class BlackBorder:
    """What the images of one calibration show nothing in.

    Args:
        outside: (H, W), True where rectification finds nothing to show; None for no border.
    """

    def __init__(self, outside: npt.NDArray[np.bool_] | None) -> None:
        self._outside: npt.NDArray[np.bool_] | None = None
        if outside is None:
            return
        around = np.ones((2 * _FRINGE + 1,) * 2, np.uint8)
        rows, columns = np.nonzero(cv2.erode(outside.astype(np.uint8), around))
        if rows.size:
            self._outside = outside
            probes = slice(None, None, -(-rows.size // _PROBES))
            self._rows, self._columns = rows[probes], columns[probes]

    def of(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_] | None:
        """(H, W) bool, True where an image (H, W, 3) shows nothing; None where it is not black.

        The image may have some columns and rows more than `outside`, which are as those beside.
        """
        if self._outside is None:
            return None
        black = image[self._rows, self._columns].max(axis=1) <= _BLACK
        if black.mean() < _SHARE_BLACK:
            return None
        more = [(0, n - known) for n, known in zip(image.shape, self._outside.shape, strict=False)]
        return np.pad(self._outside, more, mode='edge') if any(map(any, more)) else self._outside


def is_black_at_an_edge(image: npt.NDArray[np.uint8]) -> bool:
    """Whether an image (H, W, 3) has any border, before what it is costs the time of maps."""
    edges = (image[0], image[-1], image[:, 0], image[:, -1])
    return any(edge.max(axis=-1).min() <= _BLACK for edge in edges)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth steadied over time, where nothing but the network's mood has changed; knows no ROS."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]

MAX_GAP = 500_000_000
"""Nanoseconds between two frames from which the later one starts anew."""


class TemporalFilter:
    """Exponential average of each pixel's depth over frames.

    A pixel is averaged where it changed by no more than the network is unsure of it. A larger
    change is one of the scene: something moved, or the camera did, and the new depth is taken as
    it is. Ground and walls beside a moving camera keep their depth, so they are averaged; what
    stands ahead comes closer and mostly is not.
    """

    def __init__(self) -> None:
        self._last: FloatArray | None = None
        self._stamp = 0

    def apply(
        self,
        depth: FloatArray,
        std: FloatArray,
        stamp: int,
        *,
        weight: float,
        max_change: float,
    ) -> FloatArray:
        """Average a frame with those before it.

        A frame of another size, from before the last one or more than MAX_GAP after it starts
        anew.

        Args:
            depth: (H, W) float32 metres; where it is not finite, now or before, it is taken as
                it is.
            std: (H, W) float32 metres, standard deviation of depth.
            stamp: Nanoseconds.
            weight: Share of the new frame in the average, above 0, up to 1.
            max_change: Largest change that is averaged, in standard deviations.

        Returns:
            (H, W) float32 metres.
        """
        last, gap = self._last, stamp - self._stamp
        if last is not None and last.shape == depth.shape and 0 <= gap <= MAX_GAP:
            with np.errstate(invalid='ignore'):  # infinity - infinity: not averaged
                change = depth - last
                small = np.abs(change) <= np.float32(max_change) * std
                depth = np.where(small, last + np.float32(weight) * change, depth)
        self._last, self._stamp = depth, stamp
        return depth

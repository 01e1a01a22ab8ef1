# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How many images get lost on their way, judged by what does arrive; knows no ROS."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

WINDOW = 10.0
"""Seconds over which the loss is taken."""
FEWEST = 20
"""Messages below which nothing is said about a loss."""
_BACK = 1.0
"""Seconds by which a stamp is earlier than the one before when a recording begins anew."""


class LossMeter:
    """Share of images that were sent but did not arrive.

    A driver sends one camera_info with every image, and camera_info is too small to get lost: so
    many images were sent. Where the two do not come together (a camera_info that is sent once),
    the camera's period tells, which is the shortest time between two stamps but for a tenth.
    """

    def __init__(self) -> None:
        self._images: deque[tuple[float, int]] = deque()
        self._infos: deque[tuple[float, int]] = deque()

    def add_image(self, now: float, stamp_ns: int) -> None:
        """Take note of an image that arrived at `now` [s]."""
        if self._images and not -_BACK <= (stamp_ns - self._images[-1][1]) / 1e9 <= WINDOW:
            # A bag that loops, or was moved in: between these two stamps nothing was sent.
            self._images.clear()
            self._infos.clear()
        _add(self._images, now, stamp_ns)

    def add_info(self, now: float, stamp_ns: int) -> None:
        """Take note of a camera_info of the image's camera that arrived at `now` [s]."""
        _add(self._infos, now, stamp_ns)

    def share(self, now: float) -> float:
        """Share of the images lost in the last WINDOW seconds, 0 where that cannot be said."""
        _forget(self._images, now)
        _forget(self._infos, now)
        # By their stamps: a camera_info may come twice, by a subscription that keeps the last.
        arrived, infos = (
            len({stamp for _, stamp in kind}) for kind in (self._images, self._infos)
        )
        sent = infos if infos >= arrived / 2 else self._sent_by_period()
        if sent < FEWEST or not arrived:
            return 0.0
        return max(0.0, 1.0 - arrived / sent)

    def agreement(self, since: float = -math.inf) -> float:
        """Share of the images that came after `since` [s] whose stamp a camera_info has, too."""
        images = {stamp for arrival, stamp in self._images if arrival > since}
        infos = {stamp for _, stamp in self._infos}
        return len(images & infos) / len(images) if images else 0.0

    def _sent_by_period(self) -> int:
        stamps = np.unique([stamp for _, stamp in self._images])
        if len(stamps) < FEWEST / 2:
            return 0
        period = np.percentile(np.diff(stamps), 10)
        return int(np.rint((stamps[-1] - stamps[0]) / period)) + 1


def _add(arrivals: deque[tuple[float, int]], now: float, stamp_ns: int) -> None:
    arrivals.append((now, stamp_ns))
    _forget(arrivals, now)


def _forget(arrivals: deque[tuple[float, int]], now: float) -> None:
    while arrivals and now - arrivals[0][0] > WINDOW:
        arrivals.popleft()

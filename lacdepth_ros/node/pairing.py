# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How many images find no camera_info, and how often both come; knows no ROS."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from lacdepth_ros.node.loss import WINDOW

FEWEST = 8
"""Images below which nothing is said: none goes without its camera_info where all is well."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """What the last seconds brought.

    Attributes:
        unpaired: Share of the images that were given up without a camera_info.
        image_rate: Images a second.
        info_rate: Camera_infos of the images' camera a second.
    """

    unpaired: float
    image_rate: float
    info_rate: float


class PairingMeter:
    """Counts what comes, and compares the counts from look to look: a frame costs an addition.

    Attributes:
        images: Images so far.
        infos: Camera_infos of their camera so far.
        unpaired: Images given up so far.
    """

    def __init__(self) -> None:
        self.images = self.infos = self.unpaired = 0
        self._looks: deque[tuple[float, int, int, int]] = deque()

    def look(self, now: float) -> Pairing | None:
        """Compare with the oldest look of the last WINDOW seconds; None when that says little."""
        self._looks.append((now, self.images, self.infos, self.unpaired))
        while now - self._looks[0][0] > WINDOW:
            self._looks.popleft()
        since, images, infos, unpaired = self._looks[0]
        images, seconds = self.images - images, now - since
        if images < FEWEST or seconds <= 0:
            return None
        share = (self.unpaired - unpaired) / images
        return Pairing(min(1.0, share), images / seconds, (self.infos - infos) / seconds)

    def restart(self) -> None:
        """Forget all looks."""
        self._looks.clear()

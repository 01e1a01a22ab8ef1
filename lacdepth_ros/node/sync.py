# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairing of images with the camera_info of the same stamp; knows no ROS."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NANOSECONDS = 1_000_000_000


def stamp_ns(message: Any) -> int:
    """Stamp of a message with a std_msgs/Header, in nanoseconds."""
    stamp = message.header.stamp
    return int(stamp.sec) * NANOSECONDS + int(stamp.nanosec)


@dataclass(frozen=True, slots=True)
class FramePair:
    """One image message (raw or compressed) and the camera_info that belongs to it."""

    image: Any
    info: Any


class PairBuffer:
    """Pairs image and camera_info messages that arrive in any order on two topics.

    Stamps are matched exactly; with a tolerance the nearest stamp within it also counts. With
    `cache_info` the last camera_info serves every image, for drivers that publish it once or with
    stamps of their own. At most `queue_size` messages of a kind wait; the oldest goes first, so
    a clock that jumps back (a bag that loops) flushes itself. `on_unpaired` hears of each image
    that is given up so.

    Not thread-safe: the executor's thread alone calls it.
    """

    def __init__(
        self,
        *,
        tolerance_ns: int,
        queue_size: int,
        cache_info: bool,
        on_unpaired: Callable[[], None],
    ) -> None:
        self._tolerance_ns = tolerance_ns
        self._queue_size = queue_size
        self._cache_info = cache_info
        self._images: OrderedDict[int, Any] = OrderedDict()
        self._infos: OrderedDict[int, Any] = OrderedDict()
        self._on_unpaired = on_unpaired

    def add_image(self, image: Any) -> FramePair | None:
        """Take an image; return its pair when the camera_info is already here."""
        info = self._find_info(stamp_ns(image))
        if info is not None:
            return FramePair(image, info)
        self._images[stamp_ns(image)] = image
        if len(self._images) > self._queue_size:
            self._images.popitem(last=False)
            self._on_unpaired()
        return None

    def add_info(self, info: Any) -> FramePair | None:
        """Take a camera_info; return the pair it completes (of the newest image waiting)."""
        self._infos[stamp_ns(info)] = info
        self._infos.move_to_end(stamp_ns(info))
        limit = 1 if self._cache_info else self._queue_size
        while len(self._infos) > limit:
            self._infos.popitem(last=False)
        stamp = self._find_image(stamp_ns(info))
        if stamp is None:
            return None
        pair = FramePair(self._images.pop(stamp), info)
        if self._cache_info:  # it would serve the older ones as well, but they come too late
            self._give_up_images()
        return pair

    def _give_up_images(self) -> None:
        while self._images:
            self._images.popitem()
            self._on_unpaired()

    def _find_info(self, stamp: int) -> Any | None:
        if self._cache_info:
            return next(reversed(self._infos.values()), None)
        nearest = min(self._infos, key=lambda other: abs(other - stamp), default=None)
        if nearest is None or abs(nearest - stamp) > self._tolerance_ns:
            return None
        return self._infos[nearest]

    def _find_image(self, stamp: int) -> int | None:
        if self._cache_info:
            return next(reversed(self._images), None)
        nearest = min(self._images, key=lambda other: abs(other - stamp), default=None)
        if nearest is None or abs(nearest - stamp) > self._tolerance_ns:
            return None
        return nearest

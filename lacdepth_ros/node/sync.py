# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairing of images with the camera_info of the same stamp and frame; knows no ROS."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lacdepth_ros.core.stamps import stamp_ns
from lacdepth_ros.core.text import quoted

FRAMES_REMEMBERED = 20
"""Latest camera_infos whose frame_ids count as present on the topic."""
PATIENCE = 3
"""Latest camera_infos, all of one other frame, after which that one is taken for the image's."""


@dataclass(frozen=True, slots=True)
class FramePair:
    """One image message (raw or compressed) and the camera_info that belongs to it."""

    image: Any
    info: Any


class PairBuffer:
    """Pairs image and camera_info messages that arrive in any order on two topics.

    Stamps are matched exactly; with a tolerance the nearest stamp within it also counts. The
    frame_ids must agree as well, so that two cameras on one topic are not mixed up; only when
    every camera_info is of one other frame is it taken for the image's, and `doubt` says so. With
    `cache_info` the last camera_info of the frame serves every image, for drivers that publish it
    once or with stamps of their own. At most `queue_size` messages of a kind wait; the oldest goes
    first, so a clock that jumps back (a bag that loops) flushes itself. `on_unpaired` is called
    for each image that is given up so.

    Not thread-safe: the executor's thread alone calls it.

    Attributes:
        image_frame: The frame_id of the latest image; None before the first.
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
        self._images: list[Any] = []
        self._infos: list[Any] = []
        self._frames: deque[str] = deque(maxlen=FRAMES_REMEMBERED)
        self.image_frame: str | None = None
        self._on_unpaired = on_unpaired

    def add_image(self, image: Any) -> FramePair | None:
        """Take an image; return its pair when the camera_info is already here."""
        self.image_frame = image.header.frame_id
        info = self._best(self._infos, image, image.header.frame_id)
        if info is not None:
            return FramePair(image, info)
        self._images.append(image)
        if len(self._images) > self._queue_size:
            self._images.pop(0)
            self._on_unpaired()
        return None

    def add_info(self, info: Any) -> FramePair | None:
        """Take a camera_info; return the pair it completes (of the newest image waiting)."""
        frame = info.header.frame_id
        self._frames.append(frame)
        self._infos = [other for other in self._infos if not self._replaces(info, other)]
        self._infos.append(info)
        del self._infos[: -self._queue_size]
        fitting = [i for i in self._images if self._fits(frame, i.header.frame_id)]
        image = self._best(fitting, info)
        if image is None:
            return None
        self._images = [other for other in self._images if other is not image]
        if self._cache_info:  # it would serve the older ones as well, but they come too late
            self.give_up()
        return FramePair(image, info)

    def give_up(self) -> None:
        """Give up every image that waits."""
        for _ in self._images:
            self._on_unpaired()
        self._images.clear()

    def doubt(self) -> str:
        """What is doubtful about the frame_ids, '' when nothing is."""
        frames = Counter(self._frames)
        if not frames or not self.image_frame or set(frames) == {self.image_frame}:
            return ''
        names = ', '.join(quoted(name) for name in sorted(frames))
        image = quoted(self.image_frame)
        if self._camera_changed():
            old, new = self._frames[0], self._frames[-1]
            if new == self.image_frame:
                return ''
            return (
                f'camera_info is of frame {quoted(new)} now (before: {quoted(old)}), images are '
                f'of {image}: give both the same frame_id; after {FRAMES_REMEMBERED} such '
                'camera_infos they are taken to belong together'
            )
        if self.image_frame in frames:
            return (
                f'camera_info of several frames on one topic ({names}): those of {image}, the '
                "image's, are used; remap camera_info to one camera"
            )
        if len(frames) == 1:
            return (
                f'images are of frame {image} but their camera_info of {names}: taken to belong '
                'together; give both the same frame_id'
            )
        return (
            f'images are of frame {image} but camera_info of {names}: none is used; remap '
            "camera_info to the image's camera"
        )

    def takes(self, info_frame: str) -> bool:
        """Whether a camera_info of this frame may serve the latest image."""
        return self.image_frame is not None and self._fits(info_frame, self.image_frame)

    def frames_differ(self) -> bool:
        """Whether only their frame_ids keep images and camera_infos that wait from pairing."""
        return any(
            self._in_time(image, info)
            and not self._fits(info.header.frame_id, image.header.frame_id)
            for image in self._images
            for info in self._infos
        )

    def _camera_changed(self) -> bool:
        """Whether all of one frame came first and then, for PATIENCE, all of another."""
        frames = list(self._frames)
        changes = sum(before != after for before, after in pairwise(frames))
        return changes == 1 and len(set(frames[-PATIENCE:])) == 1

    def _replaces(self, new: Any, old: Any) -> bool:
        """Whether a camera_info takes the place of an earlier one."""
        same_frame: bool = new.header.frame_id == old.header.frame_id
        return same_frame and (self._cache_info or stamp_ns(new) == stamp_ns(old))

    def _fits(self, info_frame: str, image_frame: str) -> bool:
        """Whether a camera_info of one frame may serve an image of the other."""
        if info_frame == image_frame:
            return True
        patience = 1 if self._cache_info else PATIENCE
        recent = list(self._frames)[-patience:]
        return len(recent) == patience and set(self._frames) == {info_frame}

    def _best(self, messages: Iterable[Any], partner: Any, frame: str | None = None) -> Any | None:
        """The message nearest in time to its partner, the latest in case of a tie.

        Args:
            messages: Camera_infos, or images that fit.
            partner: The message that arrived.
            frame: Of the image when `messages` are camera_infos.
        """
        if frame is not None:
            messages = [m for m in messages if self._fits(m.header.frame_id, frame)]
        newest_first = list(messages)[::-1]
        if self._cache_info:
            return newest_first[0] if newest_first else None
        stamp = stamp_ns(partner)
        nearest = min(newest_first, key=lambda m: abs(stamp_ns(m) - stamp), default=None)
        return nearest if nearest is not None and self._in_time(nearest, partner) else None

    def _in_time(self, one: Any, other: Any) -> bool:
        """Whether the stamps of two messages let them be a pair."""
        return self._cache_info or abs(stamp_ns(one) - stamp_ns(other)) <= self._tolerance_ns

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The image that shows what a recorded depth image measures, pixel by pixel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.camera_infos import CameraInfos
from lacdepth_ros.bags.opening import choose_topic
from lacdepth_ros.bags.reader import CAMERA_INFO, COMPRESSED, IMAGE, sounds_like_depth
from lacdepth_ros.bags.stamped import StampedTopic
from lacdepth_ros.messages.cameras import camera_from_info, is_pinhole
from lacdepth_ros.messages.decoder import ImageDecoder
from lacdepth_ros.messages.rectification import RectifierCache
from lacdepth_ros.messages.topics import info_topic_of, is_rectified_topic, shared_namespaces

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader

ColorImage = npt.NDArray[np.uint8]

_TOLERANCE = 1_000_000  # ns by which the stamps of depth and image may differ
_SAME_CAMERA = 1e-3  # relative difference of intrinsics, or metres, that move no pixel


class _NoImageError(Exception):
    """There is no image for this depth, and why."""


class DepthImages:
    """Images of the camera that depth belongs to, rectified where depth is.

    Attributes:
        topic: Where they are taken from; None where none has stamps and frame_id of depth.
        note: What was done to them; '' where they are as recorded.
        missing: Why depth images have none, and how many of them.
    """

    def __init__(
        self,
        reader: BagReader,
        path: Path,
        kinds: Mapping[str, str],
        wanted: str | None,
        depths: StampedTopic,
    ) -> None:
        """Find the topic.

        Args:
            reader: The open bag; it must stay open.
            path: The bag, for messages.
            kinds: Type of every topic of the bag.
            wanted: Topic that the user named; None takes the one of the frame_id and with most of
                the stamps of depth.
            depths: The depth images.

        Raises:
            ValueError: There is no such topic.
        """
        fitting = sorted(t for t, kind in kinds.items() if kind in (IMAGE, COMPRESSED))
        if wanted is None:
            names = [topic for topic in fitting if not sounds_like_depth(topic)]
            topics = [StampedTopic(reader, name) for name in names]
            self._images, self._nothing = _nearest_topic(topics, depths)
        else:
            self._images = StampedTopic(reader, choose_topic(path, wanted, kinds, fitting))
            self._nothing = 'none has their stamp'
        self.topic = self._images.topic if self._images else None
        beside = info_topic_of(self.topic or '')
        has_infos = kinds.get(beside) == CAMERA_INFO
        self._infos = CameraInfos(reader, beside if has_infos else None)
        self._decoder, self._rectifiers = ImageDecoder(), RectifierCache()
        self._depth_topic = depths.topic
        self.note = ''
        self.missing: Counter[str] = Counter()

    def at(self, stamp: int, depth: Any, info: Any | None) -> ColorImage | None:
        """The image (H, W, 3) RGB of a depth image; None, and why is noted, where there is none.

        Args:
            stamp: Of the depth image [ns].
            depth: Its message.
            info: Its camera_info; None where there is none.

        Raises:
            ValueError: The image is damaged.
        """
        try:
            return self._at(stamp, depth, info)
        except _NoImageError as reason:
            self.missing[str(reason)] += 1
            return None

    def _at(self, stamp: int, depth: Any, info: Any | None) -> ColorImage:
        at = self._images.nearest(stamp, _TOLERANCE) if self._images else None
        if self._images is None or at is None:
            raise _NoImageError(self._nothing)
        message = self._images.read(at)
        frame = message.header.frame_id
        if other := _other_frame(self._images.topic, frame, depth.header.frame_id):
            raise _NoImageError(other)
        image = self._decoder.decode(message)
        size = image.shape[1::-1]
        if size != (depth.width, depth.height):
            raise _NoImageError(
                f'{self.topic} has {size[0]}x{size[1]} pixels, depth {depth.width}x{depth.height}'
            )
        own = self._infos.nearest(at, frame)
        if own is not None:
            return self._as_depth(image, own, info)
        if not is_rectified_topic(self._images.topic):
            self.note = 'as recorded: no camera_info says whether its lens bends them'
        return image

    def _as_depth(self, image: ColorImage, own: Any, info: Any | None) -> ColorImage:
        """The image, rectified as depth is; refused where it is seen through another lens.

        Args:
            image: (H, W, 3) uint8 RGB.
            own: Its camera_info.
            info: That of the depth image.
        """
        try:
            if info is not None and is_bent(self._depth_topic, info):
                return image  # both have the pixels of the raw camera
            rectified = is_rectified_topic(self.topic or '')
            view = self._rectifiers.view(image, own, rectified=rectified)
            camera = view.camera if info is None else camera_from_info(info, rectified=True)
        except ValueError as error:
            raise _NoImageError(f'camera_info of {self.topic} or of depth: {error}') from error
        same_place = info is None or np.isclose(_baseline(own), _baseline(info), atol=_SAME_CAMERA)
        if not (same_place and np.allclose(view.camera.K, camera.K, rtol=_SAME_CAMERA)):
            raise _NoImageError(
                f'camera_info of {self.topic} has another K or P than that of depth'
            )
        if view.rectified_here:
            self.note = 'rectified'
        return view.image


def _baseline(info: Any) -> float:
    """How far the camera of a stereo pair stands to the right of its frame [m]."""
    return -float(info.p[3] / info.p[0]) if info.p[0] else 0.0


def is_bent(depth_topic: str, info: Any) -> bool:
    """Whether the pixels of a depth topic are those of a raw camera whose lens distorts."""
    return not is_rectified_topic(depth_topic) and not is_pinhole(info)


def _nearest_topic(
    topics: list[StampedTopic], depths: StampedTopic
) -> tuple[StampedTopic | None, str]:
    """The one of the frame_id of depth that is nearest by name and has most of its stamps.

    Returns:
        The topic; else None, and why.
    """
    stamps = set(depths.stamps)
    best, most, reason = None, (-1, 0), 'none has their stamp'
    for topic in topics:
        shared = stamps.intersection(topic.stamps)
        nearness = (shared_namespaces(topic.topic, depths.topic), len(shared))
        if not shared or nearness <= most:
            continue
        with suppress(ValueError):  # damaged
            frames = [t.read(min(shared)).header.frame_id for t in (topic, depths)]
            if other := _other_frame(topic.topic, *frames):
                reason = other
            else:
                best, most = topic, nearness
    return best, reason


def _other_frame(topic: str, frame: str, of_depth: str) -> str:
    """In words that images are not of the frame_id of depth; '' where they are."""
    if frame.lstrip('/') == of_depth.lstrip('/'):
        return ''
    return f'{topic} is of frame {frame!r}, depth of {of_depth!r}'

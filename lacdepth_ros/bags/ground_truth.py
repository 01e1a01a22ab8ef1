# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Measured points of a bag, from a LiDAR or a depth camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.camera_infos import CameraInfos
from lacdepth_ros.bags.look_alikes import clouds_with_points, look_alikes
from lacdepth_ros.bags.opening import choose_topic, messages_of, topic_kinds
from lacdepth_ros.bags.own_outputs import doubt_as_own, own_outputs
from lacdepth_ros.bags.raw_depth import pinhole_view
from lacdepth_ros.bags.reader import (
    CLOUDS,
    COMPRESSED,
    IMAGE,
    info_topic_of_depth,
    sounds_like_depth,
)
from lacdepth_ros.bags.stamped import StampedTopic
from lacdepth_ros.core.geometry import depth_to_points
from lacdepth_ros.messages.cloud_times import PointTimes, times_from_message
from lacdepth_ros.messages.clouds import points_from_message
from lacdepth_ros.messages.compressed_depth import depth_image
from lacdepth_ros.messages.depth import depth_from_message, without_far_code
from lacdepth_ros.messages.rectification import RectifierCache
from lacdepth_ros.messages.topics import COMPRESSED_DEPTH, info_topic_of

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader

_NAMES = ('truth', '/gt')


@dataclass(frozen=True, slots=True)
class Points:
    """What the sensor measured at one time.

    Attributes:
        stamp: Nanoseconds.
        frame: Name of the frame of the points.
        xyz: (N, 3) float64 metres, all finite.
        times: When each was measured; None where all were at the stamp, or nothing tells.
    """

    stamp: int
    frame: str
    xyz: npt.NDArray[np.float64]
    times: PointTimes | None = None


class GroundTruthTopic:
    """Points of a topic of clouds, or of depth images, packed or not, with their camera_info.

    Attributes:
        topic: Its name.

    Raises:
        ValueError: There is no such topic, or several could be meant, or it is empty.
    """

    def __init__(
        self,
        reader: BagReader,
        path: Path,
        topic: str | None,
        *,
        image: str,
        offset_ns: int = 0,
    ) -> None:
        """Index the topic.

        Args:
            reader: The open bag; it must stay open.
            path: The bag, for messages.
            topic: Name of the topic; None takes the only one that can be meant.
            image: Topic of the camera images, which is no candidate.
            offset_ns: What its stamps lack to those of the images' clock.
        """
        kinds = topic_kinds(reader)
        fitting = sorted(
            t for t in kinds if t != image and (kinds[t] in CLOUDS or may_be_depth(kinds, t))
        )
        if topic is None:
            found = ', '.join(sorted(kinds)) or 'none'
            nothing = f'no topic of measured points or depth in this bag; its topics: {found}'
            topic = only_ground_truth(reader, path, fitting, nothing, image=image)
        self.topic = choose_topic(path, topic, kinds, fitting)
        self._is_cloud = kinds[self.topic] in CLOUDS
        info_topic = None if self._is_cloud else info_topic_of_depth(kinds, self.topic)
        self._infos = CameraInfos(reader, info_topic)
        self._rectifiers = RectifierCache()
        self._offset = offset_ns
        self._messages = StampedTopic(reader, self.topic)
        if not self._messages.stamps:
            raise ValueError(f'{path}: topic {self.topic} holds no message')

    def nearest(self, stamp: int, tolerance_ns: int | None = None) -> int | None:
        """Stamp of the message nearest in time; None when none lies within the tolerance."""
        found = self._messages.nearest(stamp - self._offset, tolerance_ns)
        return None if found is None else found + self._offset

    def read(self, stamp: int, rectified_image: Any | None = None) -> Points:
        """The points of the message with this stamp.

        Args:
            stamp: One that `nearest` gave [ns].
            rectified_image: camera_info of the image, if it is rectified; see `pinhole_view`.

        Raises:
            ValueError: The message is damaged, has no x, y, z, or no camera_info.
        """
        own_stamp = stamp - self._offset
        message = self._messages.read(own_stamp)
        if self._is_cloud:
            xyz, times = points_from_message(message), times_from_message(message)
        else:
            times = None
            xyz = self._depth_points(own_stamp, depth_image(message), rectified_image)
        return Points(stamp, message.header.frame_id, xyz, times)

    def _depth_points(
        self, stamp: int, message: Any, rectified_image: Any | None
    ) -> npt.NDArray[np.float64]:
        """Points of a depth image, by its frame's camera_info nearest in time."""
        info = self._infos.nearest(stamp, message.header.frame_id)
        if info is None:
            raise ValueError(
                f'depth topic {self.topic} has no matching camera_info '
                f'({info_topic_of(self.topic)}): its points cannot be placed'
            )
        camera, rectifier = pinhole_view(
            self._rectifiers, self.topic, message, info, rectified_image
        )
        depth = without_far_code(depth_from_message(message))
        if rectifier is not None:
            depth = rectifier.rectify_depth(depth)
        points = depth_to_points(np.where(depth > 0, depth, np.float32(np.nan)), camera)
        return points[np.isfinite(points[..., 2])].astype(np.float64)


def only_ground_truth(
    reader: BagReader, path: Path, topics: Sequence[str], nothing: str, *, image: str = ''
) -> str:
    """The one topic that can hold ground truth: a cloud, else depth, best if named after it.

    What a depth node predicted is no ground truth; what it may have predicted must be named. Of
    several depth topics, as depth cameras have them, that in the frame of the images is meant.

    Args:
        reader: The open bag.
        path: The bag, for messages.
        topics: Those that could be meant.
        nothing: What to say where none is left.
        image: Topic of the images; '' where there are none.

    Raises:
        ValueError: None is left, or several are, or only such as must be named.
    """
    kinds = topic_kinds(reader)
    others = sorted(set(topics) - own_outputs(kinds))
    named = [t for t in others if kinds[t] not in CLOUDS and _is_depth(t) and _is_called_truth(t)]
    doubts = {t: doubt for t in others if t not in named and (doubt := doubt_as_own(reader, t))}
    clear = [topic for topic in others if topic not in doubts]
    clouds = clouds_with_points(reader, [t for t in clear if kinds[t] in CLOUDS])
    depths = [topic for topic in clear if kinds[topic] not in CLOUDS and _is_depth(topic)]
    plainly = [topic for topic in depths if 'depth' in topic.removesuffix(COMPRESSED_DEPTH)]
    found = next(filter(None, (clouds, named, plainly, depths)), [])
    if not found and doubts:
        raise ValueError(
            f'{path}: no ground truth but what the depth node may have predicted itself '
            f'({"; ".join(doubts.values())}); name the topic with --truth-topic if it was measured'
        )
    if not found:
        raise ValueError(f'{path}: {nothing}{look_alikes(reader, topics)}')
    if len(found) > 1 and all(kinds[topic] not in CLOUDS for topic in found):
        frame = _frame_of(reader, image)
        registered = [topic for topic in found if frame and _frame_of(reader, topic) == frame]
        found = registered if len(registered) == 1 else found
    if len(found) > 1:
        raise ValueError(
            f'{path}: several topics may hold the ground truth ({", ".join(found)}); name one '
            'with --truth-topic'
        )
    return found[0]


def _frame_of(reader: BagReader, topic: str) -> str:
    """The frame_id of the first message of a topic; '' of none."""
    _, message = next(messages_of(reader, topic or None), (0, None))
    return '' if message is None else str(message.header.frame_id).lstrip('/')


def may_be_depth(kinds: Mapping[str, str], topic: str) -> bool:
    """Whether a topic is of depth by its type; of packed depth where no other is there."""
    if kinds[topic] == COMPRESSED:
        return topic.endswith(COMPRESSED_DEPTH) and topic[: -len(COMPRESSED_DEPTH)] not in kinds
    return kinds[topic] == IMAGE


def _is_called_truth(topic: str) -> bool:
    return any(word in topic for word in _NAMES)


def _is_depth(topic: str) -> bool:
    """Whether a topic is called depth, and is no picture of it."""
    return (
        sounds_like_depth(topic)
        and 'depth' in topic.lower()
        and 'color' not in topic.split('/')[-1]
    )

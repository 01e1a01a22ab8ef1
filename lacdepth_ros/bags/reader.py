# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Camera images of ROS 2 bags with their camera_info, read without a ROS installation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.camera_infos import CameraInfos
from lacdepth_ros.bags.damage import Damage
from lacdepth_ros.bags.opening import (
    choose_topic,
    numbered_messages,
    open_bag,
    raw_messages,
    topic_counts,
    topic_kinds,
)
from lacdepth_ros.messages.decoder import ImageDecoder
from lacdepth_ros.messages.livox import CUSTOM_MSGS
from lacdepth_ros.messages.topics import info_topic_of, is_rectified_topic

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
CLOUD = 'sensor_msgs/msg/PointCloud2'
CLOUDS = frozenset((CLOUD, *CUSTOM_MSGS))
"""Types of which `BagReader.deserialize` makes clouds."""
TRANSFORMS = 'tf2_msgs/msg/TFMessage'
_DEPTH_WORDS = re.compile(r'(^|[/_])(depth|disparity|confidence|uncertainty|compresseddepth)')


@dataclass(frozen=True, slots=True)
class RecordedImage:
    """One image of a bag.

    Attributes:
        stamp: Of its header; where that was never set, the time of recording. Nanoseconds.
        message: sensor_msgs/Image or CompressedImage.
        info: The camera_info of its frame_id nearest in time; None when the bag has none for it.
        decoder: Of the bag's images: it knows what those before this one told about the camera.
        place: Among all images of the topic, damaged ones too, from 0; see `check_places`.
    """

    stamp: int
    message: Any
    info: Any | None
    decoder: ImageDecoder = field(default_factory=ImageDecoder)
    place: int = 0

    def decode(self) -> npt.NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB; ValueError when the message is damaged or its encoding unknown."""
        return self.decoder.decode(self.message)


class BagImages:
    """The images of one topic of a bag; iterating opens the bag, yields them and closes it.

    Args:
        path: Bag folder, or its .mcap or .db3 file.
        image_topic: Topic of the images; None picks the one that has a matching camera_info,
            then the first by name; topics that sound like depth come last.
        info_topic: Topic of the camera_info; None takes the one beside the images.

    Attributes:
        topic: Topic of the images.
        others: Other image topics in the bag.
        choice: In words what was taken and what else there is; '' when the topic was named, or no
            other holds pictures.
        info_topic: Topic of its camera_info; None when the bag has none, or an empty one.
        infos: All topics of camera_info.
        count: Number of images.
        rectified: The topic's name says that its images are rectified (image_rect...).
        compressed: The images are CompressedImage, not Image.
        damage: Images and camera_infos that could not be read so far.
        frames: frame_ids of the images so far; several are several cameras.

    Raises:
        FileNotFoundError: There is no bag.
        ValueError: The bag is damaged or has no such topic.
    """

    def __init__(
        self, path: Path, image_topic: str | None = None, info_topic: str | None = None
    ) -> None:
        self._path = path
        self.damage = Damage()
        self.frames: set[str] = set()
        with open_bag(path) as reader:
            types, counts = topic_kinds(reader), topic_counts(reader)
        images = sorted(t for t, kind in types.items() if kind in (IMAGE, COMPRESSED))
        self.infos = infos = {t for t, kind in types.items() if kind == CAMERA_INFO}
        if not images:
            found = ', '.join(sorted(types)) or 'none'
            raise ValueError(f'{path}: no image topic in this bag; its topics: {found}')
        if image_topic is not None:
            choose_topic(path, image_topic, types, images)
        self.topic = image_topic or min(
            images,
            key=lambda topic: (
                sounds_like_depth(topic),
                info_topic_of(topic) not in infos,
                topic,
            ),
        )
        self.others = [topic for topic in images if topic != self.topic]
        besides = ', '.join(topic for topic in self.others if not sounds_like_depth(topic))
        self.choice = ''
        if besides and image_topic is None:
            self.choice = f'{path}: images of {self.topic} are taken; there are also {besides}'
        beside = info_topic_of(self.topic)
        self.info_topic = beside if beside in infos and counts[beside] else None
        if info_topic is not None:
            self.info_topic = choose_topic(path, info_topic, types, infos)
        self.count = counts[self.topic]
        self.rectified = is_rectified_topic(self.topic)
        self.compressed = types[self.topic] == COMPRESSED
        if not self.count:
            raise ValueError(f'{path}: topic {self.topic} holds no image')

    def __iter__(self) -> Iterator[RecordedImage]:
        """Yield the images in the order of recording; what cannot be read goes to `damage`.

        Raises:
            ValueError: The bag cannot be read from here on.
        """
        with open_bag(self._path, self.damage) as reader:
            decoder = ImageDecoder()
            infos = CameraInfos(reader, self.info_topic)
            for place, stamp, message in numbered_messages(reader, self.topic):
                frame = message.header.frame_id
                self.frames.add(frame)
                info = infos.nearest(stamp, frame)
                yield RecordedImage(stamp, message, info, decoder, place)

    def check_places(self) -> None:
        """Refuse images whose places among all recorded are not known.

        Raises:
            ValueError: A part of the bag is lost that held some.
        """
        with open_bag(self._path, self.damage) as reader:
            with suppress(ValueError):  # damage that ends the images moves none before it
                for _ in raw_messages(reader, self.topic):
                    pass
            lost = reader.lost[self.topic]
        if lost:
            raise ValueError(
                f'{self._path}: {lost} images of {self.topic} are lost with a damaged part of the '
                'bag, so that the order of the others does not tell which ground truth is whose; '
                'name the PNGs by stamp [ns], or give each line of the manifest its stamp'
            )


def info_topic_of_depth(kinds: Mapping[str, str], topic: str) -> str | None:
    """Topic of camera_info that belongs to one of depth; None without. ZED has it below, too."""
    beside, below = info_topic_of(topic), f'{topic}/camera_info'
    return next((name for name in (beside, below) if kinds.get(name) == CAMERA_INFO), None)


def sounds_like_depth(topic: str) -> bool:
    """Whether a word of the topic says that it holds depth or the like, not colours."""
    return _DEPTH_WORDS.search(topic.lower()) is not None

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The frames of a bag as a replay sends them: an image, its camera_info, a stamp of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lacdepth_ros.bags.reader import BagImages


@dataclass(frozen=True, slots=True)
class ReplayFrame:
    """An image that can be sent.

    Attributes:
        index: Place among the images of its topic, from 0.
        stamp: Nanoseconds; no other frame of the replay has it.
        message: sensor_msgs/Image or CompressedImage, as recorded.
        info: The camera_info nearest in time.
    """

    index: int
    stamp: int
    message: Any
    info: Any


@dataclass(frozen=True, slots=True)
class UnsentFrame:
    """An image that cannot be sent, and why."""

    index: int
    stamp: int
    reason: str


def replay_frames(
    images: BagImages, *, max_frames: int | None = None, forward_only: bool = False
) -> Iterator[ReplayFrame | UnsentFrame]:
    """The images of a topic in the order of recording.

    Answers are told apart by their stamps, so an image with the stamp of an earlier one cannot
    be sent.

    Args:
        images: The topic.
        max_frames: The replay is cut after this many images.
        forward_only: Images older than one before them cannot be sent either, as a clock that
            runs with the stamps would have to jump back.

    Raises:
        ValueError: The bag is damaged from here on.
    """
    seen: set[int] = set()
    latest = -1
    for index, recorded in enumerate(images):
        if index == max_frames:
            return
        stamp, reason = recorded.stamp, ''
        if recorded.info is None:
            reason = f'the bag has no camera_info beside {images.topic}'
        elif stamp in seen:
            reason = 'an earlier image has the same stamp'
        elif forward_only and stamp < latest:
            reason = f'its stamp is {(latest - stamp) / 1e9:.3f} s before that of an earlier image'
        if reason:
            yield UnsentFrame(index, stamp, reason)
            continue
        seen.add(stamp)
        latest = max(latest, stamp)
        yield ReplayFrame(index, stamp, recorded.message, recorded.info)


def first_size(images: BagImages) -> tuple[int, int]:
    """Width and height that the camera_info of the first image that can be sent gives it.

    Raises:
        ValueError: No image can be sent.
    """
    reason = ''
    for frame in replay_frames(images):
        if isinstance(frame, ReplayFrame):
            return int(frame.info.width), int(frame.info.height)
        reason = frame.reason
    raise ValueError(f'none of the {images.count} images of {images.topic} can be sent: {reason}')

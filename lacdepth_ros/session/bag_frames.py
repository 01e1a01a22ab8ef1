# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The frames of a bag as they were recorded: an image, its camera_info, a stamp of its own."""

from __future__ import annotations

from collections.abc import Iterator

from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.session.frames import Frame, UnsentFrame, look_ahead
from lacdepth_ros.session.ground_truth import GroundTruth, no_ground_truth


def bag_frames(
    images: BagImages,
    name: str,
    ground_truth: GroundTruth,
    *,
    max_frames: int | None = None,
    forward_only: bool = False,
) -> Iterator[Frame | UnsentFrame]:
    """The images of a topic in the order of recording.

    Answers are told apart by their stamps, so an image with the stamp of an earlier one cannot
    be sent.

    Args:
        images: The topic.
        name: Of the bag; the group of frames whose ground truth has no names of its own.
        ground_truth: Of the images.
        max_frames: The sequence is cut after this many images.
        forward_only: Images older than one before them cannot be sent either, as a clock that
            runs with the stamps would have to jump back.

    Raises:
        ValueError: The bag is damaged from here on.
    """
    seen: set[int] = set()
    latest = -1
    for count, recorded in enumerate(images):
        if count == max_frames:
            return
        index, stamp, reason = recorded.place, recorded.stamp, ''
        if recorded.info is None:
            reason = f'the bag has no matching camera_info for {images.topic}'
        elif stamp in seen:
            reason = 'an earlier image has the same stamp'
        elif forward_only and stamp < latest:
            reason = f'its stamp is {(latest - stamp) / 1e9:.3f} s before that of an earlier image'
        if reason:
            yield UnsentFrame(f'image {index}', index, stamp, reason)
            continue
        seen.add(stamp)
        latest = max(latest, stamp)
        there = ground_truth.find(index, stamp)
        id = (there.id if there else '') or f'{name}/{index:06d}'
        load = there.load if there else None
        yield Frame(id, index, stamp, recorded.message, recorded.info, load)


def first_frame(images: BagImages) -> Frame:
    """The first image that can be sent.

    Raises:
        ValueError: None can.
    """
    return look_ahead(bag_frames(images, '', no_ground_truth()))[0]

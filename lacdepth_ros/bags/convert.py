# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A recorded data set as a ROS 2 bag, for players, RViz and evaluation through the node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.reader import CAMERA_INFO, CLOUD, COMPRESSED, IMAGE, TRANSFORMS
from lacdepth_ros.bags.sources import BASE_FRAME, CAMERA_FRAME, ODOM_FRAME, SCAN_FRAME, Source
from lacdepth_ros.bags.writer import BagWriter, new_bag
from lacdepth_ros.data.layouts.kitti import read_scan
from lacdepth_ros.data.sample import BEYOND_FROM, Sample
from lacdepth_ros.data.sources import Entry

IMAGE_TOPIC = '/camera/image_rect'
COMPRESSED_TOPIC = f'{IMAGE_TOPIC}/compressed'
INFO_TOPIC = '/camera/camera_info'
GROUND_TRUTH_TOPIC = '/ground_truth/depth'
GROUND_TRUTH_INFO_TOPIC = '/ground_truth/camera_info'
SCAN_TOPIC = '/velodyne_points'
STATIC_TOPIC, POSE_TOPIC = '/tf_static', '/tf'

_Records = Iterator[tuple[str, Any]]


@dataclass(slots=True)
class Converted:
    """What was written.

    Attributes:
        counts: Messages by topic.
        size: Bytes of all serialised messages.
        skipped: Name of what could not be read, and why.
    """

    counts: dict[str, int] = field(default_factory=dict)
    size: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


def write_source(
    source: Source,
    path: Path,
    *,
    storage: str = 'mcap',
    compressed: bool = False,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Converted:
    """Write a recording as a bag; what cannot be read is left out and named.

    Ground truth is 32FC1: KITTI's reaches 80 m and more, but 16UC1 (millimetres) ends at 65.535 m.

    Args:
        source: The recording.
        path: Folder of the new bag.
        storage: 'mcap' or 'sqlite3'.
        compressed: Images are JPEG (files that are JPEG already go in as they are).
        progress: Called with frames written and their number.

    Raises:
        FileExistsError: There is something at `path` already.
        ValueError: No frame can be read; no bag is left then.
    """
    done = Converted()
    events: list[tuple[int, Entry | Path]] = [*source.frames, *source.scans]
    events.sort(key=lambda event: event[0])
    with new_bag(path, storage) as bag:
        _announce(bag, source, compressed)
        if source.links:
            bag.write(STATIC_TOPIC, events[0][0], messages.tf_message(events[0][0], source.links))
        for stamp, pose in source.poses:
            link = (ODOM_FRAME, BASE_FRAME, pose)
            bag.write(POSE_TOPIC, stamp, messages.tf_message(stamp, [link]))
        frames = 0
        for stamp, item in events:
            done.skipped += _write_event(bag, stamp, item, compressed)
            if not isinstance(item, Path):
                frames += 1
                progress(frames, len(source.frames))
        if not bag.counts[INFO_TOPIC]:
            raise ValueError(f'no frame could be read, so no bag is left: {done.skipped[0][1]}')
        done.counts, done.size = dict(bag.counts), bag.size
    return done


def _write_event(
    bag: BagWriter, stamp: int, item: Entry | Path, compressed: bool
) -> list[tuple[str, str]]:
    """Write a frame or a scan, all of it or nothing; returns what is wrong with it."""
    try:
        records = list(_records(stamp, item, compressed))
    except (OSError, ValueError) as error:
        return [(item.name if isinstance(item, Path) else item.id, str(error))]
    for topic, message in records:
        bag.write(topic, stamp, message)
    return []


def _announce(bag: BagWriter, source: Source, compressed: bool) -> None:
    """Add every topic that may get a message."""
    if compressed:
        bag.add_topic(COMPRESSED_TOPIC, COMPRESSED)
    else:
        bag.add_topic(IMAGE_TOPIC, IMAGE)
    bag.add_topic(INFO_TOPIC, CAMERA_INFO)
    bag.add_topic(GROUND_TRUTH_TOPIC, IMAGE)
    bag.add_topic(GROUND_TRUTH_INFO_TOPIC, CAMERA_INFO)
    if source.scans:
        bag.add_topic(SCAN_TOPIC, CLOUD)
    if source.links:
        bag.add_topic(STATIC_TOPIC, TRANSFORMS, latched=True)
    if source.poses:
        bag.add_topic(POSE_TOPIC, TRANSFORMS)


def _records(stamp: int, item: Entry | Path, compressed: bool) -> _Records:
    """Topics and messages of a frame, or of a scan's file."""
    if isinstance(item, Path):
        yield SCAN_TOPIC, messages.scan_cloud(read_scan(item), messages.header(stamp, SCAN_FRAME))
        return
    sample, head = item.load(), messages.header(stamp, CAMERA_FRAME)
    yield INFO_TOPIC, messages.camera_info(sample.camera, head)
    yield _image(item, sample, head, compressed)
    if sample.depth.any():
        # REP 117: nothing known is NaN, beyond any range +Inf.
        known = np.where(sample.depth > 0, sample.depth, np.float32(np.nan))
        known[sample.depth > BEYOND_FROM] = np.inf
        yield GROUND_TRUTH_INFO_TOPIC, messages.camera_info(sample.camera, head)
        yield GROUND_TRUTH_TOPIC, messages.depth_image(known, head)


def _image(item: Entry, sample: Sample, head: Any, compressed: bool) -> tuple[str, Any]:
    if not compressed:
        return IMAGE_TOPIC, messages.image(sample.image, head)
    if item.image.suffix.lower() in ('.jpg', '.jpeg'):
        return COMPRESSED_TOPIC, messages.jpeg_file(item.image.read_bytes(), head)
    return COMPRESSED_TOPIC, messages.jpeg_image(sample.image, head)

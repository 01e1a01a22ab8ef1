# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The transforms of a bag that hold for a camera: of its own tf topics, and of no others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from lacdepth_ros.bags.opening import (
    decoded,
    header_stamp,
    raw_messages,
    topic_counts,
    topic_kinds,
)
from lacdepth_ros.bags.reader import TRANSFORMS
from lacdepth_ros.bags.transform_tree import TransformTree, joined
from lacdepth_ros.core.stamps import NANOSECONDS, to_ns
from lacdepth_ros.messages.topics import shared_namespaces

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader

STATIC, MOVING = 'tf_static', 'tf'
_ONE_CLOCK = 10 * NANOSECONDS  # by which stamps of one clock may lie behind, or ahead
NO_STATIC = (
    'the bag holds no /tf_static, which in a split recording is often in the first part alone: '
    'name the folder of all parts, or give --pose'
)


@dataclass(frozen=True, slots=True)
class RecordedTransforms:
    """What the tf topics of a bag tell.

    Attributes:
        tree: The frames.
        warnings: Topics that were left out though they are called tf, transforms that are no
            poses, and static ones that change.
        hint: What to say where a transform is missing; '' when nothing can be said.
    """

    tree: TransformTree
    warnings: list[str]
    hint: str


def read_transforms(reader: BagReader, image_topic: str) -> RecordedTransforms:
    """Every transform of the tf and tf_static topics that belong to the images.

    A TFMessage topic of another name is somebody's drawing. Robots of several namespaces give
    their frames the same names, so the topics nearest to the images' namespace are read, and those
    of a namespace around it for frames that the nearer do not place.

    Args:
        reader: The open bag.
        image_topic: Topic of the images.
    """
    there = sorted(topic for topic, kind in topic_kinds(reader).items() if kind == TRANSFORMS)
    read: dict[str, TransformTree] = {}
    nearest: list[str] = []
    warnings: list[str] = []
    ahead = _recording_ahead(reader, image_topic)
    for name in (STATIC, MOVING):
        called = [topic for topic in there if topic.rpartition('/')[2] == name]
        best = _nearest(called, image_topic)
        around = [t for t in called if t not in best and _is_around(t, image_topic)]
        for topic in (*best, *around):
            read[topic], problems = _tree_of(reader, topic, ahead if name == STATIC else None)
            warnings += problems
        nearest += best
        warnings += _choice(image_topic, best, around, {*called} - {*best, *around})
    farther = sorted((t for t in read if t not in nearest), key=lambda topic: -topic.count('/'))
    levels = [nearest, *(list(level) for _, level in groupby(farther, lambda t: t.count('/')))]
    tree = joined([{topic: read[topic] for topic in level} for level in levels])
    warnings += tree.remarks
    counts = topic_counts(reader)
    hints = [] if any(counts[t] for t in read if t.endswith(STATIC)) else [NO_STATIC]
    if others := [topic for topic in there if topic not in read]:
        hints.append(f'not read were {", ".join(others)}')
    return RecordedTransforms(tree, warnings, ''.join(f'; {hint}' for hint in hints))


def _nearest(topics: Collection[str], image_topic: str) -> list[str]:
    """Those that share most of the namespaces above the image's topic, and have fewest besides."""

    def nearness(topic: str) -> tuple[int, int]:
        return shared_namespaces(topic, image_topic), -topic.count('/')

    best = max(map(nearness, topics), default=None)
    return [topic for topic in topics if nearness(topic) == best]


def _is_around(topic: str, image_topic: str) -> bool:
    """Whether a topic lies in a namespace that the images' topic lies in as well."""
    return shared_namespaces(topic, image_topic) == topic.strip('/').count('/')


def _choice(
    image_topic: str, nearest: Sequence[str], around: Sequence[str], left: Collection[str]
) -> list[str]:
    """What is said where there is more than one topic."""
    told = f'transforms of {", ".join(nearest)} are taken, the nearest to {image_topic}'
    if around:
        told += f', and of {", ".join(around)} for frames that they do not place'
    if left:
        told += f'; those of {", ".join(sorted(left))} are not'
    return [told] if left else []


def _recording_ahead(reader: BagReader, image_topic: str) -> int:
    """Time [ns] by which recording is ahead of the stamps of the images; 0 for one clock.

    They differ in a simulation, in a recording of a bag that was played, and with cameras that
    count from their own start.
    """
    for _, recorded, data in raw_messages(reader, image_topic):
        with suppress(ValueError):
            if stamp := header_stamp(data):  # one without a stamp is of no clock
                return recorded - stamp if abs(recorded - stamp) > _ONE_CLOCK else 0
    return 0


def _tree_of(reader: BagReader, topic: str, ahead: int | None) -> tuple[TransformTree, list[str]]:
    """The transforms of a topic, and what is doubtful about them.

    Args:
        reader: The open bag.
        topic: The topic.
        ahead: See `_recording_ahead`; None for a topic whose transforms move.
    """
    tree, problems = TransformTree(), []
    for connection, recorded, data in raw_messages(reader, topic):
        message = decoded(reader, connection, recorded, data)
        transforms = [] if message is None else message.transforms
        problems += [
            problem
            for item in transforms
            if (problem := _take(tree, item, None if ahead is None else recorded - ahead))
        ]
    return tree, problems + [_changed(topic, *change) for change in tree.changes.items()]


def _changed(topic: str, frame: str, changes: int) -> str:
    return (
        f'{topic} places frame {frame!r} anew {changes} times; every image takes the place that '
        'was recorded last before it'
    )


def _take(tree: TransformTree, item: Any, since: int | None) -> str:
    """Add a geometry_msgs/TransformStamped; returns what is wrong with it, or ''.

    A static one counts `since` it was recorded, on the images' clock [ns]: its stamp is that of
    the publisher's start, or zero. None for a moving one.
    """
    t, q, stamp = item.transform.translation, item.transform.rotation, item.header.stamp
    try:
        tree.add(
            item.header.frame_id,
            item.child_frame_id,
            to_ns(stamp) if since is None else since,
            (t.x, t.y, t.z),
            (q.x, q.y, q.z, q.w),
            static=since is not None,
        )
    except ValueError as error:
        return str(error)
    return ''

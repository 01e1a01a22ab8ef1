# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The transforms of a bag that hold for a camera: of its own tf topics, and of no others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lacdepth_ros.bags.opening import decoded, raw_messages, topic_counts, topic_kinds
from lacdepth_ros.bags.reader import TRANSFORMS
from lacdepth_ros.bags.transform_tree import TransformTree, joined
from lacdepth_ros.core.stamps import to_ns
from lacdepth_ros.messages.topics import shared_namespaces

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader

STATIC, MOVING = 'tf_static', 'tf'
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
    their frames the same names, so only the topics nearest to the images' namespace are read.

    Args:
        reader: The open bag.
        image_topic: Topic of the images.
    """
    there = sorted(topic for topic, kind in topic_kinds(reader).items() if kind == TRANSFORMS)
    trees, warnings = {}, []
    for name in (STATIC, MOVING):
        called = [topic for topic in there if topic.rpartition('/')[2] == name]
        nearest = _nearest(called, image_topic)
        for topic in nearest:
            trees[topic], problems = _tree_of(reader, topic, static=name == STATIC)
            warnings += problems
        if left := sorted({*called} - {*nearest}):
            warnings.append(
                f'transforms of {", ".join(nearest)} are taken, the nearest to {image_topic}; '
                f'those of {", ".join(left)} are not'
            )
    counts = topic_counts(reader)
    hints = [] if any(counts[t] for t in trees if t.endswith(STATIC)) else [NO_STATIC]
    if others := [topic for topic in there if topic not in trees]:
        hints.append(f'not read were {", ".join(others)}')
    return RecordedTransforms(joined(trees), warnings, ''.join(f'; {hint}' for hint in hints))


def _nearest(topics: Collection[str], image_topic: str) -> list[str]:
    """Those that share most of the namespaces above the image's topic, and have fewest besides."""

    def nearness(topic: str) -> tuple[int, int]:
        return shared_namespaces(topic, image_topic), -topic.count('/')

    best = max(map(nearness, topics), default=None)
    return [topic for topic in topics if nearness(topic) == best]


def _tree_of(reader: BagReader, topic: str, *, static: bool) -> tuple[TransformTree, list[str]]:
    """The transforms of a topic, and what is doubtful about them."""
    tree, problems = TransformTree(), []
    for connection, recorded, data in raw_messages(reader, topic):
        message = decoded(reader, connection, recorded, data)
        transforms = [] if message is None else message.transforms
        problems += [
            problem for item in transforms if (problem := _take(tree, item, recorded, static))
        ]
    return tree, problems + [_changed(topic, *change) for change in tree.changes.items()]


def _changed(topic: str, frame: str, changes: int) -> str:
    return (
        f'{topic} places frame {frame!r} anew {changes} times; every image takes the place that '
        'was recorded last before it'
    )


def _take(tree: TransformTree, item: Any, recorded: int, static: bool) -> str:
    """Add a geometry_msgs/TransformStamped; returns what is wrong with it, or ''.

    Static ones count from their time of recording: their stamp is that of the publisher's start,
    or zero.
    """
    t, q, stamp = item.transform.translation, item.transform.rotation, item.header.stamp
    try:
        tree.add(
            item.header.frame_id,
            item.child_frame_id,
            recorded if static else to_ns(stamp),
            (t.x, t.y, t.z),
            (q.x, q.y, q.z, q.w),
            static=static,
        )
    except ValueError as error:
        return str(error)
    return ''

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a camera's messages are, when nobody publishes them where the node listens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lacdepth_ros.messages.topics import shared_namespaces

if TYPE_CHECKING:
    from rclpy.node import Node

NOBODY = 'nobody'
"""Publishes a message type, on whatever topic."""
_NAMED = 4
"""Topics that are named; a robot may have dozens."""
_NO_INTRINSICS = (
    ', and there is no other CameraInfo: metres need the intrinsics, so use a driver that '
    'publishes them'
)


def published_elsewhere(node: Node, topic: str, message_type: str) -> str:
    """Say on which other topics a message type comes ('' where somebody publishes this one).

    Args:
        node: The depth node, whose own topics are none of a camera's.
        topic: Resolved name of one that nobody publishes.
        message_type: Such as sensor_msgs/msg/Image.
    """
    if node.count_publishers(topic):
        return ''
    others = [
        name
        for name, types in node.get_topic_names_and_types()
        if message_type in types and _is_published_by_others(node, name)
    ]
    others.sort(key=lambda name: (-shared_namespaces(name, topic), name))
    kind = message_type.rpartition('/')[2]
    if not others:
        return NOBODY + (_NO_INTRINSICS if kind == 'CameraInfo' else '')
    names = ', '.join(name.removesuffix('/compressed') for name in others[:_NAMED])
    more = f' and {len(others) - _NAMED} more' if len(others) > _NAMED else ''
    remapped = 'camera_info' if kind == 'CameraInfo' else 'image'
    return f'{NOBODY}, but there is {kind} of {names}{more}: remap {remapped}'


def _is_published_by_others(node: Node, topic: str) -> bool:
    own = node.get_name(), node.get_namespace()
    endpoints = node.get_publishers_info_by_topic(topic)
    return any((e.node_name, e.node_namespace) != own for e in endpoints)

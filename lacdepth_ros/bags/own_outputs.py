# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which topics of a bag the depth node wrote itself, or may have: those are no ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lacdepth_ros.bags.opening import messages_of, topic_kinds
from lacdepth_ros.bags.reader import CAMERA_INFO, CLOUDS
from lacdepth_ros.messages.cameras import is_info_for_depth
from lacdepth_ros.messages.clouds import is_colored_cloud
from lacdepth_ros.messages.topics import (
    CLEARING,
    COLOR,
    COMPRESSED_DEPTH,
    OBSTACLES,
    OUTPUTS,
    UNCERTAINTY,
    info_topic_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lacdepth_ros.bags.salvage import BagReader

_TELLTALES = (UNCERTAINTY, COLOR, OBSTACLES, CLEARING)  # nobody else has topics called so


def own_outputs(kinds: Mapping[str, str]) -> set[str]:
    """Names that the outputs of those depth nodes have of which an unmistakable one is there."""
    nodes = {
        topic.removesuffix(f'/{name}')
        for topic in kinds
        for name in _TELLTALES
        if topic.endswith(f'/{name}')
    }
    names = {f'{node}/{name}' for node in nodes for name in OUTPUTS}
    return names | {name + COMPRESSED_DEPTH for name in names}


def doubt_as_own(reader: BagReader, topic: str) -> str:
    """Why the depth node may have written a topic of depth or points; '' where it did not.

    Drivers have topics of the node's names, too. Of depth the camera_info next to it tells them
    apart, of a cloud the layout of its points. Frames tell nothing: a LiDAR's own pictures and an
    RGB-D camera's share that of the cloud, and the node's camera may not have been recorded.
    """
    base = topic.removesuffix(COMPRESSED_DEPTH)
    if not any(base.endswith(f'/{name}') for name in OUTPUTS):
        return ''
    kinds = topic_kinds(reader)
    if kinds[topic] in CLOUDS:
        cloud = _first(reader, topic)
        same = cloud is not None and is_colored_cloud(cloud)
        return f'{topic} has the name of its cloud and the layout of its points' if same else ''
    beside = info_topic_of(topic)
    if kinds.get(beside) != CAMERA_INFO or (info := _first(reader, beside)) is None:
        return f'{topic} has the name of its depth, and {beside} does not tell whose it is'
    if is_info_for_depth(info):
        return f'{topic} has the name of its depth and {beside} is as it writes them'
    return ''


def _first(reader: BagReader, topic: str) -> Any | None:
    """The first message that can be read; None without."""
    return next((message for _, message in messages_of(reader, topic)), None)

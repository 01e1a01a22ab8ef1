# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Topics that hold measured depth in a form, or under a name, in which it is not taken."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from lacdepth_ros.bags.opening import messages_of, topic_kinds
from lacdepth_ros.bags.reader import CLOUD, IMAGE
from lacdepth_ros.messages.clouds import has_points
from lacdepth_ros.messages.depth import DEPTH_ENCODINGS

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader

_PACKETS = re.compile(
    r'^(?!sensor_msgs/|.*(?:Radar|FFMPEG)).*/(\w*Packets?|PacketMsg|UdpFrame|\w+Scan)$'
)
_DISPARITY = 'stereo_msgs/msg/DisparityImage'


def look_alikes(reader: BagReader, topics: Collection[str]) -> str:
    """What could be made of a bag in which nothing was found, to add to an error; '' of nothing.

    Args:
        reader: The open bag.
        topics: Those that may be named.
    """
    kinds = topic_kinds(reader)
    packets = sorted(t for t, kind in kinds.items() if _PACKETS.match(kind))
    disparities = sorted(t for t, kind in kinds.items() if kind == _DISPARITY)
    depths = [t for t in sorted(topics) if kinds[t] == IMAGE and _encoding(reader, t)]
    hints = []
    if depths:
        hints.append(
            f'{", ".join(depths)} may be depth by the encoding '
            f'({_encoding(reader, depths[0])}): --truth-topic names it'
        )
    if packets:
        hints.append(
            f'{", ".join(packets)}: packets of a LiDAR as they came; play the bag through its '
            'driver, and record the points'
        )
    if disparities:
        hints.append(
            f'{", ".join(disparities)}: disparity; play the bag through point_cloud_node of '
            'stereo_image_proc, and record points2'
        )
    return ''.join(f'; {hint}' for hint in hints)


def clouds_with_points(reader: BagReader, topics: Sequence[str]) -> list[str]:
    """Those clouds that have x, y, z; all where none has, or where they hold nothing.

    SICK's drivers publish range, azimuth and elevation beside them, CARLA's bridge events. Beside
    a PointCloud2 a CustomMsg is of the same points as a rule: of Livox's driver, or of odometry.
    """
    found = [t for t in topics if (cloud := _first(reader, t)) is None or has_points(cloud)]
    found = found or list(topics)
    kinds = topic_kinds(reader)
    return [t for t in found if kinds[t] == CLOUD] or found


def _encoding(reader: BagReader, topic: str) -> str:
    """That of a topic of images if it is one of depth; else ''."""
    message = _first(reader, topic)
    found = '' if message is None else str(message.encoding)
    return found if found in DEPTH_ENCODINGS else ''


def _first(reader: BagReader, topic: str) -> Any | None:
    return next((message for _, message in messages_of(reader, topic)), None)

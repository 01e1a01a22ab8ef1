# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Messages of a topic by their stamp, read one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lacdepth_ros.bags.opening import header_stamp, stamped_messages
from lacdepth_ros.core.stamps import nearest

if TYPE_CHECKING:
    from lacdepth_ros.bags.salvage import BagReader


class StampedTopic:
    """A topic of messages with headers; of messages with the same stamp the last one counts.

    Args:
        reader: The open bag; it must stay open.
        topic: Name of the topic.

    Attributes:
        topic: Its name.
        stamps: Stamps of its messages [ns], sorted.
    """

    def __init__(self, reader: BagReader, topic: str) -> None:
        self.topic = topic
        self._reader = reader
        self._connections = [c for c in reader.connections if c.topic == topic]
        self._recorded = {
            stamp: recorded for _, recorded, stamp, _ in stamped_messages(reader, topic)
        }
        self.stamps = sorted(self._recorded)

    def nearest(self, stamp: int, tolerance_ns: int | None) -> int | None:
        """Stamp of the message nearest in time; None when none lies within the tolerance."""
        return nearest(self.stamps, stamp, tolerance_ns)

    def read(self, stamp: int) -> Any:
        """The message with this stamp; ValueError where the bag is damaged."""
        recorded = self._recorded[stamp]
        for connection, _, data in self._reader.messages(
            self._connections, recorded, recorded + 1
        ):
            if (header_stamp(data) or recorded) == stamp:
                return self._reader.deserialize(data, connection.msgtype)
        raise ValueError(f'the message of {self.topic} at {stamp} ns lies in a damaged part')

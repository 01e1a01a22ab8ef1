# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reading on behind damage: a chunk or message that cannot be read costs itself, no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator
from itertools import islice
from pathlib import Path
from typing import Any

from rosbags.highlevel import AnyReader
from rosbags.interfaces import Connection
from rosbags.rosbag2.storage_mcap import DECOMPRESSORS, MAXSIZE, msgsrc
from rosbags.typesys.store import Typestore

from lacdepth_ros.bags.damage import Damage
from lacdepth_ros.bags.definitions import types_for, undefined_types_accepted
from lacdepth_ros.bags.storage import advice
from lacdepth_ros.bags.unpacking import unpack_lz4, unpack_message, unpack_zstd
from lacdepth_ros.messages.livox import CUSTOM_MSGS, cloud_from_custom_msg

# The library's own unpack a chunk to the end, and compare its size afterwards.
DECOMPRESSORS.update(zstd=unpack_zstd, lz4=unpack_lz4)


class BagReader(AnyReader):
    """A reader of one bag.

    Args:
        path: The bag, for messages.
        files: Its storage files, none of them compressed.
        damage: Takes what cannot be read.

    Attributes:
        lost: Messages lost with whole chunks so far, by topic: nothing tells where among the
            others they were.
    """

    def __init__(self, path: Path, files: Collection[Path], damage: Damage) -> None:
        super().__init__(list(files))
        self.path, self._files = path, list(files)
        self.damage = damage
        self.lost: Counter[str] = Counter()
        self._types: dict[str, Typestore] = {}

    def _open(self) -> None:
        """Open the files, without a look at what their types are made of."""
        assert self.stack
        with undefined_types_accepted():
            for reader in self.readers:
                self.stack.enter_context(reader)
                _check_summary(reader.storage)  # type: ignore[union-attr]
        self.connections = [c for reader in self.readers for c in reader.connections]

    def messages(
        self,
        connections: Collection[Connection] = (),
        start: int | None = None,
        stop: int | None = None,
    ) -> Generator[tuple[Connection, int, bytes], None, None]:
        """Yield connection, time of recording [ns] and serialised message, in that time's order.

        Raises:
            ValueError: The bag is damaged from here on.
        """
        done = 0
        error: Exception | None = None
        while error is None or self._drop_damaged_chunks():
            error = None
            found = super().messages(connections, start, stop)
            try:
                for connection, recorded, data in islice(found, done, None):
                    done += 1
                    yield connection, recorded, unpack_message(data)
            except Exception as failure:  # the library raises whatever damaged bytes lead it to
                error = failure
            if error is None:
                return
        raise ValueError(self.describe(error)) from error

    def deserialize(self, rawdata: bytes, typ: str) -> Any:
        """Deserialize a message, a CustomMsg as a cloud; ValueError where it is damaged."""
        try:
            if typ in CUSTOM_MSGS:
                return cloud_from_custom_msg(rawdata)
            if typ not in self._types:
                self._types[typ] = types_for(typ, self.connections)
            return self._types[typ].deserialize_cdr(rawdata, typ)
        except Exception as error:
            raise ValueError(
                f'a {typ} of {len(rawdata)} bytes cannot be decoded ({_text(error)})'
            ) from error

    def describe(self, error: Exception) -> str:
        """Say that the bag cannot be read, why, and what can be done."""
        return f'{self.path}: not a readable ROS 2 bag ({_text(error)}); {advice(self._files)}'

    def _drop_damaged_chunks(self) -> bool:
        """Take the damaged chunks of MCAP files out of their indexes; whether there were any."""
        storages: list[Any] = [reader.storage for reader in self.readers]  # type: ignore[union-attr]
        found = [
            (storage, chunk, problem)
            for storage in storages
            for chunk in getattr(storage, 'chunks', [])
            if (problem := _problem(storage, chunk))
        ]
        for storage, chunk, problem in found:
            storage.chunks.remove(chunk)
            topics = {connection.id: connection.topic for connection in storage.connections}
            place = (storage.path.name, chunk.chunk_start_offset)
            reason = f'the chunk at byte {place[1]} of {place[0]} ({problem})'
            for channel, count in chunk.channel_count.items():
                self.damage.add(topics[channel], place, reason, count)
                self.lost[topics[channel]] += count
        return bool(found)


def _check_summary(storage: Any) -> None:
    """Refuse a whole MCAP file in which the library finds less than there is."""
    known = getattr(storage, 'statistics', None)
    if known is None:  # no MCAP file
        return
    types = {connection.id: connection.msgtype for connection in storage.connections}
    if (
        any(count and id not in types for id, count in known.channel_message_counts.items())
        or any(channel.schema != types[id] for id, channel in storage.channels.items())
        or any(c.message_end_time and not c.message_index_offsets for c in storage.chunks)
    ):
        raise ValueError('its summary leaves out schemas, channels, or where the messages are')


def _problem(storage: Any, chunk: Any) -> str:
    """What is wrong with a chunk of an MCAP file ('' when it can be read)."""
    try:
        for _ in msgsrc(chunk, {}, 0, MAXSIZE, storage.bio):
            pass
    except Exception as error:
        return _text(error)
    return ''


def _text(error: Exception) -> str:
    return ' '.join(str(error).split()) or type(error).__name__

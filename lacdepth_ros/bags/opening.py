# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 bags opened for reading without a ROS installation, and the topics that people name."""

from __future__ import annotations

import difflib
import shlex
import struct
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.bags.damage import Damage
from lacdepth_ros.bags.storage import ENDINGS, ROS1, is_bag, readable_files
from lacdepth_ros.core.stamps import NANOSECONDS

if TYPE_CHECKING:
    from rosbags.interfaces import Connection

    from lacdepth_ros.bags.salvage import BagReader


@contextmanager
def open_bag(path: Path, damage: Damage | None = None) -> Iterator[BagReader]:
    """Open a bag folder, or one of its storage files.

    Args:
        path: Folder, or .mcap or .db3 file, also packed by zstd.
        damage: Takes the messages that cannot be read while it is open.

    Raises:
        FileNotFoundError: There is nothing at `path`.
        ValueError: It is no bag, or cannot be read; also when that shows only while it is read.
    """
    try:
        from lacdepth_ros.bags.salvage import BagReader
    except ImportError as error:
        raise ValueError(f"{path}: to read bags, run 'pip install rosbags'") from error
    if not path.exists():
        raise FileNotFoundError(f'{path}: no such bag')
    if not is_bag(path):
        raise ValueError(f'{path}: not a ROS 2 bag; {_what_is_there(path)}')
    with readable_files(path) as files:
        reader = BagReader(path, files, Damage() if damage is None else damage)
        try:
            reader.open()
        except Exception as error:  # a damaged header makes the library fail in many ways
            raise ValueError(reader.describe(error)) from error
        try:
            yield reader
        finally:
            reader.close()


def choose_topic(
    path: Path, wanted: str, kinds: Mapping[str, str], fitting: Collection[str]
) -> str:
    """The topic that the user named, when it is there and of a fitting type.

    Args:
        path: The bag, for messages.
        wanted: What the user named.
        kinds: Type of every topic of the bag.
        fitting: Topics that would do.

    Raises:
        ValueError: It is not there (the nearest name is suggested), or of another type.
    """
    if wanted in fitting:
        return wanted
    there = ', '.join(sorted(fitting)) or 'none'
    if wanted in kinds:
        raise ValueError(
            f'{path}: topic {wanted!r} is of type {kinds[wanted]}, which does not fit here; those '
            f'that fit: {there}'
        )
    near = difflib.get_close_matches(wanted, [*fitting, *kinds], n=1, cutoff=0.4)
    hint = f'; did you mean {near[0]!r}?' if near else ';'
    raise ValueError(f'{path}: no topic {wanted!r} in this bag{hint} those that fit: {there}')


def topic_kinds(reader: BagReader) -> dict[str, str]:
    """Type of every topic, such as 'sensor_msgs/msg/Image'."""
    return {connection.topic: connection.msgtype for connection in reader.connections}


def topic_counts(reader: BagReader) -> Counter[str]:
    """Number of messages of every topic, over all files of the bag."""
    counts: Counter[str] = Counter()
    for connection in reader.connections:
        counts[connection.topic] += connection.msgcount
    return counts


def messages_of(reader: BagReader, topic: str | None) -> Iterator[tuple[int, Any]]:
    """Stamp [ns] and message of a topic; nothing when there is no such topic.

    The stamp is that of the header; where that was never set, the time of recording. Messages that
    cannot be decoded are left out and noted as damage.
    """
    for _, stamp, message in numbered_messages(reader, topic):
        yield stamp, message


def numbered_messages(reader: BagReader, topic: str | None) -> Iterator[tuple[int, int, Any]]:
    """The same with each one's place among all recorded, from 0: damaged ones keep theirs."""
    for place, (connection, recorded, data) in enumerate(raw_messages(reader, topic)):
        stamp = _stamp(reader, connection, recorded, data)
        message = None if stamp is None else decoded(reader, connection, recorded, data)
        if stamp is not None and message is not None:
            yield place, stamp, message


def decoded(reader: BagReader, connection: Connection, recorded: int, data: bytes) -> Any | None:
    """A message of this time of recording [ns]; None, and noted as damage, where it is damaged."""
    try:
        return reader.deserialize(data, connection.msgtype)
    except ValueError as error:
        reader.damage.add(connection.topic, recorded, str(error))
        return None


def stamped_messages(
    reader: BagReader, topic: str | None
) -> Iterator[tuple[Connection, int, int, bytes]]:
    """Connection, time of recording [ns], stamp [ns] and bytes of messages with a header.

    Those too short for one are left out and noted as damage.
    """
    for connection, recorded, data in raw_messages(reader, topic):
        stamp = _stamp(reader, connection, recorded, data)
        if stamp is not None:
            yield connection, recorded, stamp, data


def _stamp(reader: BagReader, connection: Connection, recorded: int, data: bytes) -> int | None:
    """Stamp [ns] of a message; None, and noted as damage, where it is too short for one."""
    try:
        return header_stamp(data) or recorded
    except ValueError as error:
        reader.damage.add(connection.topic, recorded, str(error))
        return None


def raw_messages(reader: BagReader, topic: str | None) -> Iterator[tuple[Connection, int, bytes]]:
    """Connection, time of recording [ns] and serialised message of a topic."""
    connections = [c for c in reader.connections if c.topic == topic]
    if connections:
        yield from reader.messages(connections)


def header_stamp(data: bytes | memoryview) -> int:
    """Stamp [ns] of a serialised message that begins with a std_msgs/Header.

    Raises:
        ValueError: The message is cut short.
    """
    if len(data) < 12:  # four bytes say how it is serialised, then come sec and nanosec
        raise ValueError(f'a message of {len(data)} bytes has no header')
    order = '<' if data[1] & 1 else '>'
    sec, nanosec = struct.unpack_from(f'{order}iI', data, 4)
    return int(sec * NANOSECONDS + nanosec)


def _what_is_there(path: Path) -> str:
    if of_ros1 := [path] if path.suffix == ROS1 else sorted(path.glob(f'*{ROS1}')):
        first = of_ros1[0]  # the library that reads bags brings the command along
        source, target = (shlex.quote(str(p)) for p in (first, first.with_suffix('')))
        to = f'rosbags-convert --src {source} --dst {target}'
        return f'{first.name} is of ROS 1, convert it: {to}'
    if path.is_file():
        return f'a file must end in {", ".join(ENDINGS)}'
    parts = sorted(p.name for p in path.iterdir() if p.name.endswith(ENDINGS))
    if not parts:
        return 'the folder has no metadata.yaml'
    return (
        f'metadata.yaml is missing beside {", ".join(parts)}: the recording was not ended. '
        f'Name the file itself, or: ros2 bag reindex {path}'
    )

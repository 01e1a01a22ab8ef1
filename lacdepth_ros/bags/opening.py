# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 bags opened for reading without a ROS installation, and the topics that people name."""

from __future__ import annotations

import difflib
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.core.stamps import NANOSECONDS

if TYPE_CHECKING:
    from rosbags.highlevel import AnyReader
    from rosbags.interfaces import Connection

BAG_SUFFIXES = ('.mcap', '.db3')
_RESCUE = "what is whole in a recording that was cut short is saved by 'mcap recover' or, for \
sqlite3, by 'ros2 bag reindex'"


def is_bag(path: Path) -> bool:
    """Whether the path looks like a ROS 2 bag: a folder with metadata.yaml, or a storage file."""
    if path.is_dir():
        return (path / 'metadata.yaml').is_file()
    return path.suffix in BAG_SUFFIXES


@contextmanager
def open_bag(path: Path) -> Iterator[AnyReader]:
    """Open a bag folder, or its .mcap or .db3 file.

    Raises:
        FileNotFoundError: There is nothing at `path`.
        ValueError: It is no bag, or is damaged; also when that shows only while it is read.
    """
    try:
        import apsw
        from rosbags.highlevel import AnyReader, AnyReaderError
        from rosbags.rosbag2 import ReaderError
        from rosbags.typesys import Stores, get_typestore
    except ImportError as error:
        raise ValueError(f"{path}: to read bags, run 'pip install rosbags'") from error
    if not path.exists():
        raise FileNotFoundError(f'{path}: no such bag')
    if not is_bag(path):
        raise ValueError(f'{path}: not a ROS 2 bag; {_what_is_there(path)}')
    try:
        reader = AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY))
        reader.open()
    except Exception as error:  # a damaged header makes the library fail in many ways
        raise ValueError(_damaged(path, error)) from error
    try:
        yield reader
    except (AnyReaderError, ReaderError, apsw.Error) as error:
        raise ValueError(_damaged(path, error)) from error
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


def topic_kinds(reader: AnyReader) -> dict[str, str]:
    """Type of every topic, such as 'sensor_msgs/msg/Image'."""
    return {connection.topic: connection.msgtype for connection in reader.connections}


def messages_of(reader: AnyReader, topic: str | None) -> Iterator[tuple[int, Any]]:
    """Stamp [ns] and message of a topic; nothing when there is no such topic.

    The stamp is that of the header; where that was never set, the time of recording.
    """
    for connection, recorded, data in raw_messages(reader, topic):
        message: Any = reader.deserialize(data, connection.msgtype)
        yield header_stamp(data) or recorded, message


def raw_messages(reader: AnyReader, topic: str | None) -> Iterator[tuple[Connection, int, bytes]]:
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
        raise ValueError(f'a message of {len(data)} bytes has no header: the bag is damaged')
    order = '<' if data[1] & 1 else '>'
    sec, nanosec = struct.unpack_from(f'{order}iI', data, 4)
    return int(sec * NANOSECONDS + nanosec)


def _what_is_there(path: Path) -> str:
    if path.is_file():
        return f'a file must end in {" or ".join(BAG_SUFFIXES)}'
    parts = sorted(p.name for p in path.iterdir() if p.suffix in BAG_SUFFIXES)
    if not parts:
        return 'the folder has no metadata.yaml'
    return (
        f'metadata.yaml is missing beside {", ".join(parts)}: the recording was not ended. '
        f'Name the file itself, or: {_RESCUE}'
    )


def _damaged(path: Path, error: Exception) -> str:
    text = ' '.join(str(error).split()) or type(error).__name__
    return f'{path}: not a readable ROS 2 bag ({text}); {_RESCUE}'

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""New ROS 2 bags: they appear under their name when they are whole, or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import CompressionMode, StoragePlugin, Writer
from rosbags.rosbag2.storage_sqlite3 import Sqlite3Writer
from rosbags.typesys import Stores, get_typestore

from lacdepth_ros.bags.storage import ENDINGS

STORAGES = {'mcap': StoragePlugin.MCAP, 'sqlite3': StoragePlugin.SQLITE3}
_STORE = get_typestore(Stores.ROS2_JAZZY)
_METADATA_VERSION: Final = 8
"""The newest that Humble reads as well as Jazzy and Kilted: 9 changed how QoS is written."""
_COMMITTED = 2**26
"""Bytes of messages after which sqlite commits: what comes after is lost with a full disk."""
_FOREVER = QosTime(9223372036, 854775807)


class _SafeSqlite3Writer(Sqlite3Writer):
    """Writes where it is told, and keeps what it has written when it must stop.

    rosbags hands the path to sqlite as a URI, unquoted: there '#' and '?' end the path and '%'
    begins a code, so the bag would go to a stray file. And it takes everything back in the end
    where not all could be written.
    """

    def __init__(self, path: Path, compression: CompressionMode) -> None:
        super().__init__(Path(quote(os.fsencode(path))), compression)
        self.path = path / f'{path.name}.db3'
        if not self.path.is_file():
            raise OSError(f'{self.path} cannot be written; name a bag without #, ? and %')
        self._pending = 0

    def write(self, connection: Connection, timestamp: int, data: bytes | memoryview) -> None:
        super().write(connection, timestamp, data)
        self._pending += len(data)
        if self._pending > _COMMITTED:
            self.conn.commit()
            self._pending = 0

    def abort(self) -> None:
        with suppress(sqlite3.Error):
            self.conn.commit()
        super().abort()


class _Writer(Writer):
    STORAGE_PLUGINS = {  # noqa: RUF012
        **Writer.STORAGE_PLUGINS,
        StoragePlugin.SQLITE3: _SafeSqlite3Writer,
    }


class BagWriter:
    """Topics and messages of a bag under way; `new_bag` makes it.

    Attributes:
        counts: Messages written, by topic.
        size: Bytes of all serialised messages.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._connections: dict[str, Connection] = {}
        self.counts: dict[str, int] = {}
        self.size = 0

    def add_topic(self, topic: str, kind: str, *, latched: bool = False) -> None:
        """Announce a topic; each needs it before its first message.

        Args:
            topic: Full name, such as '/camera/image_rect'.
            kind: Type, such as 'sensor_msgs/msg/Image'.
            latched: Players offer the last message to those who come late, as of /tf_static.
        """
        self._connections[topic] = self._writer.add_connection(
            topic, kind, typestore=_STORE, offered_qos_profiles=[_qos(latched)]
        )
        self.counts[topic] = 0

    def write(self, topic: str, stamp: int, message: Any) -> None:
        """Serialise anything with the fields of the topic's type and write it.

        Args:
            topic: A topic that was announced.
            stamp: Time of recording [ns].
            message: Its number sequences must be NumPy arrays of the field's type.
        """
        kind = self._connections[topic].msgtype
        self.write_serialized(topic, stamp, _STORE.serialize_cdr(message, kind))

    def write_serialized(self, topic: str, stamp: int, data: bytes | memoryview) -> None:
        """Write a message that is CDR already; `stamp` is the time of recording [ns]."""
        self._writer.write(self._connections[topic], stamp, data)
        self.counts[topic] += 1
        self.size += len(data)


@contextmanager
def new_bag(
    path: Path, storage: str = 'mcap', *, keep_broken: bool = False
) -> Iterator[BagWriter]:
    """Write a bag under a hidden name beside `path`; it is renamed when it is whole.

    An error, an interruption, or a body that writes no message leaves nothing behind. A killed
    process leaves a folder '.<name>.*.partial', which no tool takes for a bag.

    Args:
        path: Folder of the bag.
        storage: 'mcap' or 'sqlite3'.
        keep_broken: What cannot be made again shall not go with a full disk: that folder is then
            left as well, and the error says where it is.

    Raises:
        FileExistsError: There is something at `path` already.
        ValueError: Unknown storage, or no message was written.
        OSError, sqlite3.Error: It cannot be written.
    """
    if storage not in STORAGES:
        raise ValueError(f'storage {storage!r} is not one of {sorted(STORAGES)}')
    if path.exists():
        raise FileExistsError(f'{path} exists already; name another bag, or remove it')
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f'.{path.name}.', suffix='.partial'))
    kept = None
    try:
        unnamed = folder / path.name  # the name that the storage file inside takes over
        with _Writer(
            unnamed, version=_METADATA_VERSION, storage_plugin=STORAGES[storage]
        ) as writer:
            bag = BagWriter(writer)
            yield bag
            if not any(bag.counts.values()):
                raise ValueError(f'{path}: there was no message to write, so no bag is left')
        unnamed.rename(path)
    except (OSError, sqlite3.Error) as error:
        kept = _storage_file(unnamed) if keep_broken else None
        if kept is None:
            raise
        raise OSError(
            f'{path} is not whole ({error}); what was written before is kept, without an index: '
            f'{kept}'
        ) from error
    finally:
        if kept is None:
            shutil.rmtree(folder)


def _storage_file(folder: Path) -> Path | None:
    """The file with the messages in the folder of a bag; None before there is one."""
    files = (file for file in folder.glob('*') if file.suffix in ENDINGS)
    return next(files, None)


def _qos(latched: bool) -> Qos:
    """The QoS that players take over: reliable, which every subscriber can use."""
    return Qos(
        QosHistory.KEEP_LAST,
        1 if latched else 10,
        QosReliability.RELIABLE,
        QosDurability.TRANSIENT_LOCAL if latched else QosDurability.VOLATILE,
        _FOREVER,
        _FOREVER,
        QosLiveliness.AUTOMATIC,
        _FOREVER,
        avoid_ros_namespace_conventions=False,
    )

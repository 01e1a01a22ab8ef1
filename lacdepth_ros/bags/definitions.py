# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the types of a bag are made of: each looked at alone, and only when it is read.

Bags hold topics of types that nobody could define while they were recorded, or that are no ROS
messages at all. The library refuses a bag for one of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import lru_cache

import apsw
from rosbags.interfaces import Connection, MessageDefinition, MessageDefinitionFormat
from rosbags.interfaces.typing import Typesdict
from rosbags.rosbag2 import storage_mcap
from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

_KNOWN = frozenset({'ros2msg', 'ros2idl', 'omgidl', ''})
_IDL_SEPARATOR = '=' * 80 + '\n'
# camera_info of ROS 1 as `rosbags-convert` leaves it: the same but for the names of four fields.
_ROS1_FIELDS = re.compile(r'^float64\[\] D$', re.MULTILINE)
_NONE = MessageDefinition(MessageDefinitionFormat.NONE, '')
_library_definition = storage_mcap.get_msgdef


def _definition(schema: storage_mcap.Schema | None) -> MessageDefinition:
    """The definition of an MCAP schema; none where it is in a language that is not ROS's."""
    return _library_definition(schema) if schema and schema.encoding in _KNOWN else _NONE


storage_mcap.get_msgdef = _definition


@contextmanager
def undefined_types_accepted() -> Iterator[None]:
    """Hide the definitions of sqlite3 bags that are in no language of ROS, while one is opened."""
    apsw.connection_hooks.append(_hide_unknown)
    try:
        yield
    finally:
        apsw.connection_hooks.remove(_hide_unknown)


def _hide_unknown(connection: apsw.Connection) -> None:
    """A view that goes before the table of its name, for this connection alone."""
    connection.execute(
        'CREATE TEMP VIEW message_definitions AS SELECT * FROM main.message_definitions '
        "WHERE encoding IN ('ros2msg', 'ros2idl')"
    )


def types_for(kind: str, connections: Collection[Connection]) -> Typestore:
    """What decodes messages of a type: the bag's own definition, else that of ROS 2.

    Args:
        kind: Such as 'sensor_msgs/msg/Image'.
        connections: All of the bag.

    Raises:
        ValueError: The definition cannot be read, or is not the one that was recorded.
    """
    own = [c for c in connections if c.msgtype == kind and c.msgdef.format is not _NONE.format]
    if not own or _ROS1_FIELDS.search(own[0].msgdef.data):
        return _of_ros2()
    types = get_typestore(Stores.EMPTY)
    try:
        types.register(_parsed(own[0].msgdef, kind))
        hashes = {c.digest for c in own if c.digest}
        other = hashes and hashes - {types.hash_rihs01(kind)}
    except Exception as error:  # the library raises whatever a broken text leads it to
        raise ValueError(f'its definition in the bag cannot be read: {error}') from error
    if other:
        raise ValueError(f'its definition in the bag is not the one of its hash {other.pop()}')
    return types


def _parsed(definition: MessageDefinition, kind: str) -> Typesdict:
    """The type and those that it is made of."""
    if definition.format is MessageDefinitionFormat.MSG:
        return get_types_from_msg(definition.data, kind)
    parts = definition.data.split(_IDL_SEPARATOR)
    if len(parts) == 1:
        return get_types_from_idl(definition.data)
    types: Typesdict = {}
    for part in parts[1:]:  # each begins with a line that names it
        types.update(get_types_from_idl(part.split('\n', 1)[1]))
    return types


@lru_cache(maxsize=1)
def _of_ros2() -> Typestore:
    return get_typestore(Stores.ROS2_JAZZY)

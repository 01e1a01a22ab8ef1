# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters qos_overrides.TOPIC.SIDE.POLICY that were given: wrong values, names of nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from rclpy.qos import DurabilityPolicy, HistoryPolicy, ReliabilityPolicy

if TYPE_CHECKING:
    from rclpy.node import Node

PREFIX = 'qos_overrides.'
"""Start of the names that come into being with a publisher or a subscription."""
_MOST = 2**31 - 1  # messages that Fast DDS can be told to keep
_WHEN = ', and it is read when the node starts'
_CHOICES: dict[str, type[IntEnum]] = {
    'history': HistoryPolicy,
    'reliability': ReliabilityPolicy,
    'durability': DurabilityPolicy,
}


def wrong_overrides(node: Node) -> Iterator[str]:
    """Yield what is wrong with each value by which nothing could be published or subscribed."""
    for name, value in _given(node).items():
        policy = name.rpartition('.')[2]
        if policy == 'depth' and not (type(value) is int and 0 <= value <= _MOST):
            yield f'{name} is {value!r}; a whole number from 0 on is possible{_WHEN}'
        elif policy in _CHOICES and value not in (names := _names(_CHOICES[policy])):
            yield f'{name} is {value!r}; possible are {", ".join(names)}{_WHEN}'


def unused_overrides(node: Node) -> Iterator[str]:
    """Yield a line for each that is of no topic of the node; for when it is active."""
    known = [f'{PREFIX}{name}' for name in node.get_parameters_by_prefix(PREFIX[:-1])]
    for name in _given(node):
        if not node.has_parameter(name):
            near = difflib.get_close_matches(name, known, n=1)
            guess = f': did you mean {near[0]}?' if near else ''
            yield f'{name} has no effect, this node has no such topic, side or policy{guess}'


def _given(node: Node) -> dict[str, Any]:
    overrides = node._parameter_overrides  # rclpy shows them to nobody else
    return {name: given.value for name, given in overrides.items() if name.startswith(PREFIX)}


def _names(policy: type[IntEnum]) -> list[str]:
    """Values of a policy as the parameters have them."""
    return [choice.name.lower() for choice in policy if choice.name != 'UNKNOWN']

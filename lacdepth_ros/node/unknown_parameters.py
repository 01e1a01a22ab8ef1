# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters that were given, by file or command line, and that the node does not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lacdepth_ros.node.qos_overrides import PREFIX

if TYPE_CHECKING:
    from rclpy.node import Node


def unknown_parameters(node: Node) -> Iterator[str]:
    """Yield a line for each; rclpy itself passes over them in silence.

    Args:
        node: With all its parameters declared.
    """
    known = [name for name in node.get_parameters_by_prefix('') if name]
    for name in node._parameter_overrides:  # rclpy shows them to nobody else
        if node.has_parameter(name) or name.startswith(PREFIX):
            continue
        near = difflib.get_close_matches(name, known, n=1)
        guess = f': did you mean {near[0]}?' if near else ''
        yield f'there is no parameter {name}{guess}'

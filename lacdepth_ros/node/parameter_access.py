# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node's parameters in the ROS graph: declared, read, and held against changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException

from lacdepth_ros.node.parameter_rule import UNCONFIGURED
from lacdepth_ros.node.parameters import NodeParameters, rules

if TYPE_CHECKING:
    from rclpy.node import Node


def declare(node: Node) -> dict[str, str]:
    """Declare all parameters; return the overrides that were refused, {name: reason}.

    A refused override (wrong type, outside the range) leaves the default in its place: the node
    stays alive so that configure can say what to fix.
    """
    refused = {}
    for item, rule in rules():
        descriptor = rule.descriptor(item.default)
        try:
            value = node.declare_parameter(rule.name, item.default, descriptor).value
            problem = rule.problem(value, item.default)
            if problem:
                node.undeclare_parameter(rule.name)
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            problem = str(error)
        if problem:
            refused[rule.name] = f'{problem} ({rule.description}; default {item.default!r})'
            node.declare_parameter(rule.name, item.default, descriptor, ignore_override=True)
    return refused


def read(node: Node) -> NodeParameters:
    """Read the present values of all parameters."""
    values = {item.name: node.get_parameter(rule.name).value for item, rule in rules()}
    for item, _ in rules():
        if isinstance(item.default, float):  # it may have been set as a whole number
            values[item.name] = float(values[item.name])
    return NodeParameters(**values)


def rejection(current: NodeParameters, changes: Mapping[str, Any], *, configured: bool) -> str:
    """Say why these changes are not possible now ('' when they are).

    Args:
        current: Values before the change.
        changes: New values by ROS parameter name; unknown names (qos_overrides.*) are ignored.
        configured: The node is inactive or active, not unconfigured.
    """
    values = {}
    for item, rule in rules():
        if rule.name not in changes:
            continue
        value = changes[rule.name]
        if configured and not rule.live and value != getattr(current, item.name):
            return f'{rule.name} is {UNCONFIGURED}'
        values[item.name] = value
    return replace(current, **values).problem()

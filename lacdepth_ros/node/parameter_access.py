# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node's parameters in the ROS graph: declared and read."""

from __future__ import annotations

from dataclasses import Field
from typing import TYPE_CHECKING, Any

from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException

from lacdepth_ros.node.parameter_rule import Rule
from lacdepth_ros.node.parameter_set import ParameterSet, all_rules
from lacdepth_ros.node.parameters import NodeParameters

if TYPE_CHECKING:
    from rclpy.node import Node

_NOTHING = ('null', 'Null', 'NULL', '~')
"""What `ros2 param dump` writes for a parameter that is not set; rcl reads it as a text."""


def declare(node: Node) -> dict[str, str]:
    """Declare all parameters; return the overrides that were refused, {name: reason}.

    A refused override (wrong type, outside the range) leaves the default in its place: the node
    stays alive so that configure can say what to fix.
    """
    refused: dict[str, str] = {}
    for _, item, rule in all_rules(()):
        _declare(node, item, rule, refused)
    for camera, item, rule in all_rules(node.get_parameter('cameras').value):
        if camera:
            _declare(node, item, rule, refused)
    return refused


def _declare(node: Node, item: Field[Any], rule: Rule, refused: dict[str, str]) -> None:
    descriptor = rule.descriptor(item.default)
    default = None if rule.camera else item.default
    try:
        value = node.declare_parameter(rule.name, default, descriptor).value
        is_unset = bool(rule.camera) and value in _NOTHING
        problem = '' if is_unset else rule.problem(value, item.default)
        if problem or is_unset:
            node.undeclare_parameter(rule.name)
    except (InvalidParameterTypeException, InvalidParameterValueException) as error:
        is_unset, problem = False, str(error)
    if problem:
        refused[rule.name] = f'{problem} ({rule.description}; default {default!r})'
    if problem or is_unset:
        node.declare_parameter(rule.name, default, descriptor, ignore_override=True)


def read(node: Node) -> ParameterSet:
    """Read the present values of all parameters."""
    shared: dict[str, Any] = {}
    own: dict[str, dict[str, Any]] = {}
    for camera, item, rule in all_rules(node.get_parameter('cameras').value):
        value = node.get_parameter(rule.name).value
        if value is None:
            continue
        if isinstance(item.default, (float, tuple)):  # it may have been set as a whole number
            value = type(item.default)(value)
        (own.setdefault(camera, {}) if camera else shared)[item.name] = value
    return ParameterSet(NodeParameters(**shared), own)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters of a node with several cameras: what holds for all, and what one has of its own.

The only camera of a node is named '' and has nothing of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field, replace
from typing import Any

from lacdepth_ros.node.parameter_rule import UNCONFIGURED, Rule
from lacdepth_ros.node.parameters import NodeParameters, rules

MAX_CAMERAS = 8
"""As many as the engines keep networks for, one for each size of image."""
_NAME = re.compile(r'[A-Za-z][A-Za-z0-9_]*')


@dataclass(frozen=True)
class ParameterSet:
    """The parameters' values.

    Attributes:
        shared: What holds for every camera that has nothing of its own.
        own: By camera and field of NodeParameters: what was given for that camera alone.
    """

    shared: NodeParameters
    own: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, camera: str) -> NodeParameters:
        """Values for one camera."""
        return replace(self.shared, **self.own.get(camera, {}))

    def problem(self) -> str:
        """Say what is wrong with the values ('' when nothing is)."""
        if problem := self.shared.problem() or _problem_of_names(self.shared.cameras):
            return problem
        for camera in self.own:
            if problem := self.of(camera).problem():
                return f'{camera}: {problem}'
        return ''

    def rejection(self, changes: Mapping[str, Any], *, configured: bool) -> str:
        """Say why these changes are not possible now ('' when they are).

        Args:
            changes: New values by ROS parameter name; unknown names (qos_overrides.*) are ignored.
            configured: The node is inactive or active, not unconfigured.
        """
        shared, own = dict[str, Any](), {camera: dict(self.own[camera]) for camera in self.own}
        for camera, item, rule in all_rules(self.shared.cameras):
            if rule.name not in changes:
                continue
            value = changes[rule.name]
            if value is None:  # rclpy would forget the parameter
                return f'{rule.name} cannot be unset while the node runs: give it a value'
            if problem := rule.problem(value, item.default):
                return problem
            if configured and not rule.live and value != self._value(camera, item.name):
                return f'{rule.name} is {UNCONFIGURED}'
            values = own.setdefault(camera, {}) if camera else shared
            values[item.name] = value
        return ParameterSet(replace(self.shared, **shared), own).problem()

    def _value(self, camera: str, name: str) -> Any:
        """What a parameter was set to; None for one that a camera does not have of its own."""
        return self.own.get(camera, {}).get(name) if camera else getattr(self.shared, name)


def all_rules(cameras: Sequence[str]) -> Iterator[tuple[str, Field[Any], Rule]]:
    """Camera ('' = all), field and rule of every parameter of a node with these cameras."""
    for item, rule in rules():
        yield '', item, rule
    for camera in filter(_NAME.fullmatch, dict.fromkeys(cameras)):  # `problem` names the others
        for item, rule in rules():
            if rule.per_camera:
                yield camera, item, rule.of_camera(camera)


def _problem_of_names(cameras: Sequence[str]) -> str:
    if cameras == ('',):
        return ''
    if bad := [name for name in cameras if not _NAME.fullmatch(name)]:
        return f'cameras {bad!r} are no names of cameras: letters, digits and _ are possible'
    if len(set(cameras)) < len(cameras):
        return f'cameras {list(cameras)!r} has a name twice'
    if not 1 <= len(cameras) <= MAX_CAMERAS:
        return f'{len(cameras)} cameras; 1 to {MAX_CAMERAS} are possible'
    return ''

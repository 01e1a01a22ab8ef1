# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a parameter of the node is called, means and may be, beside its default."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

ANY_TIME = 'changes at run time'
AT_START = 'read when the node starts: restart it to change this'
UNCONFIGURED = 'read by configure: deactivate and clean up first, then set it and configure'


@dataclass(frozen=True, slots=True)
class Rule:
    """What a parameter is called, means, and may be.

    Attributes:
        name: Name in ROS.
        description: One line.
        live: It may change while the node runs.
        limits: Smallest and largest value; None = any.
        choices: Possible values; () = any.
        at_start: It can only be given to a node that starts.
        per_camera: Each of several cameras may have its own value.
        camera: The camera that it is for, where it is no value for all.
    """

    name: str
    description: str
    live: bool
    limits: tuple[float, float] | None
    choices: tuple[Any, ...]
    at_start: bool
    per_camera: bool
    camera: str = ''

    def of_camera(self, camera: str) -> Rule:
        """The rule for the value of one camera alone, which need not be set."""
        description = f'{self.description} (of {camera}; not set = {self.name})'
        name = f'{camera}.{self.name}'
        return replace(self, name=name, description=description, camera=camera)

    def descriptor(self, default: Any) -> ParameterDescriptor:
        """Build the ROS descriptor, with range and when the parameter may change."""
        constraints = [ANY_TIME if self.live else AT_START if self.at_start else UNCONFIGURED]
        if self.choices:
            constraints.append('one of ' + ', '.join(map(repr, self.choices)))
        descriptor = ParameterDescriptor(
            name=self.name,
            description=self.description,
            additional_constraints='; '.join(constraints),
            read_only=self.at_start,
        )
        # A user who sets 60 for 60.0 means it, and what one camera does not have of its own is
        # not set; `problem` checks what ROS then leaves unchecked.
        descriptor.dynamic_typing = isinstance(default, float) or bool(self.camera)
        if self.limits and isinstance(default, float):
            low, high = self.limits
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        elif self.limits:
            low, high = (int(limit) for limit in self.limits)
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
        return descriptor

    def problem(self, value: Any, default: Any) -> str:
        """Say why the parameter cannot have this value ('' when it can)."""
        if self.camera and value is None:
            return ''
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if isinstance(default, float):
            if not is_number:
                return f'{self.name} is {value!r}; a number is needed'
        elif self.camera and type(value) is not type(default):
            return f'{self.name} is {value!r}; a {type(default).__name__} is needed'
        if self.choices and value not in self.choices:
            return f'{self.name} is {value!r}; choose one of {", ".join(map(str, self.choices))}'
        if self.limits and not self.limits[0] <= value <= self.limits[1]:
            low, high = self.limits
            return f'{self.name} is {value!r}, out of range {low:g} .. {high:g}'
        return ''


def parameter(
    name: str,
    default: Any,
    description: str,
    *,
    live: bool = False,
    limits: tuple[float, float] | None = None,
    choices: tuple[Any, ...] = (),
    at_start: bool = False,
    per_camera: bool = False,
) -> Any:
    """Make the field of a parameter, with its rule in the metadata."""
    rule = Rule(name, description, live, limits, choices, at_start, per_camera)
    return field(default=default, metadata={'rule': rule})


camera_parameter = partial(parameter, per_camera=True)
"""As `parameter`, of what may differ from camera to camera."""

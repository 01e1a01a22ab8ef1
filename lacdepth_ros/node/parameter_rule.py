# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a parameter of the node is called, means and may be, beside its default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

ANY_TIME = 'changes at run time'
UNCONFIGURED = 'read by configure: deactivate and clean up first, then set it and configure'


@dataclass(frozen=True, slots=True)
class Rule:
    """What a parameter is called, means, and may be."""

    name: str
    description: str
    live: bool
    limits: tuple[float, float] | None
    choices: tuple[Any, ...]

    def descriptor(self, default: Any) -> ParameterDescriptor:
        """Build the ROS descriptor, with range and when the parameter may change."""
        constraints = [ANY_TIME if self.live else UNCONFIGURED]
        if self.choices:
            constraints.append('one of ' + ', '.join(map(repr, self.choices)))
        descriptor = ParameterDescriptor(
            name=self.name,
            description=self.description,
            additional_constraints='; '.join(constraints),
        )
        # A user who sets 60 for 60.0 means it; `problem` checks what ROS then leaves unchecked.
        descriptor.dynamic_typing = isinstance(default, float)
        if self.limits and isinstance(default, float):
            low, high = self.limits
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        elif self.limits:
            low, high = (int(limit) for limit in self.limits)
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
        return descriptor

    def problem(self, value: Any, default: Any) -> str:
        """Say why the parameter cannot have this value ('' when it can)."""
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if isinstance(default, float) and not is_number:
            return f'{self.name} is {value!r}; a number is needed'
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
) -> Any:
    """Make the field of a parameter, with its rule in the metadata."""
    rule = Rule(name, description, live, limits, choices)
    return field(default=default, metadata={'rule': rule})

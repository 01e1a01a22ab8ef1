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
        if self.limits and isinstance(default, float):
            low, high = self.limits
            descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
        elif self.limits:
            low, high = (int(limit) for limit in self.limits)
            descriptor.integer_range = [IntegerRange(from_value=low, to_value=high)]
        return descriptor


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

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node's parameters: one frozen dataclass that holds defaults, ranges and descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException

if TYPE_CHECKING:
    from rclpy.node import Node

ANY_TIME = 'changes at run time'
UNCONFIGURED = 'read by configure: deactivate and clean up first, then set it and configure'


@dataclass(frozen=True, slots=True)
class Rule:
    """What a parameter is called, means, and may be."""

    name: str
    description: str
    live: bool
    limits: tuple[float, float] | None
    choices: tuple[str, ...]

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


def _parameter(
    name: str,
    default: Any,
    description: str,
    *,
    live: bool = False,
    limits: tuple[float, float] | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    rule = Rule(name, description, live, limits, choices)
    return field(default=default, metadata={'rule': rule})


@dataclass(frozen=True)
class NodeParameters:
    """Values of all parameters of the node; the field defaults are the parameters' defaults."""

    checkpoint: str = _parameter(
        'checkpoint', '', 'Checkpoint file (.safetensors); empty = the shipped lacdepth-lite'
    )
    device: str = _parameter('device', 'cpu', 'Torch device: cpu, cuda, cuda:1, ...')
    precision: str = _parameter(
        'precision', 'fp32', 'Arithmetic of the network: fp32, bf16 or (GPU) fp16'
    )
    engine: str = _parameter('engine', 'eager', 'How the network is run: eager')
    input_width: int = _parameter(
        'input_width',
        0,
        'Width of the network input [px]; 0 = by focal length, as trained',
        limits=(0, 4096),
    )
    input_height: int = _parameter(
        'input_height',
        0,
        'Height of the network input [px]; 0 = by focal length, as trained',
        limits=(0, 4096),
    )
    warm_up_width: int = _parameter(
        'warm_up_width',
        1242,
        'Width of the camera image that configure warms up with [px]',
        limits=(32, 8192),
    )
    warm_up_height: int = _parameter(
        'warm_up_height',
        375,
        'Height of the camera image that configure warms up with [px]',
        limits=(32, 8192),
    )
    focal_scaling: bool = _parameter(
        'focal_scaling',
        True,
        'Scale depth by focal length over the one the checkpoint was trained for',
        live=True,
    )
    image_transport: str = _parameter(
        'image_transport',
        'raw',
        'raw subscribes image, compressed subscribes image/compressed',
        choices=('raw', 'compressed'),
    )
    image_reliability: str = _parameter(
        'image_reliability',
        'best_effort',
        'Reliability the image subscription asks for',
        choices=('best_effort', 'reliable'),
    )
    cache_camera_info: bool = _parameter(
        'cache_camera_info',
        False,
        'Use the latest camera_info for every image instead of pairing by stamp',
    )
    sync_tolerance: float = _parameter(
        'sync_tolerance',
        0.0,
        'Largest difference between the stamps of image and camera_info [s]; 0 = equal stamps',
        limits=(0.0, 1.0),
    )
    sync_queue_size: int = _parameter(
        'sync_queue_size',
        5,
        'Images and camera_infos that wait for their partner',
        limits=(1, 100),
    )
    rectify: bool = _parameter(
        'rectify',
        True,
        'Rectify images whose camera_info has distortion; false = refuse such images',
    )
    image_is_rectified: bool = _parameter(
        'image_is_rectified',
        False,
        'The image topic is already rectified (image_rect): use P, whatever distortion D says',
    )
    depth_encoding: str = _parameter(
        'depth_encoding',
        '32FC1',
        '32FC1: metres on depth/image_rect; 16UC1: also millimetres on depth/image_raw',
        choices=('32FC1', '16UC1'),
    )
    min_depth: float = _parameter(
        'min_depth',
        0.0,
        'Depth below becomes -Inf (too near, REP 117) [m]',
        live=True,
        limits=(0.0, 1000.0),
    )
    max_depth: float = _parameter(
        'max_depth',
        80.0,
        'Depth above becomes +Inf (beyond range, REP 117) [m]',
        live=True,
        limits=(0.1, 1000.0),
    )
    preview_min_depth: float = _parameter(
        'preview.min_depth',
        2.0,
        'Depth shown in the nearest colour of depth/image_color [m]',
        live=True,
        limits=(0.01, 1000.0),
    )
    preview_max_depth: float = _parameter(
        'preview.max_depth',
        80.0,
        'Depth shown in the farthest colour of depth/image_color [m]',
        live=True,
        limits=(0.1, 1000.0),
    )
    pointcloud_enable: bool = _parameter(
        'pointcloud.enable', True, 'Publish points (while somebody subscribes)', live=True
    )
    pointcloud_ordered_pc: bool = _parameter(
        'pointcloud.ordered_pc',
        True,
        'Organised cloud, one point a pixel, NaN where invalid; false = valid points only',
        live=True,
    )
    pointcloud_stride: int = _parameter(
        'pointcloud.stride',
        1,
        'Keep every n-th pixel of every n-th row in the cloud',
        live=True,
        limits=(1, 64),
    )
    pointcloud_max_std: float = _parameter(
        'pointcloud.max_std',
        0.0,
        'Leave points out of the cloud whose standard deviation is larger [m]; 0 = keep all',
        live=True,
        limits=(0.0, 1000.0),
    )
    diagnostics_period: float = _parameter(
        'diagnostics_period',
        1.0,
        'Time between two messages on /diagnostics [s]',
        live=True,
        limits=(0.1, 60.0),
    )

    def problem(self) -> str:
        """Say what is wrong with the values taken together ('' when nothing is)."""
        for item, rule in _rules():
            value = getattr(self, item.name)
            if rule.choices and value not in rule.choices:
                return f'{rule.name} is {value!r}; choose one of {", ".join(rule.choices)}'
        if self.min_depth >= self.max_depth:
            return f'min_depth {self.min_depth} must be below max_depth {self.max_depth} [m]'
        if self.preview_min_depth >= self.preview_max_depth:
            return (
                f'preview.min_depth {self.preview_min_depth} must be below '
                f'preview.max_depth {self.preview_max_depth} [m]'
            )
        if (self.input_width == 0) != (self.input_height == 0):
            return (
                f'input_width {self.input_width} and input_height {self.input_height}: '
                'set both, or both to 0'
            )
        return ''


def _rules() -> Iterable[tuple[Field[Any], Rule]]:
    return ((item, item.metadata['rule']) for item in fields(NodeParameters))


def declare(node: Node) -> dict[str, str]:
    """Declare all parameters; return the overrides that were refused, {name: reason}.

    A refused override (wrong type, outside the range) leaves the default in its place: the node
    stays alive so that configure can say what to mend.
    """
    refused = {}
    for item, rule in _rules():
        descriptor = rule.descriptor(item.default)
        try:
            node.declare_parameter(rule.name, item.default, descriptor)
        except (InvalidParameterTypeException, InvalidParameterValueException) as error:
            refused[rule.name] = f'{error} ({rule.description}; default {item.default!r})'
            node.declare_parameter(rule.name, item.default, descriptor, ignore_override=True)
    return refused


def read(node: Node) -> NodeParameters:
    """Read the present values of all parameters."""
    return NodeParameters(
        **{item.name: node.get_parameter(rule.name).value for item, rule in _rules()}
    )


def rejection(current: NodeParameters, changes: Mapping[str, Any], *, configured: bool) -> str:
    """Say why these changes are not possible now ('' when they are).

    Args:
        current: Values before the change.
        changes: New values by ROS parameter name; unknown names (qos_overrides.*) are ignored.
        configured: The node is inactive or active, not unconfigured.
    """
    values = {}
    for item, rule in _rules():
        if rule.name not in changes:
            continue
        value = changes[rule.name]
        if configured and not rule.live and value != getattr(current, item.name):
            return f'{rule.name} is {UNCONFIGURED}'
        values[item.name] = value
    return replace(current, **values).problem()

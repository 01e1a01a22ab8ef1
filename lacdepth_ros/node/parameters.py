# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node's parameters: one frozen dataclass that holds defaults, ranges and descriptions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field, dataclass, fields
from typing import Any

from lacdepth_ros.core.camera import CAMERA_HEIGHTS, INPUT_SCALES, INPUT_SIDES
from lacdepth_ros.core.obstacles import ObstacleSettings
from lacdepth_ros.messages.bit_depth import BIT_DEPTHS
from lacdepth_ros.node.parameter_rule import Rule, camera_parameter, parameter


@dataclass(frozen=True)
class NodeParameters:
    """Values of all parameters of the node; the field defaults are the parameters' defaults."""

    checkpoint: str = parameter(
        'checkpoint', '', 'Checkpoint file (.safetensors); empty or shipped = lacdepth-lite'
    )
    device: str = parameter('device', 'cpu', 'Torch device: cpu, cuda, cuda:1, ...')
    engine: str = parameter(
        'engine',
        'auto',
        'How the network is run: eager (PyTorch, the reference), openvino, onnxruntime, compiled '
        '(NVIDIA GPU), or auto: the fastest, as measured, that gives the depth of the reference',
    )
    precision: str = parameter(
        'precision',
        'auto',
        'Arithmetic of the network: fp32, bf16, fp16 (GPU, Arm), int8 (x86 CPU), or auto: '
        'the fastest that gives the depth of fp32',
    )
    input_width: int = parameter(
        'input_width', 0, 'Width of the network input [px]; 0 = as trained', limits=INPUT_SIDES
    )
    input_height: int = parameter(
        'input_height', 0, 'Height of the network input [px]; 0 = as trained', limits=INPUT_SIDES
    )
    input_scale: float = parameter(
        'input_scale',
        1.0,
        'Share of the trained focal length that the network sees: below 1 faster, less exact',
        limits=INPUT_SCALES,
    )
    warm_up_width: int = camera_parameter(
        'warm_up_width',
        1242,
        'Width of the camera image that configure warms up with [px]',
        limits=(32, 8192),
    )
    warm_up_height: int = camera_parameter(
        'warm_up_height',
        375,
        'Height of the camera image that configure warms up with [px]',
        limits=(32, 8192),
    )
    focal_scaling: bool = parameter(
        'focal_scaling',
        True,
        'Scale depth by focal length over the one the checkpoint was trained for',
        live=True,
    )
    camera_height: float = camera_parameter(
        'camera_height',
        0.0,
        'Height of the camera above the ground [m]; 0 = the one the checkpoint was trained for',
        live=True,
        limits=(0.0, CAMERA_HEIGHTS[1]),
    )
    depth_scale: float = camera_parameter(
        'depth_scale',
        1.0,
        'Factor on depth and its standard deviation, such as a tape measure finds',
        live=True,
        limits=(0.01, 100.0),
    )
    cameras: tuple[str, ...] = parameter(
        'cameras',
        ('',),
        "Names of several cameras that share the network, each before its topics; [''] = one",
        at_start=True,
    )
    image_transport: str = camera_parameter(
        'image_transport',
        'raw',
        'raw subscribes image, compressed subscribes image/compressed',
        choices=('raw', 'compressed'),
    )
    image_reliability: str = camera_parameter(
        'image_reliability',
        'best_effort',
        'Reliability the image subscription asks for',
        choices=('best_effort', 'reliable'),
    )
    rotate: int = camera_parameter(
        'rotate',
        0,
        'Degrees clockwise by which to turn the images so that up is up: 0, 90, 180, 270',
        choices=(0, 90, 180, 270),
    )
    image_bits: int = camera_parameter(
        'image_bits',
        0,
        'Bits that 16-bit values hold: 8, 10, 12, 14, 16; 0 = the fewest that hold all so far',
        choices=(0, *BIT_DEPTHS),
    )
    cache_camera_info: bool = camera_parameter(
        'cache_camera_info',
        False,
        'Use the latest camera_info for every image instead of pairing by stamp',
    )
    sync_tolerance: float = camera_parameter(
        'sync_tolerance',
        0.0,
        'Largest difference between the stamps of image and camera_info [s]; 0 = equal stamps',
        limits=(0.0, 1.0),
    )
    sync_queue_size: int = parameter(
        'sync_queue_size',
        5,
        'Images and camera_infos that wait for their partner',
        limits=(1, 100),
    )
    rectify: bool = camera_parameter(
        'rectify',
        True,
        'Rectify images whose camera_info has distortion; false = refuse such images',
    )
    image_is_rectified: bool = camera_parameter(
        'image_is_rectified',
        False,
        'The image topic is already rectified (image_rect): use P, whatever distortion D says',
    )
    depth_encoding: str = parameter(
        'depth_encoding',
        '32FC1',
        '32FC1: metres on depth/image_rect; 16UC1: also millimetres on depth/image_raw',
        choices=('32FC1', '16UC1'),
    )
    min_depth: float = parameter(
        'min_depth',
        0.0,
        'Depth below becomes -Inf (too near, REP 117) [m]',
        live=True,
        limits=(0.0, 1000.0),
    )
    max_depth: float = parameter(
        'max_depth',
        80.0,
        "Depth above, or above the network's range by camera_height, becomes +Inf (REP 117) [m]",
        live=True,
        limits=(0.1, 1000.0),
    )
    preview_min_depth: float = parameter(
        'preview.min_depth',
        2.0,
        'Depth shown in the nearest colour of depth/image_color [m]',
        live=True,
        limits=(0.01, 1000.0),
    )
    preview_max_depth: float = parameter(
        'preview.max_depth',
        80.0,
        'Depth shown in the farthest colour of depth/image_color [m]',
        live=True,
        limits=(0.1, 1000.0),
    )
    pointcloud_enable: bool = parameter(
        'pointcloud.enable',
        True,
        'Publish the point clouds (while somebody subscribes)',
        live=True,
    )
    pointcloud_ordered_pc: bool = parameter(
        'pointcloud.ordered_pc',
        True,
        'Organized cloud, one point per pixel, NaN where invalid; false = valid points only',
        live=True,
    )
    pointcloud_stride: int = parameter(
        'pointcloud.stride',
        1,
        'Keep every n-th pixel of every n-th row in the cloud',
        live=True,
        limits=(1, 64),
    )
    pointcloud_max_std: float = parameter(
        'pointcloud.max_std',
        0.0,
        'Leave points out of the cloud whose standard deviation is larger [m]; 0 = keep all',
        live=True,
        limits=(0.0, 1000.0),
    )
    pointcloud_min_surface_angle: float = parameter(
        'pointcloud.min_surface_angle',
        0.0,
        'Leave ramps between surfaces, seen under a smaller angle, out of points [deg]; 0 = keep',
        live=True,
        limits=(0.0, 45.0),
    )
    pointcloud_voxel_size: float = parameter(
        'pointcloud.voxel_size',
        0.1,
        'Edge of the voxels of points_obstacles, one point each [m]; grows above 20000 points',
        live=True,
        limits=(0.01, 10.0),
    )
    pointcloud_max_range: float = parameter(
        'pointcloud.max_range',
        20.0,
        'Distance up to which points_obstacles and points_clearing reach [m]',
        live=True,
        limits=(0.1, 1000.0),
    )
    pointcloud_max_relative_std: float = parameter(
        'pointcloud.max_relative_std',
        0.3,
        'Pixels of a larger std / depth neither mark nor clear in these two; 0 = all do',
        live=True,
        limits=(0.0, 10.0),
    )
    pointcloud_obstacle_angle: float = parameter(
        'pointcloud.obstacle_angle',
        3.0,
        'As pointcloud.min_surface_angle, for these two [deg]; 0 = keep',
        live=True,
        limits=(0.0, 45.0),
    )
    temporal_filter_weight: float = parameter(
        'temporal_filter.weight',
        1.0,
        'Share of the new frame in the average over time that steadies depth; 1 = no average',
        live=True,
        limits=(0.05, 1.0),
    )
    temporal_filter_max_change: float = parameter(
        'temporal_filter.max_change',
        1.0,
        'Largest change of a pixel that is averaged, in standard deviations',
        live=True,
        limits=(0.0, 10.0),
    )
    autostart: bool = parameter(
        'autostart', False, 'Configure and activate as soon as the node has started', at_start=True
    )
    bond_timeout: float = parameter(
        'bond_timeout',
        0.0,
        'Bond with a lifecycle manager (Nav2): seconds of its silence that break it; 0 = none',
        limits=(0.0, 60.0),
    )
    diagnostics_period: float = parameter(
        'diagnostics_period',
        1.0,
        'Time between two messages on /diagnostics [s]',
        live=True,
        limits=(0.1, 60.0),
    )

    @property
    def obstacles(self) -> ObstacleSettings:
        """Settings of points_obstacles and points_clearing."""
        return ObstacleSettings(
            voxel_size=self.pointcloud_voxel_size,
            max_range=self.pointcloud_max_range,
            max_relative_std=self.pointcloud_max_relative_std,
            min_angle=self.pointcloud_obstacle_angle,
        )

    def problem(self) -> str:
        """Say what is wrong with the values taken together ('' when nothing is)."""
        for item, rule in rules():
            if problem := rule.problem(getattr(self, item.name), item.default):
                return problem
        for low, high in (('min_depth', 'max_depth'), ('preview.min_depth', 'preview.max_depth')):
            least, most = (getattr(self, name.replace('.', '_')) for name in (low, high))
            if least >= most:
                return f'{low} {least} must be below {high} {most} [m]'
        if 0 < self.camera_height < CAMERA_HEIGHTS[0]:
            return (
                f'camera_height {self.camera_height} must be {CAMERA_HEIGHTS[0]} or more [m], or '
                '0 for that of the checkpoint'
            )
        if (self.input_width == 0) != (self.input_height == 0):
            return (
                f'input_width {self.input_width} and input_height {self.input_height}: '
                'set both, or both to 0'
            )
        if self.input_width and self.input_scale != 1:
            return f'input_scale {self.input_scale} has no effect on input_width; give one of them'
        return ''


def rules() -> Iterable[tuple[Field[Any], Rule]]:
    """Field and rule of every parameter."""
    return ((item, item.metadata['rule']) for item in fields(NodeParameters))

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A parameter file that is for other nodes is told, held against what rcl makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip('rclpy')

import rclpy
from rclpy.node import Node

from lacdepth_ros.node.parameter_files import unheard_files

pytestmark = pytest.mark.ros
NODE = '/robot/camera/depth_node'
NAMES = [
    '/**',
    '**',
    '/*',
    '*',
    'depth_node',
    '/depth_node',
    '/robot/camera/depth_node',
    'robot/camera/depth_node',
    '/robot/depth_node',
    '/camera/depth_node',
    '/robot/camera/other',
    '/robot/camera/depth_node_2',
    '/robot/camera/*',
    '/robot/*/depth_node',
    '/*/depth_node',
    '/*/*/depth_node',
    '*/*/depth_node',
    '/**/depth_node',
    '**/depth_node',
    '/robot/**',
    '/robot/**/depth_node',
    '/**/camera/depth_node',
    '/*/**',
]


def heard(path: Path) -> bool:
    """Whether rcl gives a node of this name the parameter of the file."""
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = Node(
        'depth_node',
        namespace='/robot/camera',
        context=context,
        cli_args=['--ros-args', '--params-file', str(path)],
    )
    value = node.declare_parameter('camera_height', 0.0).value
    node.destroy_node()
    context.try_shutdown()
    return value == 0.4


@pytest.mark.parametrize('name', NAMES)
def test_a_file_is_told_where_rcl_passes_over_it(tmp_path, ros_domain, name):
    path = tmp_path / 'file.yaml'
    path.write_text(f'"{name}":\n  ros__parameters:\n    camera_height: 0.4\n')
    lines = list(unheard_files(['depth_node', '--ros-args', '--params-file', str(path)], NODE))
    assert (lines == []) == heard(path)


def test_names_may_be_nested_and_one_of_them_is_enough(tmp_path, ros_domain):
    path = tmp_path / 'file.yaml'
    nested = 'robot:\n  {}:\n    depth_node:\n      ros__parameters: {{camera_height: 0.4}}\n'
    path.write_text(nested.format('camera') + 'other: {ros__parameters: {rate: 5}}\n')
    assert heard(path) and list(unheard_files(['--params-file', str(path)], NODE)) == []
    path.write_text(nested.format('rear'))
    assert not heard(path)
    assert list(unheard_files(['--params-file', str(path)], NODE)) == [
        f'{path} has no parameters for {NODE}, but for /robot/rear/depth_node: begin it with '
        f'{NODE}: or, for nodes of any name, /**:'
    ]


@pytest.mark.parametrize('text', [None, '', 'a: [', 'speed: 3\n', 'é'.encode('latin-1')])
def test_what_is_no_parameter_file_is_left_to_ros(tmp_path, text):
    path = tmp_path / 'file.yaml'
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert list(unheard_files(['-p', 'x:=1', '--params-file', str(path)], NODE)) == []

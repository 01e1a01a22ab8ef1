# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The shipped configuration files agree with the code."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

pytest.importorskip('rclpy')

from lacdepth_ros.node.parameter_set import ParameterSet
from lacdepth_ros.node.parameters import NodeParameters
from lacdepth_ros.node.publishers import TOPICS

pytestmark = pytest.mark.ros
ROOT = Path(__file__).parents[2]


def flat(tree, prefix=''):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f'{prefix}{key}.')
        else:
            yield f'{prefix}{key}', value


def test_parameter_file_holds_every_parameter_with_its_default():
    tree = yaml.safe_load((ROOT / 'config/depth_node.yaml').read_text())
    values = dict(flat(tree['/**']['ros__parameters']))
    values['cameras'] = tuple(values['cameras'])  # YAML has no tuples
    defaults = {item.metadata['rule'].name: item.default for item in fields(NodeParameters)}
    assert values == defaults
    assert {name: type(value) for name, value in values.items()} == {
        name: type(value) for name, value in defaults.items()
    }


def test_parameter_file_is_read_by_the_node(make_bench):
    from rclpy.node import Node

    from lacdepth_ros.node import parameter_access

    arguments = ['--ros-args', '--params-file', str(ROOT / 'config/depth_node.yaml')]
    node = Node('depth_node', namespace='robot/camera', cli_args=arguments)
    assert parameter_access.declare(node) == {}
    assert parameter_access.read(node) == ParameterSet(NodeParameters())
    node.destroy_node()


def test_misspelt_parameters_are_named(ros_domain):
    from rclpy.node import Node

    from lacdepth_ros.node import parameter_access
    from lacdepth_ros.node.unknown_parameters import unknown_parameters

    given = {
        'max_dept': '60.0',
        'use_sim_time': 'false',
        'pointcloud.stride': '2',
        'qos_overrides./depth/image_rect.publisher.depth': '2',
        'zzz': '1',
    }
    arguments = [part for name, value in given.items() for part in ('-p', f'{name}:={value}')]
    node = Node('depth_node', cli_args=['--ros-args', *arguments])
    parameter_access.declare(node)
    assert sorted(unknown_parameters(node)) == [
        'there is no parameter max_dept: did you mean max_depth?',
        'there is no parameter zzz',
    ]
    node.destroy_node()


def test_rviz_shows_image_preview_and_cloud():
    tree = yaml.safe_load((ROOT / 'config/depth.rviz').read_text())
    shown = [
        d['Topic']['Value'] for d in tree['Visualization Manager']['Displays'] if 'Topic' in d
    ]
    assert shown == ['/camera/image_raw', '/camera/depth/image_color', '/camera/points']
    assert {name.removeprefix('/camera/') for name in shown[1:]} <= set(TOPICS)


def test_launch_file_has_the_documented_arguments():
    tree = ast.parse((ROOT / 'launch/depth.launch.py').read_text())
    [table] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == 'ARGUMENTS'
    ]
    names = [row.elts[0].value for row in table.elts]
    assert names == [
        'params_file',
        'camera_name',
        'cameras',
        'namespace',
        'image_topic',
        'image_transport',
        'camera_info_topic',
        'checkpoint',
        'device',
        'camera_height',
        'use_sim_time',
        'autostart',
        'rviz',
        'rviz_frame',
        'log_level',
    ]

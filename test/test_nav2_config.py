# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The Nav2 configuration uses parameters that Nav2 declares, and fits the node's clouds.

nav2_parameters.json was taken from the declare calls in the sources of the releases it names.
"""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
DECLARED = json.loads((ROOT / 'test' / 'nav2_parameters.json').read_text())
FILE = yaml.safe_load((ROOT / 'config' / 'nav2_costmap.yaml').read_text())
COSTMAP = FILE['local_costmap']['local_costmap']['ros__parameters']
MONITOR = FILE['collision_monitor']['ros__parameters']
NODE = yaml.safe_load((ROOT / 'config' / 'depth_node.yaml').read_text())
POINTCLOUD = NODE['/**']['ros__parameters']['pointcloud']
TYPES = {
    'double': float,
    'int': int,
    'bool': bool,
    'string': str,
    'string_array': list,
}
LAYERS = {'voxel_layer': 'voxel_layer', 'stvl_layer': 'stvl', 'inflation_layer': 'inflation_layer'}


def check(values: dict[str, Any], declared: dict[str, str], prefix: str = '') -> None:
    """A parameter of a wrong type ends a C++ node: 40.0 is no int, and 1 no double."""
    for name, value in values.items():
        kind = declared.get(prefix + name)
        assert kind is not None, f'{prefix}{name} is declared nowhere'
        assert type(value) is TYPES[kind], f'{prefix}{name}: {value!r} is no {kind}'


def plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not isinstance(value, dict)}


def test_every_costmap_parameter_is_declared_with_its_type() -> None:
    check(plain(COSTMAP), DECLARED['costmap'])
    layers = {name: value for name, value in COSTMAP.items() if isinstance(value, dict)}
    assert layers.keys() == LAYERS.keys()
    for name, values in layers.items():
        check(plain(values), DECLARED[LAYERS[name]])
        sources = {key: value for key, value in values.items() if isinstance(value, dict)}
        assert ' '.join(sources) == values.get('observation_sources', '')
        for source in sources.values():
            check(source, DECLARED[LAYERS[name]], 'SOURCE.')


def test_every_collision_monitor_parameter_is_declared_with_its_type() -> None:
    check(plain(MONITOR), DECLARED['collision_monitor'])
    children = {name: value for name, value in MONITOR.items() if isinstance(value, dict)}
    assert [*children] == [*MONITOR['polygons'], *MONITOR['observation_sources']]
    for name in MONITOR['polygons']:
        check(children[name], DECLARED['polygon'])
    for name in MONITOR['observation_sources']:
        check(children[name], DECLARED['point_cloud_source'], 'SOURCE.')


def test_the_manager_waits_for_no_bond_of_a_costmap() -> None:
    """Costmap2DROS never calls createBond: the start would end before the monitor's turn."""
    tree = ast.parse((ROOT / 'launch' / 'nav2_depth.launch.py').read_text())
    [manager] = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == 'MANAGER'
    ]
    check(manager, DECLARED['lifecycle_manager'])
    assert 'local_costmap/local_costmap' in manager['node_names']
    assert manager['bond_timeout'] == 0.0


def test_the_documented_manager_is_in_the_node_s_namespace() -> None:
    """Both sides of a bond meet on `bond` of their namespaces, by the name in node_names."""
    node = (ROOT / 'docs' / 'node.md').read_text()
    [command] = re.findall(r'ros2 run nav2_lifecycle_manager .*\n.*', node)
    words = shlex.split(command.replace('\\\n', ' '), comments=True)
    given = dict(word.split(':=') for word in words if ':=' in word)
    assert given.pop('__ns') == '/camera'
    assert given.pop('__node')
    values = {name: yaml.safe_load(value) for name, value in given.items()}
    check(values, DECLARED['lifecycle_manager'])
    assert values['node_names'] == ['depth_node']


@pytest.mark.parametrize('layer', ['voxel_layer', 'stvl_layer'])
def test_one_source_marks_and_the_other_clears(layer: str) -> None:
    mark, clear = (COSTMAP[layer][name] for name in ('mark', 'clear'))
    assert (mark['marking'], mark['clearing']) == (True, False)
    assert (clear['marking'], clear['clearing']) == (False, True)
    assert mark['topic'] == '/camera/points_obstacles'
    assert clear['topic'] == '/camera/points_clearing'
    assert (mark['min_obstacle_height'], mark['max_obstacle_height']) == (0.3, 2.0)
    assert (clear['min_obstacle_height'], clear['max_obstacle_height']) == (-2.0, 10.0)
    assert clear['observation_persistence'] == 0.0


def test_ranges_fit_the_clouds() -> None:
    reach = POINTCLOUD['max_range']
    voxels = COSTMAP['voxel_layer']
    assert voxels['mark']['obstacle_max_range'] < reach < voxels['clear']['raytrace_max_range']
    assert COSTMAP['stvl_layer']['mark']['obstacle_range'] < reach
    assert COSTMAP['stvl_layer']['clear']['max_z'] <= reach
    assert min(COSTMAP['width'], COSTMAP['height']) >= 2 * reach
    assert COSTMAP['resolution'] == POINTCLOUD['voxel_size']


def test_the_camera_lies_inside_the_voxels() -> None:
    """Nav2 does not clear at all for a sensor outside its grid; it has 16 voxels at most."""
    voxels = COSTMAP['voxel_layer']
    assert voxels['z_voxels'] <= 16
    top = voxels['origin_z'] + voxels['z_voxels'] * voxels['z_resolution']
    assert voxels['origin_z'] < 1.65 < top
    assert voxels['max_obstacle_height'] < top
    assert (voxels['min_obstacle_height'] / voxels['z_resolution']) == pytest.approx(2.0)


def test_old_clouds_are_waited_for_two_frames_and_more() -> None:
    """A frame takes the node up to 0.13 s on two processor cores."""
    waits = [MONITOR['source_timeout']]
    for layer in ('voxel_layer', 'stvl_layer'):
        waits += [COSTMAP[layer][name]['expected_update_rate'] for name in ('mark', 'clear')]
    assert min(waits) > 2 * 0.13

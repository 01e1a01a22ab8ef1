# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Who may import whom, where ROS begins, and what the node does without."""

from __future__ import annotations

import ast
import graphlib
import importlib.util
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

import lacdepth_ros

PACKAGE = Path(lacdepth_ros.__path__[0])
TESTS = Path(__file__).parent
ROOMS: dict[str, set[str]] = {
    'core': set(),
    'messages': {'core'},
    'models': {'core'},
    'viz': {'core'},
    'node': {'core', 'messages', 'models', 'viz'},
    'data': {'core', 'viz'},
    'synthetic': {'core', 'data'},
    'evaluation': {'core', 'models', 'data', 'viz'},
    'bags': {'core', 'messages', 'data', 'viz'},
    'training': {'core', 'models', 'data', 'synthetic', 'evaluation', 'viz'},
    'session': {
        *('core', 'messages', 'models', 'node', 'data', 'synthetic', 'evaluation', 'bags', 'viz'),
    },
    'cli': {
        *('core', 'messages', 'models', 'data', 'synthetic', 'evaluation', 'bags', 'training'),
        *('session', 'viz'),
    },
}
"""Each room, and the rooms that it may import: only such as stand before it."""
ROS_MODULES = {
    'rclpy',
    'rcl_interfaces',
    'rosgraph_msgs',
    'builtin_interfaces',
    'diagnostic_msgs',
    'geometry_msgs',
    'lifecycle_msgs',
    'sensor_msgs',
    'std_msgs',
    'ament_index_python',
    'launch',
    'launch_ros',
}
ROS_PARTS = (
    'lacdepth_ros.node',
    'lacdepth_ros.session.client',
    'lacdepth_ros.session.loop',
    'lacdepth_ros.session.node_benchmark',
    'lacdepth_ros.session.node_load',
    'lacdepth_ros.session.pace',
    'lacdepth_ros.session.player',
    'lacdepth_ros.session.recorded',
    'lacdepth_ros.session.doctor.listening',
    'lacdepth_ros.session.recorder',
    'lacdepth_ros.session.soak',
)
"""What imports ROS: the node, and what talks to it."""
OPTIONAL = {
    'matplotlib',
    'jinja2',
    'rosbags',
    'tqdm',
    'scipy',
    'h5py',
    'timm',
    'lightning',
    'torchmetrics',
}


def modules() -> Iterator[tuple[str, set[str]]]:
    """Every module's dotted name, and the names of all modules that it imports anywhere."""
    for path in sorted(PACKAGE.rglob('*.py')):
        name = '.'.join(path.relative_to(PACKAGE.parent).with_suffix('').parts)
        imported: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f'{name} imports relatively'
                module = node.module or ''
                imported |= {module, *(f'{module}.{alias.name}' for alias in node.names)}
        yield name.removesuffix('.__init__'), imported


def is_part(name: str, parts: Collection[str]) -> bool:
    return any(name == part or name.startswith(f'{part}.') for part in parts)


def assert_imported(names: Collection[str], blocked: Collection[str], after: str = '') -> None:
    """Import modules in a process of its own in which `blocked` cannot be imported."""
    code = (
        'import importlib, sys\n'
        f'sys.modules.update(dict.fromkeys({sorted(blocked)}))\n'
        f'for name in {sorted(names)}:\n'
        '    importlib.import_module(name)\n' + after
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_rooms_stand_in_an_order() -> None:
    places = {room: place for place, room in enumerate(ROOMS)}
    upward = {
        (room, lower)
        for room, allowed in ROOMS.items()
        for lower in allowed
        if places[lower] >= places[room]
    }
    assert not upward


def test_every_file_lies_in_a_room() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0] for path in PACKAGE.rglob('*.py')}
    assert rooms == {*ROOMS, '__init__.py'}


def test_every_room_imports_only_what_it_may() -> None:
    guilty = set()
    for name, imported in modules():
        parts = name.split('.')
        if len(parts) < 2:
            continue
        met = {m.split('.')[1] for m in imported if m.startswith('lacdepth_ros.')}
        guilty |= {(name, room) for room in met & set(ROOMS) - ROOMS[parts[1]] - {parts[1]}}
    assert not guilty


def test_no_modules_import_each_other() -> None:
    imports = dict(modules())
    order = graphlib.TopologicalSorter(
        {name: (imported & imports.keys()) - {name} for name, imported in imports.items()}
    )
    assert set(order.static_order()) >= imports.keys()  # CycleError names the circle


def test_tests_lie_as_what_they_test() -> None:
    folders = {path.parent.relative_to(TESTS) for path in TESTS.rglob('test_*.py')}
    assert not [str(folder) for folder in folders if not (PACKAGE / folder).is_dir()]


def test_only_the_node_and_who_talks_to_it_import_ros() -> None:
    guilty = {
        name: found
        for name, imported in modules()
        if not is_part(name, ROS_PARTS)
        and (found := {module.split('.')[0] for module in imported} & ROS_MODULES)
    }
    assert not guilty


@pytest.mark.slow
def test_all_else_is_imported_where_there_is_no_ros() -> None:
    without = [*ROS_PARTS]
    if importlib.util.find_spec('lightning') is None:  # not installed where only the node runs
        without.append('lacdepth_ros.training')
    names = [name for name, _ in modules() if not is_part(name, without)]
    assert_imported(
        names,
        ROS_MODULES,
        after='assert not [m for m in sys.modules if m.startswith("lacdepth_ros.node")]\n',
    )


@pytest.mark.slow
def test_what_the_node_needs_is_imported_without_the_extras() -> None:
    rooms = [f'lacdepth_ros.{room}' for room in ROOMS['node']]
    assert_imported([name for name, _ in modules() if is_part(name, rooms)], OPTIONAL)


@pytest.mark.slow
def test_loading_the_network_imports_no_compiler() -> None:
    """torchvision, or an operation on the meta device, doubles the time to the first image."""
    code = (
        'import sys, torch\n'
        'before = set(sys.modules)\n'
        'from lacdepth_ros.models.predictor import DepthPredictor\n'
        "DepthPredictor.from_checkpoint(engine='eager')\n"
        "slow = {'torchvision', 'torch._dynamo', 'torch._inductor', 'sympy'}\n"
        'assert not slow & (set(sys.modules) - before), slow & set(sys.modules)\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.ros
@pytest.mark.skipif(importlib.util.find_spec('rclpy') is None, reason='needs rclpy')
def test_node_is_imported_without_the_extras() -> None:
    names = [name for name, _ in modules() if is_part(name, ['lacdepth_ros.node'])]
    assert_imported(names, OPTIONAL)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The core knows no ROS: only `lacdepth_ros.ros` imports rclpy, only programs import that."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import lacdepth_ros

PACKAGE = Path(lacdepth_ros.__path__[0])
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


def test_only_the_ros_part_imports_ros() -> None:
    guilty = {
        name: found
        for name, imported in modules()
        if not name.startswith('lacdepth_ros.ros')
        and (found := {module.split('.')[0] for module in imported} & ROS_MODULES)
    }
    assert not guilty


def test_nothing_depends_on_the_programs() -> None:
    programs = ('lacdepth_ros.ros', 'lacdepth_ros.cli')
    guilty = {
        name: found
        for name, imported in modules()
        if not name.startswith(programs)
        and (found := {m for m in imported for p in programs if m == p or m.startswith(f'{p}.')})
    }
    assert not guilty


def test_core_is_imported_where_there_is_no_ros() -> None:
    names = [name for name, _ in modules() if not name.startswith('lacdepth_ros.ros')]
    code = (
        'import importlib, sys\n'
        f'blocked = {sorted(ROS_MODULES)}\n'
        'sys.modules.update(dict.fromkeys(blocked))\n'
        f'for name in {names}:\n'
        '    importlib.import_module(name)\n'
        'assert not [m for m in sys.modules if m.startswith("lacdepth_ros.ros")]\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

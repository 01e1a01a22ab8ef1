# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The examples fit depth.launch.py and docs/cameras.md, and start the node before the camera."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = sorted((ROOT / 'launch' / 'examples').glob('*.launch.py'))
DOCS = (ROOT / 'docs' / 'cameras.md').read_text()


def arguments_of(path: Path) -> set[str]:
    """Names in the ARGUMENTS of a launch file."""
    [table] = [
        node.value
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign) and node.targets[0].id == 'ARGUMENTS'
    ]
    return {row.elts[0].value for row in table.elts}


def passed_to_depth(path: Path) -> dict[str, ast.expr]:
    """launch_arguments of the first included launch file, which must be depth.launch.py."""
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == 'IncludeLaunchDescription'
    ]
    first = min(calls, key=lambda call: call.lineno)
    assert 'depth.launch.py' in ast.unparse(first)
    [given] = [item.value for item in first.keywords if item.arg == 'launch_arguments']
    [table] = [node for node in ast.walk(given) if isinstance(node, (ast.Dict, ast.DictComp))]
    if isinstance(table, ast.DictComp):
        return {}
    return {key.value: value for key, value in zip(table.keys, table.values, strict=True)}


@pytest.mark.parametrize('path', EXAMPLES, ids=lambda path: path.name)
def test_an_example_fits_the_launch_file_of_the_node(path: Path) -> None:
    passed = passed_to_depth(path)
    assert passed.keys() <= arguments_of(ROOT / 'launch' / 'depth.launch.py')
    assert 'image_topic' in passed
    listed = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == 'LaunchDescription'
    ][-1].args[0]
    names = [ast.unparse(item) for item in listed.elts]
    assert names.index('depth') == len(names) - 2, 'the node just before its camera'


@pytest.mark.parametrize('path', EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_documented_with_its_topic(path: Path) -> None:
    [row] = [line for line in DOCS.splitlines() if f'`{path.name}' in line and '|' in line]
    topic = passed_to_depth(path)['image_topic']
    if isinstance(topic, ast.Constant):
        assert f'{topic.value}`' in row


@pytest.mark.parametrize(('name', 'file'), [('usb_cam', 'default_cam'), ('v4l2', 'DEVICE')])
def test_the_calibration_of_a_driver_without_a_url_is_named(name: str, file: str) -> None:
    """camera_info_manager takes an empty URL for ${ROS_HOME}/camera_info/${NAME}.yaml.

    usb_cam calls every camera default_cam, v4l2_camera by its device; the files say no other name.
    """
    source = (ROOT / 'launch' / 'examples' / f'{name}.launch.py').read_text()
    literals = {
        node.value: node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)
    }
    assert 'camera_name' not in literals
    default = f'~/.ros/camera_info/{file}.yaml'
    [description] = [text for text in literals if 'Calibration, such as' in str(text)]
    assert f'(empty: {default}, where there is one)' in description
    [row] = [line for line in DOCS.splitlines() if f'`{name}.launch.py`' in line and '|' in line]
    assert f'without `camera_info_url` the driver takes `{default}`' in row


def test_the_calibrator_is_given_the_service_of_the_driver() -> None:
    """camera_info_manager offers ~/set_camera_info; neither driver is started by another name."""
    for file, node in (('usb_cam', 'usb_cam'), ('v4l2', 'v4l2_camera')):
        source = (ROOT / 'launch' / 'examples' / f'{file}.launch.py').read_text()
        [driver] = [
            {item.arg: item.value for item in node.keywords}
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == 'Node'
        ]
        assert 'name' not in driver
        assert f'/{ast.literal_eval(driver["namespace"])}/{node}/set_camera_info' in DOCS
    [command] = [block for block in DOCS.split('```') if 'run camera_calibration' in block]
    assert '-r image:=/camera/image_raw' in command
    assert '-r camera/set_camera_info:=/camera/usb_cam/set_camera_info' in command


def test_examples_are_installed_and_short() -> None:
    assert len(EXAMPLES) == 8
    assert "glob('launch/examples/*.launch.py')" in (ROOT / 'setup.py').read_text()
    assert max(len(path.read_text().splitlines()) for path in EXAMPLES) < 50


def test_the_nav2_launch_file_passes_what_the_node_has() -> None:
    path = ROOT / 'launch' / 'nav2_depth.launch.py'
    tree = ast.parse(path.read_text())
    [passed] = [
        ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == 'passed'
    ]
    for file in (ROOT / 'launch' / 'depth.launch.py', path):
        assert {*passed, 'camera_height'} <= arguments_of(file)


def test_nav2s_manager_waits_for_no_bond_of_a_costmap_that_forms_none() -> None:
    """Costmap2DROS of Jazzy, Kilted and Lyrical never calls createBond; the default is 4 s."""
    tree = ast.parse((ROOT / 'launch' / 'nav2_depth.launch.py').read_text())
    [manager] = [
        {ast.literal_eval(key): value for key, value in zip(node.keys, node.values, strict=True)}
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict) and "'node_names'" in map(ast.unparse, node.keys)
    ]
    assert ast.literal_eval(manager['bond_timeout']) == 0.0

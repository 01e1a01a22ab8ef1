# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A Python that lacks a library is named, in one line, with what to do."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest

from lacdepth_ros.cli import main as program
from lacdepth_ros.core.installation import describe_missing, missing_modules
from lacdepth_ros.node import entry


def test_missing_modules_are_found_without_importing_the_others() -> None:
    assert missing_modules(['json', 'no_such_module', 'lightning_bolts_of_zeus']) == [
        'no_such_module',
        'lightning_bolts_of_zeus',
    ]


def test_line_names_the_python_the_modules_and_the_packages() -> None:
    line = describe_missing(['torch', 'cv2.aruco'])
    assert '\n' not in line
    assert line.startswith(f'{sys.executable} has no module torch, cv2: ')
    assert 'python3 -m colcon build' in line
    assert f'{sys.executable} -m pip install torch opencv-python ' in line


def test_node_ends_with_one_line_where_torch_is_missing() -> None:
    code = (
        'import importlib.util as util\n'
        'from lacdepth_ros.node import entry\n'
        'entry.missing_modules = lambda names: [name for name in names if name == "torch"]\n'
        'raise SystemExit(entry.main())\n'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line == f'depth_node: error: {describe_missing(["torch"])}'


def test_humble_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, 'missing_modules', lambda names: [])
    monkeypatch.setattr(entry, 'find_spec', lambda name: None)
    assert 'Humble is too old' in entry.find_problem()


def test_node_runs_where_nothing_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = SimpleNamespace(main=lambda: 7)
    monkeypatch.setitem(sys.modules, 'lacdepth_ros.node.main', ran)
    monkeypatch.setattr(entry, 'find_problem', lambda: '')
    assert entry._run() == 7
    monkeypatch.setattr(entry, 'find_problem', lambda: 'rclpy is asleep')
    assert entry._run() == 1
    assert capsys.readouterr().err == 'depth_node: error: rclpy is asleep\n'


def test_command_line_says_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, 'torch', None)
    monkeypatch.delitem(sys.modules, 'lacdepth_ros.evaluation.benchmark', raising=False)
    assert program.main(['benchmark', '--node-frames', '0']) == 1
    said = capsys.readouterr().err
    assert said.startswith(f'lacdepth: error: {sys.executable} has no module torch: ')

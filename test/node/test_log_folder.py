# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""rclpy finds a folder for its logs, whatever home the user has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lacdepth_ros.node.log_folder import ensure_log_folder


@pytest.mark.parametrize(
    ('given', 'used'),
    [
        ({'HOME': 'home'}, 'home/.ros/log'),
        ({'HOME': 'home', 'ROS_HOME': 'ros'}, 'ros/log'),
        ({'HOME': 'home', 'ROS_HOME': 'ros', 'ROS_LOG_DIR': 'logs'}, 'logs'),
    ],
)
def test_folder_that_can_be_written_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str], used: str
) -> None:
    environment = {name: str(tmp_path / value) for name, value in given.items()}
    monkeypatch.setattr('os.environ', dict(environment))
    ensure_log_folder()
    assert os.environ == environment
    assert (tmp_path / used).is_dir()


@pytest.mark.parametrize(
    ('given', 'reason'),
    [
        ({}, 'as there is no home folder'),
        ({'HOME': ''}, 'as there is no home folder'),
        ({'HOME': 'file'}, 'file/.ros/log cannot be written'),
        ({'HOME': '', 'ROS_HOME': 'file'}, 'file/log cannot be written'),
        ({'HOME': '', 'ROS_LOG_DIR': 'file'}, 'file cannot be written'),
    ],
)
def test_other_users_get_a_temporary_one_and_are_told(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    given: dict[str, str],
    reason: str,
) -> None:
    (tmp_path / 'file').touch()  # where a folder is wanted: not even root can write there
    environment = {name: value and str(tmp_path / value) for name, value in given.items()}
    monkeypatch.setattr('tempfile.tempdir', str(tmp_path))
    monkeypatch.setattr('os.environ', environment)
    ensure_log_folder()
    folder = tmp_path / f'ros_log_{os.getuid()}'
    assert os.environ['ROS_LOG_DIR'] == str(folder)
    said = capsys.readouterr().err
    assert said.startswith(f'ROS logs go to {folder}, as ') and reason in said

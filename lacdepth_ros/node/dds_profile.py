# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The Fast DDS profile without which images above 512 KB get lost between processes.

Fast DDS hands messages over through shared memory in segments of 512 KiB. A larger message is cut
into pieces that overrun the segment: best effort loses nearly every one, reliable retransmits.
The shipped profile makes the segment 16 MiB. It acts in the process that *publishes*, so the
camera driver needs it as well as this node.
"""

from __future__ import annotations

import os
import shlex
from importlib import metadata, resources
from pathlib import Path

from lacdepth_ros.node.middleware import is_fast_dds, middleware

VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
"""Names of the variable in Fast DDS 3 (Kilted and later) and Fast DDS 2 (Jazzy)."""
FAST_DDS_2 = ('jazzy',)
FIRST_RCLPY_OF_FAST_DDS_3 = 8


def profile_variable() -> str:
    """Name of the variable that this ROS reads; the other one is unknown to it."""
    distribution = os.environ.get('ROS_DISTRO', '')
    old = distribution in FAST_DDS_2
    if not distribution:  # no sourced installation: the wheels from PyPI
        try:
            old = int(metadata.version('ros-rclpy').split('.')[0]) < FIRST_RCLPY_OF_FAST_DDS_3
        except metadata.PackageNotFoundError:
            old = False
    return VARIABLES[1] if old else VARIABLES[0]


def profile_path() -> Path:
    """Path of the shipped XML profile."""
    return Path(str(resources.files('lacdepth_ros.node') / 'fastdds.xml'))


def apply_dds_profile() -> None:
    """Make Fast DDS read a profile: the user's, or else the shipped one; call before rclpy.init.

    Each release of Fast DDS reads one name and passes over the other in silence: what the user has
    set under that counts as well.
    """
    os.environ[profile_variable()] = _profile_of_user() or str(profile_path())


def describe_dds_profile() -> str:
    """Say in one line which profile this process publishes with."""
    if not is_fast_dds():
        return f'not used by {middleware()}'
    chosen = os.environ.get(profile_variable())
    if not chosen:
        unread = ''.join(f'{name} is not read by this Fast DDS, ' for name in _set_by_user())
        return f'none: {unread}images above 512 KB get lost; set {profile_setting()}'
    if not Path(chosen).is_file():
        return f'missing file {chosen}: set {profile_setting()}'
    kind = 'shipped' if Path(chosen) == profile_path() else 'set by the user'
    return f'{kind}: {chosen}'


def profile_setting() -> str:
    """NAME=PATH, as a shell takes it, by which what it starts publishes with a profile."""
    path = _profile_of_user()
    path = path if Path(path).is_file() else str(profile_path())
    return f'{profile_variable()}={shlex.quote(path)}'


def _profile_of_user() -> str:
    return next((os.environ[name] for name in _set_by_user()), '')


def _set_by_user() -> list[str]:
    """Variables that are set; the one that this ROS reads comes first."""
    names = sorted(VARIABLES, key=lambda name: name != profile_variable())
    return [name for name in names if os.environ.get(name)]

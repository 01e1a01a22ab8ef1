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
from importlib import metadata, resources
from pathlib import Path

VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
"""Names of the variable in Fast DDS 3 (Kilted and later) and Fast DDS 2 (Jazzy)."""
FAST_DDS_2 = ('jazzy',)
FIRST_RCLPY_OF_FAST_DDS_3 = 8


def profile_variable() -> str:
    """Name of the variable that this ROS reads; the other one is unknown to it or deprecated."""
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
    """Make Fast DDS read the shipped profile; call before rclpy.init.

    A profile that the user has set under either name is left alone.
    """
    if any(os.environ.get(name) for name in VARIABLES):
        return
    os.environ[profile_variable()] = str(profile_path())


def describe_dds_profile() -> str:
    """Say in one line which profile this process publishes with."""
    if os.environ.get('RMW_IMPLEMENTATION', 'rmw_fastrtps_cpp') != 'rmw_fastrtps_cpp':
        return f'not used by {os.environ["RMW_IMPLEMENTATION"]}'
    chosen = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), '')
    if not chosen:
        return f'none: images above 512 KB get lost; set {profile_variable()}={profile_path()}'
    if not Path(chosen).is_file():
        return f'missing file {chosen}: set {profile_variable()}={profile_path()}'
    kind = 'shipped' if Path(chosen) == profile_path() else 'set by the user'
    return f'{kind}: {chosen}'

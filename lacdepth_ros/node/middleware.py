# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which middleware carries the messages of this process."""

from __future__ import annotations

import os

VARIABLE = 'RMW_IMPLEMENTATION'
DEFAULT = 'rmw_fastrtps_cpp'
"""What every distribution from Jazzy on takes where nobody asks for another."""


def middleware() -> str:
    """Its name; an empty variable asks for nothing, as ROS reads it."""
    return os.environ.get(VARIABLE) or DEFAULT


def is_fast_dds() -> bool:
    """Whether it is Fast DDS, with the message types compiled in or described at run time."""
    return middleware().startswith('rmw_fastrtps')

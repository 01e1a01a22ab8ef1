# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A folder that rclpy can write its logs into; without one rclpy.init raises."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def ensure_log_folder() -> None:
    """Set ROS_LOG_DIR to a temporary folder where the usual one cannot be written.

    To be called before rclpy.init. A user without a home, or one in a container who cannot write
    it, is told on stderr where the logs go.
    """
    wanted = _usual_folder()
    if wanted is not None and _is_writable(wanted):
        return
    folder = Path(tempfile.gettempdir()) / f'ros_log_{os.getuid()}'
    os.environ['ROS_LOG_DIR'] = str(folder)
    reason = 'there is no home folder' if wanted is None else f'{wanted} cannot be written'
    print(f'ROS logs go to {folder}, as {reason} (ROS_LOG_DIR names another)', file=sys.stderr)


def _usual_folder() -> Path | None:
    """Where rclpy would write: rcl_logging's own order."""
    for name, below in (('ROS_LOG_DIR', ''), ('ROS_HOME', 'log'), ('HOME', '.ros/log')):
        if value := os.environ.get(name):
            return Path(value) / below
    return None


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)

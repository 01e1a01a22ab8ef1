# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The console script `depth_node`: looks for what the node needs before anything imports it."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import NoReturn

from lacdepth_ros.core.installation import describe_missing, missing_modules
from lacdepth_ros.node import stopping

MODULES = ('rclpy', 'numpy', 'cv2', 'torch', 'torchvision', 'safetensors')
"""What the node imports, sooner or later."""


def main() -> NoReturn:
    """Run the node and end the process; status 1 and one line on stderr where it cannot run."""
    stopping.listen()
    stopping.leave(_run())


def _run() -> int:
    if problem := find_problem():
        print(f'depth_node: error: {problem}', file=sys.stderr)
        return 1
    from lacdepth_ros.node.main import main

    return main()


def find_problem() -> str:
    """Say why the node cannot run in this Python ('' when it can)."""
    if missing := missing_modules(MODULES):
        return describe_missing(missing)
    if find_spec('rclpy.event_handler') is None:
        return 'ROS 2 Humble is too old, its rclpy lacks what the node needs: use Jazzy or newer'
    return ''


if __name__ == '__main__':
    main()

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One line, and the cure, where the Python that runs lacks a library.

In a colcon workspace that is mostly another Python than the one that the libraries were installed
for: scripts get the interpreter that ran colcon.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.util import find_spec

PIP_NAMES = {'cv2': 'opencv-python', 'yaml': 'pyyaml'}
"""Where the package on PyPI is called otherwise than the module."""


def missing_modules(names: Iterable[str]) -> list[str]:
    """Those of these top-level modules that this Python cannot find; imports none of them."""
    return [name for name in names if find_spec(name) is None]


def describe_missing(names: Iterable[str]) -> str:
    """Say in one line which Python lacks these modules, and what to do.

    Args:
        names: Modules, such as ['torch', 'cv2'].
    """
    modules = [name.partition('.')[0] for name in names]
    packages = ' '.join(PIP_NAMES.get(name, name) for name in modules)
    return (
        f'{sys.executable} has no module {", ".join(modules)}: in a ROS 2 workspace build with '
        'the venv active, by python3 -m colcon build (plain colcon takes the Python of the '
        f'system); elsewhere run {sys.executable} -m pip install {packages} (docs/install.md)'
    )

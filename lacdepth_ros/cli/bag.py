# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth bag`: ROS 2 bags made, recorded, measured, turned into training data and pictures."""

from __future__ import annotations

from typing import Any

from lacdepth_ros.cli import (
    bag_evaluate,
    bag_export,
    bag_extract,
    bag_from_kitti,
    bag_record,
    options,
)

COMMANDS = (bag_from_kitti, bag_evaluate, bag_extract, bag_record, bag_export)
HELP = 'make, record and measure ROS 2 bags, or turn them into training data'
DESCRIPTION = """\
ROS 2 bags, mcap or sqlite3. Only the commands that speak to the depth node need ROS.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command, and its own commands, to the program."""
    parser = options.add_command(subparsers, 'bag', None, HELP, DESCRIPTION)
    options.add_commands(parser, COMMANDS)

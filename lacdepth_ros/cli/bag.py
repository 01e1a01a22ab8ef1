# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth bag`: ROS 2 bags made, recorded, measured, turned into training data and pictures."""

from __future__ import annotations

import argparse
from typing import Any

from lacdepth_ros.cli import bag_evaluate, bag_export, bag_extract, bag_from_kitti, bag_record

COMMANDS = (bag_from_kitti, bag_evaluate, bag_extract, bag_record, bag_export)
DESCRIPTION = """\
ROS 2 bags, mcap or sqlite3. Only the commands that speak to the depth node need ROS.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command, and its own commands, to the program."""
    parser = subparsers.add_parser(
        'bag',
        help='make, record and measure ROS 2 bags, or turn them into training data',
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    nested = parser.add_subparsers(title='commands', metavar='COMMAND', required=True)
    for command in COMMANDS:
        command.add_parser(nested)
    for subparser in nested.choices.values():
        subparser.add_argument(
            '--debug',
            action='store_true',
            default=argparse.SUPPRESS,  # it may have been given before the inner command's name
            help='show the traceback of an error',
        )

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth data`: data sets turned into manifests, looked at, and made dense."""

from __future__ import annotations

from typing import Any

from lacdepth_ros.cli import data_check, data_densify, data_index, data_pairs, data_render, options

COMMANDS = (data_index, data_pairs, data_check, data_densify, data_render)
HELP = 'make manifests of data sets, check them, densify their depth, render streets'
DESCRIPTION = """\
Training and evaluation read manifests: JSON lines of which each names an image, its depth and its
camera. These commands make manifests of known data sets and look at any manifest.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command, and its own commands, to the program."""
    parser = options.add_command(subparsers, 'data', None, HELP, DESCRIPTION)
    options.add_commands(parser, COMMANDS)

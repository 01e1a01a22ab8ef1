# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The launch file of the replay offers what `lacdepth bag evaluate` knows, and nothing else."""

from __future__ import annotations

import argparse
import ast
from pathlib import Path

from lacdepth_ros.cli import bag_evaluate

LAUNCH = Path(__file__).parents[2] / 'launch' / 'replay_evaluation.launch.py'


def arguments() -> list[str]:
    """Names of the launch arguments."""
    [table] = [
        node.value
        for node in ast.parse(LAUNCH.read_text()).body
        if isinstance(node, ast.Assign) and node.targets[0].id == 'ARGUMENTS'
    ]
    return [row.elts[0].value for row in table.elts]


def test_every_argument_is_an_option_of_the_command() -> None:
    parser = argparse.ArgumentParser()
    bag_evaluate.add_parser(parser.add_subparsers())
    names = arguments()
    assert names[:3] == ['bag', 'mode', 'rate']
    options = [f'--{name.replace("_", "-")}=1' for name in names if name not in ('bag', 'mode')]
    known = [option for option in options if not option.startswith(('--truth=', '--rate'))]
    args = parser.parse_args(['evaluate', 'BAG', '--rate=2', *known])
    assert (str(args.bag), args.rate, args.frames) == ('BAG', 2.0, 1)
    assert parser.parse_args(['evaluate', 'BAG', '--truth=x']).truth == Path('x')

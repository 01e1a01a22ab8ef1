# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Texts name options that the command at hand has, or the command that has them."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lacdepth_ros.cli.main import build_parser

PACKAGE = Path(__file__).resolve().parents[2] / 'lacdepth_ros'
SEQUENCE = ('demo', 'play')
PRINTED_BY = {
    'cli/outputs': ('predict', 'evaluate', 'blend', 'export', 'demo', 'bag export', 'soak'),
    'cli/cameras': ('predict', 'calibrate', *SEQUENCE),
    'cli/sequences': SEQUENCE,
    'cli/sessions': ('demo', 'bag evaluate'),
    'cli/benchmark_plan': ('benchmark',),
    'cli/protocol_options': ('evaluate', 'bag evaluate'),
    'cli/requirement_options': ('evaluate', 'bag evaluate'),
    'cli/replay_options': ('bag evaluate',),
    'bags/clocks': ('bag extract',),
    'bags/export': ('bag export',),
    'bags/look_alikes': ('bag extract', 'bag evaluate'),
    'bags/optical_frame': ('bag extract',),
    'bags/sweeps': ('bag extract',),
    'bags/extract': ('bag extract',),  # and by calibrate, which names that command then
    'bags/ground_truth': ('bag extract', 'bag evaluate'),
    'bags/tf_topics': ('bag extract',),  # and by calibrate, likewise
    'data/doubts': ('data check', 'data pairs'),
    'data/matching': ('data pairs',),
    'data/meaning': ('data pairs',),
    'data/pairs': ('data pairs',),
    'data/shape': ('data check', 'data pairs'),
    'data/layouts/kitti_layout': ('data index', 'data check', 'evaluate'),
    'data/layouts/kitti_splits': ('data index',),  # asked for a part
    'data/layouts/nyu_mat': ('data index',),  # asked for a part
    'session/ground_truth': ('bag evaluate',),
    'session/truth_view': ('bag evaluate',),
    'session/recorder': ('bag record-depth',),
    'session/doctor/listening': ('doctor',),
    'session/doctor/machine': ('doctor',),
    'messages/calibration': ('bag extract',),  # named as that command's
    'messages/topic_doubt': ('bag extract',),  # likewise
    'training/ablation': ('ablate',),
    'training/checkpointing': ('train',),
    'training/module': ('train',),
    'training/recipes': ('ablate',),
    'training/run': ('train',),
    'training/settings': ('train', 'ablate'),
    'training/sweep': ('ablate',),
}
"""Commands that print what a module says, where it is not a command itself."""
NO_ADVICE = {
    'cli/console': "pip's",
    'cli/main': 'of all commands',
    'cli/options': 'defines what some commands have',
    'cli/parser': 'no option at all',
    'bags/opening': "the converter's of ROS 1 bags",
    'messages/compressed': "ROS's",
    'messages/compressed_depth': "ROS's",
    'node/delivery': "docker's",
    'node/parameter_files': "ROS's",
    'node/stamp_age': "ros2 bag's",
    'node/subscribers': "ROS's",
    'session/node_process': "the node's own command line",
}
FOREIGN = {
    '--onnx',
    '--stronglyTyped',
    '--logdir',
    '--nproc-per-node',
    '--no-python',
    '--shm-size',
    '--ipc',
}
"""Options of other programs."""
_WORDS = re.compile(
    r'lacdepth ((?:(?:data|bag) )?[a-z][a-z-]+)|(?<![\w-])(?=(--[a-z][\w-]+))\2(?!\.\w)'
)


@cache
def commands() -> dict[str, set[str]]:
    """The options of every command."""
    found: dict[str, set[str]] = {}

    def walk(parser: argparse.ArgumentParser, name: str) -> None:
        found[name] = set(parser._option_string_actions)
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for inner, nested in action.choices.items():
                    walk(nested, f'{name} {inner}'.strip())

    walk(build_parser(), '')
    return found


@cache
def modules_of_commands() -> dict[str, str]:
    """The module of every command, as 'cli/predict'."""
    found = {}
    for name in commands():
        parts = name.replace('-', '_').split()
        for module in ('_'.join(parts), parts[-1] if parts else ''):
            if module and (PACKAGE / 'cli' / f'{module}.py').is_file():
                found.setdefault(f'cli/{module}', name)
                break
    found['cli/bag_record'] = 'bag record-depth'
    return found


def texts(path: Path) -> Iterator[str]:
    """Every string of a module that is no docstring; what is put into it is left out."""
    tree = ast.parse(path.read_text(encoding='utf-8'))
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            pieces = [v for v in node.values if isinstance(v, ast.Constant)]
            silent.update(map(id, pieces))
            yield '...'.join(str(piece.value) for piece in pieces)
    for node in ast.walk(tree):
        spoken = isinstance(node, ast.Constant) and id(node) not in silent
        if spoken and isinstance(node.value, str):
            yield node.value


def named_options(text: str) -> Iterator[tuple[str | None, str]]:
    """Options in a text, each with the command named last before it."""
    command = None
    for match in _WORDS.finditer(text):
        if match[1]:
            command = match[1]
        else:
            yield command, match[2]


@pytest.mark.parametrize(
    'module', sorted(str(p.relative_to(PACKAGE))[:-3] for p in PACKAGE.rglob('*.py'))
)
def test_every_option_in_a_text_is_one_of_the_command(module: str) -> None:
    options, homes = commands(), modules_of_commands()
    found = [pair for text in texts(PACKAGE / f'{module}.py') for pair in named_options(text)]
    if module in NO_ADVICE or not found:
        return
    assert module in homes or module in PRINTED_BY, f'who prints the advice of {module}?'
    own = PRINTED_BY.get(module) or (homes[module],)
    for named, option in found:
        if option in options.get(named or '', ()) or option in FOREIGN:
            continue
        for command in own:
            assert option in options[command], f'{module}: {command} has no {option}'

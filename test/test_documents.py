# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The documents say what the code does, and quote what was measured."""

from __future__ import annotations

import dataclasses
import re
from itertools import dropwhile, takewhile
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / 'README.md').read_text()
NODE = (ROOT / 'docs' / 'node.md').read_text()


@pytest.fixture
def parameters() -> ModuleType:
    return pytest.importorskip('lacdepth_ros.node.parameters')


def table_after(text: str, heading: str) -> list[str]:
    """The lines of the first table below a heading."""
    lines = iter(text.partition(f'\n## {heading}\n')[2].splitlines())
    return list(takewhile(is_row, dropwhile(lambda line: not is_row(line), lines)))


def is_row(line: str) -> bool:
    return line.startswith('|')


@pytest.mark.ros
def test_parameter_table_is_the_codes(parameters: ModuleType) -> None:
    expected = []
    for field in dataclasses.fields(parameters.NodeParameters):
        rule = field.metadata['rule']
        default = repr(field.default) if isinstance(field.default, str) else field.default
        live, own = ('yes' if flag else '' for flag in (rule.live, rule.per_camera))
        expected.append(f'| `{rule.name}` | `{default}` | {live} | {own} | {rule.description} |')
    rows = table_after(NODE, 'Parameters')[2:]
    assert rows == expected, 'docs/node.md wants:\n' + '\n'.join(expected)


@pytest.mark.ros
def test_topic_table_names_every_published_topic() -> None:
    publishers = pytest.importorskip('lacdepth_ros.node.publishers')
    table = '\n'.join(table_after(NODE, 'Topics'))
    named = dict(re.findall(r'^\| `([^`]+)` \| \w+/(\w+) \|', table, flags=re.MULTILINE))
    named.pop('/diagnostics')
    assert named == {topic: kind.__name__ for topic, kind in publishers.TOPICS.items()}


@pytest.mark.ros
def test_parameter_file_holds_the_defaults(parameters: ModuleType) -> None:
    text = (ROOT / 'config' / 'depth_node.yaml').read_text()
    values = yaml.safe_load(text)['/**']['ros__parameters']
    flat = {}
    for name, value in values.items():
        children = value.items() if isinstance(value, dict) else [('', value)]
        flat |= {f'{name}.{child}'.rstrip('.'): item for child, item in children}
    flat['cameras'] = tuple(flat['cameras'])  # YAML has no tuples
    fields = dataclasses.fields(parameters.NodeParameters)
    assert flat == {field.metadata['rule'].name: field.default for field in fields}


def test_readme_quotes_what_was_measured() -> None:
    measured = table_after((ROOT / 'docs' / 'benchmarks.md').read_text(), 'In short')
    assert len(measured) > 4
    assert table_after(README, 'Results') == measured, 'copy it from docs/benchmarks.md'


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= 160


def test_containers_that_share_the_network_share_the_memory() -> None:
    """Fast DDS would hand messages over in a /dev/shm that the other side does not see."""
    files = [ROOT / 'README.md', ROOT / 'Dockerfile', *(ROOT / 'docs').glob('*.md')]
    files.append(ROOT / '.devcontainer' / 'devcontainer.json')
    commands = [
        line
        for path in files
        for line in path.read_text(encoding='utf-8').splitlines()
        if re.search(r'docker run .*--network|"runArgs"', line)
    ]
    assert len(commands) > 4
    assert [line for line in commands if not re.search(r'--ipc[ =]host', line)] == []

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The README's tables say what the code does."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / 'README.md').read_text()

pytestmark = pytest.mark.ros
parameters = pytest.importorskip('lacdepth_ros.node.parameters')


def expected_rows() -> list[str]:
    """The parameter table as the code defines it."""
    rows = []
    for field in dataclasses.fields(parameters.NodeParameters):
        rule = field.metadata['rule']
        default = repr(field.default) if isinstance(field.default, str) else field.default
        live = 'yes' if rule.live else ''
        rows.append(f'| `{rule.name}` | `{default}` | {live} | {rule.description} |')
    return rows


def test_parameter_table_is_the_codes() -> None:
    table = README.split('| parameter | default |')[1].split('\n\n')[0]
    rows = [line for line in table.splitlines() if line.startswith('| `')]
    assert rows == expected_rows(), 'README wants:\n' + '\n'.join(expected_rows())


def test_topic_table_names_every_published_topic() -> None:
    publishers = pytest.importorskip('lacdepth_ros.node.publishers')
    table = README.split('### Topics')[1].split('### Parameters')[0]
    named = dict(re.findall(r'^\| `([^`]+)` \| \w+/(\w+) \|', table, flags=re.MULTILINE))
    named.pop('/diagnostics')
    assert named == {topic: kind.__name__ for topic, kind in publishers.TOPICS.items()}


def test_parameter_file_holds_the_defaults() -> None:
    text = (ROOT / 'config' / 'depth_node.yaml').read_text()
    values = yaml.safe_load(text)['/**']['ros__parameters']
    flat = {}
    for name, value in values.items():
        children = value.items() if isinstance(value, dict) else [('', value)]
        flat |= {f'{name}.{child}'.rstrip('.'): item for child, item in children}
    fields = dataclasses.fields(parameters.NodeParameters)
    assert flat == {field.metadata['rule'].name: field.default for field in fields}

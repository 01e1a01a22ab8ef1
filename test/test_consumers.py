# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The commands of docs/consumers.md name topics and parameters that there are.

consumer_parameters.json was taken from the sources that it names.
"""

from __future__ import annotations

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from lacdepth_ros.messages import topics

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs' / 'consumers.md').read_text()
DECLARED = json.loads((ROOT / 'test' / 'consumer_parameters.json').read_text())
PUBLISHED = {f'/camera/{topic}' for topic in topics.OUTPUTS}
OTHERS = {
    '/camera/image_raw',
    '/camera/even/image_raw',
    '/camera/image_rect',
    '/camera/camera_info',
    '/camera/depth_node',
}
COMPRESSED = {f'/camera/{topics.DEPTH}/{kind}' for kind in ('zstd', 'compressedDepth')}
TYPES = {'float': float, 'int': int, 'bool': bool, 'str': str}


def commands(verb: str) -> dict[str, list[list[str]]]:
    """Arguments of every `ros2 VERB PACKAGE PROGRAM ...` of the page, by package and program."""
    found: dict[str, list[list[str]]] = {}
    for block in re.findall(r'```bash\n(.*?)```', PAGE, flags=re.DOTALL):
        for line in block.replace('\\\n', ' ').splitlines():
            words = shlex.split(line, comments=True)
            if words[:2] == ['ros2', verb]:
                found.setdefault(' '.join(words[2:4]), []).append(words[4:])
    return found


def pairs(words: list[str], flag: str) -> dict[str, str]:
    """{name: value} of every `FLAG name:=value`."""
    following = [b for a, b in pairwise(words) if a == flag]
    return dict(word.split(':=') for word in following)


def test_every_program_is_one_whose_source_was_read() -> None:
    assert commands('run').keys() == DECLARED['run'].keys()
    assert commands('launch').keys() == DECLARED['launch'].keys()


@pytest.mark.parametrize('program', DECLARED['run'])
def test_programs_know_what_they_are_told(program: str) -> None:
    known: dict[str, Any] = DECLARED['run'][program]
    for words in commands('run')[program]:
        assert words[0] == '--ros-args'
        names, values = pairs(words, '-r'), pairs(words, '-p')
        assert len(words) == 1 + 2 * (len(names) + len(values))
        assert names.keys() <= set(known['topics'])
        assert set(names.values()) <= PUBLISHED | OTHERS | COMPRESSED
        for name, value in values.items():
            kind = known['parameters'][name]
            assert type(yaml.safe_load(value)) is TYPES[kind], f'{name}: {value} is no {kind}'


@pytest.mark.parametrize('base', ['/out', 'out'], ids=['jazzy', 'kilted'])
def test_packed_depth_reaches_as_far_whatever_the_release_calls_the_parameter(base: str) -> None:
    """The plugin takes the namespace's length, 1 of '/', off the topic that republish gives it."""
    name = f'{base[len("/") :]}.compressedDepth.depth_max'
    given = [pairs(words, '-p') for words in commands('run')['image_transport republish']]
    [packed] = [values for values in given if values['out_transport'] == 'compressedDepth']
    assert float(packed[name]) == 80.0


@pytest.mark.parametrize('program', DECLARED['launch'])
def test_launch_files_know_their_arguments(program: str) -> None:
    for words in commands('launch')[program]:
        given = dict(word.split(':=') for word in words)
        assert given.keys() <= set(DECLARED['launch'][program]['arguments'])
        options = re.findall(r'--(\S+) \S+', given['args'])
        assert set(options) <= set(DECLARED['rtabmap']['parameters'])
        assert len(options) == given['args'].count('--')


def test_nvblox_knows_its_topics_and_parameters_and_has_these_defaults() -> None:
    [text] = re.findall(r'^\*\*nvblox\*\*.*?\n\n', PAGE, flags=re.DOTALL | re.MULTILINE)
    known = DECLARED['nvblox']
    assert set(re.findall(r'`(camera_0/[\w/]+)`', text)) == set(known['topics'])
    own = known['parameters']
    named = set(re.findall(r'`((?:map_|projective_)\w+)`', text))
    assert named == {*own, *own['static_mapper']} - {'static_mapper'}
    assert f'`map_clearing_radius_m` with it ({own["map_clearing_radius_m"]:g} m' in text
    assert f'`map_clearing_frame_id` (`{own["map_clearing_frame_id"]}`' in text


def test_every_topic_of_the_page_is_one_of_a_node_in_camera() -> None:
    named = set(re.findall(r'(?<![\w>])/camera/[\w/]+\w', PAGE))
    assert named <= PUBLISHED | OTHERS | COMPRESSED
    assert len(named) > 8


def output_name(name: str) -> str:
    """As getOutputName of diagnostic_aggregator (31372a2)."""
    return name.replace('/', ' ')


def without_chaff(name: str, chaff: str) -> str:
    """As removeLeadingNameChaff of the same, for a name whose last part begins with the chaff."""
    parent, _, last = name.rpartition('/')
    return f'{parent}/{last.removeprefix(chaff).removeprefix(":").lstrip(" ")}'


@pytest.mark.parametrize(
    ('status', 'prefix', 'shown'),
    [
        ('/camera/depth_node: depth', '/camera/depth_node', 'depth'),
        ('/depth_node: front/depth', '/depth_node', 'front depth'),
    ],
)
def test_the_aggregator_finds_the_node_by_its_prefix(status: str, prefix: str, shown: str) -> None:
    assert status.startswith(prefix), 'GenericAnalyzer::match'
    name = f'/Robot/Depth camera/{output_name(status)}'
    assert without_chaff(name, output_name(prefix)) == f'/Robot/Depth camera/{shown}'


def test_the_page_gives_the_aggregator_that_prefix() -> None:
    [block] = re.findall(r'```yaml\n(.*?)```', PAGE, flags=re.DOTALL)
    analyzer = yaml.safe_load(block)['analyzers']['ros__parameters']['depth']
    assert analyzer['find_and_remove_prefix'] == ['/camera/depth_node']
    defaults = yaml.safe_load((ROOT / 'config' / 'depth_node.yaml').read_text())
    assert analyzer['timeout'] > defaults['/**']['ros__parameters']['diagnostics_period']

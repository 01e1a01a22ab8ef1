# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""RViz and Foxglove are configured with names that they know, for topics that the node has.

rviz_properties.json was taken from RViz 2's source: it ignores what it does not know.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from lacdepth_ros.messages import topics

ROOT = Path(__file__).resolve().parents[1]
KNOWN = json.loads((ROOT / 'test' / 'rviz_properties.json').read_text())
RVIZ = yaml.safe_load((ROOT / 'config' / 'depth.rviz').read_text())['Visualization Manager']
FOXGLOVE = json.loads((ROOT / 'config' / 'foxglove.json').read_text())
PUBLISHED = {f'/camera/{topic}' for topic in topics.OUTPUTS}
INPUTS = {'/camera/image_raw', '/camera/camera_info'}
PANELS = {'Image', '3D', 'DiagnosticSummary'}
IMAGE_MODE = {'imageTopic', 'calibrationTopic'}
"""Of ImageModeConfig in the open source that Foxglove's panels come from. Its color modes are for
16-bit images only; 32FC1 is brightness from 0 to 1 (test_depth_viewers.py)."""


@pytest.mark.parametrize('display', RVIZ['Displays'], ids=lambda display: display['Name'])
def test_rviz_knows_every_property_of_a_display(display: dict[str, Any]) -> None:
    known = KNOWN['displays'][display['Class']] + KNOWN['every display']
    assert display.keys() <= set(known)
    if 'Topic' in display:
        assert display['Topic'].keys() <= set(KNOWN['topic'])
        assert display['Topic']['Value'] in PUBLISHED | INPUTS
    for name, value in {**display, **display.get('Topic', {})}.items():
        assert value in KNOWN['choices'].get(name, [value]), 'RViz would take its default'


def test_rviz_knows_the_view_the_tools_and_the_options() -> None:
    view = RVIZ['Views']['Current']
    assert view.keys() <= set(KNOWN['views'][view['Class']])
    assert {tool['Class'] for tool in RVIZ['Tools']} <= set(KNOWN['tools'])
    assert RVIZ['Global Options'].keys() <= set(KNOWN['global options'])


def leaves(layout: Any) -> list[str]:
    """Panels of a layout."""
    if isinstance(layout, str):
        return [layout]
    assert layout['direction'] in ('row', 'column')
    assert 0 < layout['splitPercentage'] < 100
    return [*leaves(layout['first']), *leaves(layout['second'])]


def test_the_foxglove_layout_shows_each_panel_once() -> None:
    shown = leaves(FOXGLOVE['layout'])
    assert sorted(shown) == sorted(FOXGLOVE['configById'])
    assert {panel.split('!')[0] for panel in shown} == PANELS


def test_foxglove_shows_image_depth_cloud_and_diagnostics_of_the_node() -> None:
    panels = FOXGLOVE['configById']
    images = [panel['imageMode'] for name, panel in panels.items() if name.startswith('Image!')]
    assert [image['imageTopic'] for image in images] == [
        '/camera/image_raw',
        '/camera/depth/image_color',
    ]
    for image in images:
        assert image.keys() <= IMAGE_MODE
        assert {image['imageTopic'], image['calibrationTopic']} <= PUBLISHED | INPUTS
    assert panels['3D!cloud']['topics'].keys() <= PUBLISHED
    assert panels['DiagnosticSummary!node']['topicToRender'] == '/diagnostics'


def test_the_demos_bag_holds_what_the_layout_shows() -> None:
    bag = pytest.importorskip('lacdepth_ros.session.demo_bag')
    panels = FOXGLOVE['configById']
    asked = {topic for panel in panels.values() for topic in _topics(panel)}
    assert asked - bag.KINDS.keys() == {'/camera/points_obstacles'}, 'which is hidden at first'


def _topics(panel: dict[str, Any]) -> list[str]:
    image = panel.get('imageMode', {})
    named = [image.get('imageTopic'), image.get('calibrationTopic'), panel.get('topicToRender')]
    return [*filter(None, named), *panel.get('topics', {})]

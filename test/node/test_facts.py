# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the diagnostics say about a camera that does not change from frame to frame."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lacdepth_ros.node.facts import describe, describe_height, doubt_height
from lacdepth_ros.node.loading import describe_loading
from lacdepth_ros.node.parameters import NodeParameters

PREDICTOR = SimpleNamespace(
    checkpoint_hash='0123456789abcdef',
    choice='eager fp32',
    config=SimpleNamespace(camera_height_m=1.65, range_end=92.4),
)


@pytest.mark.parametrize(('share', 'percent'), [(0.0, '0'), (0.484, '48'), (1.0, '100')])
def test_lost_images_are_percent(share, percent):
    facts = describe(NodeParameters(), PREDICTOR, SimpleNamespace(lost=lambda: share))
    assert facts['images lost [%]'] == percent
    assert facts['checkpoint'] == 'shipped'
    assert facts['checkpoint sha256'] == '0123456789abcdef'
    assert (facts['device'], facts['engine']) == ('cpu', 'eager fp32')


def test_what_is_not_known_yet_is_empty():
    facts = describe(NodeParameters(checkpoint='a.safetensors'), None, None)
    assert facts['checkpoint'] == 'a.safetensors'
    assert facts['images lost [%]'] == facts['engine'] == facts['checkpoint sha256'] == ''
    assert facts['camera height [m]'] == ''


def test_height_is_the_one_set_or_the_one_assumed():
    assert describe(NodeParameters(), PREDICTOR, None)['camera height [m]'] == '1.65 (assumed)'
    assert describe_height(NodeParameters(), PREDICTOR) == 'camera height assumed 1.65 m'
    low = NodeParameters(camera_height=0.4)
    assert describe(low, PREDICTOR, None)['camera height [m]'] == '0.4'
    assert describe_height(NodeParameters(camera_height=1.43), PREDICTOR) == 'camera height 1.43 m'


@pytest.mark.parametrize(('settings', 'meters'), [({}, 22.4), ({'depth_scale': 2.0}, 44.8)])
def test_low_camera_is_told_how_far_it_sees(settings, meters):
    low = NodeParameters(camera_height=0.4, **settings)
    said = f'camera height 0.4 m: the network sees {meters} m far, what lies beyond is +Inf'
    assert describe_height(low, PREDICTOR) == said
    assert describe_height(NodeParameters(camera_height=0.4, max_depth=20.0), PREDICTOR) == (
        'camera height 0.4 m'
    )


def test_height_that_nobody_told_is_doubted_with_how_to_tell_it():
    doubt = doubt_height(NodeParameters(), PREDICTOR, '/camera/depth_node front.camera_height')
    assert doubt.startswith('camera height assumed 1.65 m, as in the training: every depth is')
    assert "'ros2 param set /camera/depth_node front.camera_height METERS'" in doubt
    assert "'-p front.camera_height:=METERS'" in doubt
    assert doubt_height(NodeParameters(camera_height=0.4), PREDICTOR, '/n camera_height') == ''


def test_a_scale_found_by_tape_stands_for_the_height():
    scaled = NodeParameters(depth_scale=0.25)
    assert doubt_height(scaled, PREDICTOR, '/n camera_height') == ''
    assert describe_height(scaled, PREDICTOR) == 'camera height assumed 1.65 m, depth times 0.25'


@pytest.mark.parametrize(
    ('settings', 'work'),
    [
        ({}, 'tries and times the engines that are installed'),
        ({'precision': 'fp32'}, 'tries and times the engines that are installed'),
        ({'engine': 'openvino'}, 'prepares and tries the engine openvino'),
        ({'engine': 'eager'}, 'prepares and tries the engine eager'),
        ({'engine': 'eager', 'precision': 'fp32'}, ''),
    ],
)
def test_work_that_takes_long_is_announced(settings, work):
    said = describe_loading(NodeParameters(checkpoint='a b.safetensors', device='xpu', **settings))
    assert said.startswith('loading checkpoint a b.safetensors on xpu')
    assert ('The first start on a machine ' + work in said) if work else ('first' not in said)

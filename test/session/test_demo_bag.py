# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's MCAP file, read back by rosbags and by the mcap library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from demo_answers import answer, frame, take

pytest.importorskip('rosbags')

from lacdepth_ros.bags.ground_truth import only_ground_truth
from lacdepth_ros.bags.opening import messages_of, open_bag
from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.messages.clouds import cloud_from_message
from lacdepth_ros.messages.decoder import ImageDecoder
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.messages.topics import DEPTH, POINTS
from lacdepth_ros.session.demo import PROTOCOL, DemoFrames
from lacdepth_ros.session.demo_bag import FRAME, KINDS, NAMESPACE, STRIDE, write_demo_bag
from lacdepth_ros.session.result import SessionResult
from lacdepth_ros.viz.colors import colorize_depth


@pytest.fixture
def bag(tmp_path: Path) -> Path:
    kept = DemoFrames(2)
    result = SessionResult(PROTOCOL, observe=kept)
    for index, depth in enumerate((5.0, 7.0)):
        take(result, frame(index), answer(depth, red=200), {})
    path = tmp_path / 'demo.mcap'
    path.write_bytes(b'an older one')
    write_demo_bag(path, kept.shown, {'state': 'active'})
    assert [file.name for file in tmp_path.iterdir()] == ['demo.mcap']
    return path


def test_every_topic_has_a_message_a_frame(bag: Path) -> None:
    with open_bag(bag) as reader:
        read = {topic: [*messages_of(reader, topic)] for topic in KINDS}
    assert {topic: len(items) for topic, items in read.items()} == dict.fromkeys(KINDS, 2)
    stamp, image = read['/camera/image_raw'][1]
    assert (stamp, image.header.frame_id) == (2, FRAME)
    pixels = ImageDecoder().decode(image)
    assert np.abs(pixels.astype(int) - (200, 0, 0)).max() < 5
    depth = depth_from_message(read['/camera/depth/image_rect'][1][1])
    np.testing.assert_array_equal(depth, np.full((30, 40), 7.0, np.float32))
    shown = ImageDecoder().decode(read['/camera/depth/image_color'][1][1])
    assert np.abs(shown.astype(int) - colorize_depth(depth)).max() < 5
    points, _ = cloud_from_message(read['/camera/points'][1][1])
    assert points.shape == (30 // STRIDE, 40 // STRIDE, 3)
    camera = camera_from_info(read['/camera/camera_info'][0][1], rectified=True)
    assert (camera.fx, camera.width) == (50.0, 40)
    [status] = read['/diagnostics'][0][1].status
    assert [(item.key, item.value) for item in status.values] == [('state', 'active')]


def test_the_node_s_answers_are_not_taken_for_ground_truth(bag: Path) -> None:
    with open_bag(bag) as reader, pytest.raises(ValueError, match='none there'):
        topics = [f'{NAMESPACE}/{DEPTH}', f'{NAMESPACE}/{POINTS}']
        only_ground_truth(reader, bag, topics, 'none there')


def test_foxglove_finds_the_definitions_in_the_file(bag: Path) -> None:
    reader = pytest.importorskip('mcap.reader')
    with bag.open('rb') as stream:
        summary = reader.make_reader(stream).get_summary()
    channels = {channel.topic: channel for channel in summary.channels.values()}
    assert channels.keys() == KINDS.keys()
    for topic, kind in KINDS.items():
        schema = summary.schemas[channels[topic].schema_id]
        assert (schema.name, schema.encoding) == (kind, 'ros2msg')
        assert channels[topic].message_encoding == 'cdr'
        assert schema.data

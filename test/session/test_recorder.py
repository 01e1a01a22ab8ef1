# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The recorder finds a node by itself and writes what goes in and out."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('rclpy')

import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message, serialize_message
from ros_fakes import image_message, info_message
from sensor_msgs.msg import CameraInfo, Image

from lacdepth_ros.bags.opening import header_stamp, messages_of, open_bag, raw_messages
from lacdepth_ros.bags.reader import IMAGE
from lacdepth_ros.bags.writer import new_bag
from lacdepth_ros.cli import bag_record
from lacdepth_ros.cli.main import main
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.session.node_process import NodeError
from lacdepth_ros.session.recorder import DepthRecorder, NodeTopics

pytestmark = pytest.mark.ros
TIMEOUT = 20.0


@pytest.fixture
def recorder(ros_domain):
    recorder = DepthRecorder()
    yield recorder
    recorder.close()


def in_background(job) -> tuple[threading.Thread, list]:
    results: list = []
    thread = threading.Thread(target=lambda: results.append(job()))
    thread.start()
    return thread, results


def test_inputs_and_outputs_are_recorded_as_they_are(bench, recorder, tmp_path: Path) -> None:
    bench.activate('depth/image_rect', 'depth/uncertainty')
    thread, found = in_background(lambda: recorder.find(None, TIMEOUT))
    assert bench.spin_until(lambda: not thread.is_alive(), TIMEOUT)
    [topics] = found
    assert (topics.image, topics.depth) == ('/image', '/depth/image_rect')
    assert set(topics.kinds) == {
        '/image',
        '/camera_info',
        '/depth/image_rect',
        '/depth/camera_info',
        '/depth/uncertainty',
    }

    def record() -> tuple[tuple[int, int], dict[str, int]]:
        with new_bag(tmp_path / 'bag') as bag:
            done = recorder.record(bag, topics, lambda: False, frames=3)
        return done, bag.counts

    thread, results = in_background(record)
    sent = {}
    for stamp in range(1, 200):
        if not thread.is_alive():
            break
        sent[stamp] = (image_message(stamp), info_message(stamp))
        bench.send(stamp, image=sent[stamp][0], info=sent[stamp][1])
        bench.spin_for(0.1)
    thread.join(TIMEOUT)
    [((images, answered), counts)] = results
    assert counts['/depth/image_rect'] == 3 and 1 <= answered <= images  # some get lost
    assert counts['/depth/uncertainty'] >= 1  # under load one comes without its depth, or late
    with open_bag(tmp_path / 'bag') as reader:
        for topic, part in (('/image', 0), ('/camera_info', 1)):
            for _, _, data in raw_messages(reader, topic):
                expected = sent[header_stamp(data)][part]
                assert deserialize_message(bytes(data), type(expected)) == expected
        for topic in ('depth/image_rect', 'depth/uncertainty'):
            for stamp, message in messages_of(reader, f'/{topic}'):
                [theirs] = bench.find(topic, stamp)
                values = (depth_from_message(message), depth_from_message(theirs))
                np.testing.assert_array_equal(*values)


def test_derived_outputs_are_recorded_on_request(bench, recorder) -> None:
    bench.activate()
    thread, found = in_background(lambda: recorder.find('depth_node', TIMEOUT, derived=True))
    assert bench.spin_until(lambda: not thread.is_alive(), TIMEOUT)
    assert {'/points', '/depth/image_color'} <= set(found[0].kinds)


def test_node_that_is_not_there_or_not_active_is_named(bench, recorder) -> None:
    for name, words in ((None, '/depth_node is not active'), ('/front', "no node '/front'")):
        said, deadline = '', time.monotonic() + TIMEOUT
        while words not in said and time.monotonic() < deadline:  # discovery takes its time
            with pytest.raises(NodeError) as failure:
                recorder.find(name, 0.2)
            said = str(failure.value)
        assert words in said


def test_what_it_waits_for_is_told_once_with_the_depth_nodes(ros_domain, recorder) -> None:
    """Ours are told by their name or by what they publish; other nodes are none."""
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    nodes = [Node('depth_node', context=context), Node('camera_driver', context=context)]
    nodes.append(Node('renamed', namespace='/robot', context=context))
    nodes[2].create_publisher(Image, 'depth/uncertainty', 1)
    told: list[str] = []
    wanted = "no node '/typo' on the graph; depth nodes there: /depth_node, /robot/renamed"

    def find() -> str:
        with pytest.raises(NodeError) as failure:
            recorder.find('/typo', 3.0, report=told.append)
        return str(failure.value)

    try:
        said, deadline = '', time.monotonic() + TIMEOUT
        while told[-1:] != [wanted] and time.monotonic() < deadline:  # discovery takes its time
            told.clear()
            said = find()
        assert (said, told[-1]) == (f'{wanted} (waited 3 s)', wanted)
        assert len(told) == len(set(told))
        with pytest.raises(NodeError, match='several depth nodes'):
            recorder.find(None, 0.2)
    finally:
        for node in nodes:
            node.destroy_node()
        context.try_shutdown()


def test_command_refuses_what_it_cannot_do(
    ros_domain, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch
) -> None:
    monkeypatch.setattr(bag_record.signal, 'signal', lambda *_: None)
    command = ['bag', 'record-depth', str(tmp_path / 'bag'), '--wait', '0.3']
    assert main(command) == 2
    assert 'no depth node (depth_node) on the graph' in capsys.readouterr().err
    assert not (tmp_path / 'bag').exists()
    for option in ('--duration=0', '--frames=-1', '--wait=0'):
        assert main([*command[:3], option]) == 2
        assert f'{option.replace("=", " ")}: must be above 0' in capsys.readouterr().err
    (tmp_path / 'bag').mkdir()
    assert main(command) == 2
    assert 'exists already' in capsys.readouterr().err


def test_a_node_of_several_cameras_is_asked_for_one(ros_domain, recorder) -> None:
    """A node that is connected as depth_node with cameras: [front, rear] in /robot is."""
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = Node('depth_node', namespace='/robot', context=context)
    for camera in ('front', 'rear'):
        node.create_publisher(Image, f'{camera}/depth/image_rect', 1)
        node.create_publisher(Image, f'{camera}/depth/uncertainty', 1)
        node.create_subscription(Image, f'{camera}/image_raw', print, 1)
        node.create_subscription(CameraInfo, f'{camera}/camera_info', print, 1)
    try:
        topics = recorder.find(None, TIMEOUT, camera='rear')
        assert (topics.image, topics.depth) == (
            '/robot/rear/image_raw', '/robot/rear/depth/image_rect',
        )  # fmt: skip
        assert {topic for topic in topics.kinds if topic.startswith('/robot/')} == {
            f'/robot/rear/{name}'
            for name in ('image_raw', 'camera_info', 'depth/image_rect', 'depth/uncertainty')
        }
        with pytest.raises(NodeError, match=r'several cameras \(front, rear\); name one'):
            recorder.find(None, 1.0)
        with pytest.raises(NodeError, match='camera left: the node has front, rear'):
            recorder.find('/robot/depth_node', 1.0, camera='left')
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


@pytest.mark.parametrize('offered', [ReliabilityPolicy.BEST_EFFORT, ReliabilityPolicy.RELIABLE])
def test_a_camera_that_starts_after_the_recording_is_recorded(
    ros_domain, recorder, tmp_path: Path, offered: ReliabilityPolicy
) -> None:
    topics = NodeTopics(
        {'/image': IMAGE, '/depth/image_rect': IMAGE}, '/image', '/depth/image_rect'
    )
    over = threading.Event()

    def record() -> None:
        with new_bag(tmp_path / 'bag') as bag:
            recorder.record(bag, topics, lambda: over.is_set() or bag.counts['/image'] >= 3)

    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = Node('camera', context=context)
    thread, _ = in_background(record)
    try:
        deadline = time.monotonic() + TIMEOUT
        while not node.get_subscriptions_info_by_topic('/image') and time.monotonic() < deadline:
            time.sleep(0.05)
        camera = node.create_publisher(Image, '/image', QoSProfile(depth=5, reliability=offered))
        sent = {}
        while thread.is_alive() and time.monotonic() < deadline:
            stamp = len(sent) + 1
            sent[stamp] = image_message(stamp)
            camera.publish(sent[stamp])
            time.sleep(0.05)
    finally:
        over.set()
        thread.join(TIMEOUT)
        node.destroy_node()
        rclpy.shutdown(context=context)
    with open_bag(tmp_path / 'bag') as reader:
        recorded = [bytes(data) for _, _, data in raw_messages(reader, '/image')]
    assert len(recorded) >= 3
    for data in recorded:
        assert deserialize_message(data, Image) == sent[header_stamp(data)]


@pytest.mark.parametrize('stamps', [(0, 0, 0, 0), (7, 8, 7, 8)])  # never set; played in a loop
def test_frames_are_counted_also_where_their_stamps_repeat(
    recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stamps: tuple[int, ...]
) -> None:
    topics = NodeTopics(
        {'/image': IMAGE, '/depth/image_rect': IMAGE}, '/image', '/depth/image_rect'
    )
    arriving = iter(
        [
            (topic, serialize_message(image_message(stamp)))
            for stamp in stamps
            for topic in topics.kinds
        ]
    )
    monkeypatch.setattr('lacdepth_ros.session.recorder._LAST_WORDS', 0.0)
    monkeypatch.setattr(recorder, '_subscribe', lambda *_: None)
    with new_bag(tmp_path / 'bag') as bag:
        for topic, kind in topics.kinds.items():
            bag.add_topic(topic, kind)
        take = recorder._take
        spin_once = lambda **_: take(bag, *next(arriving))  # noqa: E731
        monkeypatch.setattr(recorder._executor, 'spin_once', spin_once)
        assert recorder.record(bag, topics, lambda: False, frames=3) == (3, 3)
        assert bag.counts == {'/image': 3, '/depth/image_rect': 3}


@pytest.mark.parametrize('cameras', [('front',), ('front', 'rear')])
def test_remapped_images_are_recorded_where_they_can_be_told_apart(
    recorder, monkeypatch: pytest.MonkeyPatch, cameras: tuple[str, ...]
) -> None:
    published = [
        (f'/{camera}/{topic}', [IMAGE])
        for camera in cameras
        for topic in ('depth/image_rect', 'depth/uncertainty')
    ]
    taken = [(f'/usb_{camera}/image_raw', [IMAGE]) for camera in cameras]
    graph = {'publisher': published, 'subscriber': taken}
    for kind, topics in graph.items():
        asked = f'get_{kind}_names_and_types_by_node'
        monkeypatch.setattr(recorder._node, asked, lambda *_, topics=topics: topics)
    if len(cameras) > 1:
        with pytest.raises(NodeError, match=r'/usb_front/image_raw, .*none below /front/'):
            recorder._topics(('depth_node', '/'), 'front', False)
        return
    found = recorder._topics(('depth_node', '/'), None, False)
    assert (found.image, found.depth) == ('/usb_front/image_raw', '/front/depth/image_rect')


def test_depth_that_was_remapped_is_not_called_inactive(
    recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = {'publisher': '/perception/depth', 'subscriber': '/image'}
    for kind, topic in graph.items():
        asked = f'get_{kind}_names_and_types_by_node'
        monkeypatch.setattr(recorder._node, asked, lambda *_, topic=topic: [(topic, [IMAGE])])
    with pytest.raises(NodeError, match='/depth_node publishes no /depth/image_rect: remap no'):
        recorder._topics(('depth_node', '/'), None, False)

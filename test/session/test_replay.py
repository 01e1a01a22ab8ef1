# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A bag through the real node in a process of its own (its network is a fake with known depth)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from replay_bags import IMAGES, START, predicted, stamps, write_replay_bag

from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.messages.topics import DEPTH, DEPTH_TOPICS, UNCERTAINTY
from lacdepth_ros.session import loop, pace
from lacdepth_ros.session.bag_frames import bag_frames
from lacdepth_ros.session.client import Answer
from lacdepth_ros.session.frames import Frame
from lacdepth_ros.session.ground_truth import ground_truth_from_topic, no_ground_truth
from lacdepth_ros.session.loop import SessionSettings, run_session, send_in_lockstep
from lacdepth_ros.session.node_process import NodeError, choose_domain
from lacdepth_ros.session.replay import NAMESPACE, node_parameters, read_parameters
from lacdepth_ros.session.result import SessionResult

pytestmark = pytest.mark.ros
TEST = Path(__file__).parents[1]
PROTOCOL = EvaluationProtocol(crop='none', flip_average=False)
REDS = [10, 60, 120, 200, 250]


@pytest.fixture(autouse=True)
def ros(monkeypatch: pytest.MonkeyPatch) -> None:
    """A domain of our own; the node's process finds the package and the fakes."""
    monkeypatch.setenv('ROS_DOMAIN_ID', str(choose_domain()))
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    for name in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'):
        monkeypatch.setenv(name, '')
    monkeypatch.setenv('PYTHONPATH', f'{TEST.parent}:{TEST}')


def run(bag: Path, tmp_path: Path, *, rate: float | None = None, encoding: str = '32FC1'):
    """Replay a bag against its own ground truth; returns the result."""
    images = BagImages(bag)
    depth, lockstep = DEPTH_TOPICS[encoding], rate is None
    transport = 'compressed' if images.compressed else 'raw'
    settings = SessionSettings(
        namespace=NAMESPACE,
        parameters=node_parameters(
            {'diagnostics_period': 0.2},
            transport=transport,
            rectified=images.rectified,
            lockstep=lockstep,
            encoding=encoding,
        ),
        topics=(depth, UNCERTAINTY) if lockstep else (depth,),
        transport=transport,
        rate=rate,
        timeout=120.0,  # a busy machine takes long
        log=tmp_path / 'node.log',
        command=(sys.executable, str(TEST / 'replay_node.py')),
    )
    ground_truth = ground_truth_from_topic(bag, None, images=images, tolerance_ns=1_000_000)
    with ground_truth:
        result = SessionResult(PROTOCOL, depth)
        frames = bag_frames(images, 'bag', ground_truth, forward_only=not lockstep)
        run_session(settings, frames, result)
    return result


def test_lockstep_answers_every_frame_once(tmp_path: Path) -> None:
    at = [*stamps(len(REDS)), START]  # the last image repeats the first one's stamp
    ground_truths = {index: predicted(red) / 1.25 for index, red in enumerate(REDS) if index != 3}
    bag = write_replay_bag(tmp_path / 'bag', [*REDS, 9], ground_truths=ground_truths, at=at)
    result = run(bag, tmp_path)
    assert result.failure == '' and result.unanswered == [] and result.unscored == []
    assert [r.index for r in result.records] == [0, 1, 2, 3, 4]
    assert result.received == {DEPTH: 5, UNCERTAINTY: 5}
    assert (result.late, result.repeated, result.share_answered) == (0, 0, 1.0)
    assert [f.index for f in result.unsent] == [5]
    assert result.without_ground_truth == ['bag/000003']
    report = result.report
    assert report.frames == 4
    assert report.overall['abs_rel'] == pytest.approx(0.25, abs=1e-6)
    assert report.calibration is not None, 'the published std was scored too'
    assert all(latency > 0 for latency in result.latencies())
    assert result.node['frames answered'] == '5' and 'predict' in result.stages()
    assert not [name for name in result.stages() if name.startswith('stamp_to')]


def test_compressed_bag_and_millimeters(tmp_path: Path) -> None:
    bag = write_replay_bag(tmp_path / 'bag', REDS[:3], compressed=True)
    result = run(bag, tmp_path, encoding='16UC1')
    assert result.failure == '' and result.unanswered == []
    assert BagImages(bag).topic == f'{IMAGES}/compressed'
    assert result.report.overall['abs_rel'] == pytest.approx(0.25, abs=0.02), 'JPEG'


@pytest.mark.slow
def test_slow_node_at_a_camera_s_pace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('FAKE_SECONDS', '0.25')
    monkeypatch.setattr(pace, 'SILENCE', 4.0)
    bag = write_replay_bag(tmp_path / 'bag', [20 * index for index in range(12)])
    result = run(bag, tmp_path, rate=1.0)
    assert result.failure == '' and len(result.records) == 12 == len(result.lag_ms)
    answered = result.received[DEPTH]
    assert 1 <= answered < 12 and len(result.unanswered) == 12 - answered
    assert result.share_answered == answered / 12
    report = result.report
    assert report.frames == answered and len({f.id for f in report.per_frame}) == answered
    assert report.overall['abs_rel'] == pytest.approx(0.25, abs=1e-6), 'matched by stamp'
    assert min(result.latencies()) >= 250


def test_node_that_dies_leaves_what_it_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('FAKE_LAST', '3')
    result = run(write_replay_bag(tmp_path / 'bag', REDS), tmp_path)
    assert 'the node ended with status 3' in result.failure
    assert len(result.records) == 3 and result.unanswered == ['bag/000002']
    assert result.report.frames == 2
    assert 'configured fake' in result.log_end


@pytest.mark.parametrize(
    ('problem', 'failure', 'log'),
    [
        (ValueError('bag: damaged'), 'bag: damaged', 'its log'),
        (NodeError('the node ended'), 'the node ended', 'its log'),
        (KeyboardInterrupt(), 'interrupted', ''),
    ],
)
def test_what_ends_a_replay_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    problem: BaseException,
    failure: str,
    log: str,
) -> None:
    class Process:
        def __init__(self, *arguments: object) -> None:
            pass

        def __enter__(self) -> Process:
            return self

        def __exit__(self, *_: object) -> None:
            ended.append(True)

        def last_lines(self) -> str:
            return 'its log'

    def converse(*_: object) -> None:
        raise problem

    ended: list[bool] = []
    monkeypatch.setattr(loop, 'NodeProcess', Process)
    monkeypatch.setattr(loop, '_converse', converse)
    result = result_without_ground_truth()
    log_file = tmp_path / 'node.log'
    settings = SessionSettings(namespace='/x', parameters={}, topics=(), log=log_file)
    run_session(settings, [], result)
    assert (result.failure, result.log_end, ended) == (failure, log, [True])


class StubClient:
    """A client whose node answers nothing."""

    def __init__(self) -> None:
        self.clock: list[int] = []
        self.asked = 0

    def set_clock(self, time_ns: int) -> None:
        self.clock.append(time_ns)

    def exchange(self, message: object, info: object, timeout: float) -> Answer:
        self.asked += 1
        return Answer((DEPTH,))


def frames(bag: Path) -> list[Frame]:
    return list(bag_frames(BagImages(bag), 'bag', no_ground_truth()))


def result_without_ground_truth() -> SessionResult:
    return SessionResult(PROTOCOL)


def test_silent_node_is_given_up(tmp_path: Path) -> None:
    result, client = result_without_ground_truth(), StubClient()
    bag = write_replay_bag(tmp_path / 'bag', REDS)
    with pytest.raises(NodeError, match='3 frames in a row'):
        send_in_lockstep(client, frames(bag), result, timeout=0.0)
    assert client.asked == 3 and len(result.unanswered) == 3
    assert client.clock == stamps(3)


@pytest.mark.parametrize(
    'name', ['/**', 'depth_node', '/depth_node', '/front/depth_node', '/**/depth_node']
)
def test_parameters_of_other_nodes_are_not_ours(tmp_path: Path, name: str) -> None:
    """As those of a launch file with a costmap and a second network."""
    path = tmp_path / 'params.yaml'
    path.write_text(
        f'{name}:\n  ros__parameters: {{rectify: true}}\n'
        'not_depth_node:\n  ros__parameters: {rectify: false, camera_height: 7.0}\n'
        'lidar:\n  "**":\n    ros__parameters: {device: cuda}\n'
    )
    assert read_parameters(path) == {'rectify': True}


def test_file_without_parameters_of_the_node_names_whose_it_has(tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text('front:\n  depth:\n    ros__parameters: {rectify: true}\n')
    with pytest.raises(ValueError, match=r'NAMESPACE/depth_node .* has those of /front/depth$'):
        read_parameters(path)


def test_parameters_are_read_whatever_namespace_they_are_for(tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text('/**:\n  depth_node:\n    ros__parameters:\n      rectify: false\n')
    assert read_parameters(path) == {'rectify': False}
    shipped = read_parameters(TEST.parent / 'config' / 'depth_node.yaml')
    merged = node_parameters(
        shipped | {'autostart': True},
        transport='raw',
        rectified=True,
        lockstep=True,
        encoding='32FC1',
    )
    assert merged['autostart'] is False, 'the session configures it'
    assert merged['use_sim_time'] is True and merged['max_depth'] == 1000.0
    assert merged['image_reliability'] == 'reliable' and merged['rectify'] is True
    for text in ('a: [', 'a: 1\n'):
        path.write_text(text)
        with pytest.raises(ValueError, match=r'params\.yaml'):
            read_parameters(path)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth demo` from end to end with a tiny network, and its exit codes."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from lacdepth_ros.cli import sessions
from lacdepth_ros.cli.console import UsageError
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.files import write_depth_png, write_image
from lacdepth_ros.session.demo import PROTOCOL, TOPICS
from lacdepth_ros.session.demo_report import foreign_files
from lacdepth_ros.session.frames import Frame, UnsentFrame
from lacdepth_ros.session.result import SessionResult

if TYPE_CHECKING:
    from lacdepth_ros.session.loop import SessionSettings

HEIGHT, WIDTH = 32, 96

PATIENCE = 120.0  # seconds


@pytest.fixture
def ros(monkeypatch: pytest.MonkeyPatch) -> None:
    """A private domain, restored afterwards; the child process finds the package."""
    pytest.importorskip('rclpy')
    from lacdepth_ros.session import loop
    from lacdepth_ros.session.node_process import choose_domain

    # On a busy machine an answer takes longer than a demo would wait for it.
    monkeypatch.setattr(loop, 'TIMEOUT', PATIENCE)
    monkeypatch.setattr(loop, 'SessionSettings', partial(loop.SessionSettings, timeout=PATIENCE))
    monkeypatch.setenv('ROS_DOMAIN_ID', str(choose_domain()))
    monkeypatch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    for name in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE'):
        monkeypatch.setenv(name, '')
    monkeypatch.setenv('PYTHONPATH', str(Path(__file__).parents[2]))


def manifest(folder: Path, frames: int) -> Path:
    """Noise in front of a wall at 10 m; the last line names an image that is missing."""
    noise = np.random.default_rng(0)
    write_depth_png(folder / 'wall.png', np.full((HEIGHT, WIDTH), 10.0, np.float32))
    lines = []
    for index in range(frames):
        image = noise.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        write_image(folder / f'{index}.png', image)
        lines.append({'id': f'wall/{index}', 'image': f'{index}.png'})
    lines.append({'id': 'wall/missing', 'image': 'missing.png'})
    rest = {'depth': 'wall.png', 'depth_scale': 256, 'width': WIDTH, 'height': HEIGHT}
    rest['K'] = [60, 60, 47.5, 15.5]
    path = folder / 'manifest.jsonl'
    path.write_text('\n'.join(json.dumps({**line, **rest}) for line in lines))
    return path


@pytest.mark.ros
def test_every_frame_is_answered_and_shown(
    ros: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tiny_networks import tiny_network

    from lacdepth_ros.models.checkpoint import save_checkpoint

    checkpoint, out = tmp_path / 'tiny.safetensors', tmp_path / 'new' / 'out'
    save_checkpoint(checkpoint, tiny_network(), {'source': 'test'})
    data = manifest(tmp_path, frames=3)
    arguments = ['--input', str(data), '--checkpoint', str(checkpoint), '--output', str(out)]
    assert main(['demo', *arguments]) == 1, 'an image is missing'
    names = ['cloud.ply', 'contact_sheet.png', 'demo.mcap', 'index.html', 'node.log']
    names += ['summary.json']
    assert sorted(path.name for path in out.iterdir()) == names
    summary = json.loads((out / 'summary.json').read_text())
    assert summary['frames_sent'] == summary['frames_received'] == 3
    assert summary['messages_received'] == dict.fromkeys(TOPICS, 3)
    assert 0 < summary['latency_ms']['p50'] <= summary['latency_ms']['p95']
    assert summary['errors']['frames'] == 3 and summary['errors']['abs_rel'] > 0
    assert summary['unanswered'] == [] and summary['messages_late'] == 0
    assert summary['image_size'] == [WIDTH, HEIGHT]
    assert summary['assumed'] == ['a camera height of 1.65 m'], 'the manifest has intrinsics'
    assert cv2.imread(str(out / 'contact_sheet.png')).shape[1] == 1920
    assert 'configured tiny' in (out / 'node.log').read_text()
    said = capsys.readouterr()
    assert '3 of 3 frames answered' in said.out
    assert 'wall/missing not sent' in said.err
    assert not node_processes(), 'the node is gone'
    assert foreign_files(out) == [], 'another demo may write there'


@pytest.mark.ros
@pytest.mark.parametrize(('options', 'height'), [([], 1.2), (['--camera-height', '0.4'], 0.4)])
def test_node_gets_the_camera_height_that_the_input_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], height: float
) -> None:
    pytest.importorskip('rclpy')
    data, given = manifest(tmp_path, frames=1), []

    def run_node(settings: SessionSettings, *_: object) -> None:
        given.append(settings.parameters['camera_height'])
        raise UsageError('enough')

    monkeypatch.setattr(sessions, 'run_node', run_node)
    lines = [json.loads(line) | {'camera_height': 1.2} for line in data.read_text().splitlines()]
    data.write_text('\n'.join(map(json.dumps, lines)))
    assert main(['demo', '--input', str(data), '--output', str(tmp_path / 'out'), *options]) == 2
    assert given == [height]
    from replay_bags import write_replay_bag

    bag = write_replay_bag(tmp_path / 'bag', [10])
    monkeypatch.setattr('lacdepth_ros.bags.ground_frame.recorded_height', lambda *_: 1.2)
    assert main(['demo', '--input', str(bag), '--output', str(tmp_path / 'more'), *options]) == 2
    assert given == [height] * 2, 'by the transforms of a bag'


@pytest.mark.slow
@pytest.mark.ros
def test_node_that_cannot_be_configured_shows_why(
    ros: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = tmp_path / 'foreign.safetensors'
    checkpoint.write_bytes(b'not a checkpoint')
    arguments = ['--input', str(manifest(tmp_path, 1)), '--checkpoint', str(checkpoint)]
    assert main(['demo', *arguments, '--output', str(tmp_path / 'out')]) == 2
    said = capsys.readouterr().err
    assert 'configure failed' in said and 'foreign.safetensors' in said
    assert 'refused to configure' in said.splitlines()[-1]
    assert not node_processes()


def node_processes() -> str:
    """Our node processes that are still there."""
    command = ['pgrep', '-f', f'-P {os.getpid()}', 'lacdepth_ros.node.entry']
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['--input', 'nowhere'], ['nowhere: no such input', 'KITTI raw']),
        (['--frames', '0'], ['--frames 0']),
        (['--checkpoint', 'nowhere.safetensors'], ['nowhere.safetensors is no file']),
        (['--input', '.', '--camera-info', 'nowhere.yaml'], ['nowhere.yaml: no such']),
        (['--input', '.', '--intrinsics', '0', '1', '2', '3'], ['--intrinsics: focal']),
    ],
)
def test_what_cannot_be_used_is_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: list[str],
) -> None:
    monkeypatch.setattr(sessions, 'require_ros', lambda _: None)
    monkeypatch.chdir(tmp_path)
    assert main(['demo', '--output', str(tmp_path / 'out'), *arguments]) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in words), said
    assert not (tmp_path / 'out').exists(), 'nothing was done'


def test_results_of_an_earlier_run_outlive_an_input_without_a_readable_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sessions, 'require_ros', lambda _: None)
    out = tmp_path / 'out'
    out.mkdir()
    (out / 'summary.json').write_text('{"messages_received": {}}')
    (tmp_path / 'images').mkdir()
    (tmp_path / 'images' / 'a.png').write_bytes(b'no image')
    arguments = ['--input', str(tmp_path / 'images'), '--intrinsics', '50', '50', '9', '9']
    assert main(['demo', '--output', str(out), *arguments]) == 2
    assert 'none of the 1 frames can be sent' in capsys.readouterr().err
    assert (out / 'summary.json').read_text() == '{"messages_received": {}}'


@pytest.mark.parametrize('command', ['demo', 'play'])
def test_camera_that_was_chosen_is_told_with_the_others(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    for library in ('rclpy', 'rosbags'):
        pytest.importorskip(library)
    from replay_bags import write_replay_bag

    def stop(*_: object, **__: object) -> None:
        raise UsageError('far enough')

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sessions, 'run_node', stop)
    monkeypatch.setattr('lacdepth_ros.session.player.Player', stop)
    bag = write_replay_bag(tmp_path / 'bag', [10, 20], topics=('/rear/image_raw',))
    told = f'{bag}: images of /cam/image_rect are taken; there are also /rear/image_raw'
    for chosen in ([], ['--image-topic', '/cam/image_rect']):
        assert main([command, '--input', str(bag), *chosen]) == 2
        said = capsys.readouterr().err
        assert 'far enough' in said
        assert (f'warning: {told}; --image-topic chooses' in said) == (not chosen)


def test_without_rclpy_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    assert main(['demo', '--output', str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert 'pip install' in said and '/opt/ros/' in said


def test_everything_that_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    result = SessionResult(PROTOCOL)
    for index in range(7):
        result.sent(Frame(str(index), index, index, np.zeros((2, 2, 3), np.uint8), None))
        result.answered(index, {}, {})
    result.unsent.append(UnsentFrame('x', 7, 0, 'broken'))
    result.failure, result.log_end = 'the node ended', 'its last words'
    assert sessions.name_problems(result, TOPICS)
    said = capsys.readouterr().err
    for words in (
        'its last words',
        'ended early: the node ended',
        'x not sent: broken',
        'no depth for 7 of 7 frames: 0, 1, 2, 3, 4, ...',
        '7 of 7 frames without points',
    ):
        assert words in said
    assert not sessions.name_problems(SessionResult(PROTOCOL), TOPICS)


def test_help_names_the_files() -> None:
    command = [sys.executable, '-m', 'lacdepth_ros.cli.main', 'demo', '--help']
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for name in (
        'index.html',
        'contact_sheet.png',
        'demo.mcap',
        'cloud.ply',
        'summary.json',
        'node.log',
    ):
        assert name in done.stdout

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth bag evaluate`: the JSON contract, the reports and the exit codes."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from replay_bags import GROUND_TRUTH, predicted, wall, write_replay_bag
from tiny_networks import tiny_network

from lacdepth_ros.cli import sessions
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.files import write_depth_png
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.messages.topics import UNCERTAINTY
from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint
from lacdepth_ros.session.frames import UnsentFrame
from lacdepth_ros.session.result import SessionResult

REDS = [10, 60, 120, 200]
DOCS = Path(__file__).parents[2] / 'docs' / 'replay.md'
Replay = Callable[..., None]


@pytest.fixture(autouse=True)
def no_ros_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, 'require_ros', lambda *_: None)


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A replay whose node sees `predicted` metres; `silent` frames get no answer."""
    loop = pytest.importorskip('lacdepth_ros.session.loop')
    control = SimpleNamespace(silent=set(), dies_at=None, settings=None, factor=1.0)

    def run(settings: object, frames: Iterable[object], result: SessionResult) -> None:
        control.settings = settings
        for frame in frames:
            if isinstance(frame, UnsentFrame):
                result.unsent.append(frame)
                continue
            if frame.index == control.dies_at:
                result.failure, result.log_end = 'the node ended with status 3', 'last words'
                if frame.index:
                    result.sent(frame)
                return
            result.sent(frame)
            red = int(np.rint(frame.image.data[0])) if frame.index not in control.silent else 0
            answer = {} if frame.index in control.silent else _answer(red, settings.topics)
            result.answered(frame.index, answer, dict.fromkeys(answer, 10.0 + frame.index))
        result.node = {'network p50 [ms]': '7.0', 'network p95 [ms]': '8.0'}
        result.node |= {'frames received': '4', 'frames answered': '4'}
        result.node['camera height [m]'] = '1.65 (assumed)'

    monkeypatch.setattr(loop, 'run_session', run)
    return control


def _answer(red: int, topics: tuple[str, ...]) -> dict[str, object]:
    header = SimpleNamespace()
    depth = {topic: wall(predicted(red)) for topic in topics}
    if UNCERTAINTY in depth:
        depth[UNCERTAINTY] = wall(0.5)
    return {
        topic: depth_to_message(
            SimpleNamespace, values, header, encoding='16UC1' if 'raw' in topic else '32FC1'
        )
        for topic, values in depth.items()
    }


def evaluate(bag: Path, *arguments: str) -> int:
    whole = [] if '--no-truth' in arguments else ['--crop', 'none']
    return main(['bag', 'evaluate', str(bag), *whole, *arguments])


def test_json_contract(tmp_path: Path, node: SimpleNamespace) -> None:
    bag, out = write_replay_bag(tmp_path / 'drive', REDS), tmp_path / 'new' / 'out.json'
    assert evaluate(bag, '--json', str(out)) == 0
    report = json.loads(out.read_text())
    assert (report['frames_sent'], report['frames_received'], report['frames']) == (4, 4, 4)
    assert report['share_answered'] == 1.0
    assert report['overall']['abs_rel'] == pytest.approx(0.25, abs=1e-6)
    assert report['groups']['drive']['frames'] == 4
    assert report['latency_ms'] == {'p50': 11.5, 'p95': 12.85, 'max': 13.0}
    assert report['stages_ms'] == {'network': {'p50': 7.0, 'p95': 8.0}}
    assert report['node_frames']['received'] == 4
    assert report['assumed'] == 'a camera height of 1.65 m'
    assert report['mode'] == 'lockstep' and report['failure'] is None
    assert (
        report['truth'] == f'topic {GROUND_TRUTH}' and report['protocol']['flip_average'] is False
    )
    assert [moment['id'] for moment in report['timeline']] == [f'drive/{i:06d}' for i in range(4)]
    assert report['timeline'][2]['abs_rel'] == pytest.approx(0.25, abs=1e-6)
    table = DOCS.read_text().split('| key |')[1].split('\n\n')[0]
    documented = set(re.findall('`([a-z_]+)`', table))
    assert documented and documented <= report.keys(), documented - report.keys()
    shipped = load_checkpoint()[0].calibration
    assert shipped is not None
    widths = {float(share): width for share, width in report['calibration']['intervals'].items()}
    assert widths == pytest.approx(shipped.intervals), 'not those of a Gaussian'
    assert node.settings.parameters['image_is_rectified'] is True
    assert node.settings.parameters['warm_up_width'] == 40
    assert 'device' not in node.settings.parameters, "the node's own default"


def test_reports_for_people(
    tmp_path: Path, node: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    node.silent = {2}
    bag, out = write_replay_bag(tmp_path / 'drive', REDS), tmp_path / 'out'
    assert evaluate(bag, '--report', str(out)) == 1
    said = capsys.readouterr()
    assert '3 of 4 frames answered (75.0%), sent in lockstep' in said.out
    assert 'assumed: a camera height of 1.65 m\n' in said.out
    assert said.out.endswith(f'wrote {out / "report.html"}\n')
    assert 'no depth for 1 of 4 frames: drive/000002' in said.err
    assert sorted(file.name for file in out.iterdir()) == [
        'report.html', 'report.json', 'report.md',
    ]  # fmt: skip
    html, markdown = (out / 'report.html').read_text(), (out / 'report.md').read_text()
    for text in (html, markdown):
        assert 'Replay of drive' in text and '3 of 4 frames answered' in text
        assert 'network' in text and '0.2500' in text
        assert 'Assumed: a camera height of 1.65 m.' in text
    for title in ('Error along the drive', 'Latency', 'Worst frames', 'What was run'):
        assert title in html
    assert html.count('<img') == 3 + 1 + 3, 'three diagrams, the legend, three worst frames'
    assert 'not answered' in html and 'src="http' not in html
    assert json.loads((out / 'report.json').read_text())['unanswered'] == ['drive/000002']


def test_node_that_dies_midway_reports_what_was_answered(
    tmp_path: Path, node: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    node.dies_at = 2
    bag, out = write_replay_bag(tmp_path / 'drive', REDS), tmp_path / 'out.json'
    assert evaluate(bag, '--json', str(out)) == 1
    report = json.loads(out.read_text())
    assert (report['frames_sent'], report['frames_received'], report['frames']) == (3, 2, 2)
    assert report['failure'] == 'the node ended with status 3'
    said = capsys.readouterr()
    assert 'last words' in said.err and 'ended early' in said.err and '2 of 3' in said.out


def test_node_that_never_starts_is_exit_code_2(
    tmp_path: Path, node: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    node.dies_at = 0
    assert evaluate(write_replay_bag(tmp_path / 'drive', REDS)) == 2
    assert 'last words' in capsys.readouterr().err


def test_frames_without_ground_truth_are_counted(
    tmp_path: Path, node: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, out = (
        write_replay_bag(tmp_path / 'drive', REDS, ground_truths={1: 4.0}),
        tmp_path / 'o.json',
    )
    assert evaluate(bag, '--json', str(out)) == 0
    report = json.loads(out.read_text())
    assert (report['frames'], report['frames_without_truth']) == (1, 3)
    assert '3 answered frames have no ground truth' in capsys.readouterr().err
    other = write_replay_bag(tmp_path / 'other', REDS, ground_truths={})
    assert evaluate(other) == 2 and 'holds no message' in capsys.readouterr().err
    ground_truth = tmp_path / 'truth'
    ground_truth.mkdir()
    write_depth_png(ground_truth / '99.png', wall(5.0))
    assert evaluate(other, '--truth', str(ground_truth)) == 1, 'nothing could be scored'
    capsys.readouterr()
    assert evaluate(other, '--no-truth', '--json', str(out), '--overwrite') == 0
    said = ''.join(capsys.readouterr())
    assert 'received: depth/image_rect as published' in said and 'scored' not in said
    assert 'have no ground truth' not in said, 'none was asked for'
    assert json.loads(out.read_text())['overall']['abs_rel'] is None


def test_ground_truth_of_another_size_is_named(
    tmp_path: Path, node: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / 'truth'
    folder.mkdir()
    for index in range(4):
        size = (24, 40) if index else (12, 20)
        write_depth_png(folder / f'{index}.png', np.full(size, 5.0, np.float32))
    bag = write_replay_bag(tmp_path / 'drive', REDS, topics=())
    assert evaluate(bag, '--truth', str(folder)) == 1
    assert 'drive/000000 not scored: ' in capsys.readouterr().err


def test_realtime_counts_dropped_frames_as_a_result(
    tmp_path: Path, node: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, out = write_replay_bag(tmp_path / 'drive', REDS), tmp_path / 'o.json'
    node.silent = {1, 3}
    assert evaluate(bag, '--rate', '2', '--json', str(out)) == 0
    report = json.loads(out.read_text())
    assert (report['mode'], report['rate'], report['share_answered']) == ('realtime', 2.0, 0.5)
    assert report['unanswered'] == ['drive/000001', 'drive/000003']
    assert node.settings.topics == ('depth/image_rect',) and node.settings.rate == 2.0
    assert 'image_reliability' not in node.settings.parameters, 'as users run it'
    assert 'at 2 times its pace' in capsys.readouterr().out
    node.silent = {0, 1, 2, 3}
    assert evaluate(bag, '--rate', '2') == 1, 'nothing at all was answered'


def test_options_of_the_node(tmp_path: Path, node: SimpleNamespace) -> None:
    bag = write_replay_bag(tmp_path / 'drive', REDS, compressed=True)
    params = tmp_path / 'params.yaml'
    params.write_text('/**:\n  ros__parameters:\n    device: cuda\n    rectify: false\n')
    checkpoint = tmp_path / 'a.safetensors'
    save_checkpoint(checkpoint, tiny_network(), {})
    given = ['--params-file', str(params), '--checkpoint', str(checkpoint)]
    evaluate(bag, *given, '--encoding', '16UC1', '--frames', '1', '--precision', 'bf16',
             '--input-scale', '0.8', '--camera-height', '0.4')  # fmt: skip
    parameters = node.settings.parameters
    assert parameters['device'] == 'cuda' and parameters['rectify'] is False
    assert parameters['checkpoint'] == str(checkpoint) and parameters['precision'] == 'bf16'
    assert parameters['image_transport'] == node.settings.transport == 'compressed'
    assert parameters['depth_encoding'] == '16UC1'
    assert (parameters['input_scale'], parameters['camera_height']) == (0.8, 0.4)
    assert node.settings.topics == ('depth/image_raw', UNCERTAINTY)
    evaluate(bag, '--params-file', str(params), '--device', 'cpu')
    assert node.settings.parameters['device'] == 'cpu', 'the command line comes last'
    assert 'input_scale' not in node.settings.parameters, 'the file, or the node, says it'


def test_camera_height_of_the_truth_is_the_nodes(tmp_path: Path, node: SimpleNamespace) -> None:
    bag, out = write_replay_bag(tmp_path / 'drive', REDS), tmp_path / 'out.json'
    truth, params = tmp_path / 'truth', tmp_path / 'params.yaml'
    truth.mkdir()
    rest = {'image': 'none.png', 'depth': '0.png', 'depth_scale': 256, 'K': [30, 30, 19.5, 11.5]}
    rest |= {'width': 40, 'height': 24, 'camera_height': 0.4}
    lines = [json.dumps({**rest, 'id': f'a/{i}'}) for i in range(len(REDS))]
    (truth / 'manifest.jsonl').write_text('\n'.join(lines))
    write_depth_png(truth / '0.png', wall(5.0), 256.0)
    given = ['--truth', str(truth), '--json', str(out), '--overwrite']

    def told(*options: str) -> float:
        evaluate(bag, *given, *options)
        height = node.settings.parameters['camera_height']
        assert json.loads(out.read_text())['camera_height'] == height
        return height

    assert told() == 0.4
    assert told('--camera-height', '0.7') == 0.7, 'the command line comes first'
    for words, height in (('0.9', 0.9), ('0.0', 0.4)):
        params.write_text(f'/**:\n  ros__parameters:\n    camera_height: {words}\n')
        assert told('--params-file', str(params)) == height, '0.0 is "as trained"'


def test_camera_height_of_the_transforms_is_the_nodes(
    tmp_path: Path, node: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = write_replay_bag(tmp_path / 'drive', REDS)
    evaluate(bag)
    assert 'camera_height' not in node.settings.parameters, 'this bag has no transforms'
    monkeypatch.setattr('lacdepth_ros.bags.ground_frame.recorded_height', lambda *_: 0.42)
    evaluate(bag)
    assert node.settings.parameters['camera_height'] == 0.42
    evaluate(bag, '--camera-height', '0.7')
    assert node.settings.parameters['camera_height'] == 0.7


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (['--rate', '0'], ['--rate 0', '0.1 .. 10', 'lockstep']),
        (['--rate', '11'], ['--rate 11', '0.1 .. 10']),
        (['--rate', 'nan'], ['--rate nan', '0.1 .. 10']),
        (['--frames', '0'], ['--frames 0']),
        (['--timeout', '0'], ['--timeout 0']),
        (['--truth-tolerance', '-1'], ['--truth-tolerance -1']),
        (['--image-topic', '/cam/image_rec'], ["did you mean '/cam/image_rect'"]),
        (['--truth-topic', '/ground_truth/depht'], [f"did you mean '{GROUND_TRUTH}'"]),
        (['--truth', 'nowhere'], ['nowhere']),
        (['--flip-average'], ['--flip-average', 'once']),
        (['--max-depth', '0'], ['max_depth_eval']),
        (['--bands', '5', '1'], ['bands']),
        (['--checkpoint', 'nowhere.safetensors'], ['nowhere.safetensors is no file']),
        (['--params-file', 'nowhere.yaml'], ['nowhere.yaml']),
        (['--json', '.'], ['is a folder']),
    ],
)
def test_what_cannot_be_used_is_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    node: SimpleNamespace,
    arguments: list[str],
    words: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert evaluate(write_replay_bag(tmp_path / 'drive', REDS), *arguments) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in words), said
    assert node.settings is None, 'nothing was started'


def test_bag_without_depth_says_how_to_give_ground_truth(
    tmp_path: Path, node: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(write_replay_bag(tmp_path / 'drive', REDS, topics=())) == 2
    said = capsys.readouterr().err
    assert (
        'no depth topic to score /cam/image_rect against' in said
        and '--truth' in said
        and '--no-truth' in said
    )
    assert evaluate(tmp_path / 'nowhere') == 2


def test_camera_that_was_chosen_is_told_with_the_others(
    tmp_path: Path, node: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = write_replay_bag(tmp_path / 'drive', REDS, topics=('/rear/image_raw',))
    assert evaluate(bag) == 2
    said = capsys.readouterr().err
    assert (
        f'lacdepth: warning: {bag}: images of /cam/image_rect are taken; there are also '
        '/rear/image_raw; --image-topic chooses\n'
    ) in said
    assert (
        'no depth topic to score /cam/image_rect against (other images: /rear/image_raw)' in said
    )
    assert evaluate(bag, '--image-topic', '/cam/image_rect', '--no-truth') == 0
    assert '--image-topic chooses' not in capsys.readouterr().err


def test_without_rclpy_it_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    assert main(['bag', 'evaluate', str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert 'pip install' in said and '/opt/ros/' in said and 'lacdepth evaluate' in said


def test_requirements_of_a_replay(tmp_path: Path, node: SimpleNamespace) -> None:
    bag, junit = write_replay_bag(tmp_path / 'bag', REDS), tmp_path / 'ci.xml'
    command = ['bag', 'evaluate', str(bag), '--junit', str(junit), '--overwrite']
    met = ['abs_rel<=0.3', 'answered>=1', 'latency_max_ms<=13', 'latency_p50_ms>=11.5']
    assert main([*command, *(f'--require={text}' for text in met)]) == 0
    assert 'tests="4" failures="0" errors="0"' in junit.read_text()
    assert main([*command, '--require=latency_max_ms<13']) == 3
    node.silent = {1}
    assert main([*command, '--require=answered>=0.75']) == 1, 'a frame in lockstep is missing'
    assert main([*command, '--require=answered>=0.76']) == 3


def test_flicker_and_drift_of_the_published_depth(
    tmp_path: Path, node: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, out = write_replay_bag(tmp_path / 'bag', [10, 10, 10]), tmp_path / 'out.json'
    assert (
        evaluate(bag, '--json', str(out), '--require=flicker<=0', '--require=scale_std<1e-6') == 0
    )
    measured = json.loads(out.read_text())['stability']
    assert (measured['pairs'], measured['camera_motion']) == (2, 'included')
    assert measured['flicker'] == measured['scale_flicker'] == 0.0
    assert measured['scale'] == pytest.approx(1.25, rel=1e-5)
    text = capsys.readouterr().out
    assert 'flicker 0.00% of depth from frame to frame' in text
    assert 'scale 1.250 of ground truth' in text

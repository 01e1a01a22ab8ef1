# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth evaluate`: the JSON contract, the table, groups and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from fake_predictor import FakePredictor

from lacdepth_ros.cli import options
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.files import write_depth_png, write_image

WIDTH, HEIGHT = 30, 20
ERRORS = ['abs_rel', 'sq_rel', 'rmse', 'rmse_log', 'log10', 'silog', 'delta1', 'delta2', 'delta3']


@pytest.fixture
def predictor(monkeypatch: pytest.MonkeyPatch) -> FakePredictor:
    fake = FakePredictor()
    monkeypatch.setattr(options, 'load_predictor', lambda args: fake)
    return fake


def record(
    folder: Path, frame: str, *, red: int = 10, ground_truth: float = 10.0
) -> dict[str, object]:
    """Write a frame predicted to be `red` metres away everywhere; its line of a manifest."""
    name = frame.replace('/', '_')
    image = np.full((HEIGHT, WIDTH, 3), red, np.uint8)
    write_image(folder / f'{name}.png', image)
    write_depth_png(
        folder / f'{name}_depth.png', np.full((HEIGHT, WIDTH), ground_truth, np.float32)
    )
    return {
        'id': frame,
        'image': f'{name}.png',
        'depth': f'{name}_depth.png',
        'depth_scale': 256,
        'K': [20, 20, 15, 10],
        'width': WIDTH,
        'height': HEIGHT,
    }


def manifest(folder: Path, *records: dict[str, object]) -> str:
    path = folder / 'manifest.jsonl'
    path.write_text(''.join(json.dumps(line) + '\n' for line in records))
    return str(path)


def kitti_drive(root: Path, *, frames: int, scans: int) -> Path:
    """A drive whose LiDAR sees one point, 10 m ahead of the camera."""
    drive = root / '2011_09_26' / '2011_09_26_drive_0001_sync'
    (drive / 'image_02' / 'data').mkdir(parents=True)
    (drive / 'velodyne_points' / 'data').mkdir(parents=True)
    (drive.parent / 'calib_cam_to_cam.txt').write_text(
        f'S_rect_02: {WIDTH} {HEIGHT}\nR_rect_00: 1 0 0 0 1 0 0 0 1\n'
        'P_rect_02: 20 0 15 0 0 20 10 0 0 0 1 0\n'
    )
    (drive.parent / 'calib_velo_to_cam.txt').write_text('R: 0 -1 0 0 0 -1 1 0 0\nT: 0 0 0\n')
    stamps = '2011-09-26 13:08:24.000000001\n' * frames
    (drive / 'image_02' / 'timestamps.txt').write_text(stamps)
    scan = np.array([10, 0, 0, 0], '<f4').tobytes()
    for number in range(frames):
        image = np.full((HEIGHT, WIDTH, 3), 11, np.uint8)
        write_image(drive / 'image_02' / 'data' / f'{number:010d}.png', image)
    for number in range(scans):
        (drive / 'velodyne_points' / 'data' / f'{number:010d}.bin').write_bytes(scan)
    return drive


def test_json_contract(tmp_path: Path, predictor: FakePredictor) -> None:
    data = manifest(
        tmp_path,
        record(tmp_path, 'grey/0', red=11),
        record(tmp_path, 'colour/0', red=12),
        record(tmp_path, 'grey/1', red=13),
    )
    out = tmp_path / 'reports' / 'report.json'
    assert main(['evaluate', '--data', data, '--json', str(out)]) == 0
    report = json.loads(out.read_text())
    assert {'protocol', 'frames', 'overall', 'groups'} <= set(report)
    assert report['protocol'] == {
        'min_depth_eval': 1e-3,
        'max_depth_eval': 80.0,
        'crop': 'garg',
        'flip_average': True,
        'averaging': 'image',
        'benchmark_crop': False,
        'median_scaling': False,
    }
    assert report['frames'] == 3
    assert list(report['overall']) == ERRORS
    assert report['overall']['abs_rel'] == pytest.approx(0.2)
    assert report['groups']['grey']['frames'] == 2
    assert report['groups']['grey']['abs_rel'] == pytest.approx(0.2)
    assert list(report['groups']['colour']) == ['frames', *ERRORS]
    assert report['skipped'] == []
    assert predictor.flips == [True] * 3


def test_table_is_aligned(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    data = manifest(
        tmp_path, record(tmp_path, 'a_long_name/0', red=11), record(tmp_path, 'b/0', red=12)
    )
    assert main(['evaluate', '--data', data, '--camera-height', '1.65']) == 0
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split() == [
        'group', 'frames', 'abs_rel', 'sq_rel', '[m]', 'rmse', '[m]', *ERRORS[3:],
    ]  # fmt: skip
    assert lines[2].split()[:3] == ['a_long_name', '1', '0.1000']
    assert lines[3].split()[:3] == ['b', '1', '0.2000']
    assert lines[5].split()[:3] == ['overall', '2', '0.1500']
    assert captured.err == ''


def test_protocol_options(tmp_path: Path, predictor: FakePredictor) -> None:
    data = manifest(tmp_path, record(tmp_path, 'a/0', red=40, ground_truth=5.0))
    out = tmp_path / 'report.json'
    protocol = ['--crop', 'none', '--min-depth', '0.5', '--max-depth', '10', '--no-flip-average']
    assert main(['evaluate', '--data', data, '--json', str(out), *protocol]) == 0
    report = json.loads(out.read_text())
    assert report['protocol'] == {
        'min_depth_eval': 0.5,
        'max_depth_eval': 10.0,
        'crop': 'none',
        'flip_average': False,
        'averaging': 'image',
        'benchmark_crop': False,
        'median_scaling': False,
    }
    assert report['overall']['abs_rel'] == 1.0  # 40 m counts as 10 m
    assert predictor.flips == [False]


def protocol_of(tmp_path: Path, *options: str) -> dict[str, object]:
    """The protocol that the report of one frame names."""
    data = manifest(tmp_path, record(tmp_path, 'a/0'))
    out = tmp_path / 'report.json'
    command = ['evaluate', '--data', data, '--json', str(out), '--overwrite']
    assert main([*command, *options]) in (0, 1)
    found: dict[str, object] = json.loads(out.read_text())['protocol']
    return found


def test_height_of_the_camera(tmp_path: Path, predictor: FakePredictor) -> None:
    told, untold = (record(tmp_path, f'a/{n}', red=40, ground_truth=5.0) for n in range(2))
    data = manifest(tmp_path, {**told, 'camera_height': 1.2}, untold)
    assert main(['evaluate', '--data', data]) == 0
    assert main(['evaluate', '--data', data, '--camera-height', '0.4']) == 0
    assert predictor.heights == [1.2, None, 0.4, 0.4]


@pytest.mark.parametrize(
    ('options', 'assumed'),
    [
        ([], 'a camera height of 1.65 m for 1 of 2 frames'),
        (['--camera-height', '0.4'], None),
        (['--median-scaling'], None),
    ],
)
def test_a_height_that_nobody_told_is_named_in_every_report(
    tmp_path: Path,
    predictor: FakePredictor,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    assumed: str | None,
) -> None:
    told = {**record(tmp_path, 'a/0'), 'camera_height': 1.2}
    data = manifest(tmp_path, told, record(tmp_path, 'a/1'))
    out, text = tmp_path / 'out.json', tmp_path / 'out.md'
    command = ['evaluate', '--data', data, '--json', str(out), '--markdown', str(text)]
    assert main([*command, *options]) == 0
    assert json.loads(out.read_text())['assumed'] == assumed
    assert (f'Assumed: {assumed}.' in text.read_text()) == (assumed is not None)
    assert ('assumed is a camera height' in capsys.readouterr().err) == (assumed is not None)


def test_named_protocols_and_single_overrides(tmp_path: Path, predictor: FakePredictor) -> None:
    nyu = protocol_of(tmp_path, '--protocol', 'nyu')
    assert (nyu['max_depth_eval'], nyu['crop'], nyu['flip_average']) == (10.0, 'nyu', True)
    assert protocol_of(tmp_path, '--protocol', 'kitti-benchmark-crop')['benchmark_crop'] is True
    changed = protocol_of(
        tmp_path, '--protocol', 'nyu', '--crop', 'none', '--averaging', 'pixel',
        '--median-scaling', '--no-flip-average',
    )  # fmt: skip
    assert changed == {
        'min_depth_eval': 1e-3,
        'max_depth_eval': 10.0,
        'crop': 'none',
        'flip_average': False,
        'averaging': 'pixel',
        'benchmark_crop': False,
        'median_scaling': True,
    }


def test_impossible_protocols_caps_and_bands_are_exit_code_2(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    data = manifest(tmp_path, record(tmp_path, 'a/0'))
    assert main(['evaluate', '--data', data, '--protocol', 'kiti']) == 2
    assert "'kiti' is not one of kitti, kitti-benchmark-crop" in capsys.readouterr().err
    assert main(['evaluate', '--data', data, '--bands', '10', '5']) == 2
    assert '--bands: ' in capsys.readouterr().err
    assert main(['evaluate', '--data', data, '--max-depth', '0']) == 2
    assert predictor.flips == []


def test_markdown_csv_and_report(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('matplotlib')
    data = manifest(tmp_path, record(tmp_path, 'a/0', red=11), record(tmp_path, 'b/0', red=12))
    paths = {name: tmp_path / 'new' / name for name in ('a.md', 'a.csv', 'page')}
    options = [
        '--markdown', str(paths['a.md']), '--csv', str(paths['a.csv']),
        '--report', str(paths['page']), '--bands', '0', '9', '30',
    ]  # fmt: skip
    assert main(['evaluate', '--data', data, *options]) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        f'wrote {path}' for path in (paths['a.md'], paths['a.csv'], paths['page'] / 'index.html')
    ]
    assert '| b | 9–30 m | 1 |' in paths['a.md'].read_text()
    assert [line.split(',')[0] for line in paths['a.csv'].read_text().splitlines()] == [
        'id', 'a/0', 'b/0',
    ]  # fmt: skip
    assert 'the shipped checkpoint' in (paths['page'] / 'index.html').read_text()


def test_predictions_of_another_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [record(tmp_path, f'a/{number}') for number in range(4)]
    data, peer, out = manifest(tmp_path, *frames), tmp_path / 'peer', tmp_path / 'report.json'
    (peer / 'a').mkdir(parents=True)
    write_depth_png(peer / 'a' / '0.png', np.full((HEIGHT, WIDTH), 11, np.float32))
    write_depth_png(peer / 'a_1.png', np.full((HEIGHT, WIDTH), 12, np.float32))
    write_depth_png(peer / 'a_2.png', np.full((HEIGHT, WIDTH + 1), 12, np.float32))
    arguments = ['evaluate', '--data', data, '--json', str(out), '--predictions', str(peer)]
    assert main(arguments) == 1
    report = json.loads(out.read_text())
    assert report['frames'] == 2
    assert report['overall']['abs_rel'] == pytest.approx(0.15)
    assert report['assumed'] == 'stored values of 256 a metre'
    assert report['protocol']['flip_average'] is False
    wrong_size, missing = report['skipped']
    assert (wrong_size['id'], missing['id']) == ('a/2', 'a/3')
    assert 'is 31x20 but the frame is 30x20' in wrong_size['reason']
    assert 'no prediction' in missing['reason']
    assert '2 of 4 frames were not measured' in capsys.readouterr().err
    assert main([*arguments, '--scale', '128', '--overwrite']) == 1
    report = json.loads(out.read_text())
    assert report['overall']['abs_rel'] == pytest.approx(1.3) and report['assumed'] is None


@pytest.mark.parametrize(
    'options',
    [['--flip-average'], ['--checkpoint', 'x.safetensors'], ['--scale', '0'], ['--format', 'npy']],
)
def test_impossible_imports_are_exit_code_2(tmp_path: Path, options: list[str]) -> None:
    data = manifest(tmp_path, record(tmp_path, 'a/0'))
    folder = tmp_path / 'nowhere' if options[0] == '--format' else tmp_path
    assert main(['evaluate', '--data', data, '--predictions', str(folder), *options]) == 2


@pytest.mark.parametrize('option', ['--scale=1000', '--format=npy', '--predictions-std=nowhere'])
def test_options_of_predictions_are_refused_without_them(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    data = manifest(tmp_path, record(tmp_path, 'a/0'))
    assert main(['evaluate', '--data', data, option]) == 2
    name = option.partition('=')[0]
    assert f'{name} is about --predictions DIR' in capsys.readouterr().err


def test_bad_frames_are_named_and_the_others_count(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = record(tmp_path, 'a/lost')
    (tmp_path / 'a_lost.png').unlink()
    data = manifest(
        tmp_path,
        lost,
        record(tmp_path, 'a/empty', ground_truth=0.0),
        record(tmp_path, 'a/good', red=11),
    )
    out = tmp_path / 'report.json'
    height = ['--camera-height', '1.65']
    assert main(['evaluate', '--data', data, '--json', str(out), *height]) == 1
    report = json.loads(out.read_text())
    assert (report['frames'], report['groups']['a']['frames']) == (1, 1)
    assert report['overall']['abs_rel'] == pytest.approx(0.1)
    assert [frame['id'] for frame in report['skipped']] == ['a/lost', 'a/empty']
    err = capsys.readouterr().err.splitlines()
    assert 'manifest.jsonl:1: ' in err[0]
    assert 'no true depth' in err[1]
    assert err[2] == 'lacdepth: error: 2 of 3 frames were not measured'


def test_nothing_measured(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    data = manifest(tmp_path, record(tmp_path, 'a/empty', ground_truth=0.0))
    out = tmp_path / 'report.json'
    assert main(['evaluate', '--data', data, '--json', str(out)]) == 1
    assert json.loads(out.read_text())['overall'] == dict.fromkeys(ERRORS)
    overall, wrote = capsys.readouterr().out.splitlines()[-2:]
    assert (overall.split(), wrote) == (['overall', '0', *['-'] * 9], f'wrote {out}')


def test_kitti_drive(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    drive = kitti_drive(tmp_path, frames=3, scans=2)
    out = tmp_path / 'report.json'
    assert main(['evaluate', '--data', str(drive), '--json', str(out)]) == 0
    report = json.loads(out.read_text())
    assert report['groups'][drive.name]['frames'] == 2
    assert report['overall']['abs_rel'] == pytest.approx(0.1)
    assert predictor.heights == [1.65, 1.65], 'as Geiger et al. say'
    assert '1 of 3 frames have no ground truth' in capsys.readouterr().err


@pytest.mark.parametrize('kind', ['missing', 'folder', 'broken', 'no ground truth'])
def test_unusable_data_is_exit_code_2(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    data = tmp_path / 'manifest.jsonl'
    if kind == 'folder':
        data = tmp_path
    elif kind == 'broken':
        data.write_text('{"id": 1}\n')
    elif kind == 'no ground truth':
        data = kitti_drive(tmp_path, frames=1, scans=0)
    assert main(['evaluate', '--data', str(data)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('lacdepth: error: --data: ')


def test_json_into_a_folder_fails_before_the_work(
    tmp_path: Path, predictor: FakePredictor
) -> None:
    data = manifest(tmp_path, record(tmp_path, 'a/0'))
    assert main(['evaluate', '--data', data, '--json', str(tmp_path)]) == 2
    assert predictor.flips == []


def test_requirements_decide_over_the_exit_code(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    data = manifest(tmp_path, record(tmp_path, 'a/1', red=9))
    command = [
        'evaluate',
        '--data',
        data,
        '--no-flip-average',
        '--junit',
        str(tmp_path / 'ci.xml'),
        '--overwrite',
    ]
    assert main([*command, '--require', 'abs_rel<=0.1001', '--require', 'delta1>=1']) == 0
    assert 'abs_rel<=0.1001: met, abs_rel is 0.1' in capsys.readouterr().out
    assert 'failures="0"' in (tmp_path / 'ci.xml').read_text()
    assert main([*command, '--require', 'abs_rel<0.09', '--require', 'delta1>=1']) == 3
    assert 'abs_rel<0.09: NOT met' in capsys.readouterr().err
    assert 'failures="1"' in (tmp_path / 'ci.xml').read_text()


def test_impossible_requirements_are_refused_before_the_work(
    tmp_path: Path, predictor: FakePredictor, capsys: pytest.CaptureFixture[str]
) -> None:
    data = manifest(tmp_path, record(tmp_path, 'a/1'))
    assert main(['evaluate', '--data', data, '--require', 'answered>=1']) == 2
    assert "'answered' is not measured" in capsys.readouterr().err
    assert main(['evaluate', '--data', data, '--junit', str(tmp_path / 'ci.xml')]) == 2
    assert not predictor.cameras

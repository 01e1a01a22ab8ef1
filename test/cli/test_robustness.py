# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth robustness` and `lacdepth calibrate-std`: tables and files, on small networks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from miniature import write_manifest
from tiny_networks import tiny_network

from lacdepth_ros.cli.main import main
from lacdepth_ros.evaluation.protocol import PROTOCOLS, EvaluationProtocol
from lacdepth_ros.evaluation.std_fit import MIN_FRAMES
from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint
from lacdepth_ros.models.predictor import DepthPredictor


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / 'tiny.safetensors'
    save_checkpoint(path, tiny_network(focal_px=70.0), {'data': 'none'})
    return path


def frames(folder: Path, group: str, count: int) -> Path:
    return write_manifest(folder, *(f'{group}/{number}' for number in range(count))).parent


def copies(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The same frames under other names."""
    return [{**row, 'id': f'again/{number}'} for number, row in enumerate(rows)]


def test_robustness_is_a_table_of_variants_by_group(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = frames(tmp_path / 'data', 'road', 2)
    out = tmp_path / 'out'
    command = (
        f'robustness --data {data} --checkpoint {checkpoint} --rows 40 --focal 60 90 '
        '--corruptions night blurred'
    )
    outputs = f'--json {out}/r.json --markdown {out}/r.md'
    assert main([*command.split(), *outputs.split()]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == '| abs_rel | road | overall |'
    names = [line.split(' | ')[0].removeprefix('| ') for line in lines[2:]]
    assert names[:4] == [
        'as it is',
        '40 rows at the network',
        'image of focal length 60 px',
        'image of focal length 90 px',
    ]
    assert names[-2:] == ['night', 'blurred']
    assert (out / 'r.md').read_text().splitlines() == lines
    found = json.loads((out / 'r.json').read_text())
    assert list(found) == names and found['as it is']['road'] > 0
    assert main([*command.split(), '--limit', '0']) == 2
    assert main(['robustness', '--data', str(tmp_path / 'nowhere')]) == 2
    capsys.readouterr()
    assert main(['robustness', '--data', str(data), '--corruptions', 'rain']) == 2
    assert "--corruptions 'rain' is not one of ['night'" in capsys.readouterr().err


@pytest.mark.slow
def test_calibrate_std_writes_a_copy_that_knows_its_errors(
    tmp_path: Path, checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = frames(tmp_path / 'known', 'road', 10)
    lines = (known / 'manifest.jsonl').read_text().splitlines()
    other = frames(tmp_path / 'other', 'road_b', 12)
    extra = frames(tmp_path / 'extra', 'room', 2)
    output = tmp_path / 'new' / 'calibrated.safetensors'
    command = f'calibrate-std {checkpoint} {output} --known {known} --data {other} {extra}'
    command += ' --overwrite'
    assert main([*command.split(), '--leave-out', 'room', '--markdown', f'{tmp_path}/s.md']) == 0
    out = capsys.readouterr().out
    rows = [line.split()[0] for line in out.splitlines() if 'before' in line]
    assert rows[:2] == ['road_b', 'room'] and '(night)' in rows and 'black' in rows
    assert 'how high a camera stands was not learned' in out
    assert main([*command.split(), '--leave-out', 'rooms']) == 2
    assert (
        '--leave-out rooms is no group of --known or --data; these are road, road_b, room'
        in capsys.readouterr().err
    )
    assert (tmp_path / 's.md').read_text().startswith('| frames |')
    tall = [json.loads(line) for line in lines]
    for number, row in enumerate(tall):
        row['camera_height'] = 0.3 * 1.4**number
    more = known / 'heights.jsonl'
    more.write_text(''.join(json.dumps(row) + '\n' for row in [*tall, *copies(tall)]))
    assert main([*command.split(), '--leave-out', 'room', '--heights', str(more)]) == 0
    assert 'height seen in pictures: off by' in capsys.readouterr().out
    model, provenance = load_checkpoint(output)
    assert model.calibration is not None and model.calibration.height is not None
    assert model.calibration is not None and model.calibration.frames == 12
    assert provenance == {'data': 'none'} and len(lines) == 10
    predictor = DepthPredictor.from_checkpoint(output, engine='eager', precision='fp32')
    assert predictor.intervals[0.68] == pytest.approx(1, abs=0.05)
    few = f'calibrate-std {checkpoint} {output} --known {known} --data {extra} --overwrite'
    assert main(few.split()) == 2
    assert '2 held-out frames and 10 known pictures' in capsys.readouterr().err


def test_calibrate_std_says_how_many_frames_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['calibrate-std', '--help'])
    text = ' '.join(capsys.readouterr().out.split())
    assert f'At least {MIN_FRAMES} frames of --known and {MIN_FRAMES} of --data' in text


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ('', PROTOCOLS['kitti']),
        ('--protocol nyu', PROTOCOLS['nyu']),
        ('--crop none --max-depth 12', EvaluationProtocol(crop='none', max_depth_eval=12)),
    ],
)
def test_calibrate_std_counts_the_pixels_of_the_protocol(
    tmp_path: Path,
    checkpoint: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: str,
    expected: EvaluationProtocol,
) -> None:
    data = frames(tmp_path / 'data', 'road', 1)
    found: list[EvaluationProtocol] = []

    def stop(predictor: object, entries: object, protocol: EvaluationProtocol, *_: object) -> None:
        found.append(protocol)
        raise ValueError('enough')

    monkeypatch.setattr('lacdepth_ros.evaluation.std_frames.spread_frames', stop)
    command = f'calibrate-std {checkpoint} {tmp_path}/o.safetensors --known {data} --data {data}'
    assert main([*command.split(), *given.split()]) == 2
    assert f'pixels of --data that count: {expected.counting()}\n' in capsys.readouterr().out
    assert found == [expected]
    assert main([*command.split(), '--protocol', 'kitti-median-scaled']) == 2
    assert 'a std is in metres' in capsys.readouterr().err

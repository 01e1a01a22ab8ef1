# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth data`: exit codes, reports and files of its three commands."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from kitti_tree import write_drive
from miniature import HEIGHT, WIDTH, write_manifest

from lacdepth_ros.cli.main import main
from lacdepth_ros.data.files import read_image, write_depth_png
from lacdepth_ros.data.layouts.catalog import LAYOUTS
from lacdepth_ros.data.manifest import read_manifest

TRAIN = '2011_09_26_drive_0001_sync'


def test_index_writes_a_manifest_and_reports_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_drive(tmp_path / 'raw', TRAIN, frames=3)
    output = tmp_path / 'new' / 'train.jsonl'
    command = ['data', 'index', 'kitti', str(tmp_path / 'raw'), str(output), '--part', 'train']
    assert main(command) == 0
    assert len(read_manifest(output)) == 3
    text = capsys.readouterr()
    assert "frames of Eigen's train part by rule: 3 (23,158 published)" in text.out
    assert f'wrote {output}' in text.out
    assert 'warning: no split list was given' in text.err


def test_help_has_every_layout_in_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(['data', 'index', '--help'])
    lines = capsys.readouterr().out.partition('layouts:\n')[2].splitlines()
    assert [line.split()[0] for line in lines[: len(LAYOUTS)]] == list(LAYOUTS)
    assert not lines[len(LAYOUTS)]


def test_index_with_frames_left_out_is_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_drive(tmp_path, TRAIN, frames=2)
    split = tmp_path / 'list.txt'
    split.write_text(f'2011_09_26/{TRAIN} 0 l\n2011_09_26/{TRAIN} 7 l\n')
    output = tmp_path / 'o.jsonl'
    command = ['data', 'index', 'kitti', str(tmp_path), str(output), '--split', str(split)]
    assert main(command) == 1
    assert len(read_manifest(output)) == 1
    assert f'image is missing: 1 of them, such as\nlacdepth: error: {TRAIN}/0000000007' in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['make3d', '.', 'o.jsonl'], "'make3d' is not one of kitti, kitti2012, kitti2015, nyu"),
        (['tum', '.', 'o.jsonl'], 'for any other images and depth: lacdepth data pairs'),
        (['nyu', '.', 'o.jsonl', '--part', 'test'], '--part means nothing for nyu'),
        (['kitti2015', '.', 'o.jsonl', '--truth', 'velodyne'], '--truth means nothing'),
        (['kitti', '.', 'o.json'], 'o.json: the manifest must be named .jsonl'),
        (['kitti', '.', 'o.jsonl', '--limit', '0'], '--limit 0: at least 1'),
        (['kitti', '.', 'o.jsonl'], 'no KITTI raw drive'),
    ],
)
def test_index_that_cannot_start_is_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(['data', 'index', *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / 'o.jsonl').exists()


def test_no_frame_writes_no_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_drive(tmp_path, TRAIN)
    command = ['data', 'index', 'kitti', str(tmp_path), str(tmp_path / 'o.jsonl')]
    assert main([*command, '--truth', 'annotated']) == 2
    assert 'no frame can be used' in capsys.readouterr().err
    assert not (tmp_path / 'o.jsonl').exists()


def test_check_of_a_good_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_manifest(tmp_path, 'road/0', 'road/1', 'room/0')
    sheet, report = tmp_path / 'out' / 's.png', tmp_path / 'out' / 'r.json'
    assert main(['data', 'check', str(path), '--sheet', str(sheet), '--json', str(report)]) == 0
    out = capsys.readouterr().out
    assert 'nothing is wrong' in out
    assert f'wrote {report}\nwrote {sheet}\n' in out
    assert read_image(sheet).shape[1] == 1920
    facts = json.loads(report.read_text())
    assert (facts['frames'], facts['problems']) == (3, {})
    assert set(facts['groups']) == {'road', 'room'}


def test_check_of_a_bad_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_manifest(tmp_path, 'road/0', 'road/1')
    (tmp_path / 'road_1.png').unlink()
    path.write_text(path.read_text() + 'nonsense\n')
    assert main(['data', 'check', str(path)]) == 1
    text = capsys.readouterr()
    assert 'something is wrong' in text.out
    assert 'unusable line: 1 of them' in text.err
    assert 'missing file: 1 of them' in text.err
    assert 'no picture painted; --sheet OUT.png' in text.out
    assert not (tmp_path / 'data_check.png').exists()


def test_check_of_frames_without_any_ground_truth_is_json(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, 'road/0')
    write_depth_png(tmp_path / 'road_0_depth.png', np.zeros((HEIGHT, WIDTH), np.float32))
    report = tmp_path / 'r.json'
    assert main(['data', 'check', str(path), '--json', str(report)]) == 1
    facts = json.loads(report.read_text())
    assert list(facts['problems']) == ['empty ground truth']
    assert [band['share'] for band in facts['bands']] == [None] * 8


def test_report_that_cannot_be_written_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_manifest(tmp_path, 'road/0')
    (tmp_path / 'r.json').mkdir()
    assert main(['data', 'check', str(path), '--json', str(tmp_path / 'r.json')]) == 2
    said = capsys.readouterr()
    assert 'r.json is a folder; name a file' in said.err and not said.out


def test_check_of_a_known_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    drive = write_drive(tmp_path / 'raw', TRAIN, frames=3)
    # A plain image is a problem of this miniature, as is the scan that all frames share.
    assert main(['data', 'check', str(tmp_path / 'raw'), '--limit', '2']) == 1
    text = capsys.readouterr()
    assert 'layout: kitti' in text.out
    assert 'empty image: 2 of them' in text.err
    assert [path.name for path in tmp_path.iterdir()] == ['raw']
    assert sorted(path.name for path in (tmp_path / 'raw').iterdir()) == [drive.parent.name]


def test_images_of_two_manifests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write_manifest(tmp_path / 'train', 'road/0', 'road/1', 'lane/2')
    # Frames are drawn by their place in the list: the first two are those of `train`.
    val = write_manifest(tmp_path / 'val', 'other/8', 'road/9')
    command = ['data', 'check', str(train), '--sheet', str(tmp_path / 's.png'), '--against']
    assert main([*command, str(val)]) == 1
    text = capsys.readouterr()
    assert f'groups that are also in {val}: road' in text.out
    assert 'image of both manifests: 2 of them' in text.err
    assert f'road/0 is other/8 of {val}:1' in text.err
    assert main([*command, str(tmp_path / 'none.jsonl')]) == 2


@pytest.mark.parametrize(
    ('name', 'message'),
    [('none', 'no such file or folder'), ('.', 'is no data set known by layout')],
)
def test_check_of_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    assert main(['data', 'check', str(tmp_path / name), '--sheet', str(tmp_path / 's.png')]) == 2
    assert message in capsys.readouterr().err


def test_densify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip('scipy')
    path = write_manifest(tmp_path / 'in', 'road/0', 'road/1', 'road/2')
    command = ['data', 'densify', str(path), str(tmp_path / 'out'), '--workers', '1']
    assert main([*command, '--limit', '2', '--width', '48']) == 0
    assert '2 of 2 frames have interpolated depth' in capsys.readouterr().out
    assert all(entry.dense for entry in read_manifest(tmp_path / 'out' / 'manifest.jsonl'))
    assert main([*command, '--width', '0']) == 2
    assert main([*command, '--width', '64']) == 2  # another width in the same folder
    (tmp_path / 'in' / 'road_1.png').unlink()
    assert main([*command, '--width', '48']) == 1
    assert 'road/1: ' in capsys.readouterr().err


@pytest.mark.skipif('LACDEPTH_DATA' not in os.environ, reason='needs the real frames')
@pytest.mark.parametrize('name', ['val/manifest.jsonl', 'kitti_raw'])
def test_real_frames_are_sound(tmp_path: Path, name: str) -> None:
    path = Path(os.environ['LACDEPTH_DATA']) / name
    assert main(['data', 'check', str(path), '--sheet', str(tmp_path / 's.png')]) == 0

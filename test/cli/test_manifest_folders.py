# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Wherever a manifest is asked for, the folder that holds a manifest.jsonl will do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fake_predictor import FakePredictor
from miniature import write_manifest, write_recipe

from lacdepth_ros.bags.sources import open_source
from lacdepth_ros.cli import options
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.session.frames import Calibration
from lacdepth_ros.session.ground_truth import ground_truth_from_files
from lacdepth_ros.session.inputs import open_sequence

FRAMES = ('road/0', 'road/1', 'room/2')
NOT_HERE = 'no manifest.jsonl and no KITTI raw drive'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_manifest(tmp_path / 'set', *FRAMES).parent


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    (tmp_path / 'empty').mkdir()
    return tmp_path / 'empty'


def test_reader(folder: Path, empty: Path) -> None:
    entries = read_manifest(folder)
    assert [entry.id for entry in entries] == list(FRAMES)
    assert entries[1].where == f'{folder / "manifest.jsonl"}:2'
    with pytest.raises(FileNotFoundError, match=r'empty: no manifest\.jsonl in this folder'):
        read_manifest(empty)


def test_evaluate(
    folder: Path,
    empty: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(options, 'load_predictor', lambda args: FakePredictor())
    out = folder / 'report.json'
    assert main(['evaluate', '--data', str(folder), '--crop', 'none', '--json', str(out)]) == 0
    assert json.loads(out.read_text())['frames'] == 3
    assert main(['evaluate', '--data', str(empty)]) == 2
    err = capsys.readouterr().err
    assert f'error: --data: {empty}: {NOT_HERE}' in err and '_sync/image_02/data' in err


def test_data_check(folder: Path, empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = ['--sheet', str(empty.parent / 's.png'), '--overwrite']
    assert main(['data', 'check', str(folder), '--against', str(folder), *sheet]) == 1
    assert 'image of both manifests: 3 of them' in capsys.readouterr().err
    assert main(['data', 'check', str(empty), *sheet]) == 2
    assert 'holds no manifest.jsonl and is no data set known' in capsys.readouterr().err


def test_train(tmp_path: Path, empty: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip('lightning')
    changes = {'data.train_manifest': str(tmp_path / 'train'), 'trainer.max_steps': 1}
    recipe = str(write_recipe(tmp_path, **changes))
    train = ['train', '--config', recipe, '--output', str(tmp_path / 'run')]
    assert main([*train, '--data.val_manifest', str(empty)]) == 2
    assert f'{empty}: no manifest.jsonl in this folder' in capsys.readouterr().err
    assert main([*train, '--data.val_manifest', str(tmp_path / 'val')]) == 0


def test_bags_and_demo(folder: Path, empty: Path) -> None:
    assert len(open_source(folder).frames) == 3
    with pytest.raises(FileNotFoundError, match=NOT_HERE):
        open_source(empty)
    # The folder's PNGs are images and ground truth of the manifest, not ground truth in order.
    ground_truth = ground_truth_from_files(folder, count=3, depth_scale=256, tolerance_ns=0)
    found = ground_truth.find(2, 0)
    assert found is not None and found.id == 'room/2'
    sequence = open_sequence(folder, Calibration('none', lambda image: image), max_frames=9)
    assert (sequence.description, sequence.count) == (f'manifest {folder}', 3)

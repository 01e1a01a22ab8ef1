# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth checkpoints`: what files say of themselves, and those that are none."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from std_calibrations import calibration
from tiny_networks import tiny_network

from lacdepth_ros.cli.main import build_parser, main
from lacdepth_ros.models.checkpoint import (
    checkpoint_hash,
    save_checkpoint,
    write_calibrated,
)
from lacdepth_ros.models.provenance import inherited
from lacdepth_ros.models.shipped import default_checkpoint


def test_every_argument_that_names_a_checkpoint_takes_the_shipped_one() -> None:
    found = {}

    def walk(parser: argparse.ArgumentParser, command: str) -> None:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, inner in action.choices.items():
                    walk(inner, f'{command} {name}')
            elif 'checkpoint' in (action.dest, str(action.metavar).lower()):
                found[command] = action
            elif command in (' blend', ' checkpoints') and not action.option_strings:
                found[f'{command} {action.metavar}'] = action

    walk(build_parser(), '')
    del found[' blend OUT']
    assert {' calibrate-std', ' quantize', ' blend BEFORE', ' blend AFTER', ' checkpoints PATH',
            ' doctor', ' export', ' evaluate', ' play', ' soak',
            ' bag evaluate'} <= set(found)  # fmt: skip
    for command, action in found.items():
        assert callable(action.type), command
        assert action.type('shipped') == default_checkpoint(), command
        assert action.type('a/b.safetensors') == Path('a/b.safetensors'), command


def test_shipped_that_is_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'shipped').touch()
    with pytest.raises(SystemExit) as stop:
        main(['evaluate', '--data', 'x', '--checkpoint', './shipped'])
    assert stop.value.code == 2
    assert f"{tmp_path / 'shipped'}: 'shipped' is the package's" in capsys.readouterr().err


def test_lists_the_installed_and_the_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, calibrated = tmp_path / 'runs' / 'a.safetensors', tmp_path / 'runs' / 'b.safetensors'
    facts = {'data': 'my yard', 'licence': 'MIT', 'val_abs_rel': '0.1', 'step': '9'}
    save_checkpoint(plain, tiny_network(focal_px=400.0, camera_height_m=0.5), facts)
    write_calibrated(plain, calibrated, calibration(8))
    assert main(['checkpoints', str(tmp_path), str(plain), '--json']) == 0
    shipped, one, two = json.loads(capsys.readouterr().out)
    assert shipped['sha256'] == checkpoint_hash() and shipped['name'] == 'lacdepth-lite'
    assert shipped['file'] == str(default_checkpoint().resolve())
    assert one['file'] == str(plain) and one['provenance'] == {'step': '9'}
    assert (one['focal_px'], one['camera_height_m'], one['rays']) == (400.0, 0.5, 'none')
    assert one['parameters'] == sum(p.numel() for p in tiny_network().parameters())
    assert [x['std_calibrated_on_frames'] for x in (one, two)] == [None, 40]


def test_one_of_a_training_names_its_manifests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / 'a.safetensors'
    for manifests, shown in (
        (['a/m.jsonl', 'b.jsonl'], 'a/m.jsonl, b.jsonl'),
        ('c.jsonl', 'c.jsonl'),
    ):
        settings = json.dumps({'data': {'train_manifest': manifests}})
        save_checkpoint(path, tiny_network(), {'training': settings})
        assert main(['checkpoints', str(path), '--json']) == 0
        assert json.loads(capsys.readouterr().out)[-1]['data'] == shown


def test_people_read_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / 'a.safetensors'
    facts = {'data': 'my yard', 'val_abs_rel': '0.1234'}
    save_checkpoint(path, tiny_network(), facts)
    assert main(['checkpoints', str(path)]) == 0
    mine = capsys.readouterr().out.split('\n\n')[-1]
    assert mine.startswith(f'{path}, sha256 {checkpoint_hash(path)}\n') and 'my yard' in mine
    assert 'abs_rel  0.1234, mean over the validation groups\n' in mine
    assert 'not calibrated' in mine and 'licence  not said' in mine
    assert '0.001 to 95 m for that camera' in mine, 'what is beyond only is "no nearer"'
    write_calibrated(path, path, calibration(8))
    assert main(['checkpoints', str(path)]) == 0
    assert 'calibrated on 40 frames, novelty up to 3.00 is usual' in capsys.readouterr().out


def test_files_of_one_network_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    first, tuned = Path('runs/a/best.safetensors'), Path('runs/b/best.safetensors')
    for path in (first, tuned):
        path.parent.mkdir(parents=True)
    save_checkpoint(first, tiny_network(), {'data': 'a yard'})
    save_checkpoint(tuned, tiny_network(), inherited(first))
    assert main(['checkpoints', 'runs']) == 0
    one, two = (text.splitlines() for text in capsys.readouterr().out.split('\n\n')[1:])
    assert one[0] == f'{first}, sha256 {checkpoint_hash(first)}'
    assert one[1] == '  start    from no other checkpoint, as far as it says'
    assert two[0] == f'{tuned}, sha256 {checkpoint_hash(tuned)}'
    assert two[1].startswith(f'  start    best.safetensors (sha256 {checkpoint_hash(first)})')
    assert one[2].startswith('  network  tiny with ')


def test_what_is_no_checkpoint_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'broken.safetensors').write_bytes(b'nonsense')
    assert main(['checkpoints', str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert 'broken.safetensors' in captured.err and 'lacdepth-lite' in captured.out
    (tmp_path / 'empty').mkdir()
    for path in ('empty', 'nowhere'):
        assert main(['checkpoints', str(tmp_path / path)]) == 2
        assert path in capsys.readouterr().err

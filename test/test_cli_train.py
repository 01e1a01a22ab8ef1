# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth train`: from a recipe to a checkpoint, and the exit codes on the way."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from miniature import write_recipe

from lacdepth_ros.cli import train
from lacdepth_ros.cli.console import UsageError
from lacdepth_ros.cli.main import main
from lacdepth_ros.models.checkpoint import load_checkpoint


@pytest.fixture(scope='module')
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_recipe(tmp_path_factory.mktemp('data'), iterations=2, validate_every=1))


def test_recipe_becomes_a_checkpoint_and_resumes(
    recipe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / 'runs' / 'tiny'
    command = ['train', '--config', recipe, '--output', str(output)]
    code = main([*command, '--set', 'iterations=1', 'model.name=mine', '--set', 'augment.flip=0'])
    assert code == 0
    best = output / 'best.safetensors'
    assert capsys.readouterr().out.startswith(f'{best}: abs_rel 0.')
    assert load_checkpoint(best)[0].config.name == 'mine'
    settings = json.loads((output / 'config.json').read_text())
    assert (settings['iterations'], settings['augment']['flip']) == (1, 0.0)

    assert main(command) == 2
    assert 'holds a run already; continue it with --resume' in capsys.readouterr().err
    assert main([*command, '--resume']) == 2
    assert "'name': 'mine'" in capsys.readouterr().err
    assert main([*command, '--resume', '--set', 'model.name=mine']) == 0
    steps = [json.loads(line)['step'] for line in (output / 'log.jsonl').read_text().splitlines()]
    assert steps == [1, 2]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--set', 'iterations'], 'NAME=VALUE is needed'),
        (['--set', '=5'], 'NAME=VALUE is needed'),
        (['--set', 'iterations=['], 'not YAML'),
        (['--set', 'iterations=many'], "iterations='many' must be of type int"),
        (['--set', 'rate=1'], "unknown settings ['rate']"),
        (['--set', 'model.depth=1'], "['depth']"),
        (['--set', 'train_manifest=none.jsonl'], 'none.jsonl: no such manifest'),
        (['--set', 'device=tpu'], "device 'tpu' is not available"),
        (['--set', 'encoder_weights=none.safetensors'], 'none.safetensors do not exist'),
        (['--resume'], 'no run to resume'),
    ],
)
def test_unusable_command_line_is_exit_code_2(
    recipe: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert main(['train', '--config', recipe, '--output', str(tmp_path / 'run'), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_failure_while_training_is_exit_code_1(
    recipe: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from lacdepth_ros.training.loop import Trainer

    def diverge(self: Trainer) -> Path:
        raise FloatingPointError('the loss of step 1 is nan')

    monkeypatch.setattr(Trainer, 'fit', diverge)
    assert main(['train', '--config', recipe, '--output', str(tmp_path)]) == 1
    assert 'the loss of step 1 is nan' in capsys.readouterr().err


def test_shipped_recipe_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = Path(train.__file__).parents[2] / 'config' / 'training' / 'lite_first.yaml'
    assert train.find_recipe('lite_first.yaml') == train.find_recipe('lite_first') == shipped
    assert train.find_recipe(str(shipped)) == shipped
    for variable in ('ament', 'prefix'):
        folder = tmp_path / variable / 'share' / 'lacdepth_ros' / 'config' / 'training'
        folder.mkdir(parents=True)
        (folder / f'{variable}.yaml').write_text('seed: 1\n')
    prefixes = os.pathsep.join([str(tmp_path / 'none'), str(tmp_path / 'ament')])
    monkeypatch.setenv('AMENT_PREFIX_PATH', prefixes)
    monkeypatch.setattr(sys, 'prefix', str(tmp_path / 'prefix'))
    assert train.find_recipe('ament').parts[-5:-2] == ('share', 'lacdepth_ros', 'config')
    assert train.find_recipe('prefix.yaml').is_file()
    with pytest.raises(UsageError, match=r'none\.yaml does not exist.*ament\.yaml.*lite_first'):
        train.find_recipe('none.yaml')

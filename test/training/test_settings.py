# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Recipes: what they may hold, what overrides them, and what is refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from miniature import write_recipe

pytest.importorskip('lightning')
from lacdepth_ros.models.config import preset
from lacdepth_ros.training import recipes
from lacdepth_ros.training.parts import NetworkConfig
from lacdepth_ros.training.settings import TrainingCLI, complete_recipe

SHIPPED = sorted((Path(__file__).parents[2] / 'config' / 'training').glob('*.yaml'))


@pytest.fixture(scope='module')
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_recipe(tmp_path_factory.mktemp('data')))


def read(*arguments: str) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(complete_recipe(arguments))
    return values


@pytest.mark.parametrize('path', SHIPPED, ids=lambda path: path.stem)
def test_shipped_recipe_is_complete(path: Path) -> None:
    settings = read('--config', path.stem)
    NetworkConfig(**settings['model']['network'])
    assert settings['trainer']['max_steps'] > settings['trainer']['val_check_interval']
    assert settings['data']['train_manifest'] == ''


def test_recipe_of_the_light_network_keeps_its_values() -> None:
    settings = read('--config', 'lite.yaml')
    model, data, trainer = (settings[name] for name in ('model', 'data', 'trainer'))
    assert model['network']['encoder_weights'] == 'imagenet'
    assert model['network']['architecture'] == {'rays': 'decoder'}
    weights = [model['loss'][f'{name}_weight'] for name in ('silog', 'abs_rel', 'log_l1')]
    assert weights == [2.0, 6.0, 6.0] and model['loss']['clip_to_range']
    assert (model['schedule']['warmup'], model['ema_decay']) == (200, 0.999)
    assert (model['loss']['frame_pixels'], data['stream']['cutmix']) == (12000, 0.5)
    assert (trainer['max_steps'], trainer['precision']) == (6000, 'bf16-mixed')
    assert (data['batch_size'], data['val_domain']) == (64, 'driving')
    assert [544, 608] in data['augment']['crops'] and data['augment']['yaw'] == 25.0
    assert data['stream']['group_shares'] == {'synthetic': 0.3}


def test_overrides_reach_into_sections(recipe: str) -> None:
    settings = read(
        *('--config', recipe, '--model.optimizer.encoder_lr', '1e-4'),
        *('--model.network.architecture.widths', '[8, 8, 8, 16, 24]'),
        *('--data.stream.group_weights.road', '2', '--data.augment.crop=[64, 96]'),
        *('--model.network.encoder_weights', 'null', '--checkpoint.keep_best', '3'),
    )
    assert (
        settings['model']['optimizer'] | {'encoder_lr': 1e-4, 'decoder_lr': 4e-3}
        == (settings['model']['optimizer'])
    )
    assert settings['data']['stream']['group_weights'] == {'road': 2.0}
    assert settings['data']['augment']['crop'] == [64, 96]
    assert settings['checkpoint']['keep_best'] == 3
    config = NetworkConfig(**settings['model']['network']).model_config()
    assert config is not None and config.widths == (8, 8, 8, 16, 24)
    assert config.num_bins == 16 and config.levels == preset('lacdepth-lite').levels


def test_printed_recipe_is_a_recipe(recipe: str, tmp_path: Path) -> None:
    text = complete_recipe(['--config', recipe, '--data.batch_size', '3'])
    (tmp_path / 'printed.yaml').write_text(text)
    assert complete_recipe(['--config', str(tmp_path / 'printed.yaml')]) == text
    assert yaml.safe_load(text)['model']['network']['encoder_weights'] is None


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (
            ['--model.optimizer.lr', '1'],
            r'model\.optimizer\.lr; .*model\.optimizer are.*encoder_lr',
        ),
        (['--model.netwrk.preset', 'x'], r"those of model are .*'network', 'optimizer'"),
        (['--modle.ema_decay', '0'], r"the sections are \['checkpoint', 'data', 'log', 'model'"),
        (['--trainer.max_step', '1'], r"those of trainer are .*'max_steps'"),
        (['--trainer.max_steps', 'many'], r'trainer\.max_steps'),
        (['--data.augment.crop', '224'], r'data\.augment\.crop'),
        (['--model.schedule.kind', 'cosine'], r"'poly', 'step', 'constant'"),
    ],
)
def test_unknown_or_mistyped_setting_is_refused(
    recipe: str, arguments: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        complete_recipe(['--config', recipe, *arguments])


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('model: {optimizer: {lr: 1.0}}\n', r"model\.optimizer\.lr; .*'encoder_lr'"),
        ('modell: {ema_decay: 1.0}\n', r'modell.*the sections are'),
        ('trainer: {steps: 5}\n', r"trainer\.steps; .*'max_steps'"),
        ('model: [\n', r'Problems parsing config'),
        ('data: {batch_size: often}\n', r'data\.batch_size'),
    ],
)
def test_wrong_recipe_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / 'recipe.yaml').write_text(text)
    with pytest.raises(ValueError, match=message):
        complete_recipe(['--config', str(tmp_path / 'recipe.yaml')])


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--data.train_manifest', ''], '--data.train_manifest PATH'),
        (['--data.batch_size', '0'], 'batch_size=0'),
        (['--data.train_frames', '0'], 'train_frames=0 must lie in 1'),
        (['--data.train_frames', '99'], 'train_frames=99 must lie in 1'),
        (['--data.val_domain', 'sea'], r"'sea'.*\['driving', 'indoor'\]"),
        (['--data.augment.flip', '2'], 'flip=2'),
        (['--data.stream.cutmix', '2'], 'cutmix=2'),
        (['--model.network.preset', 'lacdepth-huge'], 'lacdepth-huge'),
        (['--model.network.architecture.depth', '50'], "'depth'"),
        (['--model.network.architecture.num_bins', 'many'], 'many'),
        (['--model.network.frozen', '[head]'], "no part 'head'"),
        (['--model.network.frozen_stages', '6'], 'frozen_stages=6'),
        (['--model.ema_decay', '1'], 'ema_decay=1'),
        (['--model.optimizer.encoder_lr', '0'], 'encoder_lr=0'),
        (['--trainer.max_steps', '0'], r'trainer\.max_steps=0'),
        (
            ['--trainer.accumulate_grad_batches', '0'],
            r'accumulate_grad_batches=0 must be positive',
        ),
        (['--trainer.accelerator', 'gpu'], '--trainer.accelerator cpu'),
        (['--trainer.precision', '16-mixed'], 'precision=16-mixed needs a GPU'),
        (['--trainer.val_check_interval', '0.5'], 'should be an integer'),
        (['--trainer.max_epochs', '2'], r'max_epochs=2 is not .* to -1; .* as trainer\.max_steps'),
        (['--trainer.enable_checkpointing', 'true'], r'enable_checkpointing=True is not possible'),
        (['--trainer.use_distributed_sampler', 'true'], r'use_distributed_sampler=True is not'),
        (['--trainer.check_val_every_n_epoch', '1'], r'check_val_every_n_epoch=1 is not'),
        (['--trainer.num_sanity_val_steps', '2'], r'num_sanity_val_steps=2 is not possible'),
        (
            ['--trainer.val_check_interval', '7', '--trainer.accumulate_grad_batches', '3'],
            r'val_check_interval=7 counts batches .*accumulate_grad_batches=3: give 6 or 9$',
        ),
        (['--trainer.accumulate_grad_batches', '4'], r'val_check_interval=3 .*=4: give 4$'),
        (['--log.every_seconds', '0'], 'every_seconds=0'),
    ],
)
def test_impossible_setting_is_refused(
    recipe: str, tmp_path: Path, arguments: list[str], message: str
) -> None:
    if 'gpu' in arguments:
        torch = pytest.importorskip('torch')
        if torch.cuda.is_available():
            pytest.skip('there is a GPU')
    with pytest.raises(ValueError, match=message):
        TrainingCLI(['--config', recipe, *arguments], tmp_path)


def test_shipped_recipe_is_found_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = next(path for path in SHIPPED if path.name == 'lite.yaml')
    assert recipes.find_recipe('lite.yaml') == recipes.find_recipe('lite') == shipped
    assert recipes.find_recipe(str(shipped)) == shipped
    for variable in ('ament', 'prefix'):
        folder = tmp_path / variable / 'share' / 'lacdepth_ros' / 'config' / 'training'
        folder.mkdir(parents=True)
        (folder / f'{variable}.yaml').write_text('seed_everything: 1\n')
    prefixes = os.pathsep.join([str(tmp_path / 'none'), str(tmp_path / 'ament')])
    monkeypatch.setenv('AMENT_PREFIX_PATH', prefixes)
    monkeypatch.setattr(sys, 'prefix', str(tmp_path / 'prefix'))
    assert recipes.find_recipe('ament').parts[-5:-2] == ('share', 'lacdepth_ros', 'config')
    assert recipes.find_recipe('prefix.yaml').is_file()
    with pytest.raises(FileNotFoundError, match=r'none\.yaml does not.*ament\.yaml.*lite'):
        recipes.find_recipe('none.yaml')

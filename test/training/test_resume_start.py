# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a run started from is needed once: a resumed run has it all in its state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from miniature import write_recipe

pytest.importorskip('lightning')
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.provenance import origin
from lacdepth_ros.training.run import train

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recipe(tmp_path_factory.mktemp('data'), **{'pictures.frames': 0})


def run(recipe: Path, output: Path, *arguments: str, resume: bool = False) -> dict[str, Any]:
    return train(['--config', str(recipe), *arguments], output, resume=resume)


def test_resumed_run_needs_no_file_that_it_started_from(recipe: Path, tmp_path: Path) -> None:
    """Neither for its weights, nor for its architecture, nor to say what it descends from."""
    first, begun = tmp_path / 'first', tmp_path / 'begun'
    run(recipe, first, '--trainer.max_steps', '1')
    checkpoint = first / 'best.safetensors'
    once = (
        *('--model.network.preset', 'null', '--model.network.architecture', '{}'),
        *('--model.network.checkpoint', str(checkpoint), '--model.schedule.kind', 'constant'),
        *('--trainer.val_check_interval', '1', '--checkpoint.keep_best', '2'),
    )
    run(recipe, begun, *once, '--trainer.max_steps', '1')
    config = (begun / 'config.yaml').read_text()
    told = load_checkpoint(begun / 'best.safetensors')[1]['start']
    assert told.startswith(origin(checkpoint))
    checkpoint.unlink()
    run(recipe, begun, *once, '--trainer.max_steps', '2', resume=True)
    network, provenance = load_checkpoint(begun / 'step_0000002.safetensors')
    assert (network.config.name, provenance['start']) == ('tiny', told)
    settings = (begun / 'config.yaml').read_text()
    assert settings == config.replace('max_steps: 1', 'max_steps: 2')


def test_resumed_run_asks_for_no_weights_of_the_encoder(recipe: Path, tmp_path: Path) -> None:
    run(recipe, tmp_path, '--trainer.max_steps', '1')
    settings = yaml.safe_load((tmp_path / 'config.yaml').read_text())
    weights = tmp_path / 'gone.safetensors'
    settings['model']['network']['encoder_weights'] = str(weights)
    (tmp_path / 'config.yaml').write_text(yaml.safe_dump(settings))
    named = ('--model.network.encoder_weights', str(weights))
    assert run(recipe, tmp_path, *named, '--trainer.max_steps', '2', resume=True)['steps'] == 2


def test_state_of_an_earlier_release_takes_all_from_the_checkpoint(
    recipe: Path, tmp_path: Path
) -> None:
    """It tells neither its architecture nor what it descends from."""
    run(recipe, tmp_path / 'first', '--trainer.max_steps', '1')
    checkpoint, begun = tmp_path / 'first' / 'best.safetensors', tmp_path / 'begun'
    once = (
        *('--model.network.preset', 'null', '--model.network.architecture', '{}'),
        *('--model.network.checkpoint', str(checkpoint), '--trainer.val_check_interval', '1'),
        *('--checkpoint.keep_best', '2'),
    )
    run(recipe, begun, *once, '--trainer.max_steps', '1')
    state = torch.load(begun / 'last.ckpt', weights_only=True)
    del state['architecture'], state['callbacks']['CheckpointKeeper']['descent']
    torch.save(state, begun / 'last.ckpt')
    run(recipe, begun, *once, '--trainer.max_steps', '2', resume=True)
    told = load_checkpoint(begun / 'step_0000002.safetensors')[1]['start']
    assert told.startswith(origin(checkpoint))

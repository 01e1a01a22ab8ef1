# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A fine-tuning measures what it starts from, and says when nothing came of it."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from miniature import write_recipe

pytest.importorskip('lightning')
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lacdepth_ros.cli.main import main
from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.training.run import TrainingRun, train

pytestmark = pytest.mark.slow

RUINOUS = ('--model.optimizer.encoder_lr', '0.5', '--model.optimizer.decoder_lr', '0.5')


@pytest.fixture(scope='module')
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    changes = {'pictures.frames': 0, 'data.protocol.crop': 'none', 'model.schedule.warmup': 0}
    return write_recipe(tmp_path_factory.mktemp('data'), **changes)


@pytest.fixture(scope='module')
def checkpoint(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of some steps."""
    output = tmp_path_factory.mktemp('first')
    steps = ('--trainer.max_steps', '12', '--trainer.val_check_interval', '12')
    train(['--config', str(recipe), *steps], output)
    return output / 'best.safetensors'


def tuned(recipe: Path, checkpoint: Path, *more: str) -> list[str]:
    """Arguments of a run from a checkpoint."""
    start = ('--model.network.checkpoint', str(checkpoint))
    return ['--config', str(recipe), *start, *more]


def logged(output: Path, key: str) -> list[dict[str, Any]]:
    rows = map(json.loads, (output / 'log.jsonl').read_text().splitlines())
    return [row for row in rows if key in row]


def abs_rel(recipe: Path, checkpoint: Path) -> float:
    """Mean over groups of the mean over pixels, which the flip average is part of."""
    predictor = DepthPredictor.from_checkpoint(
        checkpoint, engine='eager', precision='fp32', focal_scaling=True
    )
    errors = []
    for entry in read_manifest(recipe.parent / 'val' / 'manifest.jsonl'):
        sample = entry.load()
        pred = predictor.predict(sample.image, sample.camera, flip_average=True).depth
        valid = (sample.depth > 1e-3) & (sample.depth < 80)
        errors.append(np.mean(np.abs(pred - sample.depth)[valid] / sample.depth[valid]))
    return float(np.mean(errors))  # one frame a group


def test_start_is_validated_once_at_step_0(recipe: Path, checkpoint: Path, tmp_path: Path) -> None:
    results = train(tuned(recipe, checkpoint), tmp_path)
    rows = logged(tmp_path, 'val')
    assert [row['step'] for row in rows] == [0, 3, 6]
    start = rows[0]['val']
    assert start['score'] == pytest.approx(abs_rel(recipe, checkpoint), rel=1e-4)
    assert results['start'] == start and start['frames'] == 2
    assert results == json.loads((tmp_path / 'results.json').read_text())
    assert results['better_than_start'] is (results['score'] < start['score'])
    drawn = EventAccumulator(str(tmp_path / 'tensorboard')).Reload().Scalars('val/score')
    assert drawn[0].step == 0  # Lightning draws its own a step early
    scores = [row['val']['score'] for row in rows]
    assert [point.value for point in drawn] == pytest.approx(scores, rel=1e-5)


def test_measuring_the_start_changes_no_loss(recipe: Path, tmp_path: Path) -> None:
    """EfficientNet draws random numbers while it trains; so do the views."""
    efficient = ('--model.network.architecture.encoder', 'efficientnet_b0')
    short = ('--trainer.max_steps', '2', '--trainer.val_check_interval', '2')
    train(['--config', str(recipe), *efficient, *short], tmp_path / 'first')
    first = tmp_path / 'first' / 'best.safetensors'
    arguments = tuned(recipe, first, *efficient, *short)
    train(arguments, tmp_path / 'measured')
    silent = TrainingRun(arguments, tmp_path / 'silent', resume=False)
    silent.cli.trainer.num_sanity_val_steps = 0
    silent.fit()
    losses, steps = (
        [[row[what] for row in logged(tmp_path / run, key)] for run in ('measured', 'silent')]
        for key, what in (('loss', 'loss'), ('val', 'step'))
    )
    assert steps == [[0, 2], [2]]
    assert losses[0] == losses[1]


def test_fine_tuning_that_only_got_worse_says_so(
    recipe: Path, checkpoint: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    short = ('--trainer.max_steps', '2', '--trainer.val_check_interval', '1')
    with caplog.at_level(logging.WARNING, 'lacdepth.train'):
        results = train(tuned(recipe, checkpoint, *RUINOUS, *short), tmp_path)
    before = results['start']['score']
    assert results['better_than_start'] is False and results['score'] > before
    best = tmp_path / 'best.safetensors'
    for part in (
        f'no step is better than the start: abs_rel {before:.4f} before the first step',
        f'{results["score"]:.4f} at the best one, {results["best_step"]}',
        f'lacdepth blend {checkpoint} {best} OUT',
    ):
        assert part in caplog.text
    # What the user asked for: trained weights, of which the file itself says what they are.
    network, provenance = load_checkpoint(best)
    assert results['best_step'] > 0 and provenance['step'] == str(results['best_step'])
    assert provenance['start_val_abs_rel'] == f'{before:.4f}'
    assert provenance['val_abs_rel'] == f'{results["score"]:.4f}'
    start = load_checkpoint(checkpoint)[0].state_dict()
    assert not all(torch.equal(start[name], x) for name, x in network.state_dict().items())


def test_start_and_best_are_printed(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    untrained = tmp_path / 'untrained'
    frozen = ('--model.optimizer.encoder_lr', '1e-12', '--model.optimizer.decoder_lr', '1e-12')
    short = ('--trainer.max_steps', '1')
    train(['--config', str(recipe), *frozen, *short], untrained)
    more = ('--trainer.max_steps', '12', '--trainer.val_check_interval', '12')
    arguments = tuned(recipe, untrained / 'best.safetensors', *more)
    assert main(['train', *arguments, '--output', str(tmp_path / 'run')]) == 0
    printed = capsys.readouterr()
    results = json.loads((tmp_path / 'run' / 'results.json').read_text())
    assert results['better_than_start'] is True and 'better than the start' not in printed.err
    figures = f'abs_rel {results["start"]["score"]:.4f} (start) -> {results["score"]:.4f} (step 12'
    assert figures in printed.out
    best = str(tmp_path / 'run' / 'best.safetensors')
    assert main(['checkpoints', best]) == 0
    start, score = (f'{x:.4f}' for x in (results['start']['score'], results['score']))
    assert f'{score} (before training: {start}), mean over' in capsys.readouterr().out


@pytest.mark.parametrize('renewed', [False, True])
def test_start_that_is_no_trained_network_is_not_measured(
    recipe: Path, checkpoint: Path, tmp_path: Path, renewed: bool
) -> None:
    arguments = ['--config', str(recipe)]
    if renewed:
        arguments = tuned(recipe, checkpoint, '--model.network.renewed', '[bins]')
    results = train([*arguments, '--trainer.max_steps', '1'], tmp_path)
    assert [row['step'] for row in logged(tmp_path, 'val')] == [1]
    assert results['start'] is None and results['better_than_start'] is None
    assert 'start_val_abs_rel' not in load_checkpoint(tmp_path / 'best.safetensors')[1]


def test_resumed_run_keeps_the_figure_of_its_start(
    recipe: Path, checkpoint: Path, tmp_path: Path
) -> None:
    arguments = tuned(recipe, checkpoint, '--model.schedule.kind', 'constant')
    first = train([*arguments, '--trainer.max_steps', '1'], tmp_path)
    again = train([*arguments, '--trainer.max_steps', '2'], tmp_path, resume=True)
    assert [row['step'] for row in logged(tmp_path, 'val')] == [0, 1, 2]
    assert again['start'] == first['start']


def test_state_of_an_earlier_release_has_no_start(
    recipe: Path, checkpoint: Path, tmp_path: Path
) -> None:
    arguments = tuned(recipe, checkpoint, '--model.schedule.kind', 'constant')
    train([*arguments, '--trainer.max_steps', '1'], tmp_path)
    state = torch.load(tmp_path / 'last.ckpt', weights_only=True)
    del state['callbacks']['CheckpointKeeper']['start']
    torch.save(state, tmp_path / 'last.ckpt')
    results = train([*arguments, '--trainer.max_steps', '2'], tmp_path, resume=True)
    assert results['start'] is None and results['steps'] == 2


def test_run_that_was_killed_before_its_first_state_leaves_no_row(
    recipe: Path, checkpoint: Path, tmp_path: Path
) -> None:
    (tmp_path / 'log.jsonl').write_text('{"step": 0, "val": {"score": 9}}\n{"step": 0, "va')
    train(tuned(recipe, checkpoint, '--trainer.max_steps', '1'), tmp_path)
    rows = logged(tmp_path, 'val')
    assert [row['step'] for row in rows] == [0, 1] and rows[0]['val']['score'] < 9

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs on a miniature data set: they learn, keep the best network and say what went wrong."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from miniature import FOCAL, WIDTH, write_manifest, write_recipe

pytest.importorskip('lightning')
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.models.provenance import origin
from lacdepth_ros.training.run import TrainingRun, train


@pytest.fixture(scope='module')
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recipe(tmp_path_factory.mktemp('data'))


def run(recipe: Path, output: Path, *arguments: str, resume: bool = False) -> dict[str, Any]:
    return train(['--config', str(recipe), *arguments], output, resume=resume)


def rows(output: Path, key: str) -> list[dict[str, Any]]:
    """Rows of log.jsonl that hold a key."""
    lines = (output / 'log.jsonl').read_text().splitlines()
    return [row for row in map(json.loads, lines) if key in row]


def losses(output: Path) -> list[float]:
    return [row['loss'] for row in rows(output, 'loss')]


def weights(output: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = load_checkpoint(output / 'best.safetensors')[0].state_dict()
    return state


def test_loss_falls_and_the_best_checkpoint_predicts(recipe: Path, tmp_path: Path) -> None:
    results = run(
        recipe, tmp_path, '--trainer.max_steps', '15', '--trainer.val_check_interval', '7'
    )
    logged = losses(tmp_path)
    assert len(logged) == 15 and np.mean(logged[-3:]) < 0.75 * np.mean(logged[:2])
    validations = rows(tmp_path, 'val')
    assert [row['step'] for row in validations] == [7, 14, 15]
    scores = [row['val']['score'] for row in validations]
    assert results['score'] == min(scores)
    assert results == json.loads((tmp_path / 'results.json').read_text())
    for row in validations:  # the mean over groups, not over frames
        groups = row['val']['groups']
        assert set(groups) == {'road', 'room'}
        assert row['val']['score'] == pytest.approx(
            np.mean([g['abs_rel'] for g in groups.values()])
        )
    predictor = DepthPredictor.from_checkpoint(tmp_path / 'best.safetensors')
    assert predictor.config.name == 'tiny'
    assert predictor.provenance['step'] == str(results['best_step'])
    assert predictor.provenance['val_abs_rel'] == f'{results["score"]:.4f}'
    assert float(predictor.provenance['focal_per_width']) == pytest.approx(FOCAL / WIDTH)
    settings = json.loads(predictor.provenance['training'])
    assert settings == results['settings']
    assert settings == yaml.safe_load((tmp_path / 'config.yaml').read_text())
    assert results['session']['images_per_s'] > 0
    assert 0 <= results['session']['data_wait_share'] < 1
    assert list((tmp_path / 'tensorboard').glob('events*'))


@pytest.mark.slow
def test_best_networks_are_kept(recipe: Path, tmp_path: Path) -> None:
    run(recipe, tmp_path, '--trainer.val_check_interval', '1', '--checkpoint.keep_best', '2',
        '--trainer.max_steps', '3')  # fmt: skip
    scores = sorted((row['val']['score'], row['step']) for row in rows(tmp_path, 'val'))
    kept = {path.name for path in tmp_path.glob('step_*.safetensors')}
    assert kept == {f'step_{step:07d}.safetensors' for _, step in scores[:2]}
    best = (tmp_path / f'step_{scores[0][1]:07d}.safetensors').read_bytes()
    assert (tmp_path / 'best.safetensors').read_bytes() == best


@pytest.mark.slow
def test_resume_needs_a_run_and_the_same_network(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no run to resume'):
        run(recipe, tmp_path / 'none', resume=True)
    assert not (tmp_path / 'none').exists()
    short = ('--trainer.max_steps', '1')
    first = run(recipe, tmp_path, *short)
    with pytest.raises(FileExistsError, match='--resume'):
        run(recipe, tmp_path, *short)
    again = run(recipe, tmp_path, *short, resume=True)
    assert (again['score'], again['steps']) == (first['score'], 1)
    with pytest.raises(ValueError, match=r'decoder_lr: 0\.004 -> 0\.5.*keep them'):
        run(recipe, tmp_path, '--model.optimizer.decoder_lr', '0.5', resume=True)
    for content in (b'', b'garbage', (tmp_path / 'last.ckpt').read_bytes()[:5000]):
        (tmp_path / 'last.ckpt').write_bytes(content)
        with pytest.raises(ValueError, match=r'last\.ckpt is damaged'):
            run(recipe, tmp_path, resume=True)


@pytest.mark.slow
def test_longer_run_continues_a_finished_one(recipe: Path, tmp_path: Path) -> None:
    """With a constant learning rate, 2 steps and then 2 more are 4 steps."""
    constant = ('--model.schedule.kind', 'constant', '--trainer.accumulate_grad_batches', '2',
                '--trainer.val_check_interval', '8')  # fmt: skip
    whole = ('--trainer.max_steps', '4')
    run(recipe, tmp_path / 'whole', *constant, *whole)
    run(recipe, tmp_path / 'parts', *constant, '--trainer.max_steps', '2')
    run(recipe, tmp_path / 'parts', *constant, *whole, resume=True)
    assert len(losses(tmp_path / 'whole')) == 4
    assert losses(tmp_path / 'parts') == losses(tmp_path / 'whole')


def test_loss_that_is_not_finite_stops_the_run(recipe: Path, tmp_path: Path) -> None:
    training = TrainingRun(['--config', str(recipe)], tmp_path, resume=False)
    with torch.no_grad():
        training.cli.model.network.bins.seed.mlp[0].weight.fill_(torch.nan)
    with pytest.raises(
        FloatingPointError, match=r'loss of step 1 is not finite; lower model\.opt'
    ):
        training.fit()
    assert not (tmp_path / 'last.ckpt').exists()


def test_validation_without_a_readable_frame_is_an_error(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / 'data')
    for image in (tmp_path / 'data' / 'val').glob('*.png'):
        image.write_bytes(b'')
    with pytest.raises(ValueError, match=r'data\.val_manifest: unreadable in all of the'):
        run(recipe, tmp_path / 'run')
    assert not (tmp_path / 'run' / 'config.yaml').exists()


def test_best_checkpoint_of_an_earlier_run_is_never_overwritten(
    recipe: Path, tmp_path: Path
) -> None:
    (tmp_path / 'best.safetensors').touch()
    with pytest.raises(
        FileExistsError, match=r'run already \(best\.safetensors\); move it away, or'
    ):
        run(recipe, tmp_path)


@pytest.mark.slow
def test_compiling_on_the_cpu_is_refused(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'model\.compile is for GPUs'):
        run(recipe, tmp_path / 'run', '--model.compile', 'true', '--trainer.accelerator', 'cpu')


def test_run_without_validation_is_refused(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'limit_val_batches=0 leaves nothing to choose the best'):
        run(recipe, tmp_path / 'run', '--trainer.limit_val_batches', '0')
    assert not (tmp_path / 'run').exists()


ENDED = (
    r'at step 0 before its first validation.*continue \(lacdepth train with --resume, lacdepth '
    r'ablate as it was called\), or validate sooner .*interval=3\)'
)


def test_run_that_ends_before_its_first_validation_is_an_error(
    recipe: Path, tmp_path: Path
) -> None:
    training = TrainingRun(['--config', str(recipe)], tmp_path, resume=False)
    training.cli.trainer.fit = lambda *_args, **_options: None
    with pytest.raises(ValueError, match=ENDED):
        training.fit()
    assert not (tmp_path / 'results.json').exists()


def test_unreadable_frames_are_skipped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recipe = write_recipe(tmp_path / 'data')
    (tmp_path / 'data' / 'train' / 'road_0.png').write_bytes(b'')
    (tmp_path / 'data' / 'val' / 'road_8.png').write_bytes(b'')
    with caplog.at_level(logging.INFO, 'lacdepth.train'):
        results = run(recipe, tmp_path / 'run', '--log.every_seconds', '1e-9',
                      '--trainer.max_steps', '3')  # fmt: skip
    assert results['session']['unreadable_frames_replaced'] > 0
    assert (results['val']['frames'], results['val']['skipped']) == (1, 1)
    assert 'frame road/0 skipped' in caplog.text
    assert 'validation frame road/8 skipped' in caplog.text
    assert 'unreadable frames replaced' in caplog.text


@pytest.mark.parametrize(
    ('sizes', 'said'),
    [
        ('[]', r'32 rows and 64 columns \(data\.augment\.crop;.*or smaller crop, '),
        (
            '[[32, 64], [48, 48]]',
            r'48 rows and 48 columns \(data\.augment\.crops;.*or smaller crops, ',
        ),
    ],
)
def test_lack_of_memory_names_the_remedy(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: str, said: str
) -> None:
    arguments = ['--config', str(recipe), '--data.augment.crops', sizes]
    training = TrainingRun(arguments, tmp_path, resume=False)

    def exhaust(*_: Any) -> None:
        raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB')

    monkeypatch.setattr(training.cli.model.network, 'forward', exhaust)
    both = 'with lacdepth train --resume; lacdepth ablate, .* starts anew in another --output'
    with pytest.raises(MemoryError, match=rf'data\.batch_size=2 .*{said}.*{both}'):
        training.fit()


@pytest.mark.parametrize('name', ['train', 'val'])
def test_missing_manifest(recipe: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError, match=r'none\.jsonl: no such manifest'):
        run(recipe, tmp_path / 'run', f'--data.{name}_manifest', str(tmp_path / 'none.jsonl'))
    assert not (tmp_path / 'run').exists()


@pytest.mark.slow
def test_bf16_and_worker_processes(recipe: Path, tmp_path: Path) -> None:
    short = ('--trainer.max_steps', '2')
    run(recipe, tmp_path / 'plain', *short)
    run(recipe, tmp_path / 'bf16', *short, '--trainer.precision', 'bf16-mixed',
        '--data.workers', '1')  # fmt: skip
    # The distribution starts sharp, so bfloat16's rounding of the features shows: 6 % here.
    np.testing.assert_allclose(
        losses(tmp_path / 'bf16')[0], losses(tmp_path / 'plain')[0], rtol=0.1
    )


@pytest.mark.slow
def test_frozen_parts_and_norms_stay(recipe: Path, tmp_path: Path) -> None:
    run(recipe, tmp_path / 'start', '--trainer.max_steps', '1')
    checkpoint = str(tmp_path / 'start' / 'best.safetensors')
    run(recipe, tmp_path / 'next', '--model.network.checkpoint', checkpoint,
        '--model.network.preset', 'null', '--model.network.architecture', '{}',
        '--model.network.frozen_stages', '2', '--model.network.frozen_batch_norm', 'all',
        '--trainer.max_steps', '2')  # fmt: skip
    before, after = weights(tmp_path / 'start'), weights(tmp_path / 'next')
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert any(name.startswith('encoder.stages.2.') for name in changed)
    frozen = ('encoder.stages.0.', 'encoder.stages.1.')
    assert not [name for name in changed if name.startswith(frozen)]
    assert not [name for name in changed if 'running_' in name or 'num_batches' in name]
    told = load_checkpoint(tmp_path / 'next' / 'best.safetensors')[1]
    settings = yaml.safe_load((tmp_path / 'start' / 'config.yaml').read_text())
    manifest = settings['data']['train_manifest']
    assert told['start'] == f'{origin(checkpoint)}, which learned from {manifest}'
    assert 'start' not in load_checkpoint(checkpoint)[1]


@pytest.mark.slow
def test_training_starts_from_a_checkpoint_of_its_architecture(
    recipe: Path, tmp_path: Path
) -> None:
    run(recipe, tmp_path / 'start', '--trainer.max_steps', '1')
    checkpoint = ('--model.network.checkpoint', str(tmp_path / 'start' / 'best.safetensors'))
    training = TrainingRun(['--config', str(recipe), *checkpoint], tmp_path / 'a', resume=False)
    start = weights(tmp_path / 'start')
    for name, value in training.cli.model.network.state_dict().items():
        assert torch.equal(value, start[name])
    with pytest.raises(ValueError, match='another architecture'):
        run(recipe, tmp_path / 'b', *checkpoint, '--model.network.architecture.num_bins', '32')


def test_validation_frames_of_one_domain(recipe: Path, tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / 'val', 'road/8', 'road/9', 'room/9')
    results = run(
        recipe, tmp_path / 'run', '--data.val_manifest', str(manifest),
        '--data.val_domain', 'driving', '--trainer.max_steps', '1',
    )  # fmt: skip
    assert {n: g['frames'] for n, g in results['val']['groups'].items()} == {'road': 2}

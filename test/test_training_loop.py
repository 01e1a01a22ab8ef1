# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training on a miniature data set: it learns, resumes exactly and keeps the best network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from miniature import write_recipe

from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint
from lacdepth_ros.predictor import DepthPredictor
from lacdepth_ros.training import loop
from lacdepth_ros.training.config import TrainingConfig, load_config
from lacdepth_ros.training.loop import Trainer


@pytest.fixture(scope='module')
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recipe(tmp_path_factory.mktemp('data'))


def configure(recipe: Path, **changes: Any) -> TrainingConfig:
    return load_config(recipe, changes)


class Recorder:
    """Records the loss of every step; breaks the run off where told."""

    def __init__(self, trainer: Trainer, stop_after: int | None = None) -> None:
        self.losses: list[float] = []
        step = trainer._train_step

        def record(batch: dict[str, torch.Tensor]) -> float:
            if trainer.step == stop_after:
                raise KeyboardInterrupt
            self.losses.append(step(batch))
            return self.losses[-1]

        trainer._train_step = record  # type: ignore[method-assign]


def test_loss_falls_and_the_best_checkpoint_predicts(recipe: Path, tmp_path: Path) -> None:
    config = configure(recipe, iterations=24, validate_every=12)
    trainer = Trainer(config, tmp_path / 'run', resume=False)
    recorder = Recorder(trainer)
    best = trainer.fit()
    assert np.mean(recorder.losses[-4:]) < 0.6 * np.mean(recorder.losses[:2])
    predictor = DepthPredictor.from_checkpoint(best)
    assert predictor.config == config.model_config()
    assert predictor.provenance['step'] in ('12', '24')
    assert float(predictor.provenance['val_abs_rel']) == pytest.approx(trainer.best, abs=1e-4)
    rows = [json.loads(line) for line in (tmp_path / 'run' / 'log.jsonl').read_text().splitlines()]
    validations = [row for row in rows if 'val' in row]
    assert [row['step'] for row in validations] == [12, 24]
    assert trainer.best == pytest.approx(min(row['score'] for row in validations))
    for row in validations:  # the mean over groups, not over frames
        groups = row['val']['groups']
        assert set(groups) == {'road', 'room'}
        assert row['score'] == pytest.approx(np.mean([g['abs_rel'] for g in groups.values()]))


@pytest.mark.parametrize('encoder', ['mobilenet_v2', 'efficientnet_b0'])
def test_resumed_run_repeats_an_unbroken_one(recipe: Path, tmp_path: Path, encoder: str) -> None:
    """EfficientNet draws random numbers in training (stochastic depth)."""
    config = configure(recipe, **{'model.encoder': encoder})
    unbroken = Trainer(config, tmp_path / 'unbroken', resume=False)
    whole = Recorder(unbroken)
    unbroken.fit()
    first = Trainer(config, tmp_path / 'broken', resume=False)
    begin = Recorder(first, stop_after=4)
    with pytest.raises(KeyboardInterrupt):
        first.fit()
    second = Trainer(config, tmp_path / 'broken', resume=True)
    assert second.step == 3
    rest = Recorder(second)
    second.fit()
    assert begin.losses == whole.losses[:4]
    assert rest.losses == whole.losses[3:]
    assert second.best == unbroken.best
    weights = [
        load_checkpoint(tmp_path / run / 'best.safetensors')[0].state_dict()
        for run in ('unbroken', 'broken')
    ]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())


def test_finished_run_resumes_to_its_end(recipe: Path, tmp_path: Path) -> None:
    config = configure(recipe, iterations=1)
    expected = Trainer(config, tmp_path, resume=False).fit()
    resumed = Trainer(config, tmp_path, resume=True)
    assert resumed.fit() == expected == tmp_path / 'best.safetensors'
    with pytest.raises(ValueError, match=r'decoder_lr: 0\.004 -> 0\.5.*keep them'):
        Trainer(configure(recipe, decoder_lr=0.5), tmp_path, resume=True)
    for content in (b'', b'garbage', (tmp_path / 'last.pt').read_bytes()[:5000]):
        (tmp_path / 'last.pt').write_bytes(content)
        with pytest.raises(ValueError, match=r'last\.pt is damaged'):
            Trainer(config, tmp_path, resume=True)


def test_nothing_to_resume(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no run to resume'):
        Trainer(configure(recipe), tmp_path / 'none', resume=True)
    assert not (tmp_path / 'none').exists()


def test_training_starts_from_a_checkpoint(recipe: Path, tmp_path: Path) -> None:
    config = configure(recipe)
    torch.manual_seed(5)
    start = loop.build_model(config)
    save_checkpoint(tmp_path / 'start.safetensors', start, {})
    continued = configure(recipe, checkpoint=str(tmp_path / 'start.safetensors'))
    model = loop.build_model(continued)
    for name, value in model.state_dict().items():
        assert torch.equal(value, start.state_dict()[name])
    other = configure(recipe, checkpoint=continued.checkpoint, **{'model.num_bins': 32})
    with pytest.raises(ValueError, match='another architecture'):
        loop.build_model(other)


def test_validation_frames_of_one_domain(recipe: Path) -> None:
    ids = [e.id for e in loop.validation_entries(configure(recipe, val_domain='driving'))]
    assert ids == ['road/8']
    with pytest.raises(ValueError, match=r"'sea'.*\['driving', 'indoor'\]"):
        loop.validation_entries(configure(recipe, val_domain='sea'))


def test_loss_that_is_not_finite_stops_the_run(recipe: Path, tmp_path: Path) -> None:
    trainer = Trainer(configure(recipe), tmp_path, resume=False)
    with torch.no_grad():
        trainer.model.bins.seed.mlp[0].weight.fill_(torch.nan)
    with pytest.raises(FloatingPointError, match='loss of step 1 is nan'):
        trainer.fit()


def test_unmeasurable_validation_is_an_error(recipe: Path, tmp_path: Path) -> None:
    trainer = Trainer(configure(recipe), tmp_path, resume=False)
    for entry in trainer.val_entries:
        assert entry.image.exists()
    trainer.val_entries = []
    with pytest.raises(ValueError, match='could be measured'):
        trainer._validate()


@pytest.mark.parametrize('name', ['train_manifest', 'val_manifest'])
def test_missing_manifest(recipe: Path, tmp_path: Path, name: str) -> None:
    config = configure(recipe, **{name: str(tmp_path / 'none.jsonl')})
    with pytest.raises(FileNotFoundError, match=re.escape(str(tmp_path / 'none.jsonl'))):
        Trainer(config, tmp_path / 'run', resume=False)
    assert not (tmp_path / 'run').exists()


def test_bf16_and_a_worker_process(recipe: Path, tmp_path: Path) -> None:
    config = configure(recipe, precision='bf16', workers=1, iterations=2)
    trainer = Trainer(config, tmp_path, resume=False)
    recorder = Recorder(trainer)
    trainer.fit()
    plain = Trainer(configure(recipe, iterations=2), tmp_path / 'plain', resume=False)
    reference = Recorder(plain)
    plain.fit()
    # The distribution starts sharp, so bfloat16's rounding of the features shows: 6 % here.
    np.testing.assert_allclose(recorder.losses[0], reference.losses[0], rtol=0.1)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A run that is killed and resumed is, bit for bit, the run that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from miniature import write_recipe

pytest.importorskip('lightning')
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.training.module import LacDepthModule
from lacdepth_ros.training.run import train
from lacdepth_ros.training.stream import ViewStream

pytestmark = pytest.mark.slow


def read_log(output: Path) -> list[dict[str, Any]]:
    """Rows of log.jsonl but for those of the clock; a row that is being written is left out."""
    path = output / 'log.jsonl'
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    rows = [json.loads(line) for line in lines if line.endswith('\n')]
    return [row for row in rows if 'images_per_s' not in row]


def train_until_killed(arguments: list[str], output: Path, step: int) -> None:
    """Train in a process of its own, and kill it once a step is logged."""
    command = [sys.executable, '-m', 'lacdepth_ros.cli.main', 'train', '--output', str(output)]
    process = subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE)
    while not any(row['step'] >= step for row in read_log(output)):
        assert process.poll() is None, process.communicate()[1].decode()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=120)  # its workers, who have stderr too, end with it
    assert process.returncode == -signal.SIGKILL


def test_killed_and_resumed_run_repeats_an_unbroken_one(tmp_path: Path) -> None:
    """EfficientNet draws random numbers in training (stochastic depth)."""
    recipe = write_recipe(
        tmp_path / 'data',
        **{
            'model.network.architecture.encoder': 'efficientnet_b0',
            'trainer.max_steps': 8,
            'trainer.val_check_interval': 8,
            'trainer.accumulate_grad_batches': 2,
            'checkpoint.every_steps': 2,
            'data.workers': 1,
            'pictures.frames': 0,
        },
    )
    arguments = ['--config', str(recipe)]
    unbroken, broken = tmp_path / 'unbroken', tmp_path / 'broken'
    expected = train(arguments, unbroken)
    train_until_killed(arguments, broken, step=3)
    saved = torch.load(broken / 'last.ckpt', weights_only=True)['global_step']
    assert 2 <= saved < 8
    results = train(arguments, broken, resume=True)
    assert results['session']['steps'] == 8 - saved
    log = read_log(unbroken)
    assert [row['step'] for row in log if 'val' in row] == [4, 8]
    assert len([row for row in log if 'loss' in row]) == 8
    assert read_log(broken) == log
    assert (results['score'], results['val']) == (expected['score'], expected['val'])
    weights = [load_checkpoint(run / 'best.safetensors')[0] for run in (unbroken, broken)]
    other = weights[1].state_dict()
    assert all(torch.equal(value, other[name]) for name, value in weights[0].state_dict().items())


def test_state_saved_by_a_validation_is_resumed(tmp_path: Path) -> None:
    """The state of step 3 was saved after its validation, which must not be run again."""
    recipe = write_recipe(tmp_path / 'data', **{'pictures.frames': 0, 'trainer.max_steps': 4})
    arguments = ['--config', str(recipe)]
    train(arguments, tmp_path / 'unbroken')
    train([*arguments, '--trainer.max_steps', '3'], tmp_path / 'broken')
    train(arguments, tmp_path / 'broken', resume=True)
    steps = [(row['step'], 'val' in row) for row in read_log(tmp_path / 'broken')]
    assert steps == [(row['step'], 'val' in row) for row in read_log(tmp_path / 'unbroken')]


def test_half_the_batch_accumulated_twice_continues_the_views(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The advice where memory ends: whole steps of the views that come next."""
    recipe = write_recipe(tmp_path / 'data', **{'pictures.frames': 0, 'trainer.max_steps': 3})
    output = tmp_path / 'run'
    train(['--config', str(recipe)], output)
    steps: list[list[int]] = [[]]
    draw, measure = ViewStream.__getitem__, LacDepthModule.training_step
    step = LacDepthModule.optimizer_step

    def drawing(self: ViewStream, index: int) -> dict[str, Any]:
        return {**draw(self, index), 'number': index}

    def measuring(self: LacDepthModule, batch: dict[str, Any], number: int) -> dict[str, Any]:
        steps[-1] += batch['number'].tolist()
        return measure(self, batch, number)

    def stepping(self: LacDepthModule, *arguments: Any, **options: Any) -> None:
        step(self, *arguments, **options)
        steps.append([])

    monkeypatch.setattr(ViewStream, '__getitem__', drawing)
    monkeypatch.setattr(LacDepthModule, 'training_step', measuring)
    monkeypatch.setattr(LacDepthModule, 'optimizer_step', stepping)
    train(
        ['--config', str(recipe), '--data.batch_size', '1', '--trainer.max_steps', '6',
         '--trainer.accumulate_grad_batches', '2', '--trainer.val_check_interval', '6'],
        output, resume=True,
    )  # fmt: skip
    assert steps == [[6, 7], [8, 9], [10, 11], []]
    assert [row['step'] for row in read_log(output) if 'val' in row] == [3, 6]


def test_terminated_run_saves_its_state(tmp_path: Path) -> None:
    """SIGTERM, as SLURM sends it to all processes: the step under way is finished and saved."""
    recipe = write_recipe(
        tmp_path / 'data',
        **{'trainer.max_steps': 10000, 'pictures.frames': 0, 'data.workers': 1},
    )
    output = tmp_path / 'run'
    command = [sys.executable, '-m', 'lacdepth_ros.cli.main', 'train', '--output', str(output)]
    process = subprocess.Popen(
        [*command, '--config', str(recipe), '--trainer.val_check_interval', '10000'],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while not read_log(output):
        assert process.poll() is None, process.communicate()[1].decode()
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGTERM)
    error = process.communicate()[1].decode()
    assert process.returncode == 128 + signal.SIGTERM, error
    saved = torch.load(output / 'last.ckpt', weights_only=True)['global_step']
    assert saved == read_log(output)[-1]['step']

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Two processes train and measure as one process of their joint batch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from miniature import write_manifest, write_recipe

pytest.importorskip('lightning')
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.training.run import TrainingRun

pytestmark = pytest.mark.slow

# With so large an eps a step is the gradient times the learning rate, nearly.
PLAIN_STEPS = {
    'model.optimizer.kind': 'adam',
    'model.optimizer.eps': 100.0,
    'model.optimizer.encoder_lr': 0.1,
    'model.optimizer.decoder_lr': 0.1,
    'model.optimizer.weight_decay': 0.0,
    'model.schedule.kind': 'constant',
    'model.schedule.warmup': 0,
    'model.ema_decay': 0.0,
    'model.network.frozen_batch_norm': 'all',
    'model.loss.abs_rel_weight': 1.0,
    'trainer.max_steps': 2,
    'trainer.gradient_clip_val': None,
    'data.batch_size': 4,
    'pictures.frames': 0,
}

SCORE = """
import sys
import torch
from lacdepth_ros.evaluation.metrics import METRICS
from lacdepth_ros.training.validation import FrameScores

rank, store = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group(
    'gloo', init_method=f'file://{store}', rank=rank, world_size=2
)
# By process: its frames' numbers, and what every metric of theirs is; None: unreadable.
for shares in (
    [{0: 1.0, 2: 3.0}, {1: 2.0, 3: None}],
    [{0: 1.0, 2: 3.0}, {1: None, 3: None}],
    [{0: 1.0}, {}],
):
    scores = FrameScores(['road'] * 4)
    for number, value in shares[rank].items():
        scores.update(number, None if value is None else dict.fromkeys(METRICS, value))
    result = scores.result()
    print(result.frames, result.skipped, result.score)
"""


def test_processes_differ_in_what_they_could_measure(tmp_path: Path) -> None:
    """One has no unreadable frame, one nothing else, one no frame at all."""
    processes = [
        subprocess.Popen(
            [sys.executable, '-c', SCORE, str(rank), str(tmp_path / 'store')],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    for process in processes:
        printed, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        assert printed.splitlines() == ['3 1 2.0', '2 2 2.0', '1 0 1.0']


def test_two_processes_are_one_of_the_double_batch(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / 'data', **PLAIN_STEPS)
    frames = write_manifest(tmp_path / 'val', 'road/8', 'road/9', 'room/9')  # an odd number
    arguments = ['--config', str(recipe), '--data.val_manifest', str(frames)]
    one = TrainingRun(arguments, tmp_path / 'one', resume=False)
    start = {k: v.clone() for k, v in one.cli.model.network.state_dict().items()}
    expected = one.fit()
    command = [sys.executable, '-m', 'lacdepth_ros.cli.main', 'train', *arguments]
    done = subprocess.run(
        [*command, '--output', str(tmp_path / 'two'), '--data.batch_size', '2',
         '--trainer.devices', '2', '--trainer.strategy', 'ddp'],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / 'two' / 'results.json').read_text())
    assert results['session']['processes'] == 2
    assert results['val']['frames'] == 3
    assert results['score'] == pytest.approx(expected['score'], rel=1e-5)
    for group, values in expected['val']['groups'].items():
        assert results['val']['groups'][group] == pytest.approx(values, rel=1e-4)
    log = [
        [json.loads(line) for line in (tmp_path / run / 'log.jsonl').read_text().splitlines()]
        for run in ('one', 'two')
    ]
    for single, double in zip(*log, strict=True):
        if 'loss' in single:
            assert double['loss'] == pytest.approx(single['loss'], rel=1e-5)
    networks = [load_checkpoint(tmp_path / run / 'best.safetensors')[0] for run in ('one', 'two')]
    steps = [{k: v.detach() - start[k] for k, v in n.named_parameters()} for n in networks]
    largest = max(float(step.abs().max()) for step in steps[0].values())
    assert largest > 1e-4
    for name, step in steps[0].items():
        np.testing.assert_allclose(
            steps[1][name], step, rtol=2e-3, atol=1e-4 * largest, err_msg=name
        )
    assert torch.equal(networks[0].encoder.stages[0][0][1].running_mean,
                       networks[1].encoder.stages[0][0][1].running_mean)  # fmt: skip

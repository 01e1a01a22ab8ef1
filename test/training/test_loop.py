# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A run is the plain loop that anybody would write by hand."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from miniature import write_recipe

pytest.importorskip('lightning')
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.training.objective import LossConfig, training_loss
from lacdepth_ros.training.run import TrainingRun
from lacdepth_ros.training.stream import ViewStream

pytestmark = pytest.mark.slow

STEPS, BATCH, ACCUMULATED = 3, 2, 2
RATES, DECAYS, WARM_UP, CLIP, AVERAGE = (0.2, 0.1), (0.05, 0.02), 2, 35.0, 0.5
EPS, BETAS = 100.0, (0.9, 0.999)
"""With so large an eps a step follows the gradient, not the signs of what is nearly zero in it:
the rounding of a processor stays as small as it is."""
SETTINGS = {
    'model.optimizer.kind': 'adam',
    'model.optimizer.eps': EPS,
    'model.optimizer.encoder_lr': RATES[0],
    'model.optimizer.decoder_lr': RATES[1],
    'model.optimizer.weight_decay': DECAYS[0],
    'model.optimizer.decoder_weight_decay': DECAYS[1],
    'model.schedule.kind': 'constant',
    'model.schedule.warmup': WARM_UP,
    'model.ema_decay': AVERAGE,
    'model.network.frozen_batch_norm': 'all',  # statistics of a few pixels multiply rounding
    'trainer.max_steps': STEPS,
    'trainer.accumulate_grad_batches': ACCUMULATED,
    'trainer.gradient_clip_val': CLIP,
    'trainer.val_check_interval': STEPS * ACCUMULATED,
    'data.batch_size': BATCH,
    'pictures.frames': 0,
}


class HandMadeAdam:
    """The formula of Kingma and Ba, with weight decay as a part of the gradient."""

    def __init__(self, network: LacDepth) -> None:
        encoder = {id(p) for p in network.encoder.parameters()}
        self.groups = [(p, 0 if id(p) in encoder else 1) for p in network.parameters()]
        self.first = [torch.zeros_like(p) for p, _ in self.groups]
        self.second = [torch.zeros_like(p) for p, _ in self.groups]
        self.steps = 0

    @torch.no_grad()
    def step(self) -> None:
        norm = sum(float(p.grad.square().sum()) for p, _ in self.groups) ** 0.5
        warm_up = min(1.0, (self.steps + 1) / WARM_UP)
        self.steps += 1
        for (p, group), m, v in zip(self.groups, self.first, self.second, strict=True):
            gradient = p.grad * min(1.0, CLIP / norm) + DECAYS[group] * p
            m.mul_(BETAS[0]).add_((1 - BETAS[0]) * gradient)
            v.mul_(BETAS[1]).add_((1 - BETAS[1]) * gradient.square())
            mean, square = (x / (1 - b**self.steps) for x, b in ((m, BETAS[0]), (v, BETAS[1])))
            p -= warm_up * RATES[group] * mean / (square.sqrt() + EPS)
            p.grad = None


def batch_of(stream: ViewStream, number: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Normalised images (B, 3, h, w) and what the loss takes."""
    views = [stream[BATCH * number + i] for i in range(BATCH)]
    pixels = np.stack([view['image'].numpy() for view in views]) / 255.0
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    normalized = (pixels - mean[:, None, None]) / std[:, None, None]
    ground_truth = {
        name: torch.stack([view[name] for view in views]) for name in ('depth', 'dense')
    }
    return torch.from_numpy(normalized).float(), ground_truth


def test_run_is_the_plain_loop(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / 'data', **SETTINGS)
    run = TrainingRun(['--config', str(recipe)], tmp_path / 'run', resume=False)
    network = copy.deepcopy(run.cli.model.network)
    start = copy.deepcopy(network.state_dict())
    run.fit()
    data = run.cli.datamodule
    stream = ViewStream(
        data.entries,
        data.stream_config,
        data.augment,
        model=network.config,
        length=STEPS * ACCUMULATED * BATCH,
        per_step=ACCUMULATED * BATCH,
        seed=0,
    )
    optimizer, average, losses = HandMadeAdam(network), copy.deepcopy(network), []
    for number in range(STEPS * ACCUMULATED):
        image, ground_truth = batch_of(stream, number)
        parts = training_loss(network(image), ground_truth, network.config, LossConfig(), 0.0)
        losses.append(float(parts['loss'].detach()))
        (parts['loss'] / ACCUMULATED).backward()
        if (number + 1) % ACCUMULATED == 0:
            optimizer.step()
            kept = AVERAGE if optimizer.steps > 1 else 0.0
            for mean, value in zip(average.parameters(), network.parameters(), strict=True):
                mean.data = kept * mean.data + (1 - kept) * value.data

    log = map(json.loads, (tmp_path / 'run' / 'log.jsonl').read_text().splitlines())
    logged = [row['loss'] for row in log if 'loss' in row]
    assert logged == pytest.approx(losses[ACCUMULATED - 1 :: ACCUMULATED], rel=1e-4)
    trained = load_checkpoint(tmp_path / 'run' / 'best.safetensors')[0].state_dict()
    moved = max(
        float((p.detach() - start[name]).abs().max()) for name, p in average.named_parameters()
    )
    assert moved > 1e-4
    for name, value in average.named_parameters():
        np.testing.assert_allclose(
            trained[name], value.detach(), atol=0.01 * moved, rtol=1e-4, err_msg=name
        )

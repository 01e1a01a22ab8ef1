# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every head memorizes a batch."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tiny_networks import random_image, tiny_network

pytest.importorskip('lightning')
from lacdepth_ros.training.module import random_seed
from lacdepth_ros.training.objective import LossConfig, training_loss
from lacdepth_ros.training.optim import OptimizerConfig, build_optimizer

HEADS: list[dict[str, Any]] = [
    {},
    {'distribution': 'gaussian'},
    {'distribution': 'softmax'},
    {'bin_strategy': 'splitter'},
    {'bin_strategy': 'naive'},
]


@pytest.mark.slow
@pytest.mark.parametrize('head', HEADS, ids=lambda head: '-'.join(head.values()) or 'default')
def test_one_batch_is_memorized(head: dict[str, Any]) -> None:
    model = tiny_network(max_depth=80.0, **head).train()
    image = random_image(32, 64, batch=2)
    depth = torch.linspace(3, 40, 32).view(1, 32, 1).expand(2, 32, 64).clone()
    depth[1] = depth[1].flip(0)  # the two must be told apart
    depth[:, ::3] = 0  # no ground truth
    batch = {'depth': depth, 'dense': torch.zeros_like(depth)}
    optimizer = build_optimizer(model, OptimizerConfig(encoder_lr=6e-3, decoder_lr=6e-3))
    losses = []
    for _ in range(24):
        output = model(image)
        loss = training_loss(output, batch, model.config, LossConfig(), 0.0)['silog']
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_seed_of_a_step_depends_on_all_it_is_made_of() -> None:
    seeds = {random_seed(*numbers) for numbers in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1))}
    assert len(seeds) == 4
    assert random_seed(3, 2, 1) == random_seed(3, 2, 1)
    torch.manual_seed(random_seed(3, 2, 1))  # torch takes it

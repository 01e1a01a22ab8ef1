# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Learning rates, parameter groups and the moving average against closed forms."""

from __future__ import annotations

import pytest
import torch
from tiny_networks import tiny_network

from lacdepth_ros.training.config import TrainingConfig
from lacdepth_ros.training.optim import (
    build_average,
    build_optimizer,
    build_schedule,
    learning_rate_share,
)

CONFIG = TrainingConfig(
    train_manifest='-',
    val_manifest='-',
    iterations=1000,
    warmup=100,
    encoder_lr=1e-3,
    decoder_lr=5e-3,
    final_lr_share=0.1,
    lr_power=0.5,
    weight_decay=0.02,
    ema_decay=0.75,
)


@pytest.mark.parametrize(
    ('step', 'share'),
    [
        (0, 0.01),
        (49, 0.5),
        (99, 1.0),
        (100, 1.0),
        (325, 0.9 * 0.75**0.5 + 0.1),
        (775, 0.9 * 0.25**0.5 + 0.1),
        (1000, 0.1),
        (5000, 0.1),
    ],
)
def test_linear_warm_up_then_polynomial_decay(step: int, share: float) -> None:
    assert learning_rate_share(step, CONFIG) == pytest.approx(share)


def test_every_parameter_is_in_one_group_with_its_own_rate() -> None:
    model = tiny_network()
    optimizer = build_optimizer(model, CONFIG)
    schedule = build_schedule(optimizer, CONFIG)
    encoder, rest = optimizer.param_groups
    assert {id(p) for p in encoder['params']} == {id(p) for p in model.encoder.parameters()}
    assert len(encoder['params']) + len(rest['params']) == len(list(model.parameters()))
    assert (encoder['weight_decay'], rest['weight_decay']) == (0.02, 0.0)
    assert schedule.get_last_lr() == pytest.approx([1e-5, 5e-5])
    for _ in range(50):
        optimizer.step()
        schedule.step()
    assert schedule.get_last_lr() == pytest.approx([0.51e-3, 0.51 * 5e-3])


def test_average_follows_weights_and_statistics() -> None:
    model = tiny_network()
    average = build_average(model, CONFIG)
    weight, mean = model.bins.seed.mlp[0].weight, model.encoder.stages[0][0][1].running_mean
    expected = None
    with torch.no_grad():
        for step in range(3):
            weight.fill_(float(step + 1))
            mean.fill_(10.0 * (step + 1))
            average.update_parameters(model)
            value = step + 1
            expected = value if expected is None else 0.75 * expected + 0.25 * value
    averaged = average.module
    assert float(averaged.bins.seed.mlp[0].weight.mean()) == pytest.approx(expected)
    assert float(averaged.encoder.stages[0][0][1].running_mean.mean()) == pytest.approx(
        10 * expected
    )
    assert not averaged.training
    assert not any(p.requires_grad for p in averaged.parameters())
    assert set(averaged.state_dict()) == set(model.state_dict())

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Learning rates, parameter groups and the moving average against closed forms."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from tiny_networks import tiny_network

from lacdepth_ros.training.optim import (
    OptimizerConfig,
    ScheduleConfig,
    build_average,
    build_optimizer,
    build_schedule,
    learning_rate_share,
)

OPTIMIZER = OptimizerConfig(encoder_lr=1e-3, decoder_lr=5e-3, weight_decay=0.02)
SCHEDULE = ScheduleConfig(warmup=100, final_share=0.1, power=0.5)


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
    assert learning_rate_share(step, SCHEDULE, 1000) == pytest.approx(share)


def test_decay_that_ends_before_the_training_does() -> None:
    """LapDepth: 20 of 25 epochs from 1e-4 to 1e-5, then 5 more at 1e-5."""
    config = ScheduleConfig(warmup=0, final_share=0.1, power=0.5, decay_share=0.8)
    rates = [1e-4 * learning_rate_share(step, config, 2500) for step in (0, 1000, 2000, 2400)]
    expected = [(1e-4 - 1e-5) * (1 - n / 2000) ** 0.5 + 1e-5 for n in (0, 1000, 2000, 2000)]
    assert rates == pytest.approx(expected)


def test_steps_never_fall_below_the_floor() -> None:
    """The paper: times 0.9 every 5 epochs, from 1e-4 to no less than 1e-5."""
    config = ScheduleConfig(kind='step', warmup=0, step_every=50, step_factor=0.9, final_share=0.1)
    shares = [learning_rate_share(step, config, 1000) for step in (0, 49, 50, 249, 250, 100000)]
    assert shares == pytest.approx([1.0, 1.0, 0.9, 0.9**4, 0.9**5, 0.1])


def test_constant_after_warm_up() -> None:
    config = ScheduleConfig(kind='constant', warmup=4)
    assert [learning_rate_share(s, config, 10) for s in (1, 4, 9)] == [0.5, 1.0, 1.0]


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'kind': 'cosine'}, "'poly', 'step', 'constant'"),
        ({'warmup': -1}, 'warmup=-1'),
        ({'power': 0.0}, 'power=0.0'),
        ({'step_factor': 1.5}, 'step_factor=1.5'),
        ({'decay_share': 0.0}, 'decay_share=0.0'),
        ({'final_share': 1.0}, 'final_share=1.0'),
    ],
)
def test_impossible_schedule(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ScheduleConfig(**changes)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'kind': 'sgd'}, "'adamw', 'adam'"),
        ({'encoder_lr': 0.0}, 'encoder_lr=0.0'),
        ({'decoder_lr': float('nan')}, 'decoder_lr=nan'),
        ({'weight_decay': -1.0}, 'weight_decay=-1.0'),
    ],
)
def test_impossible_optimizer(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OptimizerConfig(**changes)


@pytest.mark.parametrize('kind', ['adamw', 'adam'])
def test_every_parameter_is_in_one_group_with_its_own_rate(kind: Any) -> None:
    model = tiny_network()
    optimizer = build_optimizer(model, dataclasses.replace(OPTIMIZER, kind=kind))
    assert type(optimizer).__name__.lower() == kind
    schedule = build_schedule(optimizer, SCHEDULE, 1000)
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
    average = build_average(model, 0.75)
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

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frozen parts stay as they are, renewed ones start anew."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from tiny_networks import random_image, tiny_network

from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.shipped import default_checkpoint
from lacdepth_ros.training.parts import (
    NetworkConfig,
    build_network,
    freeze,
    renew,
    training_mode,
)


def test_frozen_parts_keep_weights_and_statistics() -> None:
    model = tiny_network()
    before = copy.deepcopy(model.state_dict())
    config = NetworkConfig(frozen=('encoder', 'fusion', 'pyramid'))
    freeze(model, config)
    training_mode(model, config)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    model(random_image(64, 96)).depth.mean().backward()
    optimizer.step()
    after = model.state_dict()
    changed = {name.split('.')[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed and changed <= {'bins', 'distribution', 'upsampling'}


def test_renewed_parts_differ_and_the_rest_stays() -> None:
    model = tiny_network()
    before = copy.deepcopy(model.state_dict())
    renew(model, ['bins'])
    after = model.state_dict()
    changed = {name.split('.')[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {'bins'}


def test_unknown_part_is_named() -> None:
    with pytest.raises(ValueError, match=r"no part 'head'.*'encoder'"):
        freeze(tiny_network(), NetworkConfig(frozen=('head',)))


def test_frozen_norms_keep_statistics_but_learn_their_weights() -> None:
    model = tiny_network()
    for scope in ('encoder', 'all'):
        before = copy.deepcopy(model.state_dict())
        training_mode(model, NetworkConfig(frozen_batch_norm=scope))
        model(random_image(64, 96))
        after = model.state_dict()
        changed = {n.split('.')[0] for n in before if not torch.equal(before[n], after[n])}
        assert ('encoder' not in changed) and bool(changed) == (scope == 'encoder')
    assert all(p.requires_grad for p in model.parameters())


def test_first_stages_are_frozen_alone() -> None:
    model = tiny_network()
    freeze(model, NetworkConfig(frozen_stages=2))
    frozen = {name.split('.')[2] for name, p in model.named_parameters() if not p.requires_grad}
    assert frozen == {'0', '1'}


def test_shipped_checkpoint_is_a_start() -> None:
    try:
        expected = load_checkpoint(default_checkpoint())[0]
    except FileNotFoundError:
        pytest.skip('no checkpoint is shipped')
    model = build_network(NetworkConfig(preset=None, checkpoint='shipped'))
    assert model.config == expected.config
    weights = expected.state_dict()
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name])


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ({'preset': 'lacdepth-huge'}, 'lacdepth-huge'),
        ({'architecture': {'depth': 50}}, r"\['depth'\]"),
        ({'architecture': {'fusion': 'sum'}}, "fusion='sum'"),
        ({'preset': None}, 'name a checkpoint'),
        ({'frozen_batch_norm': 'some'}, "'none', 'encoder', 'all'"),
        ({'frozen_stages': -1}, 'frozen_stages=-1'),
    ],
)
def test_impossible_network_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NetworkConfig(**values)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frozen parts stay as they are, renewed ones start anew."""

from __future__ import annotations

import copy

import pytest
import torch
from tiny_networks import random_image, tiny_network

from lacdepth_ros.training.parts import freeze, renew, training_mode


def test_frozen_parts_keep_weights_and_statistics() -> None:
    model = tiny_network()
    before = copy.deepcopy(model.state_dict())
    freeze(model, ['encoder', 'fusion', 'pyramid'])
    training_mode(model, ['encoder', 'fusion', 'pyramid'])
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
        freeze(tiny_network(), ['head'])

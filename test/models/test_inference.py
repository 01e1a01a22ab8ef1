# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Folding BatchNorm changes the network's time, not its output."""

from __future__ import annotations

import pytest
import torch
from tiny_networks import random_image, tiny_network
from torch import nn

from lacdepth_ros.models.inference import fold_batch_norm


def batch_norms(model: nn.Module) -> list[nn.BatchNorm2d]:
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


@pytest.mark.parametrize('encoder', ['mobilenet_v2', 'efficientnet_b0'])
def test_folded_network_computes_the_same(encoder: str) -> None:
    model = tiny_network(encoder=encoder)
    for norm in batch_norms(model):
        nn.init.uniform_(norm.running_mean, -0.2, 0.2)
        nn.init.uniform_(norm.running_var, 0.5, 1.5)
        nn.init.uniform_(norm.weight, 0.7, 1.3)
        nn.init.uniform_(norm.bias, -0.2, 0.2)
    image = random_image(64, 96)
    with torch.inference_mode():
        before = model(image)
        fold_batch_norm(model)
        after = model(image)
    assert not batch_norms(model)
    for name in ('depth', 'std', 'relative'):
        torch.testing.assert_close(
            getattr(after, name), getattr(before, name), rtol=1e-3, atol=1e-4
        )


def test_training_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r'call model\.eval'):
        fold_batch_norm(tiny_network().train())

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The way to a GPU without one: PyTorch's fake tensors compute devices, types and shapes only.

A tensor left on the CPU, or a float16 map in a float32 convolution, raises here as on a GPU.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from slow_values import first_is_fast
from tiny_networks import tiny_config
from torch._subclasses.fake_tensor import FakeTensorMode

from lacdepth_ros.core.preprocessing import image_to_tensor
from lacdepth_ros.models.config import PRESETS, ModelConfig
from lacdepth_ros.models.engines.build import build_engine
from lacdepth_ros.models.export import typical_intrinsics
from lacdepth_ros.models.inference import prepare_for_inference
from lacdepth_ros.models.lacdepth import LacDepth

GPU = torch.device('cuda')
VARIANTS: list[dict[str, Any]] = [
    {'rays': 'decoder'},
    {'bin_strategy': 'naive'},
    {'bin_strategy': 'splitter', 'distribution': 'softmax'},
    {'bin_type': 'softplus', 'attractor_kind': 'inv', 'distribution': 'gaussian'},
    {'upsampling': 'bilinear', 'attractor_aggregation': 'sum'},
    {'levels': 0, 'fusion': 'none'},
    {'levels': 6, 'fusion': 'residual', 'pyramid_stride': 1, 'head_stride': 2},
]


@cache
def network(config: ModelConfig) -> LacDepth:
    """One of random weights, which take longer than all else; not to be changed."""
    return LacDepth(config).eval()


def answers(config: ModelConfig, precision: str) -> tuple[torch.Tensor, ...]:
    """Run a network of the configuration on a fake GPU: depth, std, and one row for the image."""
    model = copy.deepcopy(network(config))
    prepare_for_inference(model, torch.device('cpu'), precision)
    with FakeTensorMode(allow_non_fake_inputs=True):  # the weights, until they are moved
        engine = build_engine('eager', model, GPU, precision)
        constants = (x.to(GPU) for x in typical_intrinsics(config, 37, 70))
        return engine.run(torch.zeros(1, 3, 37, 70, device=GPU), *constants)


@pytest.mark.slow
@pytest.mark.parametrize('precision', ['fp32', 'bf16', 'fp16'])
@pytest.mark.parametrize('config', PRESETS.values(), ids=PRESETS)
def test_presets_stay_on_the_gpu(config: ModelConfig, precision: str) -> None:
    depth, std, row = answers(config, precision)
    for answer in (depth, std, row):
        assert answer.device.type == 'cuda'
        assert answer.dtype == torch.float32
    assert depth.shape == std.shape == (1, 1, 37, 70)
    assert row.shape == (1, config.widths[2])


@pytest.mark.parametrize('precision', ['fp32', 'fp16'])
@pytest.mark.parametrize('changes', first_is_fast(VARIANTS))
def test_variants_stay_on_the_gpu(changes: dict[str, Any], precision: str) -> None:
    for maps in answers(tiny_config(**changes), precision):
        assert maps.device.type == 'cuda' and maps.dtype == torch.float32


def test_a_map_of_another_device_or_type_is_caught() -> None:
    """What these tests stand on: the fake tensors do refuse what a GPU would refuse."""
    layer = torch.nn.Conv2d(3, 3, 1)
    with FakeTensorMode(allow_non_fake_inputs=True):
        layer.to(GPU)
        with pytest.raises(RuntimeError, match='cuda'):
            layer(torch.zeros(1, 3, 4, 4))
        with pytest.raises(RuntimeError, match='type'):
            layer(torch.zeros(1, 3, 4, 4, device=GPU, dtype=torch.float16))


def test_only_meters_and_the_first_stage_are_float32_in_reduced_precision() -> None:
    model = LacDepth(tiny_config()).eval()
    model.reduce_precision(torch.float16)
    exact = ('encoder.stages.0', 'bins', 'distribution', 'upsampling.weights', 'pyramid.base_head')
    exact += ('pyramid.fuse', 'pyramid.steps.0.head', 'pyramid.steps.1.head')
    kept = {name for name, p in model.named_parameters() if p.dtype == torch.float32}
    assert kept == {name for name, _ in model.named_parameters() if name.startswith(exact)}


def test_the_image_is_normalized_on_the_gpu() -> None:
    with FakeTensorMode(allow_non_fake_inputs=True):
        tensor = image_to_tensor(np.zeros((37, 70, 3), np.uint8), GPU)
    assert tensor.device.type == 'cuda' and tensor.shape == (1, 3, 37, 70)

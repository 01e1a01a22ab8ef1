# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A real GPU: depth as on the CPU, CUDA graphs, and memory given back (see `make gpu-check`)."""

from __future__ import annotations

import copy
import gc
import os
from functools import lru_cache

import numpy as np
import pytest
import torch
from tiny_networks import random_image, tiny_network

from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.engines.build import build_engine
from lacdepth_ros.models.engines.parity import compare, run_engine, street_input
from lacdepth_ros.models.engines.street import street_view
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.synthetic.sample import KITTI_CAMERA

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device'),
]

CPU, GPU = torch.device('cpu'), torch.device('cuda')
CAMERA = KITTI_CAMERA.resized(920, 278)
ENGINES = ('eager', 'compiled')
ROUNDS = int(os.environ.get('LACDEPTH_RECONFIGURATIONS', '30'))
COMPILED_ROUNDS = min(ROUNDS, 6)
"""Of the compiled engine, where a round takes ten seconds and more."""
WORKSPACE = 64 * 2**20
"""Bytes that cuBLAS and cuDNN may keep for the process."""


@lru_cache
def shipped() -> LacDepth:
    return load_checkpoint()[0]


@lru_cache
def reference() -> np.ndarray:
    """Depth and std of the street on the CPU in float32."""
    engine = build_engine('eager', copy.deepcopy(shipped()), CPU, 'fp32')
    return run_engine(engine, *street_input(shipped().config, CAMERA, CPU)[0])


def used() -> int:
    gc.collect()
    torch.cuda.empty_cache()
    return torch.cuda.memory_allocated()


@pytest.mark.parametrize('precision', ['fp32', 'bf16', 'fp16'])
@pytest.mark.parametrize('name', ENGINES)
def test_depth_is_that_of_the_cpu(name: str, precision: str, record_property) -> None:
    engine = build_engine(name, copy.deepcopy(shipped()), GPU, precision)
    inputs, ground_truth = street_input(shipped().config, CAMERA, GPU)
    parity = compare(run_engine(engine, *inputs), reference(), ground_truth)
    record_property('parity', str(parity))
    assert not parity.problem(precision)


def test_captured_graph_serves_images_and_sizes_in_any_order() -> None:
    model = tiny_network()
    expected = build_engine('eager', copy.deepcopy(model), CPU, 'fp32')
    engine = build_engine('compiled', copy.deepcopy(model), GPU, 'fp32')
    sizes = [(64, 96), (37, 50), (64, 96), (96, 64), (33, 70), (50, 50), (64, 96)]
    images = [random_image(*size, seed=i) for i, size in enumerate(sizes)]
    outputs = [engine.run(image.cuda()) for image in images]  # read only after the last run
    for image, maps in zip(images, outputs, strict=True):
        for ours, theirs in zip(maps, expected.run(image), strict=True):
            torch.testing.assert_close(ours.cpu(), theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize('name', ENGINES)
def test_predictor_gives_the_meters_of_the_cpu(name: str) -> None:
    view = street_view(KITTI_CAMERA)
    ours, theirs = (
        DepthPredictor(copy.deepcopy(shipped()), device=device, engine=engine).predict(
            view.image, view.camera, flip_average=True
        )
        for device, engine in (('cuda', name), ('cpu', 'eager'))
    )
    np.testing.assert_allclose(ours.depth, theirs.depth, rtol=1e-3)
    np.testing.assert_allclose(ours.std, theirs.std, rtol=2e-3, atol=1e-2)


@pytest.mark.parametrize('name', ENGINES)
def test_memory_is_given_back_at_cleanup(name: str) -> None:
    before = used()
    predictor = DepthPredictor(copy.deepcopy(shipped()), device='cuda', engine=name)
    predictor.warm_up(375, 1242)
    assert used() - before > 8 * 2**20, 'the network was not on the GPU'
    predictor.close()
    del predictor
    assert used() - before < WORKSPACE
    assert torch.cuda.memory_reserved() - before < 2 * WORKSPACE


@pytest.mark.parametrize('name', ENGINES)
def test_reconfigurations_leave_nothing_behind(name: str, record_property) -> None:
    after, rounds = [], COMPILED_ROUNDS if name == 'compiled' else ROUNDS
    for _ in range(rounds):
        predictor = DepthPredictor(tiny_network(), device='cuda', precision='fp16', engine=name)
        predictor.warm_up(64, 96)
        predictor.close()
        after.append(used())
    record_property('rounds', rounds)
    record_property('bytes', f'{after[2]} after 3, {after[-1]} at the end')
    assert after[-1] <= after[2]

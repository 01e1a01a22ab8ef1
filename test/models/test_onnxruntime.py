# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The engine onnxruntime: PyTorch's depth at every size, and words where it cannot run."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from tiny_networks import random_image, tiny_network

from lacdepth_ros.models.engines import onnxruntime as module
from lacdepth_ros.models.engines.eager import EagerEngine
from lacdepth_ros.models.engines.onnxruntime import OnnxRuntimeEngine
from lacdepth_ros.models.inference import prepare_for_inference

pytestmark = pytest.mark.slow

CPU, GPU = torch.device('cpu'), torch.device('cuda')
INTRINSICS = torch.tensor([[40.0, 44.0, 21.0, 17.0]])


@pytest.fixture
def installed() -> None:
    for package in ('onnx', 'onnxscript', 'onnxruntime'):
        pytest.importorskip(package)


@pytest.mark.usefixtures('installed')
def test_depth_and_std_are_those_of_pytorch_and_come_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('LACDEPTH_CACHE', str(tmp_path))
    image = random_image(37, 50).contiguous(memory_format=torch.channels_last)
    model = tiny_network(rays='decoder')
    ours = OnnxRuntimeEngine(model, CPU, 'fp32').run(image, INTRINSICS)
    theirs = EagerEngine(tiny_network(rays='decoder'), CPU, 'fp32').run(image, INTRINSICS)
    assert len(ours) == 3
    for mine, expected in zip(ours, theirs, strict=True):
        assert mine.dtype == torch.float32
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=2e-3)
    monkeypatch.setattr(module, 'translate', None)
    again = OnnxRuntimeEngine(tiny_network(rays='decoder'), CPU, 'fp32')
    torch.testing.assert_close(again.run(image, INTRINSICS)[0], ours[0])
    with pytest.raises(TypeError):  # another size would have to be translated
        again.run(random_image(32, 64), INTRINSICS)


@pytest.mark.usefixtures('installed')
def test_what_the_translation_leaves_as_it_is_concerns_no_user(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = tiny_network(rays='decoder')
    network = module.MetricNetwork(prepare_for_inference(model, CPU, 'fp32')).eval()
    level = logging.getLogger('onnxscript').level
    module.translate(network, (random_image(32, 64), INTRINSICS), module.OUTPUTS)
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert said == []
    assert logging.getLogger('onnxscript').level == level


def runtime(*providers: str) -> SimpleNamespace:
    return SimpleNamespace(__version__='1', get_available_providers=lambda: list(providers))


@pytest.mark.usefixtures('installed')
def test_a_gpu_is_never_replaced_by_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is available is compiled in; where its libraries are missing the CPU is taken."""
    import onnxruntime

    monkeypatch.setenv('LACDEPTH_CACHE', str(tmp_path))
    present = ['CUDAExecutionProvider', 'CPUExecutionProvider']
    monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: present)
    engine = OnnxRuntimeEngine(tiny_network(), GPU, 'fp32')
    given = pytest.warns(UserWarning, match='CUDAExecutionProvider')
    with (
        given,
        pytest.raises(ValueError, match=r"ran on \['CPUExecutionProvider'\]: install the CUDA"),
    ):
        engine.run(random_image(32, 64))


def test_missing_package_provider_and_precision_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, 'load_library', lambda name, _: runtime('CPUExecutionProvider'))
    with pytest.raises(ValueError, match=r"nothing for 'cuda'.*pip install onnxruntime-gpu"):
        OnnxRuntimeEngine(tiny_network(), GPU, 'fp16')
    with pytest.raises(ValueError, match=r"'bf16' .* on 'cpu' is not one of \['fp32'\]"):
        OnnxRuntimeEngine(tiny_network(), CPU, 'bf16')

    def absent(name: str, purpose: str) -> None:
        raise ModuleNotFoundError(f'{name} is needed for {purpose}')

    monkeypatch.setattr(module, 'load_library', absent)
    with pytest.raises(ModuleNotFoundError, match="onnxruntime is needed for engine 'onnxrun"):
        OnnxRuntimeEngine(tiny_network(), CPU, 'fp32')

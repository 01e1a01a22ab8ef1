# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The engine openvino: PyTorch's depth, for every variant of the network and any size."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from slow_values import first_is_fast
from tiny_networks import random_image, tiny_network

from lacdepth_ros.models.engines.eager import EagerEngine
from lacdepth_ros.models.engines.engine import Engine

pytest.importorskip('openvino')

from lacdepth_ros.models.engines import openvino as module
from lacdepth_ros.models.engines.openvino import OpenVinoEngine
from lacdepth_ros.models.engines.openvino_core import openvino_core

CPU = torch.device('cpu')
VARIANTS: list[dict[str, Any]] = [
    {},
    {'bin_strategy': 'naive'},
    {'bin_strategy': 'splitter', 'distribution': 'softmax'},
    {'bin_type': 'softplus', 'attractor_kind': 'inv', 'distribution': 'gaussian'},
    {'upsampling': 'bilinear', 'attractor_aggregation': 'sum'},
    {'levels': 6, 'fusion': 'residual', 'pyramid_stride': 1, 'head_stride': 2},
]
SIGNALED = """
import gc, os, signal, threading
import torch
from tiny_networks import tiny_network
from lacdepth_ros.models.engines.openvino import OpenVinoEngine

def engine():
    return OpenVinoEngine(tiny_network(), torch.device('cpu'), 'fp32')

signal.signal(signal.SIGUSR1, lambda *_: print('handled', flush=True))
engines = [engine(), engine()]
for _ in range(2):  # in the order in which they came
    engines.pop(0).close()
    gc.collect()
os.kill(os.getpid(), signal.SIGUSR1)
engines = [engine()]
thread = threading.Thread(target=lambda: engines.pop().close())
thread.start()
thread.join()
gc.collect()
os.kill(os.getpid(), signal.SIGUSR1)
"""


def both(**changes: Any) -> tuple[Engine, Engine]:
    """OpenVINO's and PyTorch's engine of one network."""
    model = tiny_network(**changes)
    return OpenVinoEngine(copy.deepcopy(model), CPU, 'fp32'), EagerEngine(model, CPU, 'fp32')


@pytest.mark.parametrize('changes', first_is_fast(VARIANTS))
def test_depth_and_std_are_those_of_pytorch(changes: dict[str, Any]) -> None:
    ours, theirs = both(**changes)
    image = random_image(37, 50)
    for mine, expected in zip(ours.run(image), theirs.run(image), strict=True):
        assert mine.dtype == torch.float32
        torch.testing.assert_close(mine, expected, rtol=1e-4, atol=2e-3, equal_nan=True)


@pytest.mark.slow
def test_images_of_two_sizes_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each answer belongs to the caller; a size that had to make room comes back."""
    monkeypatch.setattr(module, 'MAX_SHAPES', 1)
    ours, theirs = both()
    assert not ours.knows(32, 64) and theirs.knows(32, 64)
    images = [random_image(32, 64 if i % 2 else 96, seed=i) for i in range(3)]
    images.append(random_image(32, 64, seed=9).contiguous(memory_format=torch.channels_last))
    answers = [ours.run(image) for image in images]
    assert ours.knows(32, 64) and not ours.knows(32, 96), 'the one that had to make room'
    for image, (depth, *_) in zip(images, answers, strict=True):
        torch.testing.assert_close(depth, theirs.run(image)[0], rtol=1e-4, atol=1e-3)


@pytest.mark.slow
def test_a_size_is_prepared_in_another_thread_while_this_one_runs_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = both()
    image = random_image(32, 64)
    expected = theirs.run(image)[0]
    ours.run(image)
    thread = threading.Thread(target=ours.prepare, args=(64, 64))
    thread.start()
    for _ in range(20):
        torch.testing.assert_close(ours.run(image)[0], expected, rtol=1e-4, atol=1e-3)
    thread.join()
    assert ours.knows(64, 64) and ours.knows(32, 64)
    monkeypatch.setattr(module, 'translate', None)
    image = random_image(64, 64)
    torch.testing.assert_close(ours.run(image)[0], theirs.run(image)[0], rtol=1e-4, atol=1e-3)


@pytest.mark.slow
def test_next_start_takes_the_network_from_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('LACDEPTH_CACHE', str(tmp_path))
    image = random_image(32, 64)
    first = OpenVinoEngine(tiny_network(), CPU, 'fp32').run(image)
    monkeypatch.setattr(module, 'translate', None)
    again = OpenVinoEngine(tiny_network(), CPU, 'fp32').run(image)
    torch.testing.assert_close(again, first)
    for stale in (tiny_network(seed=1), tiny_network(max_depth=50.0)):
        with pytest.raises(TypeError):  # it would have to be translated
            OpenVinoEngine(stale, CPU, 'fp32').run(image)


@pytest.mark.slow
def test_file_that_openvino_refuses_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('LACDEPTH_CACHE', str(tmp_path))
    image = random_image(32, 64)
    first = OpenVinoEngine(tiny_network(), CPU, 'fp32').run(image)
    monkeypatch.setattr(module.cache, 'load', lambda key: b'of another build')
    torch.testing.assert_close(OpenVinoEngine(tiny_network(), CPU, 'fp32').run(image), first)


def test_absent_device_and_type_are_refused() -> None:
    if 'GPU' not in openvino_core('this test').available_devices:
        with pytest.raises(ValueError, match="nothing for 'xpu'"):
            OpenVinoEngine(tiny_network(), torch.device('xpu'), 'fp32')
    with pytest.raises(ValueError, match=r"'int4'.*FP32"):
        OpenVinoEngine(tiny_network(), CPU, 'int4')


@pytest.mark.slow
def test_signals_are_handled_after_engines_are_gone() -> None:
    """A Core that goes takes the thread's stack for signals with it, or that of another thread."""
    paths = [str(Path(__file__).parents[1]), os.environ.get('PYTHONPATH', '')]
    done = subprocess.run(
        [sys.executable, '-c', SIGNALED],
        env=os.environ | {'PYTHONPATH': os.pathsep.join(paths)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, 'handled\nhandled\n'), done.stderr

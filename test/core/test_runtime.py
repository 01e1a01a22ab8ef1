# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a process sets up before it runs a network: the same in the node and in the commands."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_networks import tiny_network

from lacdepth_ros.cli.main import main
from lacdepth_ros.core import runtime
from lacdepth_ros.models.checkpoint import save_checkpoint
from lacdepth_ros.models.predictor import DepthPredictor


@pytest.fixture(autouse=True)
def plain_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither OpenMP nor OpenCV has been told anything; afterwards all is as it was."""
    for name in ('GOMP_SPINCOUNT', 'OMP_WAIT_POLICY', *runtime.PRIMITIVE_CACHES):
        monkeypatch.setenv(name, '')  # so that the test's end takes back what is set below
        monkeypatch.delenv(name)
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ({}, runtime.SPINS),
        ({'GOMP_SPINCOUNT': '7'}, '7'),
        ({'OMP_WAIT_POLICY': 'active'}, None),
    ],
)
def test_openmp_spins_little_unless_the_user_said_otherwise(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], expected: str | None
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    runtime.tune_process()
    assert os.environ.get('GOMP_SPINCOUNT') == expected


def test_few_input_sizes_are_kept_unless_the_user_said_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = runtime.PRIMITIVE_CACHES
    monkeypatch.setenv(first, '1000')  # of the user
    runtime.tune_process()
    assert (os.environ[first], os.environ[second]) == ('1000', runtime.PRIMITIVES)


@pytest.mark.parametrize('enabled', [True, False])
def test_garbage_is_looked_for_afterwards_only_if_it_was_before(enabled: bool) -> None:
    before = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with runtime.without_collecting():
            assert not gc.isenabled()
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_opencv_has_one_thread_beside_a_network_on_the_cpu() -> None:
    cv2.setNumThreads(-1)
    every = cv2.getNumThreads()
    runtime.share_cores('cpu')
    assert cv2.getNumThreads() == 1
    runtime.share_cores('cuda')
    assert cv2.getNumThreads() == every


def test_node_shares_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip('rclpy')
    from lacdepth_ros.node.main import load_predictor

    monkeypatch.setattr(DepthPredictor, 'from_checkpoint', lambda *_, **options: options['device'])
    assert load_predictor(None, device='cpu') == 'cpu'
    assert cv2.getNumThreads() == 1


@pytest.mark.parametrize('command', ['predict', 'evaluate', 'benchmark'])
def test_commands_run_the_network_as_the_node_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The allocator and OpenMP before the network is loaded, OpenCV's threads with it."""
    tuned = []
    monkeypatch.setattr(runtime, 'tune_allocator', lambda: tuned.append(True))
    monkeypatch.setattr('lacdepth_ros.models.config.PRESETS', {})
    checkpoint = ['--checkpoint', str(tmp_path / 'tiny.safetensors')]
    save_checkpoint(checkpoint[1], tiny_network(), {})
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((9, 9, 3), np.uint8))
    (tmp_path / 'manifest.jsonl').write_text(
        '{"id": "a", "image": "a.png", "depth": "a.png", "depth_scale": 256, "width": 9, '
        '"height": 9, "K": [9, 9, 4, 4]}'
    )
    arguments = {
        'predict': [str(tmp_path / 'a.png'), '--output', str(tmp_path / 'out'), *checkpoint],
        'evaluate': ['--data', str(tmp_path), *checkpoint],
        'benchmark': ['--skip-sizes', '--node-frames', '0', '--rates'],
    }
    main([command, *arguments[command]])
    assert tuned == [True]
    assert os.environ['GOMP_SPINCOUNT'] == runtime.SPINS
    assert cv2.getNumThreads() == 1


AT_TORCH = """
import os, sys

class AtTorch:
    def find_spec(self, name, *_):
        if name == 'torch':
            print(os.environ.get('GOMP_SPINCOUNT'))
            sys.exit()

sys.meta_path.insert(0, AtTorch())
from lacdepth_ros.cli.main import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize('command', ['train', 'ablate', 'predict', 'evaluate', 'robustness'])
def test_openmp_is_told_before_pytorch_reads_it(tmp_path: Path, command: str) -> None:
    image = tmp_path / 'a.png'
    cv2.imwrite(str(image), np.zeros((9, 9, 3), np.uint8))
    output, data = ['--output', str(tmp_path / 'out')], ['--data', str(tmp_path)]
    arguments = {
        'train': ['--config', 'lite', *output],
        'ablate': output,
        'predict': [str(image), *output],
        'evaluate': data,
        'robustness': data,
    }
    result = subprocess.run(
        [sys.executable, '-c', AT_TORCH, command, *arguments[command]],
        capture_output=True,
        text=True,
    )
    assert result.stdout == f'{runtime.SPINS}\n', result.stderr

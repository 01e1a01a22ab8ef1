# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node's benchmark names what stayed unanswered."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy')
from lacdepth_ros.cli.main import main
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.messages.topics import DEPTH, POINTS
from lacdepth_ros.session import loop, node_benchmark, node_load, node_process
from lacdepth_ros.session.client import Answer, DepthClient
from lacdepth_ros.session.node_load import LoadFigures
from lacdepth_ros.session.node_process import NodeError

pytestmark = pytest.mark.ros


class SilentNode:
    """A process that is there; every answer lacks its cloud."""

    def __init__(self, namespace: str, parameters: object, log: Path) -> None:
        self.check = lambda: None
        log.write_text('out of memory for the cloud')

    def __enter__(self) -> SilentNode:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class FakeClient(DepthClient):
    def __init__(self, namespace: str, topics: tuple[str, ...], **_: object) -> None:
        self.topics, self.late, self.repeated, self.diagnostics = topics, 0, 0, {}
        self.wait_for_node = self.change_state = self.wait_for_topics = lambda *_: None
        self.set_clock = self.wait_for_report = lambda _: None
        self.close = lambda: None

    def exchange(self, message: object, info: object, timeout: float) -> Answer:
        depth = depth_to_message(SimpleNamespace, np.ones((4, 6), np.float32), None)
        return Answer(self.topics, 0.0, {DEPTH: depth}, {DEPTH: 5.0})


def test_unanswered_frame_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, 'NodeProcess', SilentNode)
    monkeypatch.setattr(loop, 'DepthClient', FakeClient)
    monkeypatch.setattr(node_benchmark, 'CASES', {'both': (DEPTH, POINTS)})
    monkeypatch.setattr(node_process, 'use_domain', lambda domain: None)
    assert main(['benchmark', '--skip-sizes', '--rounds', '0', '--node-frames', '2']) == 1
    said = capsys.readouterr().err
    assert 'frame 1 of 2: nothing on points within 60 s' in said
    assert 'out of memory for the cloud' in said


@pytest.mark.parametrize('end', [NodeError('the node ended'), KeyboardInterrupt()])
def test_loads_before_an_end_are_kept(
    end: BaseException,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def load(_parameters: object, _topics: object, *, cameras: int, rate: float, **_: object):
        if rate == 20:
            raise end
        latencies = (10.0, 20.0, 30.0)
        return LoadFigures(cameras, rate, 50, 0.75, 0.5, latencies, 150.0, 512.0, 'eager fp32')

    monkeypatch.setattr(node_load, 'load_node', load)
    monkeypatch.setattr(node_process, 'use_domain', lambda domain: None)
    out = tmp_path / 'bench.json'
    arguments = '--skip-sizes --rounds 0 --node-frames 0 --rates 10 20 --json'
    assert main(['benchmark', *arguments.split(), str(out)]) != 0
    kept = json.loads(out.read_text())
    assert not kept['complete']
    assert [(row['rate'], row['answered'], row['cpu_percent']) for row in kept['load']] == [
        (10.0, 0.75, 150.0)
    ]
    assert '75%    50%      10.0  20.0  30.0      150           512' in capsys.readouterr().out


def test_engine_is_named_without_its_reasons() -> None:
    for said in ('openvino bf16 (against float32: 0.3 %)', 'openvino bf16, measured: 1 ms'):
        assert node_benchmark.engine_of({'engine': said}) == 'openvino bf16'
    assert node_benchmark.engine_of({}) == ''

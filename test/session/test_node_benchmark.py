# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node's benchmark names what stayed unanswered."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip('rclpy')
from lacdepth_ros.cli.main import main
from lacdepth_ros.session import node_benchmark
from lacdepth_ros.session.client import Answer, DepthClient

pytestmark = pytest.mark.ros


class SilentNode:
    """A process that is there; every answer lacks its cloud."""

    def __init__(self, *_: object) -> None:
        self.check = lambda: None
        self.last_lines = lambda: 'out of memory for the cloud'

    def __enter__(self) -> SilentNode:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class FakeClient(DepthClient):
    def __init__(self, namespace: str, topics: tuple[str, ...], watch: object) -> None:
        self.topics = topics
        self.wait_for_node = self.change_state = self.wait_for_topics = lambda *_: None
        self.close = lambda: None

    def exchange(self, message: object, info: object, timeout: float) -> Answer:
        return Answer(self.topics, 0.0, {'depth/image_rect': SimpleNamespace()}, {})


def test_unanswered_frame_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(node_benchmark, 'NodeProcess', SilentNode)
    monkeypatch.setattr(node_benchmark, 'DepthClient', FakeClient)
    monkeypatch.setattr(node_benchmark, 'CASES', {'both': ('depth/image_rect', 'points')})
    monkeypatch.setattr(node_benchmark, 'use_domain', lambda domain: None)
    monkeypatch.setattr('lacdepth_ros.cli.benchmark._times', lambda args: [])
    assert main(['benchmark', '--skip-sizes', '--node-frames', '2']) == 1
    said = capsys.readouterr().err
    assert 'frame 1 of 2: nothing on points within 60 s' in said
    assert 'out of memory for the cloud' in said

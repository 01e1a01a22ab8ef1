# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node at the pace of one or several cameras: how much it answers, and what that costs."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from lacdepth_ros.core.stamps import set_stamp
from lacdepth_ros.data.camera_info import pinhole_info
from lacdepth_ros.messages.images import color_to_message
from lacdepth_ros.session.client import Answer, DepthClient
from lacdepth_ros.session.loop import CONFIGURE_TIMEOUT, START_TIMEOUT, TIMEOUT
from lacdepth_ros.session.node_benchmark import NAMESPACE, engine_of
from lacdepth_ros.session.node_process import LOG, NodeError, NodeProcess
from lacdepth_ros.session.recorded import FRAME_ID
from lacdepth_ros.session.vital_signs import take
from lacdepth_ros.synthetic.sample import KITTI_CAMERA

WARM_UP = 5
"""Frames of each camera that are answered one by one before anything is counted."""
PATIENCE = 3.0
"""Seconds after the last frame in which answers still count."""


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """What came of it.

    Attributes:
        cameras: How many.
        rate: Images a second of each.
        sent: Images, of all cameras.
        answered: Share of them.
        fewest_answered: That share of the camera with the fewest answers.
        latency_ms: p50, p95 and p99 from publishing an image to the arrival of its last topic; ()
            where nothing was answered.
        cpu_percent: Processor time of the node over time, 100 = one core.
        resident_mb: Memory of the node at the end, MiB.
        engine: What ran the network.
    """

    cameras: int
    rate: float
    sent: int
    answered: float
    fewest_answered: float
    latency_ms: tuple[float, ...]
    cpu_percent: float
    resident_mb: float
    engine: str


def load_node(
    parameters: Mapping[str, Any],
    topics: tuple[str, ...],
    *,
    cameras: int,
    rate: float,
    seconds: float,
) -> LoadFigures:
    """Run the node with frames of KITTI's size, all cameras at once, sent whether answered or not.

    This process is in the node's DDS domain already (`node_process.use_domain`).

    Args:
        parameters: Of the node, by name.
        topics: What is subscribed of each camera.
        cameras: How many.
        rate: Images a second of each.
        seconds: For which to send.

    Raises:
        NodeError: The node did not start, ended, or answered nothing while it was warmed up.
    """
    names = [''] if cameras == 1 else [f'camera{index}' for index in range(cameras)]
    with tempfile.TemporaryDirectory() as folder:
        values = {**parameters, 'cameras': names}
        with NodeProcess(NAMESPACE, values, Path(folder) / LOG) as node:
            client = DepthClient(NAMESPACE, topics, watch=node.check, cameras=names)
            try:
                return _Load(node, client, names, rate).run(seconds)
            except NodeError as failure:
                raise NodeError(f'{failure}; the node wrote:\n{node.last_lines()}') from failure
            finally:
                client.close()


class _Load:
    """One run: the node, its client, and the answers to come."""

    def __init__(
        self, node: NodeProcess, client: DepthClient, names: list[str], rate: float
    ) -> None:
        self._node, self._client, self._names, self._rate = node, client, names, rate
        self._answers: dict[str, list[Answer]] = {name: [] for name in names}
        rng = np.random.default_rng(0)
        shape = (KITTI_CAMERA.height, KITTI_CAMERA.width, 3)
        picture = rng.integers(0, 256, shape, dtype=np.uint8)
        self._image = color_to_message(Image, picture, Header(frame_id=FRAME_ID))
        self._info = pinhole_info(KITTI_CAMERA)

    def run(self, seconds: float) -> LoadFigures:
        """Bring the node up, warm it up, send, and judge."""
        client = self._client
        client.wait_for_node(START_TIMEOUT)
        client.change_state('configure', CONFIGURE_TIMEOUT)
        client.change_state('activate', TIMEOUT)
        client.wait_for_topics(TIMEOUT)
        for _ in range(WARM_UP):
            for name in self._names:
                self._wait(self._send(name), TIMEOUT)
        self._answers = {name: [] for name in self._names}
        begin, spent = time.monotonic(), _processor_seconds(self._node.pid)
        for index in range(round(seconds * self._rate)):
            client.spin_for(max(0.0, begin + index / self._rate - time.monotonic()))
            for name in self._names:
                self._answers[name].append(self._send(name))
        client.spin_for(max(0.0, begin + seconds - time.monotonic()))
        spent = (_processor_seconds(self._node.pid) - spent) / (time.monotonic() - begin)
        client.spin_for(PATIENCE)
        return self._figures(100 * spent)

    def _send(self, name: str) -> Answer:
        stamp = time.time_ns()
        set_stamp(self._image.header.stamp, stamp)
        return self._client.send(self._image, self._info, name)

    def _wait(self, answer: Answer, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not answer.complete:
            if time.monotonic() > deadline:
                raise NodeError(f'nothing came back within {timeout:.0f} s')
            self._client.spin_for(0.02)

    def _figures(self, cpu_percent: float) -> LoadFigures:
        self._client.wait_for_report(TIMEOUT)
        latencies = [
            max(answer.latency_ms.values())
            for answers in self._answers.values()
            for answer in answers
            if answer.complete
        ]
        shares = [
            sum(answer.complete for answer in answers) / len(answers)
            for answers in self._answers.values()
        ]
        return LoadFigures(
            cameras=len(self._names),
            rate=self._rate,
            sent=sum(map(len, self._answers.values())),
            answered=float(np.mean(shares)),
            fewest_answered=min(shares),
            latency_ms=tuple(map(float, np.percentile(latencies, (50, 95, 99))))
            if latencies
            else (),
            cpu_percent=cpu_percent,
            resident_mb=take(self._node.pid, 0.0, 0).resident_mb,
            engine=engine_of(self._client.diagnostics),
        )


def _processor_seconds(pid: int) -> float:
    """Time that a process has spent on processors (Linux)."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

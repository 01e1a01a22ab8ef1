# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a bag sent to the depth node in a process of its own, and its answers collected."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lacdepth_ros.session.client import Answer, DepthClient
from lacdepth_ros.session.node_process import NodeError, NodeProcess
from lacdepth_ros.session.recorded import image_message
from lacdepth_ros.session.replay_frames import ReplayFrame, UnsentFrame
from lacdepth_ros.session.replay_result import ReplayResult
from lacdepth_ros.session.replay_spool import AnswerSpool

Frames = Iterable[ReplayFrame | UnsentFrame]

NAMESPACE = '/lacdepth_replay'
START_TIMEOUT, CONFIGURE_TIMEOUT, TIMEOUT = 120.0, 240.0, 20.0  # seconds
GIVE_UP = 3
"""Frames in a row without an answer after which the rest is not sent (in lockstep)."""
LEAD = 0.5
"""Seconds before the first frame of a replay at a camera's pace, for /clock to be seen."""
TICK = 0.025
"""Seconds between two messages on /clock."""
SILENCE, FIRST_ANSWER = 3.0, 20.0
"""Seconds without a further, or without any, answer after which a replay at a pace is over."""


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """How to replay.

    Attributes:
        parameters: Of the node, by name; see `node_parameters`.
        topics: What to subscribe to.
        transport: 'raw' or 'compressed'.
        rate: Speed of the camera relative to the recording; None sends each frame when the one
            before it is answered.
        timeout: Seconds to wait for an answer in lockstep.
        log: File that takes all the node writes.
        command: What to run instead of the node; () = the node.
    """

    parameters: Mapping[str, Any]
    topics: tuple[str, ...]
    transport: str
    rate: float | None
    timeout: float
    log: Path
    command: tuple[str, ...] = ()


def node_parameters(
    given: Mapping[str, Any], *, transport: str, rectified: bool, lockstep: bool, encoding: str
) -> dict[str, Any]:
    """Parameters of a node that is measured: those given, and what a replay needs.

    In lockstep every frame must arrive, so images and camera_infos are asked for reliably. The
    range is left open: caps belong to the protocol of the evaluation.
    """
    reliable: dict[str, Any] = {
        'image_reliability': 'reliable',
        'qos_overrides': {
            f'{NAMESPACE}/camera_info': {'subscription': {'reliability': 'reliable'}}
        },
    }
    return {
        **given,
        'use_sim_time': True,
        'image_transport': transport,
        'image_is_rectified': rectified,
        'depth_encoding': encoding,
        'min_depth': 0.0,
        'max_depth': 1000.0,
        **(reliable if lockstep else {}),
    }


def read_parameters(path: Path) -> dict[str, Any]:
    """Parameters of the depth node in a parameter file, whatever namespace they are for.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no YAML, or holds no parameters.
    """
    try:
        tree = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f'{path}: not a YAML file ({error})') from error
    parameters = _ros_parameters(tree)
    if not parameters:
        raise ValueError(f'{path}: no ros__parameters in this file')
    return parameters


def _ros_parameters(tree: Any) -> dict[str, Any]:
    """All ros__parameters of a tree, later ones over earlier ones."""
    found: dict[str, Any] = {}
    for key, value in tree.items() if isinstance(tree, dict) else ():
        below = dict(value or {}) if key == 'ros__parameters' else _ros_parameters(value)
        found |= below
    return found


def replay(settings: ReplaySettings, frames: Frames, result: ReplayResult) -> None:
    """Start the node, send the frames and fill the result; ends the node whatever happens.

    This process is in the node's DDS domain already (`node_process.use_domain`).

    What goes wrong on the way (the node dies, the bag is damaged, Ctrl-C) is the result's
    `failure`; what was answered until then counts.
    """
    command = {'command': settings.command} if settings.command else {}
    with NodeProcess(NAMESPACE, settings.parameters, settings.log, **command) as node:
        try:
            _converse(node, settings, frames, result)
        except (NodeError, ValueError) as failure:
            result.failure = str(failure)
            result.log_end = node.last_lines()
        except KeyboardInterrupt:
            result.failure = 'interrupted'


def _converse(
    node: NodeProcess, settings: ReplaySettings, frames: Frames, result: ReplayResult
) -> None:
    """Configure, activate, send every frame, ask for the node's own figures."""
    client = DepthClient(
        NAMESPACE, settings.topics, watch=node.check, transport=settings.transport
    )
    try:
        client.wait_for_node(START_TIMEOUT)
        client.change_state('configure', CONFIGURE_TIMEOUT)
        client.change_state('activate', TIMEOUT)
        client.wait_for_topics(TIMEOUT)
        if settings.rate is None:
            send_in_lockstep(client, frames, result, timeout=settings.timeout)
        else:
            send_at_pace(client, frames, result, rate=settings.rate)
        client.wait_for_report(TIMEOUT)
        result.node = client.diagnostics
    finally:
        result.late, result.repeated = client.late, client.repeated
        client.close()


def send_in_lockstep(
    client: DepthClient, frames: Frames, result: ReplayResult, *, timeout: float
) -> None:
    """Send each frame when the one before it was answered or has had its time.

    Raises:
        NodeError: The node ended, or left several frames in a row unanswered.
        ValueError: The bag is damaged from here on.
    """
    silent = 0
    for frame in frames:
        if isinstance(frame, UnsentFrame):
            result.unsent.append(frame)
            continue
        message = image_message(frame.message, frame.stamp)
        result.sent(frame.index, frame.stamp)
        client.set_clock(frame.stamp)
        answer = client.exchange(message, frame.info, timeout)
        result.answered(frame.index, answer.messages, answer.latency_ms)
        silent = 0 if answer.messages else silent + 1
        if silent == GIVE_UP:
            raise NodeError(f'{GIVE_UP} frames in a row without an answer; the rest was not sent')


def send_at_pace(
    client: DepthClient, frames: Frames, result: ReplayResult, *, rate: float
) -> None:
    """Send each frame when its stamp says so, answered or not, with /clock running alike.

    Answers are scored after the last one has come: the machine belongs to the node until then.

    Raises:
        NodeError: The node ended; what it answered before is in the result.
        ValueError: The bag is damaged from here on.
    """
    with tempfile.TemporaryFile(prefix='lacdepth_replay_') as file:
        under_way = _UnderWay(client, AnswerSpool(file))
        try:
            clock: _Clock | None = None
            for frame in frames:
                if isinstance(frame, UnsentFrame):
                    result.unsent.append(frame)
                    continue
                message = image_message(frame.message, frame.stamp)
                clock = clock or _Clock(frame.stamp, rate)
                result.lag_ms.append(1e3 * clock.wait(client, frame.stamp))
                result.sent(frame.index, frame.stamp)
                under_way.add(frame, client.send(message, frame.info))
                under_way.collect()
            under_way.wait_for_the_last()
        finally:
            under_way.collect()
            for index, messages, latency_ms in under_way.spool.take():
                result.answered(index, messages, latency_ms)


class _Clock:
    """Time of the bag, running at `rate` from shortly before its first frame."""

    def __init__(self, first: int, rate: float) -> None:
        self._first, self._rate = first, rate
        self._begin = time.monotonic() + LEAD

    def wait(self, client: DepthClient, stamp: int) -> float:
        """Let the client spin until a stamp [ns] is due; returns how late it is then [s]."""
        due = self._begin + (stamp - self._first) / 1e9 / self._rate
        while (left := due - time.monotonic()) > 0:
            client.set_clock(max(stamp - round(1e9 * left * self._rate), 0))
            client.spin_for(min(left, TICK))
        client.set_clock(stamp)
        return -left


class _UnderWay:
    """Frames that were sent and are not answered yet; answers go into a spool."""

    def __init__(self, client: DepthClient, spool: AnswerSpool) -> None:
        self.spool = spool
        self._client = client
        self._answers: dict[int, tuple[int, Answer]] = {}  # by index: stamp and answer
        self._slowest = 0.0  # seconds

    def add(self, frame: ReplayFrame, answer: Answer) -> None:
        self._answers[frame.index] = (frame.stamp, answer)

    def collect(self) -> int:
        """Put complete answers aside; returns how many."""
        done = [index for index, (_, answer) in self._answers.items() if answer.complete]
        for index in done:
            stamp, answer = self._answers.pop(index)
            self._client.forget(stamp)
            self._slowest = max(self._slowest, max(answer.latency_ms.values()) / 1e3)
            self.spool.park(index, answer.messages, answer.latency_ms)
        return len(done)

    def wait_for_the_last(self) -> None:
        """Wait until all are answered, or none came for twice as long as any has taken."""
        latest = time.monotonic()
        while self._answers and time.monotonic() < latest + self._patience():
            self._client.spin_for(TICK)
            if self.collect():
                latest = time.monotonic()

    def _patience(self) -> float:
        return max(SILENCE, 2 * self._slowest) if self._slowest else FIRST_ANSWER

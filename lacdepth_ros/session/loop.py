# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A session with the depth node: started, configured, sent frames, asked for answers, ended.

Demo, replay and benchmark are three uses of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacdepth_ros.session.client import DepthClient
from lacdepth_ros.session.frames import Frames, UnsentFrame
from lacdepth_ros.session.node_process import NodeError, NodeProcess
from lacdepth_ros.session.pace import send_at_pace
from lacdepth_ros.session.recorded import image_message
from lacdepth_ros.session.result import INTERRUPTED, SessionResult

START_TIMEOUT, CONFIGURE_TIMEOUT, TIMEOUT = 120.0, 240.0, 20.0  # seconds
GIVE_UP = 3
"""Frames in a row without an answer after which the rest is not sent (in lockstep)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """How to run the node and how to send.

    Attributes:
        namespace: Of the node and its topics, such as '/lacdepth_demo'.
        parameters: Of the node, by name.
        topics: What to subscribe to.
        log: File that takes all the node writes.
        transport: 'raw' or 'compressed'.
        rate: Speed of the camera relative to the stamps; None sends each frame when the one
            before it is answered (lockstep).
        timeout: Seconds to wait for an answer in lockstep.
        command: What to run instead of the node; () = the node.
    """

    namespace: str
    parameters: Mapping[str, Any]
    topics: tuple[str, ...]
    log: Path
    transport: str = 'raw'
    rate: float | None = None
    timeout: float = TIMEOUT
    command: tuple[str, ...] = ()


def run_session(settings: SessionSettings, frames: Frames, result: SessionResult) -> None:
    """Start the node, send the frames and fill the result; ends the node whatever happens.

    This process is in the node's DDS domain already (`node_process.use_domain`).

    What goes wrong on the way (the node dies, the input is damaged, Ctrl-C) is the result's
    `failure`; what was answered until then counts.
    """
    command = {'command': settings.command} if settings.command else {}
    with NodeProcess(settings.namespace, settings.parameters, settings.log, **command) as node:
        try:
            _converse(node, settings, frames, result)
        except (NodeError, ValueError) as failure:
            result.failure = str(failure)
            result.log_end = node.last_lines()
        except KeyboardInterrupt:
            result.failure = INTERRUPTED


def _converse(
    node: NodeProcess, settings: SessionSettings, frames: Frames, result: SessionResult
) -> None:
    """Take the node through its life around the frames, and ask for its own figures."""
    client = DepthClient(
        settings.namespace, settings.topics, watch=node.check, transport=settings.transport
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
        for transition in ('deactivate', 'cleanup', 'shutdown'):
            client.change_state(transition, TIMEOUT)
    finally:
        result.late, result.repeated = client.late, client.repeated
        client.close()


def send_in_lockstep(
    client: DepthClient, frames: Frames, result: SessionResult, *, timeout: float
) -> None:
    """Send each frame when the one before it was answered or has had its time.

    Raises:
        NodeError: The node ended, or left several frames in a row unanswered.
        ValueError: The input is damaged from here on.
    """
    silent = 0
    for frame in frames:
        if isinstance(frame, UnsentFrame):
            result.unsent.append(frame)
            continue
        message = image_message(frame.image, frame.stamp)
        result.sent(frame)
        client.set_clock(frame.stamp)
        answer = client.exchange(message, frame.info, timeout)
        result.answered(frame.index, answer.messages, answer.latency_ms)
        silent = 0 if answer.messages else silent + 1
        if silent == GIVE_UP:
            raise NodeError(f'{GIVE_UP} frames in a row without an answer; the rest was not sent')

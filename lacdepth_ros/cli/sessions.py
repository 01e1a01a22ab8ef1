# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the commands that run the node share: the start, the progress, and what went wrong."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lacdepth_ros.cli.console import GET_ROS, UsageError, error, warn, watched

if TYPE_CHECKING:
    from lacdepth_ros.session.frames import Frames
    from lacdepth_ros.session.loop import SessionSettings
    from lacdepth_ros.session.result import SessionResult


def require_ros(command: str, otherwise: str = '') -> None:
    """Refuse to go on without rclpy.

    Args:
        command: What runs the node, such as 'the demo'.
        otherwise: What can be done without ROS.

    Raises:
        UsageError: It is not installed.
    """
    if any(importlib.util.find_spec(name) is None for name in ('rclpy', 'sensor_msgs')):
        raise UsageError(
            f'{command} runs the ROS 2 node, but rclpy is not installed: {GET_ROS}{otherwise}'
        )


def tell_choice(choice: str) -> None:
    """Say which images of several were taken, and how to take others; '' says nothing."""
    if choice:
        warn(f'{choice}; --image-topic chooses')


def run_node(settings: SessionSettings, frames: Frames, count: int, result: SessionResult) -> None:
    """Run a session in a DDS domain of its own, with progress where somebody watches.

    Args:
        settings: Of the session.
        frames: To send.
        count: Their number (of a video: about).
        result: Is filled.

    Raises:
        UsageError: The node did not take a single frame.
        KeyboardInterrupt: Ctrl-C before the first frame.
    """
    from lacdepth_ros.session.loop import run_session
    from lacdepth_ros.session.node_process import NodeError, choose_domain, use_domain

    try:
        domain = choose_domain()
    except (NodeError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    use_domain(domain)
    print(
        f'starting node {settings.namespace}/depth_node, ROS_DOMAIN_ID {domain}: it loads the '
        'network and warms up ...',
        file=sys.stderr,
    )
    run_session(settings, watched(frames, count), result)
    if not result.failure or result.records:
        return
    if not result.log_end:
        raise KeyboardInterrupt
    print(f'{result.log_end}\n', file=sys.stderr)
    raise UsageError(
        f'{result.failure}; the end of what the node wrote is above and says why. Fix that '
        '(mostly --checkpoint or --device) and run again'
    )


def name_problems(
    result: SessionResult, topics: Sequence[str] = (), *, in_lockstep: bool = True
) -> bool:
    """Name on stderr everything that is missing; returns whether something is.

    Args:
        result: Of the session.
        topics: Those that make a full answer, besides the depth that is scored.
        in_lockstep: At a camera's pace unanswered frames are a result, not a failure.

    Raises:
        KeyboardInterrupt: Ctrl-C ended the session; what was answered until then is reported.
    """
    from lacdepth_ros.session.result import INTERRUPTED

    if result.failure:
        if result.log_end:
            print(f'{result.log_end}\n', file=sys.stderr)
        error(f'ended early: {result.failure}')
    for frame in result.unsent:
        error(f'{frame.id} not sent: {frame.reason}')
    sent = len(result.records)
    unanswered = result.unanswered if in_lockstep else []
    if unanswered:
        few = ', '.join(unanswered[:5]) + (', ...' if len(unanswered) > 5 else '')
        error(f'no depth for {len(unanswered)} of {sent} frames: {few}')
    silent = {topic: sent - result.received[topic] for topic in topics}
    for topic, count in silent.items():
        if count:
            error(f'{count} of {sent} frames without {topic}')
    if result.failure == INTERRUPTED:
        raise KeyboardInterrupt
    return bool(result.failure or result.unsent or unanswered or any(silent.values()))

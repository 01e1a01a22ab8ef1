# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth bag record-depth`: what a running depth node takes in and gives out, as a bag."""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import GET_ROS, INTERRUPTED, UsageError, error, progress_bar, warn

if TYPE_CHECKING:
    from lacdepth_ros.session.recorder import DepthRecorder, NodeTopics

HELP = 'record the inputs and outputs of a running depth node'
DESCRIPTION = """\
Record a running depth node: its images and camera_info as they arrive, its depth, uncertainty and
camera_info as it publishes them, and /tf. The topics are read from the ROS graph, whatever they
were remapped to; recording makes a lazy node compute. Ctrl-C ends the recording and completes the
bag (exit code 130); a killed recorder leaves none that looks whole.
"""
EPILOG = """\
examples:
  lacdepth bag record-depth bags/yard
  lacdepth bag record-depth bags/yard --node /camera/depth_node --duration 60 --all
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to `lacdepth bag`."""
    parser = options.add_command(subparsers, 'record-depth', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('output', type=Path, metavar='OUT', help='folder of the new bag')
    parser.add_argument(
        '--node', metavar='NAME', help='full name of the node (default: the only depth node)'
    )
    parser.add_argument(
        '--camera', metavar='NAME', help='one of several cameras that share the node'
    )
    parser.add_argument('--duration', type=float, metavar='S', help='end after S seconds')
    parser.add_argument('--frames', type=int, metavar='N', help='end after N depth images')
    parser.add_argument(
        '--all', action='store_true', help='also record the cloud and the coloured depth'
    )
    parser.add_argument(
        '--wait',
        type=float,
        default=30.0,
        metavar='S',
        help='how long to wait for the node to be active, seconds (default: 30)',
    )
    parser.add_argument(
        '--storage', default='mcap', choices=('mcap', 'sqlite3'), help='default: mcap'
    )


def run(args: argparse.Namespace) -> int:
    """Record; 1 when images or depth did not arrive."""
    if importlib.util.find_spec('rclpy') is None:
        raise UsageError(f'recording needs rclpy: {GET_ROS}')
    for name in ('duration', 'frames', 'wait'):
        value = getattr(args, name)
        if value is not None and not value > 0:
            raise UsageError(f'--{name} {value:g}: must be above 0')
    outputs.claim_new(args.output, 'OUT')
    from lacdepth_ros.session.node_process import NodeError
    from lacdepth_ros.session.recorder import DepthRecorder

    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))  # ends a recording as well
    recorder = DepthRecorder()
    try:
        print('waiting for the depth node to be active ...', file=sys.stderr)
        topics = recorder.find(
            args.node,
            args.wait,
            camera=args.camera,
            derived=args.all,
            report=lambda text: warn(f'{text}; waiting up to {args.wait:g} s (--wait)'),
        )
        return _record(recorder, topics, args)
    except NodeError as failure:
        raise UsageError(str(failure)) from failure
    finally:
        recorder.close()


def _record(recorder: DepthRecorder, topics: NodeTopics, args: argparse.Namespace) -> int:
    from lacdepth_ros.bags.writer import new_bag

    print(f'recording {", ".join(topics.kinds)}; Ctrl-C ends', file=sys.stderr)
    begin = time.monotonic()
    try:
        with new_bag(args.output, args.storage, keep_broken=True) as bag:
            ended = _end(recorder, args)
            images, answered = recorder.record(bag, topics, ended, args.frames)
    except ValueError as failure:
        raise UsageError(str(failure)) from failure
    for topic, count in bag.counts.items():
        print(f'{count:6d}  {topic}')
    print(
        f'{args.output}: {bag.size / 1e6:.1f} MB in {time.monotonic() - begin:.1f} s, '
        f'depth of {answered} of {images} images'
    )
    if not answered:
        error('no depth was recorded together with its image')
        return 1
    if answered < images:
        warn('the node drops images that it cannot follow; see `lacdepth benchmark`')
    return INTERRUPTED if recorder.interrupted else 0


def _end(recorder: DepthRecorder, args: argparse.Namespace) -> Callable[[], bool]:
    """Whether the time of the recording is over; shows how far it is."""
    begin = time.monotonic()
    by_time = args.duration is not None and args.frames is None
    show = progress_bar('s' if by_time else 'frame')

    def ended() -> bool:
        passed = time.monotonic() - begin
        if by_time:
            show(min(int(passed), int(args.duration)), int(args.duration))
        else:
            show(recorder.answered, args.frames)
        return args.duration is not None and passed > args.duration

    return ended

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth demo`: the real node in its own process, fed over DDS, and what it answers shown."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options
from lacdepth_ros.cli.console import GET_ROS, UsageError, error, warn
from lacdepth_ros.cli.sequences import add_sequence_options, open_sequence_of

if TYPE_CHECKING:
    from lacdepth_ros.session.client import DepthClient
    from lacdepth_ros.session.demo.frames import Frame, Frames, FrameSequence
    from lacdepth_ros.session.demo.result import DemoResult
    from lacdepth_ros.session.node_process import NodeProcess

DESCRIPTION = """\
Start the depth node as a process of its own, drive it through its lifecycle, send it a sequence
over DDS frame by frame, and show what it answers. Under --output are left:

  contact_sheet.png  image, depth, uncertainty and cloud of some frames
  cloud.ply          coloured cloud of the middle frame
  summary.json       frames sent and received, latency, errors where ground truth is known
  node.log           what the node wrote

Without --input a synthetic drive is rendered and sent. An input may be a folder of images, one
image, a video, a KITTI raw drive (or its date folder, or their parent), a manifest (.jsonl, or a
folder with manifest.jsonl) or a ROS 2 bag (folder, .mcap, .db3).
"""
EPILOG = """\
examples:
  lacdepth demo
  lacdepth demo --input 2011_09_26 --output out/kitti
  lacdepth demo --input holiday.mp4 --intrinsics 1150 1150 959.5 539.5
"""
NAMESPACE = '/lacdepth_demo'
START_TIMEOUT, CONFIGURE_TIMEOUT, TIMEOUT = 120.0, 240.0, 20.0  # seconds
GIVE_UP = 3
"""Frames in a row without an answer after which the rest is not sent."""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = subparsers.add_parser(
        'demo',
        help='run the ROS 2 node on a sequence and show what it answers',
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('out', 'demo'),
        metavar='DIR',
        help='folder, made when missing (default: out/demo)',
    )
    add_sequence_options(parser)
    options.add_predictor_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo; 1 when a frame could not be read or was not answered in full."""
    _require_ros()
    _check(args)
    from lacdepth_ros.session.demo.frames import look_ahead
    from lacdepth_ros.session.demo.report import LOG, describe, remove_old_results, write_results
    from lacdepth_ros.session.demo.result import DemoResult

    try:
        sequence = open_sequence_of(args, _bar('rendering'))
        options.make_folder(args.output, '--output')
        first, frames = look_ahead(sequence.frames)
        remove_old_results(args.output)
    except (OSError, ValueError) as failure:
        raise UsageError(f'--input: {failure}') from failure
    if sequence.count < sequence.available:
        warn(f'the first {sequence.count} of {sequence.available} frames are sent (--frames)')
    begin = time.monotonic()
    result = DemoResult(sequence.count)
    _drive(args, sequence, first, frames, result)
    facts = _facts(args, sequence, first) | {'seconds': round(time.monotonic() - begin, 1)}
    write_results(args.output, result, facts)
    print(describe(args.output, result, facts))
    return _judge(result, args.output / LOG)


def _require_ros() -> None:
    if any(importlib.util.find_spec(name) is None for name in ('rclpy', 'sensor_msgs')):
        raise UsageError(f'the demo runs the ROS 2 node, but rclpy is not installed: {GET_ROS}')


def _check(args: argparse.Namespace) -> None:
    """Refuse what could not work, before anything is started."""
    if args.checkpoint is not None and not args.checkpoint.is_file():
        raise UsageError(f'--checkpoint: {args.checkpoint} is no file')


def _drive(
    args: argparse.Namespace,
    sequence: FrameSequence,
    first: Frame,
    frames: Frames,
    result: DemoResult,
) -> None:
    """Start the node, take it through its life around the frames, and end it."""
    from lacdepth_ros.session.demo.report import LOG
    from lacdepth_ros.session.node_process import NodeError, NodeProcess, choose_domain, use_domain

    use_domain(choose_domain())
    parameters = _parameters(args, sequence, first)
    with NodeProcess(NAMESPACE, parameters, args.output / LOG) as node:
        try:
            _converse(node, frames, result)
        except NodeError as failure:
            print(f'{node.last_lines()}\n', file=sys.stderr)
            if not result.sent:
                raise UsageError(
                    f'{failure}; the end of {args.output / LOG} is above and says why. Mend that '
                    '(mostly --checkpoint or --device) and run again'
                ) from failure
            result.failure = str(failure)


def _converse(node: NodeProcess, frames: Frames, result: DemoResult) -> None:
    """Configure, activate, send every frame, and lead the node back to its end."""
    from lacdepth_ros.session.client import DepthClient
    from lacdepth_ros.session.demo.result import TOPICS

    client = DepthClient(NAMESPACE, TOPICS, watch=node.check)
    try:
        print('starting the node: it loads the network and warms up ...', file=sys.stderr)
        client.wait_for_node(START_TIMEOUT)
        client.change_state('configure', CONFIGURE_TIMEOUT)
        client.change_state('activate', TIMEOUT)
        client.wait_for_topics(TIMEOUT)
        _send(client, _bar('sending')(frames, result.count), result)
        for transition in ('deactivate', 'cleanup', 'shutdown'):
            client.change_state(transition, TIMEOUT)
        result.late = client.late
    finally:
        client.close()


def _send(client: DepthClient, frames: Iterable[Any], result: DemoResult) -> None:
    from lacdepth_ros.session.demo.frames import UnreadableFrame

    silent = 0
    for frame in frames:
        if isinstance(frame, UnreadableFrame):
            result.unreadable.append(frame)
            continue
        answer = client.ask(frame.image, frame.info, frame.stamp, TIMEOUT)
        result.add(frame, answer.messages, answer.latency_ms)
        silent = 0 if answer.messages else silent + 1
        if silent == GIVE_UP:
            result.failure = f'{GIVE_UP} frames in a row without an answer; the rest was not sent'
            return


def _parameters(args: argparse.Namespace, sequence: FrameSequence, first: Frame) -> dict[str, Any]:
    """Parameters of the node; each frame must arrive, so the image is asked for reliably."""
    height, width = first.image.shape[:2]
    return {
        'checkpoint': str(args.checkpoint.absolute()) if args.checkpoint else '',
        'device': args.device,
        'precision': args.precision,
        'warm_up_width': max(width, 32),
        'warm_up_height': max(height, 32),
        'image_reliability': 'reliable',
        'image_is_rectified': sequence.rectified,
    }


def _facts(args: argparse.Namespace, sequence: FrameSequence, first: Frame) -> dict[str, Any]:
    """What was run on what."""
    height, width = first.image.shape[:2]
    return {
        'input': str(args.input) if args.input else 'synthetic drive',
        'description': sequence.description,
        'image_size': [width, height],
        'intrinsics': sequence.cameras,
        'checkpoint': str(args.checkpoint) if args.checkpoint else 'shipped',
        'device': args.device,
        'precision': args.precision,
    }


def _judge(result: DemoResult, log: Path) -> int:
    """Name everything that is missing; returns the exit code."""
    if result.failure:
        error(f'{result.failure}; see {log}')
    for frame in result.unreadable:
        error(f'{frame.id} not sent: {frame.reason}')
    if result.unanswered:
        error(f'no depth for {", ".join(result.unanswered)}; see {log}')
    for topic, count in result.missing().items():
        error(f'{count} of {result.sent} frames without {topic}')
    return 0 if result.complete else 1


def _bar(label: str) -> Any:
    """A progress bar around an iterable and its length, drawn where somebody watches."""
    from tqdm import tqdm

    def show(items: Iterable[Any], total: int) -> Iterable[Any]:
        return tqdm(items, desc=label, total=total, unit='frame', disable=None)

    return show

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth demo`: the real node in its own process, fed over DDS, and what it answers shown."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs, sessions
from lacdepth_ros.cli.console import UsageError, warn
from lacdepth_ros.cli.sequences import ASSUMED, add_sequence_options, open_sequence_of

if TYPE_CHECKING:
    from lacdepth_ros.session.frames import Frame, FrameSequence
    from lacdepth_ros.session.loop import SessionSettings
    from lacdepth_ros.session.result import SessionResult

HELP = 'run the ROS 2 node on a sequence and show what it answers'
DESCRIPTION = """\
Start the depth node as a process of its own, drive it through its lifecycle, send it a sequence
over DDS frame by frame, and show what it answers. Under --output are left:

  index.html         the cloud to turn, depth under the cursor, latency and error over time
  contact_sheet.png  image, depth, uncertainty and cloud of some frames
  demo.mcap          some frames for Foxglove (layout: config/foxglove.json); needs rosbags
  cloud.ply          coloured cloud of the middle frame
  summary.json       frames sent and received, latency, errors where ground truth is known
  node.log           what the node wrote

What an earlier demo left there is replaced.

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


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'demo', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('out', 'demo'),
        metavar='DIR',
        help='folder, made when missing (default: out/demo)',
    )
    outputs.add_overwrite(parser)
    add_sequence_options(parser, max_frames=100)
    options.add_camera_height(parser, default="the input's, or the checkpoint's")
    options.add_predictor_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the demo; 1 when a frame could not be read or was not answered in full."""
    sessions.require_ros('the demo')
    options.check_checkpoint(args)
    from lacdepth_ros.session.demo import PROTOCOL, TOPICS, DemoFrames
    from lacdepth_ros.session.demo_report import (
        describe,
        foreign_files,
        remove_old_results,
        write_results,
    )
    from lacdepth_ros.session.frames import look_ahead
    from lacdepth_ros.session.result import SessionResult

    try:
        sequence = open_sequence_of(args)
        outputs.claim_folder(args, '--output', args.output, foreign_files(args.output))
        height = _camera_height(args, sequence)
        first, frames = look_ahead(sequence.frames)
        remove_old_results(args.output)
    except (OSError, ValueError) as failure:
        raise UsageError(f'--input: {failure}') from failure
    sessions.tell_choice(sequence.choice)
    if sequence.count < sequence.available:
        warn(f'the first {sequence.count} of {sequence.available} frames are sent (--frames)')
    begin = time.monotonic()
    kept = DemoFrames(sequence.count)
    result = SessionResult(PROTOCOL, observe=kept)
    settings = _settings(args, sequence, first, height)
    sessions.run_node(settings, frames, sequence.count, result)
    facts = _facts(args, sequence, first) | {
        'camera_height': height or "the checkpoint's",
        'assumed': _assumed(sequence, result),
        'seconds': round(time.monotonic() - begin, 1),
    }
    write_results(args.output, result, kept, facts)
    print(describe(args.output, result, facts))
    return int(sessions.name_problems(result, TOPICS))


def _camera_height(args: argparse.Namespace, sequence: FrameSequence) -> float | None:
    """The height [m] that was given, or that the input tells; None where neither does."""
    from lacdepth_ros.bags.storage import is_bag

    if (given := args.camera_height or sequence.camera_height) is not None:
        return float(given)
    if args.input is None or not is_bag(args.input):
        return None
    from lacdepth_ros.bags.ground_frame import recorded_height
    from lacdepth_ros.bags.reader import BagImages

    return recorded_height(args.input, BagImages(args.input, args.image_topic))


def _settings(
    args: argparse.Namespace, sequence: FrameSequence, first: Frame, camera_height: float | None
) -> SessionSettings:
    """Of the node and the session; each frame must arrive, so images are asked for reliably."""
    from lacdepth_ros.session.demo import TOPICS
    from lacdepth_ros.session.loop import SessionSettings
    from lacdepth_ros.session.node_process import LOG

    height, width = first.image.shape[:2]
    parameters = {
        'checkpoint': str(args.checkpoint.absolute()) if args.checkpoint else '',
        'device': args.device,
        'engine': args.engine,
        'precision': args.precision,
        'input_scale': args.input_scale,
        'camera_height': camera_height or 0.0,
        'warm_up_width': max(width, 32),
        'warm_up_height': max(height, 32),
        'image_reliability': 'reliable',
        'image_is_rectified': sequence.rectified,
        'use_sim_time': True,  # stamps are the recording's
    }
    return SessionSettings(
        namespace=NAMESPACE, parameters=parameters, topics=TOPICS, log=args.output / LOG
    )


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
        'engine': args.engine,
        'precision': args.precision,
        'input_scale': args.input_scale,
    }


def _assumed(sequence: FrameSequence, result: SessionResult) -> list[str]:
    """What nobody gave and the metres depend on."""
    view = "the training's field of view" if sequence.cameras == ASSUMED else ''
    return [text for text in (view, result.assumed_height) if text]

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth play`: a video, images or a recording published as a camera."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from lacdepth_ros.cli import options, sessions
from lacdepth_ros.cli.console import INTERRUPTED, UsageError, error, warn
from lacdepth_ros.cli.sequences import ASSUMED, add_sequence_options, open_sequence_of

HELP = 'publish a video, images or a recording as a camera'
DESCRIPTION = """\
Publish a video, a folder of images, a KITTI raw drive, a manifest or the images of a bag as a
camera would: image_raw (image_rect where the images are rectified) and camera_info in --namespace,
at the pace of the input's stamps (10 Hz where it has none). Any ROS 2 node can subscribe,
depth_node among them.
"""
EPILOG = """\
examples:
  lacdepth play --input holiday.mp4 --intrinsics 1150 1150 959.5 539.5 --loop
  lacdepth play --input 2011_09_26/2011_09_26_drive_0009_sync --namespace /kitti --rate 0.5
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'play', run, HELP, DESCRIPTION, EPILOG)
    add_sequence_options(parser, max_frames=None)
    parser.add_argument(
        '--namespace', default='/camera', metavar='NS', help='of the camera (default: /camera)'
    )
    parser.add_argument(
        '--frame-id',
        default='camera_optical_frame',
        metavar='FRAME',
        help='frame of the images (default: camera_optical_frame)',
    )
    parser.add_argument(
        '--rate', type=float, default=1.0, metavar='R', help='speed, 0.01 .. 100 (default: 1)'
    )
    parser.add_argument('--loop', action='store_true', help='start again at the end, until Ctrl-C')
    parser.add_argument(
        '--recorded-stamps',
        action='store_true',
        help='keep the stamps of the input (default: the time of publishing)',
    )
    options.add_checkpoint(parser)


def run(args: argparse.Namespace) -> int:
    """Play; 1 when a frame could not be read, 2 when none could."""
    sessions.require_ros('the player')
    if not 0.01 <= args.rate <= 100:
        raise UsageError(f'--rate {args.rate:g} must lie within 0.01 .. 100')
    if args.loop and args.recorded_stamps:
        raise UsageError('--loop and --recorded-stamps exclude each other: time would jump back')
    options.check_checkpoint(args)
    from lacdepth_ros.session.player import Player
    from lacdepth_ros.session.timeline import describe_closed

    sequence = _open(args)
    sessions.tell_choice(sequence.choice)
    try:
        player = Player(args.namespace, args.frame_id, rectified=sequence.rectified)
    except Exception as failure:  # rclpy has exceptions of its own for names
        raise UsageError(f'--namespace {args.namespace}: {failure}') from failure
    with player:
        print(f'{sequence.description} on {player.topic}', file=sys.stderr)
        count, interrupted = 0, False
        try:
            while True:
                count += player.play(
                    sequence.frames, rate=args.rate, recorded_stamps=args.recorded_stamps
                )
                if not args.loop or not count:
                    break
                sequence = _open(args)
        except KeyboardInterrupt:
            interrupted = True
        for frame in player.unsent:
            error(f'{frame.id} not sent: {frame.reason}')
        if closed := describe_closed(player.closed_steps):
            warn(closed)
        print(f'{count} frames published')
    if interrupted:
        return INTERRUPTED
    return 2 if not count else int(bool(player.unsent))


def _open(args: argparse.Namespace) -> Any:
    try:
        sequence = open_sequence_of(args)
    except (OSError, ValueError) as failure:
        raise UsageError(f'--input: {failure}') from failure
    if sequence.cameras != ASSUMED:
        why = f'assumes a camera, and this one is known ({sequence.cameras}); leave it out'
        options.refuse_given(args, 'checkpoint', why=why)
    return sequence

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The sequence that --input names, with the camera that the other options give it."""

from __future__ import annotations

import argparse
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lacdepth_ros.cli import options
from lacdepth_ros.cli.console import UsageError

if TYPE_CHECKING:
    from lacdepth_ros.core.camera import Camera
    from lacdepth_ros.session.frames import Calibration, FrameSequence

ASSUMED = "assumed: the checkpoint's training field of view"
"""Where the intrinsics come from that nothing gives."""
SYNTHETIC_FRAMES = 20


def add_sequence_options(parser: argparse.ArgumentParser, *, max_frames: int | None) -> None:
    """Add --input and what tells how to read it.

    Args:
        parser: Of the command.
        max_frames: Frames of an input that are sent unless --frames says otherwise; None: all.
    """
    parser.set_defaults(max_frames=max_frames or sys.maxsize)
    parser.add_argument('--input', type=Path, metavar='PATH', help='default: a synthetic drive')
    parser.add_argument(
        '--frames',
        type=int,
        metavar='N',
        help=f'send at most N frames (default: {max_frames or "all"}; synthetic drive '
        f'{SYNTHETIC_FRAMES})',
    )
    parser.add_argument(
        '--image-topic', metavar='TOPIC', help='images of a bag that has several such topics'
    )
    options.add_camera_options(
        parser,
        intrinsics='camera of images, videos and bags that bring none, in pixels (no distortion)',
        file='the same from a calibration file; the node rectifies what the lens distorts',
    )


def open_sequence_of(args: argparse.Namespace) -> FrameSequence:
    """Open --input, or the synthetic drive without it.

    Args:
        args: With the options of `add_sequence_options` and --checkpoint.

    Raises:
        UsageError: An option cannot be used.
        OSError, ValueError: The input cannot be used.
    """
    from lacdepth_ros.bags.storage import is_bag
    from lacdepth_ros.session.inputs import open_sequence
    from lacdepth_ros.session.street import synthetic_drive

    if args.frames is not None and args.frames < 1:
        raise UsageError(f'--frames {args.frames}: at least 1 is needed')
    if args.input is None:
        why = 'is about --input PATH; give that too, or leave it out'
        options.refuse_given(args, 'image_topic', 'intrinsics', 'camera_info', why=why)
        return synthetic_drive(args.frames or SYNTHETIC_FRAMES)
    if args.input.exists() and not is_bag(args.input):
        why = f'is for bags, and {args.input} is none; leave it out'
        options.refuse_given(args, 'image_topic', why=why)
    calibration = _calibration(args)
    sequence = open_sequence(
        args.input,
        calibration,
        max_frames=args.frames or args.max_frames,
        image_topic=args.image_topic,
    )
    if sequence.cameras != calibration.origin:
        why = f'means nothing here: {args.input} brings its own ({sequence.cameras}); leave it out'
        options.refuse_given(args, 'intrinsics', 'camera_info', why=why)
    return sequence


def _calibration(args: argparse.Namespace) -> Calibration:
    """The camera that the options give, or else the one the checkpoint was trained with."""
    from lacdepth_ros.cli.cameras import AssumedCamera, CalibrationFile, GivenIntrinsics
    from lacdepth_ros.data.camera_info import pinhole_info
    from lacdepth_ros.session.frames import Calibration

    if args.camera_info is not None:
        file = CalibrationFile(args.camera_info, rectify=False)
        return Calibration(str(args.camera_info), file.info_of)

    @lru_cache
    def assume(width: int, height: int) -> Camera:
        from lacdepth_ros.models.assumed_camera import assumed_camera
        from lacdepth_ros.models.checkpoint import load_checkpoint

        try:
            return assumed_camera(load_checkpoint(args.checkpoint)[1], width, height)
        except (OSError, ValueError) as error:
            raise UsageError(str(error)) from error

    given = args.intrinsics is not None
    source = GivenIntrinsics(*args.intrinsics) if given else AssumedCamera(assume)
    origin = '--intrinsics' if given else ASSUMED
    return Calibration(
        origin, lambda image: pinhole_info(source.view(image).camera), assumed=not given
    )

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth doctor`: what stands between this machine's camera and right depth."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options
from lacdepth_ros.cli.console import UsageError
from lacdepth_ros.core.installation import missing_modules

if TYPE_CHECKING:
    from lacdepth_ros.session.doctor.finding import Finding

HELP = 'check this machine, its ROS and its camera'
DESCRIPTION = """\
Look at the libraries, the processor, the checkpoint, ROS, the Fast DDS profile and shared memory;
then listen to a camera for some seconds: rates, losses, stamps, frame_ids, sizes and intrinsics.
Each line says what was found and, after an arrow, what to change.
"""
EPILOG = """\
exit codes:
  0  nothing to change
  1  something should be changed
  2  something must be changed, or nothing works

examples:
  lacdepth doctor
  lacdepth doctor --image /front/image_raw --seconds 10
  lacdepth doctor --no-topics
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to `lacdepth`."""
    parser = options.add_command(subparsers, 'doctor', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('--image', metavar='TOPIC', help='default: the first with a camera_info')
    parser.add_argument(
        '--camera-info', metavar='TOPIC', help='default: the one beside the images'
    )
    parser.add_argument(
        '--seconds', type=float, default=5.0, metavar='S', help='how long to listen (default: 5)'
    )
    parser.add_argument('--no-topics', action='store_true', help='look at the machine alone')
    options.add_checkpoint(parser)
    parser.add_argument('--device', default='cpu', help='torch device (default: cpu)')


def run(args: argparse.Namespace) -> int:
    """Print what is found; 0, 1 or 2 as the help says."""
    from lacdepth_ros.session.doctor.finding import exit_code

    if args.no_topics:
        why = 'is about a camera, and --no-topics listens to none; leave one out'
        options.refuse_given(args, 'image', 'camera_info', 'seconds', why=why)
    if args.seconds <= 0:
        raise UsageError(f'--seconds {args.seconds:g}: must be above 0')
    findings = []
    for finding in _look(args):
        print(finding, flush=True)
        findings.append(finding)
    return exit_code(findings)


def _look(args: argparse.Namespace) -> Iterator[Finding]:
    from lacdepth_ros.models.config import ModelConfig
    from lacdepth_ros.session.doctor.machine import look_at_machine

    yield from look_at_machine(args.checkpoint, args.device)
    if args.no_topics or missing_modules(['rclpy']):
        return
    from lacdepth_ros.session.doctor.listening import listen

    focal_px = ModelConfig().focal_px
    if not missing_modules(['torch']):
        from lacdepth_ros.models.checkpoint import load_checkpoint

        with contextlib.suppress(OSError, ValueError):  # which have been said already
            focal_px = load_checkpoint(args.checkpoint)[0].config.focal_px
    yield from listen(args.seconds, args.image, args.camera_info, focal_px)

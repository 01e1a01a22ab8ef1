# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Options of `lacdepth bag evaluate`, checked before anything is started."""

from __future__ import annotations

import argparse
from pathlib import Path

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError
from lacdepth_ros.cli.protocol_options import PROTOCOL_OPTIONS, add_protocol_options
from lacdepth_ros.cli.requirement_options import add_requirement_options

MIN_RATE, MAX_RATE = 0.1, 10.0
NODE_OPTIONS = ('device', 'engine', 'precision', 'input_scale', 'camera_height')
"""Options that are parameters of the node, by the same name."""


def add_replay_options(parser: argparse.ArgumentParser) -> None:
    """Add what is replayed, how, against which ground truth, and where the results go."""
    parser.add_argument('bag', type=Path, metavar='BAG', help='bag folder, .mcap or .db3 file')
    parser.add_argument('--image-topic', metavar='TOPIC', help='images, raw or compressed')
    parser.add_argument('--frames', type=int, metavar='N', help='send at most N frames')
    parser.add_argument(
        '--rate',
        type=float,
        metavar='R',
        help=f"send at the camera's pace times R, {MIN_RATE:g} .. {MAX_RATE:g}",
    )
    parser.add_argument(
        '--timeout',
        type=float,
        default=20.0,
        metavar='S',
        help='seconds an answer may take in lockstep (default: 20)',
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write every figure as JSON')
    parser.add_argument(
        '--report',
        type=Path,
        metavar='DIR',
        help='write report.html, report.md, report.json and node.log',
    )
    outputs.add_overwrite(parser)
    _add_ground_truth_options(parser)
    _add_node_options(parser)
    options.add_camera_height(
        parser,
        default="--params-file's, else the --truth's, else that above the tf frame "
        "base_footprint, else the checkpoint's",
    )
    options.add_predictor_options(parser)
    add_protocol_options(parser)
    add_requirement_options(parser)
    parser.set_defaults(**dict.fromkeys(NODE_OPTIONS))  # those of --params-file, if any


def _add_ground_truth_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('truth')
    source = group.add_mutually_exclusive_group()
    source.add_argument(
        '--truth-topic', metavar='T', help='depth topic of the bag (default: the only one)'
    )
    source.add_argument(
        '--truth',
        type=Path,
        metavar='PATH',
        help='KITTI raw drive, manifest or its folder, or folder of depth PNGs',
    )
    source.add_argument('--no-truth', action='store_true', help='measure answers and times only')
    group.add_argument(
        '--truth-scale',
        type=float,
        default=256.0,
        metavar='N',
        help='counts per metre of the PNGs of a folder (default: 256, as KITTI)',
    )
    group.add_argument(
        '--truth-tolerance',
        type=float,
        default=0.01,
        metavar='S',
        help='largest difference of the stamps of image and ground truth (default: 0.01 s)',
    )


def _add_node_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('node')
    group.add_argument(
        '--encoding',
        default='32FC1',
        choices=('32FC1', '16UC1'),
        help='score depth/image_rect (metres, default) or depth/image_raw (millimetres)',
    )
    group.add_argument(
        '--params-file', type=Path, metavar='YAML', help='further parameters of the node'
    )


def check_replay_options(args: argparse.Namespace) -> None:
    """Refuse what could not work, and make the folders of the results.

    Raises:
        UsageError: An option cannot be used.
    """
    options.check_checkpoint(args)
    _refuse_without_effect(args)
    if args.frames is not None and args.frames < 1:
        raise UsageError(f'--frames {args.frames}: at least 1 is needed')
    if args.rate is not None and not MIN_RATE <= args.rate <= MAX_RATE:
        raise UsageError(
            f'--rate {args.rate:g} must lie within {MIN_RATE:g} .. {MAX_RATE:g}; leave it out to '
            'wait for each answer (lockstep)'
        )
    for name in ('timeout', 'truth_scale', 'truth_tolerance'):
        if not getattr(args, name) > 0:
            raise UsageError(f'--{name.replace("_", "-")} {getattr(args, name)}: must be > 0')
    outputs.claim_file(args, '--json', args.json)
    if args.report is not None:
        from lacdepth_ros.session.replay_report import HTML, JSON, MARKDOWN

        files = [args.report / name for name in (HTML, MARKDOWN, JSON)]
        outputs.claim_folder(args, '--report', args.report, files)


def _refuse_without_effect(args: argparse.Namespace) -> None:
    from lacdepth_ros.data.sources import is_data_set

    if args.rate is not None:
        why = 'is for lockstep: at --rate nothing waits for an answer; leave one out'
        options.refuse_given(args, 'timeout', why=why)
    if args.no_truth:
        why = 'is about errors, which --no-truth does not measure; leave one out'
        options.refuse_given(args, 'truth_tolerance', *PROTOCOL_OPTIONS, why=why)
    if args.truth is None or is_data_set(args.truth):
        why = 'is for --truth FOLDER of depth PNGs; other ground truth knows its own; leave it out'
        options.refuse_given(args, 'truth_scale', why=why)

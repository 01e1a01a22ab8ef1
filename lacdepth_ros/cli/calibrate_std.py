# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth calibrate-std`: fit what a checkpoint says of its errors, and write it into a copy."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs, protocol_options
from lacdepth_ros.cli.console import UsageError, error, progress_bar
from lacdepth_ros.core.whole_file import write_text

if TYPE_CHECKING:
    from lacdepth_ros.data.sources import Entry
    from lacdepth_ros.evaluation.protocol import EvaluationProtocol
    from lacdepth_ros.evaluation.std_frames import SpreadFrame
    from lacdepth_ros.models.predictor import DepthPredictor
    from lacdepth_ros.models.std_calibration import StdCalibration

HELP = "calibrate a checkpoint's standard deviation on frames it was not trained on"
DESCRIPTION = """\
Fit the standard deviation of a checkpoint to its errors on frames that it was not trained on, and
write a copy of the checkpoint that carries the result; weights stay as they are.

--known are real frames of the training: what pictures the network knows. --data are frames with
ground truth that it never saw; each is also seen by night, noisy, out of focus, in fog and
pixelated, so that the std learns by how much to grow on pictures unlike the known ones. Groups
(first parts of the ids) named by --leave-out take part in neither, and are measured like the
rest: before and after; those that take part by five-fold cross-validation. At least 8 frames of
--known and 8 of --data must take part.

Of --data the pixels of one protocol count, KITTI's unless another is named: nyu for rooms, whole
for cameras of all kinds.
"""
EPILOG = """\
example:
  lacdepth calibrate-std best.safetensors calibrated.safetensors --known train/ --data val/ \\
    --heights streets/ --leave-out ddad 7scenes_redkitchen --markdown std.md
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'calibrate-std', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        'source',
        type=options.checkpoint,
        metavar='CHECKPOINT',
        help="a checkpoint, or 'shipped' for the package's",
    )
    parser.add_argument('output', type=Path, metavar='OUT', help='its calibrated copy')
    parser.add_argument(
        '--known',
        required=True,
        type=Path,
        nargs='+',
        metavar='DATA',
        help='manifests or folders of frames of the training',
    )
    parser.add_argument(
        '--data',
        required=True,
        type=Path,
        nargs='+',
        metavar='DATA',
        help='manifests or folders of frames with ground truth, not of the training',
    )
    parser.add_argument(
        '--heights',
        type=Path,
        nargs='+',
        default=[],
        metavar='DATA',
        help='frames with camera_height, of many heights, such as `lacdepth data render` makes: '
        'with the known ones they teach what a height looks like',
    )
    parser.add_argument(
        '--leave-out', nargs='+', default=[], metavar='GROUP', help='groups to measure only'
    )
    parser.add_argument('--markdown', type=Path, metavar='FILE', help='the table as Markdown')
    protocol_options.add_counting_options(parser)
    outputs.add_overwrite(parser)
    options.add_limit(parser)
    parser.add_argument('--device', default='cpu', help='torch device (default: cpu)')


def run(args: argparse.Namespace) -> int:
    """Fit, measure, write; 1 when a frame could not be used."""
    from lacdepth_ros.core.runtime import tune_process

    tune_process()
    from lacdepth_ros.data.indexing import spread
    from lacdepth_ros.evaluation.height_fit import fit_height
    from lacdepth_ros.evaluation.std_fit import fit_std
    from lacdepth_ros.evaluation.std_frames import known_pictures
    from lacdepth_ros.evaluation.std_table import std_table
    from lacdepth_ros.models.checkpoint import write_calibrated

    options.check_limit(args)
    outputs.claim_file(args, 'OUT', args.output)
    outputs.claim_file(args, '--markdown', args.markdown)
    protocol = _protocol(args)
    predictor = _predictor(args)
    known, data = _known_and_data(args)
    failures: list[str] = []

    def skip(frame: str, reason: str) -> None:
        failures.append(frame)
        error(f'{frame} not used: {reason}')

    try:
        pictures = known_pictures(predictor, known, skip, progress_bar())
        frames = _frames(args, protocol, predictor, data, skip)
        fitted = [f for f in frames if f.group not in args.leave_out and f.kind in _fitted_kinds()]
        calibration = fit_std(pictures, fitted)
        if args.heights:
            streets = spread(_entries(args.heights), args.limit)
            seen = known_pictures(predictor, streets, skip, progress_bar())
            calibration = replace(calibration, height=fit_height(pictures.joined(seen)))
        table = std_table(pictures, frames, fitted, calibration)
        print(table.text())
        print(_about_height(calibration))
        write_calibrated(args.source, args.output, calibration)
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    if args.markdown is not None:
        write_text(args.markdown, table.markdown())
    print(f'wrote {args.output}')
    return 1 if failures else 0


def _about_height(calibration: StdCalibration) -> str:
    if (cue := calibration.height) is None:
        return (
            'how high a camera stands was not learned: no --heights, or too few, or all of about '
            'one height'
        )
    return (
        f'height seen in pictures: off by {cue.error:.1%} on frames that were left out in turn; '
        f'the node warns from {cue.tolerance:.0%} on'
    )


def _fitted_kinds() -> Collection[str]:
    from lacdepth_ros.data.transforms.corruptions import FITTED
    from lacdepth_ros.evaluation.std_frames import CLEAN

    return {CLEAN, *FITTED}


def _protocol(args: argparse.Namespace) -> EvaluationProtocol:
    """The rules by which pixels of --data count, told."""
    protocol = protocol_options.protocol_from(args, imported=False)
    if protocol.median_scaling:
        raise UsageError(
            f'--protocol {args.protocol}: a std is in metres, which median scaling takes away; '
            'name another'
        )
    print(f'pixels of --data that count: {protocol.counting()}')
    return protocol


def _predictor(args: argparse.Namespace) -> DepthPredictor:
    """The checkpoint's predictor, whose std is the bare spread."""
    from lacdepth_ros.core.runtime import share_cores
    from lacdepth_ros.models.predictor import DepthPredictor

    share_cores(args.device)
    try:
        predictor = DepthPredictor.from_checkpoint(
            args.source, device=args.device, engine='eager', precision='fp32'
        )
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    predictor.calibration = None
    return predictor


def _known_and_data(args: argparse.Namespace) -> tuple[list[Entry], list[Entry]]:
    """The frames of --known without the groups that are left out, and those of --data."""
    from lacdepth_ros.data.indexing import spread
    from lacdepth_ros.data.sample import group_of

    known, data = _entries(args.known), _entries(args.data)
    groups = {group_of(entry.id) for entry in [*known, *data]}
    if strangers := [name for name in args.leave_out if name not in groups]:
        raise UsageError(
            f'--leave-out {strangers[0]} is no group of --known or --data; these are '
            f'{", ".join(sorted(groups))}'
        )
    kept = [entry for entry in known if group_of(entry.id) not in args.leave_out]
    return spread(kept, args.limit), spread(data, args.limit)


def _entries(paths: Sequence[Path]) -> list[Entry]:
    """Frames with ground truth of some data sets."""
    return [entry for entry in options.entries_of(paths) if entry.has_ground_truth]


def _frames(
    args: argparse.Namespace,
    protocol: EvaluationProtocol,
    predictor: DepthPredictor,
    data: Sequence[Entry],
    skip: Any,
) -> list[SpreadFrame]:
    """Every frame as it is; those to fit also corrupted; and pictures of nothing."""
    from lacdepth_ros.data.sample import group_of
    from lacdepth_ros.data.transforms.corruptions import FITTED, HELD_OUT
    from lacdepth_ros.evaluation.std_frames import senseless_frames, spread_frames

    fit = [entry for entry in data if group_of(entry.id) not in args.leave_out]
    rest = [entry for entry in data if group_of(entry.id) in args.leave_out]
    kinds = {**FITTED, **HELD_OUT}
    frames = spread_frames(predictor, fit, protocol, kinds, skip, progress_bar())
    frames += spread_frames(predictor, rest, protocol, {}, skip, progress_bar())
    if fit:
        frames += senseless_frames(predictor, fit[0].load().camera)
    return frames

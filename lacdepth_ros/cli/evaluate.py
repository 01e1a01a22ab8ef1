# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth evaluate`: the error of a checkpoint on frames with metric truth."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options
from lacdepth_ros.cli.console import UsageError, error, show_progress, warn

if TYPE_CHECKING:
    from lacdepth_ros.evaluation.evaluate import Entry
    from lacdepth_ros.evaluation.protocol import EvaluationProtocol
    from lacdepth_ros.evaluation.report import EvaluationReport

DESCRIPTION = """\
Measure a checkpoint on frames with metric truth; the default protocol is KITTI's: Garg crop of
the full-size image, 1e-3 .. 80 m, prediction averaged with that of the mirrored image, mean over
images. Groups are the first parts of the frames' ids; overall is the mean over all frames.

--data is a manifest of JSON lines (id, image, depth, depth_scale, K, width, height) or a KITTI
raw drive (.../2011_09_26_drive_0009_sync, or its date folder), measured against its annotated
depth where that lies in the drive, else against its Velodyne scans.
"""
EPILOG = """\
example:
  lacdepth evaluate --data val/manifest.jsonl --json report.json
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = subparsers.add_parser(
        'evaluate',
        help='measure a checkpoint on frames with metric truth',
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--data', required=True, type=Path, metavar='MANIFEST', help='manifest, or KITTI raw drive'
    )
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the report as JSON too')
    protocol = parser.add_argument_group('protocol')
    protocol.add_argument(
        '--crop', default='garg', choices=('garg', 'eigen', 'none'), help='default: garg'
    )
    protocol.add_argument(
        '--min-depth', default=1e-3, type=float, metavar='M', help='metres (default: 0.001)'
    )
    protocol.add_argument(
        '--max-depth', default=80.0, type=float, metavar='M', help='metres (default: 80)'
    )
    protocol.add_argument(
        '--no-flip-average', action='store_true', help='predict every image once'
    )
    options.add_predictor_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Evaluate and report; 1 when a frame could not be measured."""
    from lacdepth_ros.evaluation.evaluate import evaluate
    from lacdepth_ros.evaluation.tables import format_table

    protocol = _protocol(args)
    entries = _entries(args.data)
    if args.json is not None:
        options.make_folder(args.json.parent, '--json')
        if args.json.is_dir():
            raise UsageError(f'--json: {args.json} is a folder; name a file')
    predictor = options.load_predictor(args)
    report = evaluate(predictor, entries, protocol, show_progress)
    print(format_table(report))
    _report_gaps(report)
    if args.json is not None:
        text = json.dumps(report.to_dict(), indent=2, allow_nan=False)
        args.json.write_text(text + '\n', encoding='utf-8')
    return 1 if report.skipped else 0


def _protocol(args: argparse.Namespace) -> EvaluationProtocol:
    from lacdepth_ros.evaluation.protocol import EvaluationProtocol

    try:
        return EvaluationProtocol(
            min_depth_eval=args.min_depth,
            max_depth_eval=args.max_depth,
            crop=args.crop,
            flip_average=not args.no_flip_average,
        )
    except ValueError as failure:
        raise UsageError(str(failure)) from failure


def _entries(data: Path) -> list[Entry]:
    """The frames of a manifest, or those of a KITTI raw folder that have truth."""
    from lacdepth_ros.data.kitti import read_kitti_raw
    from lacdepth_ros.data.manifest import read_manifest

    try:
        if not data.is_dir():
            return [*read_manifest(data)]
        frames = read_kitti_raw(data)
    except (OSError, ValueError) as failure:
        raise UsageError(f'--data: {failure}') from failure
    with_truth = [frame for frame in frames if frame.annotated or frame.scan]
    if not with_truth:
        raise UsageError(f'--data: none of the {len(frames)} frames of {data} has a truth')
    if without := len(frames) - len(with_truth):
        warn(f'{without} of {len(frames)} frames have no truth and are not measured')
    return [*with_truth]


def _report_gaps(report: EvaluationReport) -> None:
    """Name what is missing from the means."""
    for frame in report.skipped:
        error(f'{frame.id} not measured: {frame.reason}')
    if report.skipped:
        total = report.frames + len(report.skipped)
        error(f'{len(report.skipped)} of {total} frames were not measured')
    if report.unpredicted:
        warn(f'{report.unpredicted:.2%} of the pixels with truth have no valid prediction')

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth evaluate`: the error of a checkpoint, or of any program, against ground truth."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs, protocol_options, requirement_options
from lacdepth_ros.cli.console import UsageError, error, progress_bar, warn
from lacdepth_ros.core.whole_file import write_json, write_text

if TYPE_CHECKING:
    from lacdepth_ros.data.sources import Entry
    from lacdepth_ros.evaluation.evaluate import FramePredictor
    from lacdepth_ros.evaluation.protocol import EvaluationProtocol
    from lacdepth_ros.evaluation.report.gallery import Gallery
    from lacdepth_ros.evaluation.result import EvaluationReport

HELP = 'measure a checkpoint on frames with metric ground truth'
DESCRIPTION = """\
Measure a checkpoint on frames with metric ground truth; the default protocol is KITTI's: Garg crop
of the full-size image, 1e-3 .. 80 m, prediction averaged with that of the mirrored image, mean
over images. Groups are the first parts of the frames' ids; overall is the mean over all frames.

--data is a manifest of JSON lines (id, image, depth, depth_scale, K, width, height), a folder
that holds a manifest.jsonl, or a KITTI raw drive (.../2011_09_26_drive_0009_sync, or its date
folder), measured against its annotated depth where that lies in the drive, else against its
Velodyne scans.

--predictions measures what another program wrote instead of a checkpoint: one file per frame,
named after its id (drive/0005.png or drive_0005.png for the id drive/0005).
"""
EPILOG = """\
examples:
  lacdepth evaluate --data val/manifest.jsonl --json report.json --report report/
  lacdepth evaluate --data nyu/manifest.jsonl --protocol nyu
  lacdepth evaluate --data val/manifest.jsonl --predictions peer/ --format npy --markdown peer.md
  lacdepth evaluate --data val/ --require 'abs_rel<=0.12' --require 'delta1>=0.85' --junit ci.xml
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'evaluate', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        '--data',
        required=True,
        type=Path,
        metavar='MANIFEST',
        help='manifest, its folder, or KITTI raw drive',
    )
    _add_outputs(parser)
    requirement_options.add_requirement_options(parser)
    protocol_options.add_protocol_options(parser)
    options.add_camera_height(parser, default="the frames', else the checkpoint's")
    options.add_predictor_options(parser, engine='eager', precision='fp32')
    _add_imports(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate and report; 1 when a frame could not be measured, 3 below a requirement."""
    from lacdepth_ros.core.runtime import tune_process

    tune_process()
    from lacdepth_ros.evaluation.evaluate import score
    from lacdepth_ros.evaluation.evaluator import DepthEvaluator
    from lacdepth_ros.evaluation.report.tables import format_table
    from lacdepth_ros.evaluation.result import FIGURES

    _check_imports(args)
    _check_outputs(args)
    requirements = requirement_options.requirements_from(args, FIGURES)
    protocol = protocol_options.protocol_from(args, imported=args.predictions is not None)
    entries = _entries(args.data)
    try:
        DepthEvaluator(protocol, args.bands)
    except ValueError as failure:
        raise UsageError(f'--bands: {failure}') from failure
    if args.predictions is not None:
        predict, intervals, assumed = _imported(args, protocol)
    else:
        predict, intervals, assumed = _network(args, protocol, entries)
    evaluator = DepthEvaluator(protocol, args.bands, intervals)
    gallery = None
    if args.report is not None:
        from lacdepth_ros.evaluation.report.gallery import Gallery

        gallery = Gallery()
    report = score(predict, entries, evaluator, progress_bar(), observe=gallery)
    report = replace(report, assumed=assumed)
    print(format_table(report))
    _report_gaps(report)
    _write(args, report)
    if gallery is not None:
        _write_page(args, report, gallery)
    return requirement_options.judge_requirements(
        args, requirements, report.figures(), 'lacdepth evaluate', 1 if report.skipped else 0
    )


def _add_outputs(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('output, besides the table')
    group.add_argument('--json', type=Path, metavar='OUT', help='the whole report as JSON')
    group.add_argument(
        '--markdown', type=Path, metavar='OUT', help="tables in the papers' order as Markdown"
    )
    group.add_argument('--csv', type=Path, metavar='OUT', help='the metrics of every frame')
    group.add_argument(
        '--report',
        type=Path,
        metavar='DIR',
        help='index.html with tables, curves, best and worst frames; the pictures as PNG too',
    )
    outputs.add_overwrite(parser)


def _add_imports(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('predictions of another program')
    group.add_argument('--predictions', type=Path, metavar='DIR', help='folder of depth files')
    group.add_argument(
        '--format',
        choices=('png16', 'npy'),
        help='uint16 PNG, 0 = none, or arrays (H, W), NaN = none (default: png16)',
    )
    group.add_argument(
        '--scale',
        type=float,
        metavar='N',
        help='stored value of one metre (default: 256 for png16, 1 for npy)',
    )
    group.add_argument(
        '--predictions-std', type=Path, metavar='DIR', help='folder of their standard deviations'
    )


def _check_imports(args: argparse.Namespace) -> None:
    """Refuse options of predictions where there are none, and of a network where they are."""
    if args.predictions is None:
        why = 'is about --predictions DIR; give that too, or leave it out'
        options.refuse_given(args, 'format', 'scale', 'predictions_std', why=why)
    else:
        why = 'is about a network, and --predictions are measured without one; leave one out'
        options.refuse_given(args, *options.PREDICTOR, 'camera_height', why=why)


def _check_outputs(args: argparse.Namespace) -> None:
    """Find out before the work that its result cannot be written."""
    for option in ('json', 'markdown', 'csv'):
        outputs.claim_file(args, f'--{option}', getattr(args, option))
    if args.report is not None:
        missing = [name for name in ('jinja2', 'matplotlib') if find_spec(name) is None]
        if missing:
            raise UsageError(f'--report needs more: pip install {" ".join(missing)}')
        from lacdepth_ros.evaluation.report.report_page import report_files

        outputs.claim_folder(args, '--report', args.report, report_files(args.report))


def _network(
    args: argparse.Namespace, protocol: EvaluationProtocol, entries: Sequence[Entry]
) -> tuple[FramePredictor, Mapping[float, float], str]:
    """What predicts a frame, the intervals of its std, and what the metres assume."""
    from lacdepth_ros.evaluation.evaluate import frame_predictor

    predictor = options.load_predictor(args)
    known = protocol.median_scaling  # each frame's scale is that of its ground truth
    assumed = '' if known else options.assumed_height(args, entries, predictor)
    predict = frame_predictor(predictor, protocol, args.camera_height)
    return predict, predictor.intervals, assumed


def _imported(
    args: argparse.Namespace, protocol: EvaluationProtocol
) -> tuple[FramePredictor, None, str]:
    """The same of the files of another program, whose std has no intervals."""
    from lacdepth_ros.evaluation.imported import ImportedPredictions

    try:
        found = ImportedPredictions(
            args.predictions,
            format=args.format or 'png16',
            scale=args.scale,
            std_folder=args.predictions_std,
        )
    except (OSError, ValueError) as failure:
        raise UsageError(f'--predictions: {failure}') from failure
    return found.predict, None, '' if protocol.median_scaling else found.assumed


def _write_page(args: argparse.Namespace, report: EvaluationReport, gallery: Gallery) -> None:
    from lacdepth_ros.evaluation.report.report_page import write_report

    source = 'the shipped checkpoint' if args.checkpoint is None else args.checkpoint.name
    if args.predictions is not None:
        source = f'predictions of {args.predictions}'
    page = write_report(args.report, report, gallery, source=source, data=str(args.data))
    print(f'wrote {page}')


def _entries(data: Path) -> list[Entry]:
    """The frames of a manifest, or those of a KITTI raw folder that have ground truth."""
    from lacdepth_ros.cli.ground_truth_doubts import warn_of_ground_truth
    from lacdepth_ros.data.sources import open_data_set

    try:
        frames = open_data_set(data).entries
    except (OSError, ValueError) as failure:
        raise UsageError(f'--data: {failure}') from failure
    with_ground_truth = [frame for frame in frames if frame.has_ground_truth]
    if not with_ground_truth:
        raise UsageError(f'--data: none of the {len(frames)} frames of {data} has ground truth')
    if without := len(frames) - len(with_ground_truth):
        warn(f'{without} of {len(frames)} frames have no ground truth and are not measured')
    warn_of_ground_truth(with_ground_truth)
    return with_ground_truth


def _write(args: argparse.Namespace, report: EvaluationReport) -> None:
    from lacdepth_ros.evaluation.report.tables import format_markdown

    if args.json is not None:
        write_json(args.json, report.to_dict())
    if args.markdown is not None:
        write_text(args.markdown, format_markdown(report))
    if args.csv is not None:
        write_text(args.csv, report.to_csv())
    for path in filter(None, (args.json, args.markdown, args.csv)):
        print(f'wrote {path}')


def _report_gaps(report: EvaluationReport) -> None:
    """Name what is missing from the means."""
    for frame in report.skipped:
        error(f'{frame.id} not measured: {frame.reason}')
    if report.skipped:
        total = report.frames + len(report.skipped)
        error(f'{len(report.skipped)} of {total} frames were not measured')
    if report.unpredicted:
        warn(f'{report.unpredicted:.2%} of the pixels with ground truth have no valid prediction')

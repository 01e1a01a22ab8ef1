# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth robustness`: the error of the same frames seen by other cameras."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, error, progress_bar
from lacdepth_ros.core.whole_file import write_json, write_text

if TYPE_CHECKING:
    from lacdepth_ros.data.sources import Entry
    from lacdepth_ros.evaluation.robustness import Variant

HELP = 'measure the same frames at other sizes, focal lengths, crops, and degraded'
DESCRIPTION = """\
Measure abs_rel of the same frames as other cameras would have taken them: the whole frame at
several numbers of rows at the network, the image resized to several focal lengths (which the
network's input undoes as far as it can), parts of the picture, whose optical axis lies elsewhere,
next to the whole picture's prediction of the same part, and pictures as night, fog, noise or a
lens out of focus leave them. Depth of the same pixels should not depend on any of it. KITTI's
protocol, without flip averaging.
"""
EPILOG = """\
example:
  lacdepth robustness --data val/ --limit 40 --markdown robustness.md
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'robustness', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        '--data', required=True, type=Path, metavar='DATA', help='manifest, folder, or KITTI drive'
    )
    parser.add_argument(
        '--rows', type=int, nargs='*', metavar='N', help='default: 240 288 352 428 480'
    )
    parser.add_argument(
        '--focal', type=float, nargs='*', metavar='PX', help='default: 350 450 535 650 750 900'
    )
    parser.add_argument(
        '--corruptions', nargs='*', metavar='KIND', help='such as night blurred; default: all'
    )
    parser.add_argument('--json', type=Path, metavar='OUT', help='abs_rel by variant and group')
    parser.add_argument('--markdown', type=Path, metavar='OUT', help='the table as Markdown')
    outputs.add_overwrite(parser)
    options.add_limit(parser)
    options.add_camera_height(parser, default="the frames', else the checkpoint's")
    options.add_predictor_options(parser, engine='eager', precision='fp32')


def run(args: argparse.Namespace) -> int:
    """Measure and print; 1 when a frame could not be measured."""
    from lacdepth_ros.core.runtime import tune_process

    tune_process()
    from lacdepth_ros.evaluation.protocol import EvaluationProtocol
    from lacdepth_ros.evaluation.robustness import measure_robustness, predict_variant

    options.check_limit(args)
    wanted = _variants(args)
    for option in ('json', 'markdown'):
        outputs.claim_file(args, f'--{option}', getattr(args, option))
    entries = _entries(args)
    failures: list[str] = []

    def skip(frame: str, reason: str) -> None:
        failures.append(frame)
        error(f'{frame} not measured: {reason}')

    predictor = options.load_predictor(args)
    options.assumed_height(args, entries, predictor)
    found = measure_robustness(
        lambda sample, variant: predict_variant(predictor, sample, variant, args.camera_height),
        entries,
        EvaluationProtocol(flip_average=False),
        wanted,
        skip,
        progress_bar(),
    )
    table = _markdown(found)
    print(table, end='')
    if args.json is not None:
        write_json(args.json, found)
    if args.markdown is not None:
        write_text(args.markdown, table)
    return 1 if failures else 0


def _variants(args: argparse.Namespace) -> list[Variant]:
    from lacdepth_ros.evaluation.robustness import CORRUPTIONS, FOCAL_LENGTHS, ROWS, variants

    rows = ROWS if args.rows is None else tuple(args.rows)
    focals = FOCAL_LENGTHS if args.focal is None else tuple(args.focal)
    if any(value < 1 for value in (*rows, *focals)):
        raise UsageError('--rows and --focal must be 1 or more')
    kinds = list(CORRUPTIONS) if args.corruptions is None else args.corruptions
    for kind in kinds:
        if kind not in CORRUPTIONS:
            raise UsageError(f'--corruptions {kind!r} is not one of {list(CORRUPTIONS)}')
    return variants(rows, focals, kinds)


def _entries(args: argparse.Namespace) -> list[Entry]:
    from lacdepth_ros.data.indexing import spread
    from lacdepth_ros.data.sources import open_data_set

    try:
        entries = [entry for entry in open_data_set(args.data).entries if entry.has_ground_truth]
    except (OSError, ValueError) as failure:
        raise UsageError(f'--data: {failure}') from failure
    return spread(entries, args.limit)


def _markdown(found: Mapping[str, Mapping[str, float]]) -> str:
    """A row a variant, a column a group."""
    groups = list(next(iter(found.values())))
    lines = [['abs_rel', *groups], ['---', *['---:'] * len(groups)]]
    for name, values in found.items():
        lines.append([name, *(f'{values[g]:.4f}' if g in values else '-' for g in groups)])
    return ''.join('| ' + ' | '.join(line) + ' |\n' for line in lines)

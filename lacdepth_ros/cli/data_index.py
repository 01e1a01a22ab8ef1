# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth data index`: a data set listed as a manifest."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, error, progress_bar, warn

if TYPE_CHECKING:
    from lacdepth_ros.data.indexing import IndexResult

_SHOWN = 5  # messages of one kind

HELP = 'list a data set as a manifest'
DESCRIPTION = """\
List a data set as a manifest: one line per frame, with the paths of image and depth, the camera's
intrinsics and the depth's scale. Files that have to be made (depth from LiDAR scans, from
disparity, or from a .mat file) go to a folder beside the manifest.

layouts:
  kitti      KITTI raw drives, with the depth benchmark's annotated truth if unpacked
  kitti2012  KITTI stereo 2012 (grey images)
  kitti2015  KITTI stereo 2015
  nyu        NYU Depth v2 as folders of rgb_NNNNN.jpg and sync_depth_NNNNN.png
  nyu-mat    nyu_depth_v2_labeled.mat (ROOT is that file)
"""
EPILOG = """\
examples:
  lacdepth data index kitti kitti/ eigen_test.jsonl --split eigen_test_files_with_gt.txt
  lacdepth data index kitti kitti/ eigen_train.jsonl --part train
  lacdepth data index nyu-mat nyu_depth_v2_labeled.mat test.jsonl --split splits.mat --part test
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the commands of `lacdepth data`."""
    parser = options.add_command(subparsers, 'index', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('layout', metavar='LAYOUT', help='see above')
    parser.add_argument('root', type=Path, metavar='ROOT', help='where the data set lies')
    parser.add_argument('output', type=Path, metavar='OUT.jsonl', help='manifest to be written')
    parser.add_argument(
        '--split',
        type=Path,
        metavar='FILE',
        help='list of frames, in the form of BTS or Monodepth',
    )
    parser.add_argument(
        '--part',
        choices=('train', 'test'),
        help="part of a .mat's split; of KITTI without --split: Eigen's, made by rule",
    )
    parser.add_argument(
        '--truth',
        default='auto',
        choices=('auto', 'annotated', 'velodyne', 'velodyne-eigen'),
        help="of KITTI (default: auto = a drive's annotated depth, else its scans); "
        'velodyne-eigen: scans as Monodepth exports them, which papers measure by',
    )
    outputs.add_overwrite(parser)
    options.add_limit(parser)


def run(args: argparse.Namespace) -> int:
    """Write a manifest and report its counts; 1 when frames had to be left out."""
    from lacdepth_ros.data.indexing import IndexRequest
    from lacdepth_ros.data.layouts.catalog import LAYOUTS

    if args.layout not in LAYOUTS:
        raise UsageError(
            f'layout {args.layout!r} is not one of {", ".join(LAYOUTS)}; for any other images and '
            'depth: lacdepth data pairs'
        )
    options.check_limit(args)
    layout = LAYOUTS[args.layout]
    unknown = [name for name in ('split', 'part', 'truth') if name not in layout.options]
    options.refuse_given(args, *unknown, why=f'means nothing for {args.layout}; leave it out')
    if args.output.suffix != '.jsonl':
        raise UsageError(f'{args.output}: the manifest must be named .jsonl')
    outputs.claim_file(args, 'OUT.jsonl', args.output)
    request = IndexRequest(args.root, args.output, args.split, args.part, args.truth, args.limit)
    try:
        result = layout.index(request, progress_bar())
    except (OSError, ValueError, ModuleNotFoundError) as failure:
        raise UsageError(str(failure)) from failure
    return write_index(args, result)


def write_index(args: argparse.Namespace, result: IndexResult) -> int:
    """Write the manifest of an index and report it; 1 when frames had to be left out."""
    from lacdepth_ros.data.manifest import write_manifest

    show_index(result)
    show_problems(result.problems)
    if not result.rows:
        raise UsageError(f'{args.root}: no frame can be used; {args.output} was not written')
    write_manifest(args.output, result.rows)
    print(f'wrote {args.output}')
    return 1 if result.problems else 0


def show_index(result: IndexResult) -> None:
    """Print every count and note of an index."""
    for count in result.counts:
        print(count)
    for note in result.notes:
        warn(note)


def show_problems(problems: Mapping[str, Sequence[str]]) -> None:
    """Name every kind of problem with its number and its first messages."""
    for kind, messages in problems.items():
        error(f'{kind}: {len(messages):,} of them, such as')
        for message in messages[:_SHOWN]:
            error(message)

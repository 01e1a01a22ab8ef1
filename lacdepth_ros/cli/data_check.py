# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth data check`: open every frame of a data set and say what is wrong with it."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, progress_bar
from lacdepth_ros.cli.data_index import show_index, show_problems
from lacdepth_ros.core.whole_file import write_json

if TYPE_CHECKING:
    from lacdepth_ros.data.manifest import ManifestEntry

HELP = 'counts, sizes, depth and errors of a data set'
DESCRIPTION = """\
Open every image and every ground truth of a manifest (a file, or a folder with a manifest.jsonl),
or of a data set that 'lacdepth data index' knows, and report frames, sizes, density and range of
the ground truth by group. Wrong is: a file that is missing, unreadable or of another size than the
manifest says, 8-bit or empty ground truth, a missing or impossible K, a median depth that no
camera sees, lengths of rays or disparities in place of depth, and images or ground truths that
appear twice. Whether image and ground truth belong together only you can see: look at the picture
that --sheet paints. Nothing is written unless asked for.
"""
EPILOG = """\
example:
  lacdepth data check train.jsonl --against val.jsonl --sheet train.png --json train.json
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the commands of `lacdepth data`."""
    parser = options.add_command(subparsers, 'check', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        'path', type=Path, metavar='PATH', help='manifest, its folder, or root of a data set'
    )
    parser.add_argument(
        '--sheet',
        type=Path,
        metavar='OUT.png',
        help='paint images with their ground truth on them',
    )
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the report as JSON too')
    parser.add_argument(
        '--against',
        type=Path,
        metavar='MANIFEST',
        help='name images that this manifest holds too (training against validation)',
    )
    outputs.add_overwrite(parser)
    options.add_limit(parser)


def run(args: argparse.Namespace) -> int:
    """Check and report; 1 when something is wrong."""
    from lacdepth_ros.data.check import check_entries, check_overlap
    from lacdepth_ros.data.check_report import format_check, overlay_sheet
    from lacdepth_ros.data.files import write_image

    others = _others(args.against)
    options.check_limit(args)
    if args.sheet is not None and args.sheet.suffix != '.png':
        raise UsageError(f'--sheet {args.sheet}: name a .png file')
    for path, option in ((args.sheet, '--sheet'), (args.json, '--json')):
        outputs.claim_file(args, option, path)
    with _open(args.path, args.limit) as (items, problems):
        report, readable = check_entries(items, progress_bar())
        report.problems = {**problems, **report.problems}
        if not report.overall.frames and not report.problems:
            report.note('no ground truth', f'{args.path} holds not one frame with ground truth')
        if args.against is not None:
            shared = ', '.join(check_overlap(report, readable, others)) or 'none'
            print(f'groups that are also in {args.against}: {shared}')
        print(format_check(report))
        if args.json is not None:
            write_json(args.json, report.to_dict())
            print(f'wrote {args.json}')
        if readable and args.sheet is not None:
            title = f'{args.path}: {report.overall.frames:,} frames'
            write_image(args.sheet, overlay_sheet(readable, report, title))
            print(f'wrote {args.sheet}')
        elif readable:
            print('no picture painted; --sheet OUT.png shows whether image and ground truth agree')
    show_problems(report.problems)
    print('something is wrong' if report.problems else 'nothing is wrong')
    return 1 if report.problems else 0


def _others(path: Path | None) -> list[ManifestEntry]:
    """The frames of --against."""
    from lacdepth_ros.data.manifest import read_manifest

    try:
        return read_manifest(path) if path is not None else []
    except (OSError, ValueError) as failure:
        raise UsageError(f'--against: {failure}') from failure


@contextmanager
def _open(
    path: Path, limit: int | None
) -> Iterator[tuple[list[ManifestEntry | ValueError], dict[str, list[str]]]]:
    """The lines of a manifest, or of one made for a data set's root; and the index's problems."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            opened = _items(path, limit, Path(folder))
        except (OSError, ValueError) as failure:
            raise UsageError(str(failure)) from failure
        yield opened


def _items(
    path: Path, limit: int | None, folder: Path
) -> tuple[list[ManifestEntry | ValueError], dict[str, list[str]]]:
    """What `_open` gives; files that have to be made go to the folder."""
    from lacdepth_ros.data.indexing import IndexRequest, spread
    from lacdepth_ros.data.layouts.catalog import LAYOUTS, recognize
    from lacdepth_ros.data.manifest import holds_manifest, scan_manifest, write_manifest

    if holds_manifest(path) or (path.is_file() and path.suffix != '.mat'):
        items = list(scan_manifest(path))
        if not items:
            raise ValueError(f'{path}: the manifest holds no frames')
        return spread(items, limit), {}
    layout = recognize(path)
    request = IndexRequest(path, folder / 'manifest.jsonl', limit=limit)
    result = LAYOUTS[layout].index(request, progress_bar())
    print(f'layout: {layout}')
    show_index(result)
    if not result.rows:
        return [], result.problems
    write_manifest(request.output, result.rows)
    return list(scan_manifest(request.output)), result.problems

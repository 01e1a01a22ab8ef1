# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth data densify`: interpolated depth for the gradient loss."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, error, progress_bar

_SHOWN = 5
_WIDTH = 640

HELP = 'interpolate the depth of a manifest'
DESCRIPTION = f"""\
Fill the holes of every ground truth along the edges of its image (Levin's colourisation, in
inverse depth) and write OUTDIR/manifest.jsonl, in which each frame names the result as `dense`.
Only the gradient loss uses it. Images wider than {_WIDTH} pixels are filled at that width. A run
that was stopped goes on where it was.
"""
EPILOG = """\
example:
  lacdepth data densify eigen_train.jsonl eigen_train_dense/
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the commands of `lacdepth data`."""
    parser = options.add_command(subparsers, 'densify', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('manifest', type=Path, metavar='MANIFEST')
    parser.add_argument('output', type=Path, metavar='OUTDIR')
    parser.add_argument(
        '--width', type=int, default=_WIDTH, help=f'working width [px] (default: {_WIDTH})'
    )
    parser.add_argument(
        '--workers', type=int, metavar='N', help='processes (default: one for each CPU)'
    )
    options.add_limit(parser)


def run(args: argparse.Namespace) -> int:
    """Densify and report; 1 when a frame could not be done."""
    from lacdepth_ros.data.densify import densify
    from lacdepth_ros.data.indexing import spread
    from lacdepth_ros.data.manifest import read_manifest

    options.check_limit(args)
    workers = (os.cpu_count() or 1) if args.workers is None else args.workers
    if args.width < 1 or workers < 1:
        raise UsageError(f'--width {args.width}, --workers {workers}: at least 1 is needed')
    outputs.make_folder(args.output, 'OUTDIR')
    try:
        entries = spread(read_manifest(args.manifest), args.limit)
        failures = densify(
            entries, args.output, width=args.width, workers=workers, progress=progress_bar()
        )
    except (OSError, ValueError, ModuleNotFoundError) as failure:
        raise UsageError(str(failure)) from failure
    print(f'{len(entries) - len(failures)} of {len(entries)} frames have interpolated depth')
    print(f'wrote {args.output / "manifest.jsonl"}')
    for frame, reason in list(failures.items())[:_SHOWN]:
        error(f'{frame}: {reason}')
    return 1 if failures else 0

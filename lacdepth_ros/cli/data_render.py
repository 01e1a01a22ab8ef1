# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth data render`: synthetic streets as a data set."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, progress_bar

SCENES = 1500
HELP = 'render synthetic streets as training data'
DESCRIPTION = """\
Render streets with exact depth and write OUTDIR/manifest.jsonl: one view of each, by cameras of
0.3 to 3.2 m height that look ahead, aside or back, with many focal lengths, sizes and principal
points. A frame takes about a second of one core and 0.6 MB. Frames that OUTDIR lists already stay
listed, so that a data set can be made larger with another --first-seed.
"""
EPILOG = """\
example:
  lacdepth data render streets/ --scenes 1500
  lacdepth train --data.train_manifest '[DATA/train/manifest.jsonl, streets/manifest.jsonl]' ...
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the commands of `lacdepth data`."""
    parser = options.add_command(subparsers, 'render', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('output', type=Path, metavar='OUTDIR')
    parser.add_argument(
        '--scenes', type=int, default=SCENES, metavar='N', help=f'streets (default: {SCENES})'
    )
    parser.add_argument(
        '--first-seed', type=int, default=0, metavar='N', help='seed of the first (default: 0)'
    )
    parser.add_argument(
        '--workers', type=int, metavar='N', help='processes (default: one for each CPU)'
    )


def run(args: argparse.Namespace) -> int:
    """Render and say where the data set lies."""
    from lacdepth_ros.synthetic.render import render_streets

    workers = (os.cpu_count() or 1) if args.workers is None else args.workers
    if args.scenes < 1 or workers < 1 or args.first_seed < 0:
        raise UsageError(
            f'--scenes {args.scenes}, --workers {workers}, --first-seed {args.first_seed}: at '
            'least 1, 1 and 0 are needed'
        )
    outputs.make_folder(args.output, 'OUTDIR')
    try:
        render_streets(
            args.output,
            args.scenes,
            first_seed=args.first_seed,
            workers=workers,
            progress=progress_bar(),
        )
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    print(f'wrote {args.output / "manifest.jsonl"}')
    return 0

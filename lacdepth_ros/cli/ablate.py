# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth ablate`: many trainings of one recipe, compared in the paper's tables."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, error
from lacdepth_ros.cli.train import need_lightning

HELP = 'train the variations of a recipe and compare them'
DESCRIPTION = """\
Train every row of a sweep with the same budget and write the tables as ablation.md and
ablation.csv. The sweep `paper` holds the ablations of the paper: encoder, Laplacian levels,
fusion, bins, distribution. Called again with the same --output, the sweep continues where it was
stopped. Settings of the recipe given here hold for every row.
"""
EPILOG = """\
examples:
  lacdepth ablate --output runs/ablation \\
    --data.train_manifest DATA/train/manifest.jsonl --data.val_manifest DATA/val/manifest.jsonl
  lacdepth ablate --output runs/small --tables levels fusion --trainer.max_steps 300 ...
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'ablate', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        '--sweep', default='paper', metavar='FILE', help='YAML file or shipped sweep (paper)'
    )
    parser.add_argument(
        '--config', metavar='RECIPE', help="recipe of every row, in place of the sweep's"
    )
    parser.add_argument('--output', required=True, type=Path, metavar='DIR', help='folder')
    parser.add_argument('--tables', nargs='+', default=[], metavar='NAME', help='only these')
    parser.set_defaults(forwarded=[])


def run(args: argparse.Namespace) -> int:
    """Run the sweep and print its tables; 1 when a row failed."""
    import logging

    from lacdepth_ros.core.runtime import tune_training

    tune_training()  # before Lightning imports PyTorch
    need_lightning()
    from lacdepth_ros.training.ablation import TABLES, markdown, run_sweep
    from lacdepth_ros.training.recipes import find_sweep
    from lacdepth_ros.training.run import train
    from lacdepth_ros.training.settings import complete_recipe
    from lacdepth_ros.training.sweep import read_sweep

    logging.basicConfig(
        level=logging.INFO, format='%(asctime)s %(message)s', datefmt='%H:%M:%S', stream=sys.stderr
    )
    try:
        sweep = read_sweep(find_sweep(args.sweep)).chosen(args.tables, args.config)
        sweep.refuse_varied(args.forwarded)
        for row in (row for table in sweep.tables for row in table.rows):
            # A typing error in the last row must not come to light after hours.
            complete_recipe(['--config', sweep.recipe, *args.forwarded, *row.arguments])
        outputs.make_folder(args.output, '--output')
        log = logging.getLogger('lacdepth.ablate')
        results = run_sweep(sweep, args.forwarded, args.output, train=train, report=log.info)
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    print(markdown(results))
    print(f'{args.output / TABLES}.md, {args.output / TABLES}.csv')
    failed = [f'{r.row.table}: {r.row.name}' for r in results if r.failure]
    for name in failed:
        error(f'{name} failed')
    return 1 if failed else 0

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth train`: a recipe and two manifests in, a checkpoint out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options
from lacdepth_ros.cli.console import UsageError

if TYPE_CHECKING:
    from lacdepth_ros.training.run import TrainingRun

HELP = 'train a network after a recipe'
DESCRIPTION = """\
Train a network after a recipe (YAML with the sections model, data and trainer). Under --output
appear:

  best.safetensors   the trained weights with the smallest validation error (mean over groups)
  last.ckpt          the state that --resume continues from
  config.yaml        every setting of the run; usable as a recipe
  log.jsonl          losses, speed, errors at every validation
  tensorboard/       curves and pictures: tensorboard --logdir DIR
  results.json       at the end: score, errors, speed, memory, settings

A run from a checkpoint validates it first, as step 0, and warns at the end if no step was better.
Any setting can be given as --SECTION.NAME VALUE; --print_config lists them all.
"""
EPILOG = """\
examples:
  lacdepth train --config lite --output runs/lite \\
    --data.train_manifest DATA/train/manifest.jsonl --data.val_manifest DATA/val/manifest.jsonl
  lacdepth train --config lite --output runs/lite --resume ...
  lacdepth train --config runs/lite/config.yaml --output runs/short --trainer.max_steps 500 \\
    --data.augment.flip 0 --model.network.architecture.widths '[16, 32, 64, 96, 160]'
  torchrun --nproc-per-node 4 --no-python lacdepth train --config kitti_r101 --output runs/r101 \\
    --trainer.devices 4 ...
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'train', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        '--config',
        metavar='RECIPE',
        help='YAML file, or the name of a shipped recipe such as lite',
    )
    parser.add_argument('--output', type=Path, metavar='DIR', help='folder, made when missing')
    parser.add_argument('--resume', action='store_true', help='continue the run of --output')
    parser.add_argument(
        '--print_config', action='store_true', help='print every setting as a recipe, and stop'
    )
    parser.set_defaults(forwarded=[])


def run(args: argparse.Namespace) -> int:
    """Train to the end and print where the best checkpoint lies."""
    import logging

    from lacdepth_ros.core.runtime import tune_training

    tune_training()
    logging.basicConfig(
        level=logging.INFO, format='%(asctime)s %(message)s', datefmt='%H:%M:%S', stream=sys.stderr
    )
    arguments = [*(('--config', args.config) if args.config else ()), *args.forwarded]
    if args.print_config:
        return _print_config(arguments)
    if args.config:
        print(f'{args.config}: loading PyTorch, Lightning and the data ...', file=sys.stderr)
    training = _prepare(args, arguments)
    results = training.fit()
    best = args.output / results['best_checkpoint']
    score = f'{results["score"]:.4f}'
    if (start := results['start']) is not None:
        score = f'{start["score"]:.4f} (start) -> {score} (step {results["best_step"]})'
    print(f'{best}: abs_rel {score}, mean over the validation groups')
    return 0


def _prepare(args: argparse.Namespace, arguments: list[str]) -> TrainingRun:
    """Everything that can be wrong with the command line, before a step is made."""
    if not args.config or args.output is None:
        raise UsageError('--config RECIPE and --output DIR are needed; see lacdepth train --help')
    need_lightning()
    from lacdepth_ros.training.run import TrainingRun

    if args.output.exists() and not args.output.is_dir():
        raise UsageError(f'--output: {args.output} is a file; name a folder')
    try:
        return TrainingRun(arguments, args.output, resume=args.resume)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        raise UsageError(str(error)) from error


def _print_config(arguments: list[str]) -> int:
    need_lightning()
    from lacdepth_ros.training.settings import complete_recipe

    try:
        print(complete_recipe(arguments), end='')
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error
    return 0


def need_lightning() -> None:
    """Refuse to go on without the packages of the extra `train`."""
    try:
        import jsonargparse  # noqa: F401
        import lightning  # noqa: F401
        import tensorboard  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"training needs more packages ({error}): run pip install '.[train]' in a clone of "
            'lacdepth_ros'
        ) from error

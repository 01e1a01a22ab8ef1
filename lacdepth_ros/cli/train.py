# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth train`: a recipe and two manifests in, a checkpoint out."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options
from lacdepth_ros.cli.console import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lacdepth_ros.training.loop import Trainer

DESCRIPTION = """\
Train a network after a recipe (YAML: the fields of TrainingConfig). Under --output appear:

  best.safetensors   the checkpoint with the smallest validation error
  last.pt            the state that --resume continues from
  config.json        every setting of the run
  log.jsonl          loss once a minute, errors at every validation
"""
EPILOG = """\
examples:
  lacdepth train --config lite_first.yaml --output runs/lite \\
    --set train_manifest=DATA/train/manifest.jsonl val_manifest=DATA/val/manifest.jsonl
  lacdepth train --config lite_first.yaml --output runs/short \\
    --set iterations=500 augment.flip=0 'model.widths=[16, 32, 64, 96, 160]' ...
"""
RECIPES = Path('config') / 'training'
SHARE = Path('share') / 'lacdepth_ros'


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = subparsers.add_parser(
        'train',
        help='train a network after a recipe',
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        '--config',
        required=True,
        metavar='RECIPE',
        help='YAML file, or the name of a shipped recipe such as lite_first.yaml',
    )
    parser.add_argument(
        '--output', required=True, type=Path, metavar='DIR', help='folder, made when missing'
    )
    parser.add_argument('--resume', action='store_true', help='continue the run of --output')
    parser.add_argument(
        '--set',
        nargs='+',
        action='extend',
        default=[],
        metavar='NAME=VALUE',
        help="replace settings of the recipe; dotted names reach into groups, values are YAML's",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Train to the end and print where the best checkpoint lies."""
    import logging

    from lacdepth_ros.allocator import tune_allocator

    tune_allocator()  # before the first tensor: halves the time of a step on the CPU
    logging.basicConfig(
        level=logging.INFO, format='%(asctime)s %(message)s', datefmt='%H:%M:%S', stream=sys.stderr
    )
    trainer = _trainer(args)
    best = trainer.fit()
    print(f'{best}: abs_rel {trainer.best:.4f} on the validation frames')
    return 0


def _trainer(args: argparse.Namespace) -> Trainer:
    """Everything that can be wrong with the command line, before a step is made."""
    from lacdepth_ros.training.config import load_config
    from lacdepth_ros.training.loop import Trainer

    if not args.resume and (args.output / 'last.pt').exists():
        raise UsageError(
            f'--output: {args.output} holds a run already; continue it with --resume, or name '
            'another folder'
        )
    overrides = _overrides(args.set)
    try:
        config = load_config(find_recipe(args.config), overrides)
        if not args.resume:
            options.make_folder(args.output, '--output')
        return Trainer(config, args.output, resume=args.resume)
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from error


def _overrides(settings: Sequence[str]) -> dict[str, Any]:
    import yaml

    overrides = {}
    for setting in settings:
        name, equals, value = setting.partition('=')
        if not name or not equals:
            raise UsageError(f'--set {setting}: NAME=VALUE is needed')
        try:
            overrides[name] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise UsageError(f'--set {setting}: the value is not YAML ({error})') from error
    return overrides


def find_recipe(name: str) -> Path:
    """The recipe's file: a path, or the bare name of one that the package ships.

    Raises:
        UsageError: There is none; the message names the shipped ones.
    """
    path = Path(name).expanduser()
    if path.is_file():
        return path
    folders = list(_recipe_folders())
    if path.name == name:
        for folder in folders:
            for candidate in (folder / name, folder / f'{name}.yaml'):
                if candidate.is_file():
                    return candidate
    shipped = sorted({file.name for folder in folders for file in folder.glob('*.yaml')})
    raise UsageError(f'--config: {name} does not exist; the shipped recipes are {shipped}')


def _recipe_folders() -> Iterator[Path]:
    """Where recipes lie: in the source checkout, in ROS 2 workspaces, and beside Python."""
    import lacdepth_ros

    yield Path(lacdepth_ros.__path__[0]).parent / RECIPES
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            yield Path(prefix) / SHARE / RECIPES
    yield Path(sys.prefix) / SHARE / RECIPES

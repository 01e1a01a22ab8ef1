# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth quantize`: find the scales with which a checkpoint runs in 8-bit integers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, progress_bar

if TYPE_CHECKING:
    from lacdepth_ros.data.sources import Entry
    from lacdepth_ros.models.engines.parity import Parity

STEPS = 300
HELP = 'find the scales with which a checkpoint runs in 8-bit integers'
DESCRIPTION = """\
Write a copy of a checkpoint that can also run in 8-bit integers (precision 'int8' of the node, on
x86 CPUs with AVX2): it carries the scales of its convolutions' inputs, and biases that take
back what rounding shifts. Weights stay as they are, and so does the depth in every other
precision. What becomes metres is float32 in integers, too.

--data are frames like those that the network will see, such as the training's; their depth, which
manifests name, does not count. First scales come from 32 of them; each step of tuning then
compares the integers' depth and std with those of float32 on four views. The result is held
against float32 on the stored street, as the node does before it uses an engine, and written only
if it passes.
"""
EPILOG = f"""\
examples:
  lacdepth quantize best.safetensors int8.safetensors --data train.jsonl
  lacdepth quantize best.safetensors int8.safetensors --data DATA/train MINE/train.jsonl

{STEPS} steps took 16 minutes on two busy cores.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'quantize', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        'source',
        type=options.checkpoint,
        metavar='CHECKPOINT',
        help="a checkpoint, or 'shipped' for the package's",
    )
    parser.add_argument('output', type=Path, metavar='OUT', help='its copy, .safetensors')
    parser.add_argument(
        '--data',
        required=True,
        type=Path,
        nargs='+',
        metavar='DATA',
        help='manifests, folders that hold one, or KITTI drives',
    )
    parser.add_argument(
        '--steps', type=int, default=STEPS, metavar='N', help=f'of tuning (default: {STEPS})'
    )
    outputs.add_overwrite(parser)
    options.add_limit(parser)


def run(args: argparse.Namespace) -> int:
    """Find scales, prove them, write them."""
    from lacdepth_ros.core.runtime import tune_process

    tune_process()
    from lacdepth_ros.core.runtime import share_cores
    from lacdepth_ros.models.checkpoint import load_checkpoint, write_quantized
    from lacdepth_ros.training.quantize import quantize

    options.check_limit(args)
    if args.steps < 0:
        raise UsageError(f'--steps {args.steps} must be 0 or more')
    if args.output.suffix != '.safetensors':
        raise UsageError(f'OUT {args.output} must end in .safetensors')
    outputs.claim_file(args, 'OUT', args.output)
    share_cores('cpu')
    entries = _entries(args)
    try:
        model, _ = load_checkpoint(args.source)
        model.quantization = quantize(
            model,
            lambda index: entries[index].load(),
            len(entries),
            args.steps,
            progress_bar('step'),
        )
        parity = _parity(args, model)
        write_quantized(args.source, args.output, model.quantization)
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    count = len(model.quantization.levels)
    print(f'wrote {args.output}: {count} convolutions in integers; against float32: {parity}')
    return 0


def _entries(args: argparse.Namespace) -> list[Entry]:
    from lacdepth_ros.data.indexing import spread

    return spread(options.entries_of(args.data), args.limit)


def _parity(args: argparse.Namespace, model: Any) -> Parity:
    """How far integers are from float32 on the stored street; ValueError beyond the gate."""
    from lacdepth_ros.models.engines.parity import compare_quantized

    parity = compare_quantized(model)
    if problem := parity.problem('int8'):
        more = 'more steps, or frames of more kinds, bring them closer'
        raise ValueError(
            f'{args.source} in integers is too far from float32: {problem}; {more}; nothing was '
            'written'
        )
    return parity

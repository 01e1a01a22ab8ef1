# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth blend`: weights between those before and after a fine-tuning."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError

SHARE = 0.5
HELP = 'weights between those before and after a fine-tuning'
DESCRIPTION = """\
Write the mean of two checkpoints' weights, of which one was trained from the other. A fine-tuned
network knows the place of its frames and forgets others; half of the way back it keeps most of
what it gained there and has forgotten much less (docs/training.md has figures). The std of the
result is not calibrated, and no figure of either checkpoint holds for it: measure it.
"""
EPILOG = """\
examples:
  lacdepth blend shipped runs/mine/best.safetensors half.safetensors
  lacdepth blend shipped runs/mine/best.safetensors mine.safetensors --share 0.7
  lacdepth evaluate --checkpoint half.safetensors --data MINE/val.jsonl
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'blend', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument(
        'first',
        type=options.checkpoint,
        metavar='BEFORE',
        help="a checkpoint, or 'shipped' for the package's",
    )
    parser.add_argument(
        'second',
        type=options.checkpoint,
        metavar='AFTER',
        help='a checkpoint trained from the first',
    )
    parser.add_argument('output', type=Path, metavar='OUT', help='the blend, .safetensors')
    parser.add_argument(
        '--share',
        type=float,
        default=SHARE,
        metavar='S',
        help=f'how far from the first to the second, 0 to 1 (default: {SHARE})',
    )
    outputs.add_overwrite(parser)
    parser.add_argument(
        '--encoder-share', type=float, metavar='S', help="the encoder's, if it is another"
    )


def run(args: argparse.Namespace) -> int:
    """Blend, and say where the result lies."""
    from lacdepth_ros.models.blend import blend
    from lacdepth_ros.models.checkpoint import load_checkpoint, save_checkpoint
    from lacdepth_ros.models.provenance import blended

    if args.output.suffix != '.safetensors':
        raise UsageError(f'OUT {args.output} must end in .safetensors')
    _check_output(args)
    outputs.claim_file(args, 'OUT', args.output)
    paths = (args.first, args.second)
    share = f'{args.share:g}'
    if args.encoder_share is not None:
        share = f'{args.share:g} ({args.encoder_share:g} of the encoder)'
    try:
        (first, told), (second, told_after) = (load_checkpoint(path) for path in paths)
        mean = blend(first, second, args.share, args.encoder_share)
        provenance = blended(paths, (told, told_after), share)
        save_checkpoint(args.output, mean, provenance)
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    print(
        f'wrote {args.output}; its std is not calibrated (lacdepth calibrate-std) '
        'and it has no scales for 8-bit integers (lacdepth quantize)'
    )
    return 0


def _check_output(args: argparse.Namespace) -> None:
    """Neither checkpoint may be overwritten, nor the shipped one."""
    from lacdepth_ros.models.shipped import default_checkpoint

    first, second = args.first.resolve(), args.second.resolve()
    if first == second:
        raise UsageError(f'BEFORE and AFTER are the same file, {first}')
    if args.output.is_dir() or args.output.resolve() in (first, second, default_checkpoint()):
        raise UsageError(f'OUT {args.output} is a checkpoint or a folder; name a new file')

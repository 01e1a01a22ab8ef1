# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth export`: a checkpoint as ONNX or OpenVINO file, proven equal to it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError

if TYPE_CHECKING:
    from lacdepth_ros.models.engines.parity import Parity
    from lacdepth_ros.models.lacdepth import LacDepth

HELP = 'write a checkpoint as an ONNX or OpenVINO file'
DESCRIPTION = """\
Write a checkpoint as a file that other programs run without this package, and compare what the
file gives with PyTorch in float32 on a stored street. The file takes RGB values 0 .. 255,
(1, 3, height, width) float32, and for a network with rays fx, fy, cx, cy of these pixels, (1, 4)
float32. It gives depth and std in metres for a camera of the focal length and height in its
metadata. With --verify an existing file is compared and nothing written.
"""
EPILOG = """\
examples:
  lacdepth export depth.onnx --size 418x557      # for a camera of 640x480 with fx = fy = 615
  lacdepth export depth.onnx --precision fp16    # TensorRT 10: trtexec --stronglyTyped
  lacdepth export depth.onnx --dynamic           # any size in multiples of 32
  lacdepth export depth.xml --size 352x1216      # for OpenVINO
  lacdepth export depth.xml --int8               # for x86 CPUs with AVX2
  lacdepth export depth.onnx --verify
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'export', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('file', type=Path, metavar='FILE', help='.onnx, or .xml for OpenVINO')
    options.add_checkpoint(parser)
    parser.add_argument(
        '--size',
        type=_size,
        metavar='HEIGHTxWIDTH',
        help="of the input: your camera's height * focal_px / fy by width * focal_px / fx, where "
        'focal_px is 535 for the shipped network; another size gives wrong metres (default: '
        '278x920, for a KITTI frame; with --dynamic 288x928, at which the file is compared)',
    )
    parser.add_argument(
        '--dynamic', action='store_true', help='any input size in multiples of 32 (ONNX)'
    )
    parser.add_argument(
        '--precision',
        help='of encoder and decoder: fp32, or fp16 in ONNX; the head is float32 (default: fp32)',
    )
    parser.add_argument(
        '--int8',
        action='store_true',
        help='encoder and decoder in 8-bit integers (OpenVINO), by the scales of the checkpoint, '
        'as lacdepth quantize finds them',
    )
    outputs.add_overwrite(parser)
    parser.add_argument('--verify', action='store_true', help='only compare the file')


def run(args: argparse.Namespace) -> int:
    """Run the command; 0 when the file gives the checkpoint's depth."""
    from lacdepth_ros.models.checkpoint import load_checkpoint
    from lacdepth_ros.models.export import kind_of, verify

    _check(args)
    try:
        kind_of(args.file)
        if not args.verify:
            beside = [args.file.with_suffix('.bin')] if args.file.suffix == '.xml' else []
            outputs.claim_file(args, 'FILE', args.file, *beside)
        model, _ = load_checkpoint(args.checkpoint)
        parity = verify(args.file, model) if args.verify else _export(args, model)
    except (OSError, ValueError, ModuleNotFoundError) as error:
        raise UsageError(str(error)) from error
    source = args.checkpoint or f'the shipped {model.config.name}'
    print(f'{args.file} gives the depth of {source}: {parity}')
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.verify:
        why = 'is about writing, and --verify compares the file as it is; leave one out'
        names = ('size', 'dynamic', 'precision', 'int8', 'overwrite')
        options.refuse_given(args, *names, why=why)
    if args.int8:
        options.refuse_given(args, 'precision', why='and --int8 exclude each other; give one')


def _export(args: argparse.Namespace, model: LacDepth) -> Parity:
    """Write the file where it gives the checkpoint's depth: nobody shall deploy another."""
    from lacdepth_ros.core.whole_file import verified_file
    from lacdepth_ros.models.export import export, verify

    height, width = args.size or ((288, 928) if args.dynamic else (278, 920))
    with verified_file(args.file) as draft:
        export(
            model,
            draft,
            height=height,
            width=width,
            precision='int8' if args.int8 else args.precision or 'fp32',
            any_size=args.dynamic,
        )
        try:
            return verify(draft, model, (height, width), name=args.file)
        except ValueError as failure:
            raise ValueError(f'{failure}; nothing was written') from failure


def _size(text: str) -> tuple[int, int]:
    height, _, width = text.partition('x')
    if not (height.isdigit() and width.isdigit() and int(height) and int(width)):
        raise argparse.ArgumentTypeError(f'{text!r} is no HEIGHTxWIDTH, such as 278x920')
    return int(height), int(width)

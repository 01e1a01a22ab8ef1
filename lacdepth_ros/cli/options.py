# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share, and the predictor they ask for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli.console import UsageError, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lacdepth_ros.data.sources import Entry
    from lacdepth_ros.models.predictor import DepthPredictor


PREDICTOR = ('checkpoint', 'device', 'engine', 'precision', 'input_scale')
"""Names of what `add_predictor_options` adds."""


def add_commands(parser: argparse.ArgumentParser, commands: Iterable[Any]) -> None:
    """Give a program its commands, or a command its own: modules with `add_parser`."""
    nested = parser.add_subparsers(title='commands', metavar='COMMAND', required=True)
    for command in commands:
        command.add_parser(nested)
    for subparser in nested.choices.values():
        subparser.add_argument(
            '--debug',
            action='store_true',
            default=argparse.SUPPRESS,  # it may have been given before an inner command's name
            help='show the traceback of an error',
        )


def add_command(
    subparsers: Any,
    name: str,
    run: Callable[[argparse.Namespace], int] | None,
    help: str,
    description: str,
    epilog: str | None = None,
) -> argparse.ArgumentParser:
    """Add a command, whose texts keep their lines; `run` None: it has commands of its own."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        name,
        help=help,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if run is not None:
        parser.set_defaults(run=run)
    return parser


def add_predictor_options(
    parser: argparse.ArgumentParser, *, engine: str = 'auto', precision: str = 'auto'
) -> None:
    """Add what `load_predictor` reads; --engine and --precision with these defaults."""
    group = parser.add_argument_group('network')
    add_checkpoint(group)
    group.add_argument(
        '--device', default='cpu', help='torch device: cpu, cuda, cuda:1, ... (default: cpu)'
    )
    group.add_argument(
        '--engine',
        default=engine,
        help='how the network is run: eager (PyTorch, the reference), openvino, onnxruntime, '
        f'compiled (NVIDIA GPU), or auto for the fastest that is as exact (default: {engine})',
    )
    group.add_argument(
        '--precision',
        default=precision,
        help='arithmetic of the network: fp32, bf16, fp16 (GPU, Arm), int8 (x86 CPU) or auto '
        f'(default: {precision})',
    )
    group.add_argument(
        '--input-scale',
        type=float,
        default=1.0,
        metavar='S',
        help='share of the trained focal length that the network sees, 0.5 to 1: below 1 it is '
        'faster and less exact (default: 1)',
    )


def add_checkpoint(group: Any) -> None:
    """Add --checkpoint to a parser or a group of one."""
    group.add_argument(
        '--checkpoint',
        type=checkpoint,
        metavar='FILE',
        help="checkpoint file, or 'shipped' for the package's lacdepth-lite (default)",
    )


def checkpoint(text: str) -> Path:
    """File of a checkpoint on the command line: `type` of every argument that names one."""
    from lacdepth_ros.models.shipped import checkpoint_path

    try:
        return checkpoint_path(text)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def add_camera_height(group: Any, *, default: str) -> None:
    """Add --camera-height to a parser or a group; `default` says which height it replaces."""
    group.add_argument(
        '--camera-height',
        type=_camera_height,
        metavar='M',
        help='of the lens above the ground, metres: depth is proportional to it (default: '
        f'{default})',
    )


def _camera_height(text: str) -> float:
    from lacdepth_ros.core.camera import check_camera_height

    try:
        return check_camera_height(float(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def assumed_height(
    args: argparse.Namespace, entries: Sequence[Entry], predictor: DepthPredictor
) -> str:
    """Warn where neither --camera-height nor a frame tells the height, and return what is assumed.

    Returns:
        In words; '' where every height is known.
    """
    unknown = sum(entry.camera_height is None for entry in entries)
    if args.camera_height is not None or not unknown:
        return ''
    share = f'{unknown} of {len(entries)} frames'
    assumed = f'a camera height of {predictor.camera_height:g} m for {share}'
    warn(
        f'assumed is {assumed}, as in the training: at another height all their depth is wrong '
        'by a common factor. Give --camera-height, or camera_height in the manifest'
    )
    return assumed


def add_camera_options(parser: argparse.ArgumentParser, *, intrinsics: str, file: str) -> None:
    """Add --intrinsics and --camera-info, of which one may be given, with these help texts."""
    camera = parser.add_mutually_exclusive_group()
    camera.add_argument(
        '--intrinsics',
        nargs=4,
        type=float,
        metavar=('FX', 'FY', 'CX', 'CY'),
        help=intrinsics,
    )
    camera.add_argument('--camera-info', type=Path, metavar='FILE', help=file)


def load_predictor(args: argparse.Namespace) -> DepthPredictor:
    """Build the predictor that the options of `add_predictor_options` describe.

    Raises:
        UsageError: The checkpoint or one of the others cannot be used.
    """
    from lacdepth_ros.core.runtime import share_cores, without_collecting

    with without_collecting():
        from lacdepth_ros.models.predictor import DepthPredictor

    share_cores(args.device)
    try:
        return DepthPredictor.from_checkpoint(
            args.checkpoint,
            device=args.device,
            engine=args.engine,
            precision=args.precision,
            input_scale=args.input_scale,
        )
    except (OSError, ValueError, ModuleNotFoundError) as error:
        raise UsageError(str(error)) from error


def refuse_given(args: argparse.Namespace, *names: str, why: str) -> None:
    """Refuse options that would change nothing.

    Args:
        args: The parsed options.
        names: Of those that mean nothing here.
        why: What to do about it, as the end of a sentence that begins with the option.

    Raises:
        UsageError: One was given.
    """
    for name in names:
        if name in args.given:
            raise UsageError(f'--{name.replace("_", "-")} {why}')


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Add --limit."""
    parser.add_argument(
        '--limit', type=int, metavar='N', help='at most N frames, spread evenly over the data set'
    )


def check_limit(args: argparse.Namespace) -> None:
    """Refuse a --limit that leaves nothing.

    Raises:
        UsageError: It is below 1.
    """
    if args.limit is not None and args.limit < 1:
        raise UsageError(f'--limit {args.limit}: at least 1 is needed')


def check_checkpoint(args: argparse.Namespace) -> None:
    """Refuse a --checkpoint that is no file, before anything is started.

    Raises:
        UsageError: It is none.
    """
    if args.checkpoint is not None and not args.checkpoint.is_file():
        raise UsageError(f'--checkpoint: {args.checkpoint} is no file')


def entries_of(paths: Sequence[Path]) -> list[Entry]:
    """The frames of some data sets; UsageError for what is none."""
    from lacdepth_ros.data.sources import open_data_set

    try:
        return [entry for path in paths for entry in open_data_set(path).entries]
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure

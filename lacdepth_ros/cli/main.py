# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth`: one program, one sub-module a command; heavy imports wait until a command runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import lacdepth_ros
from lacdepth_ros.cli import (
    ablate,
    bag,
    benchmark,
    blend,
    calibrate,
    calibrate_std,
    checkpoints,
    console,
    data,
    demo,
    doctor,
    evaluate,
    export,
    options,
    play,
    predict,
    quantize,
    robustness,
    soak,
    train,
)
from lacdepth_ros.cli.parser import CommandParser
from lacdepth_ros.core.installation import describe_missing

COMMANDS = (
    *(
        predict,
        evaluate,
        robustness,
        calibrate,
        calibrate_std,
        checkpoints,
        train,
        ablate,
        blend,
        quantize,
        benchmark,
    ),
    *(export, demo, play, doctor, soak, data, bag),
)

DESCRIPTION = 'Metric depth from one camera: images in, metres out.'
EPILOG = """\
exit codes:
  0  done
  1  some input failed (each failure is a line on stderr)
  2  nothing was done: the command line, or a file it names, cannot be used
  3  measured, but a requirement (--require) is not met
  130  interrupted by Ctrl-C

No command replaces a file that is there, unless --overwrite is given; bags, data sets and
trainings are never replaced as a whole. A command that continues what it began says so.

'lacdepth COMMAND --help' explains a command. The ROS 2 node is started with
'ros2 launch lacdepth_ros depth.launch.py'.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        argv: Arguments after the program's name; None = those of the process.
    """
    args, forwarded = build_parser().parse_known_args(argv)
    args.forwarded = forwarded  # `train` and `ablate` read the settings of a recipe from them
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        console.error('interrupted')
        return console.INTERRUPTED
    except Exception as failure:
        if args.debug:
            raise
        console.error(_describe(failure))
        return 2 if isinstance(failure, console.UsageError) else 1


def _describe(failure: Exception) -> str:
    if isinstance(failure, ModuleNotFoundError) and failure.name:
        return describe_missing([failure.name])
    return str(failure) or type(failure).__name__


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command; each sets `run`, a function of the arguments."""
    parser = CommandParser(
        prog='lacdepth',
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(debug=False)
    parser.add_argument('--version', action=_ShowVersion, help='show the version and exit')
    options.add_commands(parser, COMMANDS)
    return parser


class _ShowVersion(argparse.Action):
    """Prints the version of the installed package."""

    def __init__(self, **named: Any) -> None:
        super().__init__(nargs=0, default=argparse.SUPPRESS, **named)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        try:
            print(f'lacdepth {lacdepth_ros.__version__}')
        except ModuleNotFoundError:  # importlib's PackageNotFoundError is one
            parser.error('the version is unknown, as the package lacdepth_ros is not installed')
        sys.exit(0)


if __name__ == '__main__':
    sys.exit(main())

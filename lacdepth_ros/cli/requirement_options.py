# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""--require and --junit: a measurement that decides over a CI run."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lacdepth_ros.cli import outputs
from lacdepth_ros.cli.console import UsageError, error

if TYPE_CHECKING:
    from lacdepth_ros.evaluation.requirements import Requirement

NOT_MET = 3
"""Exit code when a requirement is not met."""


def add_requirement_options(parser: argparse.ArgumentParser) -> None:
    """Add --require and --junit."""
    group = parser.add_argument_group('requirements')
    group.add_argument(
        '--require',
        action='append',
        default=[],
        metavar="'FIGURE<=BOUND'",
        help=f'end with exit code {NOT_MET} unless it holds (<=, >=, <, >); may be repeated',
    )
    group.add_argument(
        '--junit', type=Path, metavar='XML', help='write the requirements as JUnit test cases'
    )


def requirements_from(args: argparse.Namespace, figures: Collection[str]) -> list[Requirement]:
    """Read the options before the work.

    Raises:
        UsageError: An option cannot be used.
    """
    from lacdepth_ros.evaluation.requirements import parse_requirement

    if args.junit is not None:
        if not args.require:
            raise UsageError('--junit: there is nothing to write without --require')
        outputs.claim_file(args, '--junit', args.junit)
    try:
        return [parse_requirement(text, figures) for text in args.require]
    except ValueError as failure:
        raise UsageError(f'--require: {failure}') from failure


def judge_requirements(
    args: argparse.Namespace,
    requirements: list[Requirement],
    figures: Mapping[str, float | None],
    suite: str,
    status: int,
) -> int:
    """Tell what is met and write --junit; returns NOT_MET, or else the exit code `status`."""
    from lacdepth_ros.evaluation.requirements import judge, junit_xml

    verdicts = judge(requirements, figures)
    for verdict in verdicts:
        if verdict.met:
            print(verdict)
        else:
            error(str(verdict))
    if args.junit is not None:
        args.junit.write_text(junit_xml(suite, verdicts), encoding='utf-8')
        print(f'wrote {args.junit}')
    return status if all(verdict.met for verdict in verdicts) else NOT_MET

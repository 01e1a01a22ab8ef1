# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Where results go: found out before the work, and nothing that is there is replaced unasked."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

from lacdepth_ros.cli.console import UsageError


def add_overwrite(parser: argparse.ArgumentParser) -> None:
    """Add --overwrite, which `claim_file` and `claim_folder` read."""
    parser.add_argument(
        '--overwrite', action='store_true', help='replace files of the results that are there'
    )


def claim_file(
    args: argparse.Namespace, option: str, path: Path | None, *beside: Path, make: bool = True
) -> None:
    """Make sure that a file can be written; None: it was not asked for.

    Args:
        args: With the option of `add_overwrite`.
        option: That names the file.
        path: The file.
        beside: Further files of the same folder that come with it.
        make: Make its folder, if it is missing.

    Raises:
        UsageError: It is a folder, or there already, or its folder cannot be written to.
    """
    if path is None:
        return
    if path.is_dir():
        raise UsageError(f'{option}: {path} is a folder; name a file')
    claim_folder(args, option, path.parent, (path, *beside), make=make)


def claim_folder(
    args: argparse.Namespace,
    option: str,
    folder: Path,
    files: Iterable[Path],
    *,
    make: bool = True,
) -> None:
    """Make sure that results can be written into a folder, of which none may be there already.

    Args:
        args: With the option of `add_overwrite`.
        option: That names the folder.
        folder: Where they go.
        files: Those that are going to be written, or may be.
        make: Make the folder, if it is missing.

    Raises:
        UsageError: One of them is there, or the folder cannot be written to.
    """
    there = [] if args.overwrite else [path for path in files if path.exists()]
    if there:
        others = f' (and {len(there) - 1} more files)' if len(there) > 1 else ''
        raise UsageError(
            f'{option}: {there[0]} exists already{others}; name another, or give --overwrite'
        )
    if make:
        make_folder(folder, option)
    else:
        check_writable(folder, option)


def claim_new(path: Path, option: str) -> None:
    """Make sure that a whole folder of results can appear; one that is there stays as it is.

    Raises:
        UsageError: There is something already, or nothing can be written where it should appear.
    """
    if path.exists():
        raise UsageError(f'{option}: {path} exists already; name another, or remove it')
    check_writable(path, option)


def make_folder(path: Path, option: str) -> None:
    """Create a folder and its parents for what an option wants written.

    Raises:
        UsageError: It cannot be created, or nothing can be written in it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f'{option}: cannot create the folder {path}: {error.strerror}') from error
    check_writable(path, option)


def check_writable(path: Path, option: str) -> None:
    """Find out whether something can be written in a folder, or where it is to be made.

    Raises:
        UsageError: Nothing can.
    """
    place = next(place for place in (path, *path.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=place):  # permissions do not tell of a read-only disk
            pass
    except OSError as error:
        raise UsageError(
            f'{option}: nothing can be written in {place}: {error.strerror}'
        ) from error

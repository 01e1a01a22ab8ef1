# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Files that appear under their name when they are whole, or not at all."""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_FULL = (errno.ENOSPC, errno.EDQUOT)


class DiskFullError(OSError):
    """A file cannot be written for want of space."""

    def __init__(self, number: int, path: Path) -> None:
        free = shutil.disk_usage(path.parent).free / 1e6
        text = f'{path} cannot be written, {free:.0f} MB are left on the disk: free some space'
        super().__init__(number, f'{text} and run again')

    def __str__(self) -> str:
        return str(self.strerror)


@contextmanager
def whole_file(path: Path, ending: str = '.partial') -> Iterator[Path]:
    """Let the body write another file, which takes this one's name and place when it is done.

    An error leaves the old file as it was and removes the new one. A killed process leaves
    `.<name>.partial` behind, which no tool takes for done.

    Args:
        path: The file; its folder is made when it is missing.
        ending: What the other file's name ends with, for libraries that judge by it.

    Yields:
        The path to write to, in the same folder.

    Raises:
        DiskFullError: In place of the OSError of the body that says so without naming the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f'.{path.name}{ending}')
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        if error.errno not in _FULL or isinstance(error, DiskFullError):
            raise
        raise DiskFullError(error.errno, path) from error
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def verified_file(path: Path) -> Iterator[Path]:
    """Let the body write a file, with others next to it, and judge it before it is in place.

    An error leaves all that was there as it was and removes what is new.

    Args:
        path: The file; its folder exists.

    Yields:
        The path to write to: of the same name, in an empty folder for the others.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f'.{path.name}.') as scratch:
        yield Path(scratch) / path.name
        for file in Path(scratch).iterdir():
            file.replace(path.parent / file.name)


def write_bytes(path: str | Path, data: bytes | memoryview) -> None:
    """Write a file, whole or not at all; OSError that names it where that fails."""
    with whole_file(Path(path)) as draft:
        draft.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text, whole or not at all; OSError that names it where that fails."""
    write_bytes(path, text.encode())


def write_json(path: str | Path, value: Any) -> None:
    """Write a value as indented JSON, whole or not at all.

    Raises:
        OSError: The file cannot be written; it is named.
        ValueError: A number is not finite.
    """
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + '\n')

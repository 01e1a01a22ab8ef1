# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The newest messages of a recorder that was killed, which sqlite left beside its file."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path


def write_ahead_log(file: Path) -> Path | None:
    """The `-wal` beside a sqlite file that holds something; None where there is none."""
    file = file.resolve()  # beside a link there is none
    log = file.with_name(f'{file.name}-wal')
    return log if log.is_file() and log.stat().st_size else None


def copy_with_log(file: Path, log: Path, target: Path) -> None:
    """Copy a sqlite file and put into the copy what only its log holds.

    Whoever opens the file itself as sqlite wants it writes into its folder.

    Args:
        file: The storage file.
        log: Its `-wal`.
        target: The copy.

    Raises:
        ValueError: There is no room for it, a recorder is still writing, or the two are damaged.
    """
    size, free = sum(_state(file, log)[:2]), shutil.disk_usage(target.parent).free
    if 2 * size > free:  # what the log holds is copied once more
        raise ValueError(
            f'{log} holds messages that are not in {file.name} yet; both need {2 * size} bytes in '
            f'{target.parent}, which has {free}. Let TMPDIR name a folder with more room, or put '
            f"them together: sqlite3 {file} 'PRAGMA journal_mode=DELETE'"
        )
    before = _state(file, log)
    shutil.copyfile(log, target.with_name(f'{target.name}-wal'))
    shutil.copyfile(file, target)
    if _state(file, log) != before:
        raise ValueError(f'{file} is being written: end the recording first')
    try:
        with closing(sqlite3.connect(target)) as copy:
            copy.execute('PRAGMA journal_mode=DELETE')
    except sqlite3.Error as error:
        raise ValueError(
            f'{file} and {log.name} cannot be put together ({error}); what is whole is saved by '
            f"'sqlite3 {file.name} .recover | sqlite3 NEW.db3'"
        ) from error


def _state(file: Path, log: Path) -> tuple[int, int, int, int]:
    """Sizes [bytes] and times of change [ns] of both."""
    a, b = file.stat(), log.stat()
    return a.st_size, b.st_size, a.st_mtime_ns, b.st_mtime_ns

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the commands say on stderr, and the error that means: nothing was done."""

from __future__ import annotations

import io
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import lacdepth_ros

_Item = TypeVar('_Item')
GET_ROS = (
    'source a ROS 2 installation (source /opt/ros/<distro>/setup.bash), or install its wheels: '
    "pip install '.[ros]' in a clone of lacdepth_ros"
)
"""What to do where a command needs ROS 2 and there is none."""
LINE_EVERY = 60.0
"""Seconds between two lines of progress in a log."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 and the number of the signal."""


class UsageError(Exception):
    """The command line, or a file that it names, cannot be used; nothing was done."""


def escape_what_cannot_be_shown() -> None:
    """Have stdout, too, write escapes of what its encoding lacks: no name ends a command."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == 'strict':
        sys.stdout.reconfigure(errors='backslashreplace')


def warn(text: str) -> None:
    """Say something the user must not miss."""
    print(f'lacdepth: warning: {text}', file=sys.stderr, flush=True)


def show_warnings_as_lines() -> None:
    """Have what the library warns of look as what the commands do, without file and line."""
    others = warnings.showwarning
    package = str(Path(lacdepth_ros.__file__).parent)

    def show(
        message: Warning | str, category: type[Warning], filename: str, *where: Any, **more: Any
    ) -> None:
        if category is UserWarning and filename.startswith(package):
            warn(str(message))
        else:
            others(message, category, filename, *where, **more)

    warnings.showwarning = show


def error(text: str) -> None:
    """Say in one line what failed."""
    print(f'lacdepth: error: {" ".join(text.split())}', file=sys.stderr, flush=True)


def progress_bar(unit: str = 'frame') -> Callable[[int, int | None], None]:
    """A bar of frames done and of all frames (None: unknown); in a log, a line now and then."""
    if not sys.stderr.isatty():
        return _progress_lines(unit)
    from tqdm import tqdm

    bar = tqdm(unit=unit)

    def show(done: int, total: int | None) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done == total:
            bar.close()

    return show


def watched(items: Iterable[_Item], total: int | None) -> Iterator[_Item]:
    """Frames on their way to somebody else, with the progress of `progress_bar`."""
    show = progress_bar()
    for done, item in enumerate(items, start=1):
        yield item
        show(done, total)


def _progress_lines(unit: str) -> Callable[[int, int | None], None]:
    said = time.monotonic()

    def show(done: int, total: int | None) -> None:
        nonlocal said
        if time.monotonic() - said >= LINE_EVERY:
            said = time.monotonic()
            of_all = '' if total is None else f'/{total}'
            print(f'lacdepth: {done}{of_all} {unit}', file=sys.stderr, flush=True)

    return show

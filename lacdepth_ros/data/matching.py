# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which files belong together: by what stands for the stars of two patterns, or by time."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path

Key = tuple[str, ...]


def find_files(root: Path, pattern: str) -> dict[Key, Path]:
    """Files below a root by what stands for each `*` of a pattern, in order.

    Args:
        root: The folder.
        pattern: A path below it; each `*` is some text without '/', such as 'rgb/*.png'.

    Raises:
        FileNotFoundError: No file is called so.
        ValueError: The pattern has no star, or leads out of the folder.
    """
    if '*' not in pattern or '**' in pattern or '..' in pattern or pattern.startswith('/'):
        raise ValueError(
            f"{pattern!r} must be a path below {root} with a '*' for what changes from frame to "
            "frame, such as 'rgb/*.png' ('*/rgb/*.png' for several folders)"
        )
    parts = ('[^/]*' if char == '*' else re.escape(char) for char in pattern)
    named = re.compile(''.join(f'({part})' if part == '[^/]*' else part for part in parts))
    found: dict[Key, Path] = {}
    for path in sorted(root.glob(re.sub(r'([\[?])', r'[\1]', pattern)), key=Path.as_posix):
        match = named.fullmatch(path.relative_to(root).as_posix())
        if match and path.is_file():
            found[match.groups()] = path
    if not found:
        raise FileNotFoundError(f'{root}: no file is called {pattern!r}')
    return found


def match_by_name(keys: Mapping[Key, Path], others: Mapping[Key, Path]) -> dict[Key, Key]:
    """Of each file the one whose stars stand for the same."""
    return {key: key for key in keys if key in others}


def match_by_time(
    keys: Mapping[Key, Path], others: Mapping[Key, Path], within: float
) -> dict[Key, Key]:
    """Of each file the nearest in time; no file twice, and the nearest pairs come first.

    Args:
        keys: Files whose last star stands for a number of seconds.
        others: Likewise.
        within: Largest difference, in the numbers' unit.

    Raises:
        ValueError: A name is no number.
    """
    times = sorted((_time(key, path), key) for key, path in others.items())
    offers: list[tuple[float, Key, Key]] = []
    for key, path in keys.items():
        time = _time(key, path)
        place = bisect_left(times, (time - within, ()))
        while place < len(times) and times[place][0] <= time + within:
            offers.append((abs(times[place][0] - time), key, times[place][1]))
            place += 1
    matched: dict[Key, Key] = {}
    taken: set[Key] = set()
    for _, key, other in sorted(offers):
        if key not in matched and other not in taken and key[:-1] == other[:-1]:
            matched[key] = other
            taken.add(other)
    return {key: matched[key] for key in keys if key in matched}


def _time(key: Key, path: Path) -> float:
    try:
        return float(key[-1])
    except ValueError as error:
        raise ValueError(f'{path}: {key[-1]!r} is no time; leave --within out') from error

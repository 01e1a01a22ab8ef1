# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEGs taken apart at their restart markers: each part decodes without the others.

libjpeg tells of its first warning only. Where that one is harmless, what it would say of the parts
that follow is heard by decoding each by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lacdepth_ros.core.jpeg_header import SCAN, SEQUENTIAL, next_segment

_INTERVAL, _END = 0xDD, b'\xff\xd9'
_RESTART = re.compile(rb'\xff+([\xd0-\xd7])')
_NO_RESTART = re.compile(rb'\xff[\x01-\xcf\xd8-\xfe]')  # but 0, which stands for a datum of 255
_WIDEST = 4000
"""Blocks in a row of a part, as JPEGs are at most 65535 pixels wide."""


@dataclass(frozen=True, slots=True)
class _Head:
    """What stands before the codes.

    Attributes:
        parts: All but the interval, in order.
        frame: Which of them says the size.
        interval: Blocks of a restart interval.
        end: Where the codes begin.
    """

    parts: list[bytes]
    frame: int
    interval: int
    end: int


def restart_parts(data: bytes) -> Iterator[bytes]:
    """Each restart interval of a JPEG, which `tidied` has seen, as a JPEG of its own.

    It has as many blocks, in rows of another length. None come of a JPEG that has no intervals, or
    several scans, each of which goes over the whole image.

    Raises:
        ValueError: Intervals are missing.
    """
    head = _head(data)
    end = _NO_RESTART.search(data, head.end) if head else None
    if head is None or end is None or data[end.start() : end.end()] != _END:
        return
    codes = data[head.end : end.start()]
    left, block = _blocks(head.parts[head.frame])
    numbers = [found[0] - 0xD0 for found in _RESTART.findall(codes)]
    wanted = -(-left // head.interval) - 1
    if len(numbers) != wanted or numbers != [i % 8 for i in range(len(numbers))]:
        raise ValueError(f'{len(numbers)} restart markers, not {wanted}, or not in order')
    for part in _RESTART.split(codes)[::2]:
        count = min(left, head.interval)
        left -= count
        across = next(n for n in range(min(count, _WIDEST), 0, -1) if count % n == 0)
        frame = _resized(head.parts[head.frame], across * block[0], count // across * block[1])
        parts = [*head.parts[: head.frame], frame, *head.parts[head.frame + 1 :]]
        yield b''.join((*parts, part, _END))


def _head(data: bytes) -> _Head | None:
    parts, frame, interval, at = [data[:2]], 0, 0, 2
    while (found := next_segment(data, at)) is not None:
        start, at = found
        marker = data[start + 1]
        if marker == _INTERVAL:
            interval = int.from_bytes(data[start + 4 : start + 6], 'big')
            continue
        if marker in SEQUENTIAL:
            frame = len(parts)
        parts.append(data[start:at])
        if marker == SCAN:
            break
    return _Head(parts, frame, interval, at) if frame and interval else None


def _blocks(frame: bytes) -> tuple[int, tuple[int, int]]:
    """Number of blocks that are coded together, and the width and height of one [px]."""
    height, width = (int.from_bytes(frame[at : at + 2], 'big') for at in (5, 7))
    factors = frame[11::3]
    across, down = (max(f >> 4 for f in factors), max(f & 15 for f in factors))
    size = (8 * across, 8 * down) if len(factors) > 1 else (8, 8)
    return -(-width // size[0]) * -(-height // size[1]), size


def _resized(frame: bytes, width: int, height: int) -> bytes:
    return frame[:5] + height.to_bytes(2, 'big') + width.to_bytes(2, 'big') + frame[9:]

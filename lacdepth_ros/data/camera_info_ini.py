# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations in Videre's INI format: ost.txt of camera_calibration, .ini of its parsers.

A key is a line of its own, and its values are the lines below it:

  [image]
  width
  640
  height
  480
  [front]
  camera matrix
  500.5 0.0 320.25
  ...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_MATRICES = {
    'k': ('camera matrix', 3, 3),
    'r': ('rectification', 3, 3),
    'p': ('projection', 3, 4),
}
_MODELS = {5: 'plumb_bob', 8: 'rational_polynomial'}
_NO_CAMERAS = ('image', 'externals')
"""Sections beside the one that has the camera's name."""


def is_ini(text: str) -> bool:
    """Whether a calibration is in this format: it begins with a section on a line of its own."""
    lines = _lines(text)
    return len(lines) > 1 and _section_of(lines[0]) is not None


def ini_record(text: str) -> Mapping[str, Any]:
    """The fields of a CameraInfo that the text holds.

    Raises:
        ValueError: A key or a number is missing or is none, or there is not one camera; names it.
    """
    sections = _sections(_lines(text))
    cameras = [name for name, _ in sections if name not in _NO_CAMERAS]
    if len(cameras) != 1:
        names = f' ({", ".join(cameras)})' if cameras else ''
        raise ValueError(f'holds {len(cameras)} cameras{names}; a file of one is needed')
    lines = dict(sections)
    image, camera = lines.get('image', []), lines[cameras[0]]
    d = _row(_below(camera, 'distortion', 1)[0])
    if len(d) not in _MODELS:
        raise ValueError(
            f'distortion has {len(d)} numbers, and this format has 5 or 8: it cannot tell of a '
            'fisheye lens; give the YAML of the calibration (ost.yaml)'
        )
    record: dict[str, Any] = {name: _whole(image, name) for name in ('width', 'height')}
    record.update({name: _matrix(camera, *shape) for name, shape in _MATRICES.items()})
    return {**record, 'd': d, 'distortion_model': _MODELS[len(d)]}


def _lines(text: str) -> list[str]:
    """Lines that are neither empty nor a comment."""
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and line[0] not in '#;']


def _section_of(line: str) -> str | None:
    """Name of the section that a line begins; None for other lines."""
    return line[1:-1] if line.startswith('[') and line.endswith(']') else None


def _sections(lines: Iterable[str]) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        name = _section_of(line)
        if name is not None:
            found.append((name, []))
        else:
            found[-1][1].append(line)
    return found


def _below(lines: list[str], key: str, count: int) -> list[str]:
    """The lines below a key."""
    start = lines.index(key) + 1 if key in lines else len(lines)
    values = lines[start : start + count]
    if len(values) < count:
        raise ValueError(f'{key!r} is missing or cut short')
    return values


def _whole(lines: list[str], key: str) -> int | str:
    [value] = _below(lines, key, 1)
    return int(value) if value.isdecimal() else value


def _matrix(lines: list[str], key: str, rows: int, columns: int) -> list[float]:
    values = [_row(line) for line in _below(lines, key, rows)]
    if any(len(row) != columns for row in values):
        raise ValueError(f'{key!r} is not of {rows} lines with {columns} numbers each')
    return [value for row in values for value in row]


def _row(line: str) -> list[float]:
    try:
        return [float(word) for word in line.split()]
    except ValueError as error:
        raise ValueError(f'{line!r} is not a row of numbers') from error

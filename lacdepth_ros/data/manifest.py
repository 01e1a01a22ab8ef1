# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Data sets listed in a JSON-lines manifest: one frame per line, paths relative to the manifest.

Each line holds `id`, `image`, `depth` (uint16 PNG, metres = value / `depth_scale`, 0 or 65535 =
none), `K` = [fx, fy, cx, cy] in pixels of that image, `width` and `height`. It may hold `dense`,
an interpolated depth PNG of the same size and scale, `camera_height`, the optical centre's height
above the ground in metres, and `empty`: 'sky' where pixels without depth lie beyond any range, as
in rendered frames. Other keys are kept as tags.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.image_file import check_bounds
from lacdepth_ros.core.text import clean, quoted
from lacdepth_ros.core.whole_file import write_text
from lacdepth_ros.data.files import read_depth_png, read_image
from lacdepth_ros.data.sample import BEYOND_RANGE, Sample, group_of

MANIFEST = 'manifest.jsonl'
"""Name of a data set's manifest in its folder."""

_KEYS = ('id', 'image', 'depth', 'depth_scale', 'K', 'width', 'height')
_LARGEST = 1e9  # of a number of pixels or counts
_LEAST_SCALE = 0.01  # counts per metre: no depth of 16 bits then reaches BEYOND_FROM
_OPTIONAL = ('dense', 'camera_height', 'empty')
_PATHS = ('image', 'depth', 'dense')
EMPTY = ('unknown', 'sky')
"""What pixels without depth may mean."""


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One line of a manifest: where a frame lies and what it was taken with.

    Attributes:
        id: Unique name; its first part (before '/') is the group.
        image: Path of the image file.
        depth: Path of the ground-truth PNG.
        depth_scale: Counts per metre of that PNG, > 0.
        camera: Intrinsics and size the image must have.
        tags: The line's other keys, such as 'domain' or 'gray', untouched.
        where: 'manifest.jsonl:12', for messages.
        dense: Path of the interpolated depth PNG, None where there is none.
        camera_height: Height of the optical centre above the ground [m]; None where unknown.
        empty: What a pixel without depth means: 'unknown', or 'sky', beyond any range.
    """

    id: str
    image: Path
    depth: Path
    depth_scale: float
    camera: Camera
    tags: Mapping[str, Any]
    where: str
    dense: Path | None = None
    camera_height: float | None = None
    empty: str = EMPTY[0]

    @property
    def group(self) -> str:
        """First part of the id: the recording or data set the frame comes from."""
        return group_of(self.id)

    @property
    def has_ground_truth(self) -> bool:
        """Whether a file with its depth is named: always."""
        return True

    def row(self) -> dict[str, Any]:
        """The line's content, as `write_manifest` takes it, with the paths of its files."""
        camera = self.camera
        return {
            'id': self.id,
            'image': self.image,
            'depth': self.depth,
            **({'dense': self.dense} if self.dense is not None else {}),
            'depth_scale': self.depth_scale,
            'K': [camera.fx, camera.fy, camera.cx, camera.cy],
            'width': camera.width,
            'height': camera.height,
            **({} if self.camera_height is None else {'camera_height': self.camera_height}),
            **({} if self.empty == EMPTY[0] else {'empty': self.empty}),
            **self.tags,
        }

    def load(self) -> Sample:
        """Read the image, its ground truth and, where there is one, its interpolated depth.

        Raises:
            FileNotFoundError: A file is missing; the message names the manifest's line.
            ValueError: A file is unreadable, of another size than the manifest says, or a depth
                is not uint16; the message names the manifest's line.
        """
        size = (self.camera.width, self.camera.height)
        try:
            image = read_image(self.image, size=size)
            depth = read_depth_png(self.depth, self.depth_scale, size=size)
            dense = None
            if self.dense is not None:
                dense = read_depth_png(self.dense, self.depth_scale, size=size)
        except FileNotFoundError as error:
            raise FileNotFoundError(f'{self.where}: {error}') from error
        except ValueError as error:
            raise ValueError(f'{self.where}: {error}') from error
        if self.empty == 'sky':
            dense = depth if dense is None else dense
            depth = np.where(depth > 0, depth, np.float32(BEYOND_RANGE))
        return Sample(image, depth, self.camera, self.id, dense, self.camera_height)


def holds_manifest(path: str | Path) -> bool:
    """Whether this is a folder with a manifest.jsonl, which then stands for the folder."""
    return (Path(path) / MANIFEST).is_file()


def read_manifest(path: str | Path) -> list[ManifestEntry]:
    """Read every line of a JSON-lines manifest; files are opened only by `ManifestEntry.load`.

    Args:
        path: The manifest, or a folder that holds a manifest.jsonl.

    Raises:
        FileNotFoundError: There is no manifest at `path`.
        ValueError: The manifest is empty, a line is no JSON object, lacks a key, repeats an id or
            holds an impossible value; the message names file and line.
    """
    entries = []
    for item in scan_manifest(path):
        if isinstance(item, ValueError):
            raise item
        entries.append(item)
    if not entries:
        raise ValueError(f'{path}: the manifest holds no frames')
    return entries


def scan_manifest(path: str | Path) -> Iterator[ManifestEntry | ValueError]:
    """Every line of a manifest: its entry, or what is wrong with it (with file and line).

    Args:
        path: The manifest, or a folder that holds a manifest.jsonl.

    Raises:
        FileNotFoundError: There is no manifest at `path`.
        ValueError: It is no text file.
    """
    path = Path(path)
    if path.is_dir():
        if not holds_manifest(path):
            raise FileNotFoundError(f'{path}: no {MANIFEST} in this folder; name a .jsonl file')
        path /= MANIFEST
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such manifest (a .jsonl file is needed)')
    seen: dict[str, str] = {}
    for number, line in enumerate(_read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            entry = _parse_line(line, folder=path.parent, where=f'{path}:{number}')
            _check_unique(entry, seen)
        except ValueError as error:
            yield error
        else:
            yield entry


def write_manifest(path: str | Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a manifest that `read_manifest` reads; an old one is replaced at once, or not at all.

    Args:
        path: The file; its folder is made when it is missing.
        rows: What the lines hold. Where `image`, `depth` or `dense` is a Path it is written
            relative to the manifest's folder (absolute where they share no folder); a text is
            written as it is.

    Raises:
        ValueError: A row lacks a key, repeats an id or holds an impossible value, or there is no
            row; the message names file and line.
        OSError: The file cannot be written.
    """
    path = Path(path)
    folder, seen = path.parent.resolve(), dict[str, str]()
    lines = []
    for number, row in enumerate(rows, start=1):
        record = {key: _relative(value, folder, key) for key, value in row.items()}
        line = json.dumps(record, allow_nan=False)
        _check_unique(_parse_line(line, folder=folder, where=f'{path}:{number}'), seen)
        lines.append(line + '\n')
    if not lines:
        raise ValueError(f'{path}: a manifest needs at least one frame')
    write_text(path, ''.join(lines))


def _relative(value: Any, folder: Path, key: str) -> Any:
    """The way from `folder` to a Path; anything else untouched."""
    if key not in _PATHS or not isinstance(value, Path):
        return value
    # Only the folders are resolved: the file itself may be a link into a store.
    target = value.parent.resolve() / value.name
    share_a_folder = os.path.commonpath((folder, target)) != folder.anchor
    return os.path.relpath(target, folder) if share_a_folder else str(target)


def _check_unique(entry: ManifestEntry, seen: dict[str, str]) -> None:
    """Note the entry's id, which no earlier line may have."""
    if entry.id in seen:
        raise ValueError(
            f'{entry.where}: id {quoted(entry.id)} appeared before, at {seen[entry.id]}; '
            'ids must be unique'
        )
    seen[entry.id] = entry.where


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding='utf-8-sig').split('\n')  # no other line end: JSON
    except UnicodeDecodeError as error:
        raise ValueError(f'{path}: not a text file ({error}); JSON lines are needed') from error


def _parse_line(line: str, *, folder: Path, where: str) -> ManifestEntry:
    """Check one line and turn it into an entry."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'{where}: not JSON ({error})') from error
    if not isinstance(record, dict):
        raise ValueError(f'{where}: a JSON object is needed, not {type(record).__name__}')
    if missing := [key for key in _KEYS if key not in record]:
        raise ValueError(f'{where}: missing {", ".join(missing)}; needed: {", ".join(_KEYS)}')
    if record.get('empty', EMPTY[0]) not in EMPTY:
        raise ValueError(f'{where}: empty = {record["empty"]!r} is not one of {list(EMPTY)}')
    texts = ('id', 'image', 'depth', *(('dense',) if 'dense' in record else ()))
    for key in texts:
        if not isinstance(record[key], str) or not record[key]:
            raise ValueError(f'{where}: {key} = {_shown(record[key])} must be a non-empty text')
    return ManifestEntry(
        id=record['id'],
        image=folder / record['image'],
        depth=folder / record['depth'],
        depth_scale=_depth_scale(record['depth_scale'], where),
        camera=_camera(record, where),
        tags={k: value for k, value in record.items() if k not in (*_KEYS, *_OPTIONAL)},
        where=where,
        dense=folder / record['dense'] if 'dense' in record else None,
        camera_height=_camera_height(record.get('camera_height'), where),
        empty=record.get('empty', EMPTY[0]),
    )


def _depth_scale(value: Any, where: str) -> float:
    if not _is_number(value) or not _LEAST_SCALE <= value <= _LARGEST:
        allowed = f'counts per metre, {_LEAST_SCALE} or more'
        raise ValueError(f'{where}: depth_scale = {_shown(value)} must be {allowed}')
    return float(value)


def _camera_height(value: Any, where: str) -> float | None:
    if value is None:
        return None
    if not _is_number(value) or not 0 < value < _LARGEST:
        raise ValueError(
            f'{where}: camera_height = {value!r} must be metres above the ground, > 0, or left out'
        )
    return float(value)


def _camera(record: Mapping[str, Any], where: str) -> Camera:
    K, size = record['K'], (record['width'], record['height'])
    if not isinstance(K, list) or len(K) != 4 or not all(_is_number(value) for value in K):
        raise ValueError(f'{where}: K = {_shown(K)} must be four numbers fx, fy, cx, cy [px]')
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in size):
        raise ValueError(f'{where}: width, height = {_shown(size)} must be whole pixels')
    try:
        check_bounds(*size)
        fx, fy, cx, cy = (float(value) for value in K)
        return Camera(fx, fy, cx, cy, width=size[0], height=size[1])
    except ValueError as error:
        raise ValueError(f'{where}: {error}') from error


def _is_number(value: Any) -> bool:
    """Whether it is a number that a float can hold."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and not abs(value) > _LARGEST


def _shown(value: Any) -> str:
    return clean(repr(value), 100)

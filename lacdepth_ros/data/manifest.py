# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Data sets listed in a JSON-lines manifest: one frame a line, paths relative to the manifest.

Each line holds `id`, `image`, `depth` (uint16 PNG, metres = value / `depth_scale`, 0 = none),
`K` = [fx, fy, cx, cy] in pixels of that image, `width` and `height`; other keys are kept as tags.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacdepth_ros.camera import Camera
from lacdepth_ros.data.files import read_depth_png, read_image
from lacdepth_ros.data.sample import Sample

_KEYS = ('id', 'image', 'depth', 'depth_scale', 'K', 'width', 'height')


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
    """

    id: str
    image: Path
    depth: Path
    depth_scale: float
    camera: Camera
    tags: Mapping[str, Any]
    where: str

    @property
    def group(self) -> str:
        """First part of the id: the recording or data set the frame comes from."""
        return self.id.split('/', maxsplit=1)[0]

    def load(self) -> Sample:
        """Read the image and its ground truth.

        Raises:
            FileNotFoundError: A file is missing; the message names the manifest's line.
            ValueError: A file is unreadable, of another size than the manifest says, or the depth
                is not uint16; the message names the manifest's line.
        """
        try:
            image = read_image(self.image)
            depth = read_depth_png(self.depth, self.depth_scale)
        except FileNotFoundError as error:
            raise FileNotFoundError(f'{self.where}: {error}') from error
        except ValueError as error:
            raise ValueError(f'{self.where}: {error}') from error
        size = (self.camera.height, self.camera.width)
        for path, found in ((self.image, image.shape[:2]), (self.depth, depth.shape)):
            if found != size:
                raise ValueError(
                    f'{self.where}: {path} is {found[1]}x{found[0]} pixels but the manifest says '
                    f'{size[1]}x{size[0]}; correct width, height and K, or the file'
                )
        return Sample(image=image, depth=depth, camera=self.camera, id=self.id)


def read_manifest(path: str | Path) -> list[ManifestEntry]:
    """Read every line of a JSON-lines manifest; files are opened only by `ManifestEntry.load`.

    Raises:
        FileNotFoundError: There is no manifest at `path`.
        ValueError: The manifest is empty, a line is no JSON object, lacks a key, repeats an id or
            holds an impossible value; the message names file and line.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such manifest (a .jsonl file is needed)')
    entries: dict[str, ManifestEntry] = {}
    for number, line in enumerate(_read_lines(path), start=1):
        if not line.strip():
            continue
        entry = _parse_line(line, folder=path.parent, where=f'{path}:{number}')
        if entry.id in entries:
            raise ValueError(
                f'{entry.where}: id {entry.id!r} appeared before, at {entries[entry.id].where}; '
                'ids must be unique'
            )
        entries[entry.id] = entry
    if not entries:
        raise ValueError(f'{path}: the manifest holds no frames')
    return list(entries.values())


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding='utf-8').splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f'{path}: not a text file ({error}); JSON lines are needed') from error


def _parse_line(line: str, *, folder: Path, where: str) -> ManifestEntry:
    """Check one line and turn it into an entry."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f'{where}: not JSON ({error})') from error
    if not isinstance(record, dict):
        raise ValueError(f'{where}: a JSON object is needed, not {type(record).__name__}')
    if missing := [key for key in _KEYS if key not in record]:
        raise ValueError(f'{where}: missing {", ".join(missing)}; needed: {", ".join(_KEYS)}')
    for key in ('id', 'image', 'depth'):
        if not isinstance(record[key], str) or not record[key]:
            raise ValueError(f'{where}: {key} = {record[key]!r} must be a non-empty text')
    return ManifestEntry(
        id=record['id'],
        image=folder / record['image'],
        depth=folder / record['depth'],
        depth_scale=_depth_scale(record['depth_scale'], where),
        camera=_camera(record, where),
        tags={key: value for key, value in record.items() if key not in _KEYS},
        where=where,
    )


def _depth_scale(value: Any, where: str) -> float:
    if not _is_number(value) or not math.isfinite(value) or value <= 0:
        raise ValueError(f'{where}: depth_scale = {value!r} must be counts per metre, > 0')
    return float(value)


def _camera(record: Mapping[str, Any], where: str) -> Camera:
    K, size = record['K'], (record['width'], record['height'])
    if not isinstance(K, list) or len(K) != 4 or not all(_is_number(value) for value in K):
        raise ValueError(f'{where}: K = {K!r} must be four numbers [fx, fy, cx, cy] in pixels')
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in size):
        raise ValueError(f'{where}: width, height = {size} must be whole pixels')
    try:
        fx, fy, cx, cy = (float(value) for value in K)
        return Camera(fx, fy, cx, cy, width=size[0], height=size[1])
    except ValueError as error:
        raise ValueError(f'{where}: {error}') from error


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What making a manifest out of a data set asks for and brings: the words all layouts share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.made import MadeFiles

GroundTruth = Literal['auto', 'annotated', 'velodyne', 'velodyne-eigen']
Part = Literal['train', 'test']
Progress = Callable[[int, int], None]
Item = TypeVar('Item')

_NOTES = 'made.json'


@dataclass(frozen=True, slots=True)
class IndexRequest:
    """A data set to be listed.

    Attributes:
        root: Folder (or file) of the data set.
        output: The manifest that is going to be written; files that have to be made lie in
            folders next to it.
        split: List of frames, in the data set's own format; None = all frames.
        part: Part of the data set.
        ground_truth: Source of KITTI's depth: 'annotated', 'velodyne', 'velodyne-eigen' (scans as
            Monodepth exports them), or 'auto': a drive's annotated depth where there is some, else
            its scans.
        limit: At most this many frames, spread evenly over the list.
    """

    root: Path
    output: Path
    split: Path | None = None
    part: Part | None = None
    ground_truth: GroundTruth = 'auto'
    limit: int | None = None

    def made(self, kind: str) -> Path:
        """Folder of files of a kind ('depth', 'frames') made for this manifest."""
        return self.output.with_name(f'{self.output.stem}_{kind}')

    def made_files(self, kind: str) -> MadeFiles:
        """Notes of what the files of such a folder were made of."""
        return MadeFiles(self.made(kind) / _NOTES)


@dataclass(frozen=True, slots=True)
class Count:
    """A number that an index reports.

    Attributes:
        label: What was counted.
        number: How many.
        expected: How many the published data set has, None where nothing is published.
    """

    label: str
    number: int
    expected: int | None = None

    def __str__(self) -> str:
        if self.expected is None:
            return f'{self.label}: {self.number:,}'
        verdict = (
            'as published' if self.number == self.expected else f'{self.expected:,} published'
        )
        return f'{self.label}: {self.number:,} ({verdict})'


@dataclass(slots=True)
class IndexResult:
    """The rows of a manifest and what there is to say about them.

    Attributes:
        rows: What `write_manifest` takes.
        counts: Every number worth reporting, in order.
        notes: Sentences the user must not miss.
        problems: Messages of frames that had to be left out, by kind.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)

    def count(self, label: str, number: int, expected: int | None = None) -> None:
        """Add a number to the report."""
        self.counts.append(Count(label, number, expected))

    def leave_out(self, kind: str, message: str) -> None:
        """Note a frame that cannot be used."""
        self.problems.setdefault(kind, []).append(message)


def frame_row(
    frame_id: str,
    image: Path,
    depth: Path,
    camera: Camera,
    *,
    depth_scale: float,
    **tags: Any,
) -> dict[str, Any]:
    """A row of a manifest; `dense` may be among the tags."""
    return {
        'id': frame_id,
        'image': image,
        'depth': depth,
        'depth_scale': depth_scale,
        'K': [camera.fx, camera.fy, camera.cx, camera.cy],
        'width': camera.width,
        'height': camera.height,
        **tags,
    }


def spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """At most `limit` items, evenly spread, the first among them; all without a limit."""
    if limit is None or limit >= len(items):
        return list(items)
    return [items[index * len(items) // limit] for index in range(limit)]


def read_split_list(
    path: Path, parse: Callable[[list[str], str], Item], name: Callable[[Item], str]
) -> list[Item]:
    """Read a list of frames, one per line; empty lines do not count.

    Args:
        path: The list.
        parse: Makes a frame of the words of a line and of 'file:line', for messages.
        name: Of a frame, which may stand in the list once.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line cannot be parsed or repeats a frame, or there is none; the message
            names file and line.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such split list')
    found: dict[str, Item] = {}
    text = path.read_text(encoding='utf-8-sig', errors='replace')
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        item = parse(line.split(), f'{path}:{number}')
        if name(item) in found:
            raise ValueError(f'{path}:{number}: {name(item)} appeared before; remove one line')
        found[name(item)] = item
    if not found:
        raise ValueError(f'{path}: the split list holds no frames')
    return list(found.values())

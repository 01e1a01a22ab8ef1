# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a data set really holds: every frame is opened, measured and compared with the others."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from lacdepth_ros.data.depth_histogram import DepthHistogram
from lacdepth_ros.data.doubts import doubts_of_frame, measured
from lacdepth_ros.data.indexing import Progress
from lacdepth_ros.data.manifest import ManifestEntry
from lacdepth_ros.data.shape import Shape

BANDS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 1000.0)
"""Borders [m] of the bands in which depth is reported."""

_PERCENTILES = (1, 50, 99)
_WORKERS = 8


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What one frame holds.

    Attributes:
        size: Width and height [px].
        density: Share of the pixels with ground truth.
        histogram: Its depth.
        has_dense: Whether it has interpolated depth.
        image_digest: Hash of the image file.
        depth_digest: Hash of the depth file.
        shape: What its depth is like.
        problems: (kind, message) of what is wrong with it.
    """

    size: tuple[int, int]
    density: float
    histogram: DepthHistogram
    has_dense: bool
    image_digest: bytes
    depth_digest: bytes
    shape: Shape
    problems: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class GroupReport:
    """What the frames of a group hold together."""

    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    densities: list[float] = field(default_factory=list)
    histogram: DepthHistogram = field(default_factory=DepthHistogram)
    dense_frames: int = 0
    shape: Shape = field(default_factory=Shape)

    @property
    def frames(self) -> int:
        """Number of frames that could be read."""
        return len(self.densities)

    def add(self, facts: FrameFacts) -> None:
        """Add a frame."""
        self.sizes[facts.size] += 1
        self.densities.append(facts.density)
        self.histogram.merge(facts.histogram)
        self.dense_frames += facts.has_dense
        self.shape.add(facts.shape)

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it; depth in metres, None where nothing was measured."""
        percentiles = {
            f'p{percent}': self.histogram.percentile(percent) if self.histogram.total else None
            for percent in _PERCENTILES
        }
        return {
            'frames': self.frames,
            'sizes': {f'{width}x{height}': n for (width, height), n in self.sizes.items()},
            'density': {
                'min': min(self.densities, default=None),
                'median': median(self.densities) if self.densities else None,
                'max': max(self.densities, default=None),
            },
            'depth': percentiles,
            'dense_frames': self.dense_frames,
        }


@dataclass(slots=True)
class DataReport:
    """What a data set holds, and what is wrong with it.

    Attributes:
        groups: By the first part of the frames' ids.
        overall: All frames together.
        problems: Messages by kind; empty when nothing is wrong.
    """

    groups: dict[str, GroupReport] = field(default_factory=dict)
    overall: GroupReport = field(default_factory=GroupReport)
    problems: dict[str, list[str]] = field(default_factory=dict)

    def note(self, kind: str, message: str) -> None:
        """Add something that is wrong."""
        self.problems.setdefault(kind, []).append(message)

    def to_dict(self) -> dict[str, Any]:
        """As JSON can hold it."""
        measured = self.overall.histogram.total > 0  # else the shares are NaN, which is no JSON
        shares = self.overall.histogram.shares(BANDS)
        return {
            **self.overall.to_dict(),
            'bands': [
                {'from_m': near, 'to_m': far, 'share': share if measured else None}
                for near, far, share in zip(BANDS[:-1], BANDS[1:], shares, strict=True)
            ],
            'groups': {name: group.to_dict() for name, group in self.groups.items()},
            'problems': self.problems,
        }


def check_entries(
    items: Iterable[ManifestEntry | ValueError], progress: Progress
) -> tuple[DataReport, list[ManifestEntry]]:
    """Open every frame of a manifest.

    Args:
        items: What `scan_manifest` yields: entries, and errors of lines that are none.
        progress: Called with the number of frames done and of all frames.

    Returns:
        The report, and the entries that could be read.
    """
    report, entries = DataReport(), []
    for item in items:
        if isinstance(item, ValueError):
            report.note('unusable line', str(item))
        else:
            entries.append(item)
    readable: list[ManifestEntry] = []
    digests: list[tuple[bytes, bytes]] = []
    with ThreadPoolExecutor(min(_WORKERS, os.cpu_count() or 1)) as pool:
        for done, (entry, facts) in enumerate(
            zip(entries, pool.map(_inspect, entries), strict=True)
        ):
            progress(done, len(entries))
            if isinstance(facts, FrameFacts):
                readable.append(entry)
                digests.append((facts.image_digest, facts.depth_digest))
                _add(report, entry, facts)
            else:
                kind = 'missing file' if isinstance(facts, FileNotFoundError) else 'unreadable'
                report.note(kind, str(facts))
    if entries:
        progress(len(entries), len(entries))
    for name, group in report.groups.items():
        for kind, message in group.shape.doubts(name):
            report.note(kind, message)
    _compare(report, readable, digests)
    return report, readable


def check_overlap(
    report: DataReport, entries: Sequence[ManifestEntry], others: Sequence[ManifestEntry]
) -> list[str]:
    """Note images that another manifest holds too: what is trained on must not be measured on.

    Args:
        report: Gets a problem for every such image.
        entries: Frames that can be read.
        others: Frames of the other manifest; files that are missing there are passed over.

    Returns:
        The groups that both have, which may show the same places.
    """
    known = {_digest(other.image): other for other in others if other.image.is_file()}
    for entry in entries:
        if other := known.get(_digest(entry.image)):
            report.note('image of both manifests', f'{entry.id} is {other.id} of {other.where}')
    return sorted({entry.group for entry in entries} & {other.group for other in others})


def _add(report: DataReport, entry: ManifestEntry, facts: FrameFacts) -> None:
    for part in (report.overall, report.groups.setdefault(entry.group, GroupReport())):
        part.add(facts)
    for kind, message in facts.problems:
        report.note(kind, f'{entry.where}: {message}')


def _inspect(entry: ManifestEntry) -> FrameFacts | OSError | ValueError:
    """Read and measure a frame; an error is returned, not raised, so that the others go on."""
    try:
        sample = entry.load()
    except (OSError, ValueError) as error:
        return error
    valid = measured(sample)
    histogram = DepthHistogram()
    histogram.add(sample.depth[valid])
    return FrameFacts(
        size=(sample.camera.width, sample.camera.height),
        density=float(valid.mean()),
        histogram=histogram,
        has_dense=sample.dense is not None,
        image_digest=_digest(entry.image),
        depth_digest=_digest(entry.depth),
        shape=Shape.of(sample, entry.depth_scale),
        problems=tuple(doubts_of_frame(sample, entry, histogram.percentile(50))),
    )


def _compare(
    report: DataReport, entries: Sequence[ManifestEntry], digests: Sequence[tuple[bytes, bytes]]
) -> None:
    """Note images and ground truths that appear more than once."""
    for place, what in enumerate(('image', 'ground truth')):
        first: dict[bytes, ManifestEntry] = {}
        for entry, pair in zip(entries, digests, strict=True):
            known = first.setdefault(pair[place], entry)
            if known is not entry:
                report.note(f'repeated {what}', f'{entry.id} has the {what} of {known.id}')


def _digest(path: Path) -> bytes:
    return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()

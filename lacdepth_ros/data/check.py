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

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera, doubt_of_axis
from lacdepth_ros.data.depth_histogram import DepthHistogram
from lacdepth_ros.data.indexing import Progress
from lacdepth_ros.data.manifest import ManifestEntry
from lacdepth_ros.data.sample import BEYOND_FROM, Sample

BANDS = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 1000.0)
"""Borders [m] of the bands in which depth is reported."""

_PERCENTILES = (1, 50, 99)
_FOCAL_PER_WIDTH = (0.13, 11.5)  # fields of view of 150 and 5 degrees
_DARK = 16  # of 255: the brightest value of 12 bits stored low in 16
_PLAUSIBLE = (0.2, 150.0)  # metres, of a frame's median depth
_DENSE_RATIO = 1.1  # how far dense may be from the ground truth, in the median
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
        problems: (kind, message) of what is wrong with it.
    """

    size: tuple[int, int]
    density: float
    histogram: DepthHistogram
    has_dense: bool
    image_digest: bytes
    depth_digest: bytes
    problems: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class GroupReport:
    """What the frames of a group hold together."""

    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    densities: list[float] = field(default_factory=list)
    histogram: DepthHistogram = field(default_factory=DepthHistogram)
    dense_frames: int = 0

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
    valid = _measured(sample)
    histogram = DepthHistogram()
    histogram.add(sample.depth[valid])
    return FrameFacts(
        size=(sample.camera.width, sample.camera.height),
        density=float(valid.mean()),
        histogram=histogram,
        has_dense=sample.dense is not None,
        image_digest=_digest(entry.image),
        depth_digest=_digest(entry.depth),
        problems=tuple(_problems(sample, entry, histogram)),
    )


def _measured(sample: Sample) -> npt.NDArray[np.bool_]:
    """Where depth was measured: the sky, which is known to lie beyond, is not."""
    return (sample.depth > 0) & (sample.depth <= BEYOND_FROM)


def _problems(
    sample: Sample, entry: ManifestEntry, histogram: DepthHistogram
) -> Iterable[tuple[str, str]]:
    """What is wrong with a frame that can be read."""
    valid, camera = _measured(sample), sample.camera
    if not valid.any():
        yield 'empty ground truth', f'{entry.depth} has no pixel with ground truth'
        return
    typical = histogram.percentile(50)
    if not _PLAUSIBLE[0] < typical < _PLAUSIBLE[1]:
        yield (
            'implausible depth',
            f'{entry.depth}: median of {typical:.3g} m; is depth_scale = {entry.depth_scale:g} '
            'counts per metre right?',
        )
    if doubt := _doubt_about(camera):
        yield 'implausible K', doubt
    if sample.image.min() == sample.image.max():
        yield 'empty image', f'{entry.image} has one colour'
    elif (brightest := int(sample.image.max())) < _DARK:
        yield (
            'dark image',
            f'{entry.image} has no value above {brightest} of 255: are its 10 or 12 bits stored '
            'low in 16? Scale them up, as the node does',
        )
    if sample.dense is not None:
        ratio = float(np.median(sample.dense[valid] / sample.depth[valid]))
        if not 1 / _DENSE_RATIO < ratio < _DENSE_RATIO:
            yield 'wrong dense depth', f'{entry.dense} is {ratio:.3g} times the ground truth'


def _doubt_about(camera: Camera) -> str:
    """Why K can hardly be of this image ('' when it may well be)."""
    size = f'{camera.width}x{camera.height} pixels'
    low, high = _FOCAL_PER_WIDTH
    if not low < camera.fx / camera.width < high:
        return (
            f'fx = {camera.fx:g} for an image of {size}: is it in pixels? A normalized K must be '
            'multiplied by width and height'
        )
    return doubt_of_axis(camera)


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

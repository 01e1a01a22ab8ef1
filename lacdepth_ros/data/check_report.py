# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The report of a data check as text, and a page of images with their ground truth painted on."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.data.check import BANDS, DataReport, GroupReport
from lacdepth_ros.data.indexing import spread
from lacdepth_ros.data.manifest import ManifestEntry
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.viz.colors import colorize_depth, depth_legend
from lacdepth_ros.viz.contact_sheet import contact_sheet

ColorImage = npt.NDArray[np.uint8]

_PAGE, _CELLS, _ROWS = 1920, 3, 6  # width of the sheet [px], pictures per row, rows
_BAR = 40  # characters


def format_check(report: DataReport) -> str:
    """Tables of the groups and of the depth; problems are not part of it."""
    width = max([len('overall'), *map(len, report.groups)])
    lines = [
        f'{"group":<{width}}  frames  size           density [%]           depth p1/p50/p99 [m]'
    ]
    groups = report.groups.items() if len(report.groups) > 1 else ()
    lines += [_line(name, group, width) for name, group in sorted(groups)]
    lines += [_line('overall', report.overall, width), '', 'depth [m]']
    for near, far, share in zip(
        BANDS[:-1], BANDS[1:], report.overall.histogram.shares(BANDS), strict=True
    ):
        band = f'{near:g} .. {far:g}' if far < BANDS[-1] else f'beyond {near:g}'
        share = share if report.overall.histogram.total else 0.0
        lines.append(f'{band:>10}  {share:6.1%}  {"#" * round(_BAR * share)}')
    if report.overall.dense_frames:
        lines += ['', f'frames with interpolated depth: {report.overall.dense_frames}']
    return '\n'.join(lines)


def _line(name: str, group: GroupReport, width: int) -> str:
    if not group.frames:
        return f'{name:<{width}}  {0:>6}'
    facts = group.to_dict()
    size = next(iter(facts['sizes']))
    if len(facts['sizes']) > 1:
        size += f' (+{len(facts["sizes"]) - 1})'
    low, typical, high = (100 * facts['density'][key] for key in ('min', 'median', 'max'))
    depth = ' / '.join(
        f'{value:.3g}' if value is not None else '-' for value in facts['depth'].values()
    )
    density = f'{typical:.1f} ({low:.1f} .. {high:.1f})'
    return f'{name:<{width}}  {group.frames:>6}  {size:<13}  {density:<20}  {depth}'


def ground_truth_overlay(sample: Sample, width: int, near: float, far: float) -> ColorImage:
    """Paint the ground truth over a darkened grey image.

    Args:
        sample: The frame.
        width: Width of the picture [px]; the ground truth is scattered into it, the nearest wins,
            so that sparse ground truth stays visible in a small picture.
        near: Depth [m] of the warmest colour.
        far: Depth [m] of the coldest colour.

    Returns:
        (H, width, 3) uint8 RGB.
    """
    height = max(round(sample.image.shape[0] * width / sample.image.shape[1]), 1)
    small = cv2.resize(sample.image, (width, height), interpolation=cv2.INTER_AREA)
    picture = np.repeat(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)[..., None] // 2 + 40, 3, axis=2)
    rows, columns = np.nonzero(sample.depth)
    depth = sample.depth[rows, columns]
    rows = rows * height // sample.depth.shape[0]
    columns = columns * width // sample.depth.shape[1]
    nearest = np.full((height, width), np.inf, dtype=np.float32)
    np.minimum.at(nearest, (rows, columns), depth)
    nearest[np.isinf(nearest)] = 0
    painted = colorize_depth(nearest, min_depth=near, max_depth=far)
    return np.where(nearest[..., None] > 0, painted, picture).astype(np.uint8)


def overlay_sheet(entries: Sequence[ManifestEntry], report: DataReport, title: str) -> ColorImage:
    """A page of up to 18 frames of all groups with their ground truth, and the colours' metres.

    Args:
        entries: Frames that can be read, at least one.
        report: Their report, which gives the colours their range.
        title: Headline.

    Returns:
        (H, 1920, 3) uint8 RGB.
    """
    histogram = report.overall.histogram
    near, far = histogram.percentile(1), histogram.percentile(99)
    near, far = (near, max(far, 1.1 * near)) if histogram.total else (1.0, 80.0)
    cells = [(entry, entry.load()) for entry in _choose(entries)]
    cells.sort(key=lambda cell: cell[1].camera.width / cell[1].camera.height, reverse=True)
    pictures = [
        (entry.id, ground_truth_overlay(sample, _PAGE // _CELLS, near, far))
        for entry, sample in cells
    ]
    if len(pictures) > _CELLS:  # else the few of the last row would be enlarged to fill it
        blank = ('', np.full_like(pictures[-1][1], 250))
        pictures += [blank] * (-len(pictures) % _CELLS)
    rows = [pictures[first : first + _CELLS] for first in range(0, len(pictures), _CELLS)]
    legend = depth_legend(_PAGE, min_depth=near, max_depth=far)
    return contact_sheet([*rows, [('depth', legend)]], title=title, width=_PAGE)


def _choose(entries: Sequence[ManifestEntry]) -> list[ManifestEntry]:
    """Frames for the page: as many of each group as there is room, evenly spread."""
    groups: dict[str, list[ManifestEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.group, []).append(entry)
    room = _CELLS * _ROWS
    shown = spread(list(groups.values()), room)
    return [entry for group in shown for entry in spread(group, max(room // len(shown), 1))]

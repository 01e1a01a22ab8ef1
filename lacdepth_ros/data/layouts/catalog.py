# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The data sets that `lacdepth data index` lists, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lacdepth_ros.data.indexing import IndexRequest, IndexResult, Progress
from lacdepth_ros.data.layouts.kitti_drives import holds_drives
from lacdepth_ros.data.layouts.kitti_layout import index_kitti
from lacdepth_ros.data.layouts.kitti_stereo import (
    KITTI_2012,
    KITTI_2015,
    StereoLayout,
    index_stereo,
)
from lacdepth_ros.data.layouts.nyu import index_nyu
from lacdepth_ros.data.layouts.nyu_mat import index_nyu_mat
from lacdepth_ros.data.manifest import MANIFEST


@dataclass(frozen=True, slots=True)
class Layout:
    """A data set that can be listed.

    Attributes:
        index: Makes the rows of its manifest.
        is_at: Whether a folder or file looks like it.
        options: Which of the request's choices ('split', 'part', 'truth') it knows.
    """

    index: Callable[[IndexRequest, Progress], IndexResult]
    is_at: Callable[[Path], bool]
    options: frozenset[str] = field(default_factory=frozenset)


def _is_stereo(layout: StereoLayout, root: Path) -> bool:
    # KITTI 2015 may be unpacked over KITTI 2012: the disparity's folder tells them apart.
    return any((folder / layout.disparity).is_dir() for folder in (root, root / 'training'))


def _is_nyu(root: Path) -> bool:
    # Not rglob: a KITTI tree holds hundreds of thousands of files deeper down.
    patterns = ('*/' * depth + 'sync_depth_*.png' for depth in range(4))
    return root.is_dir() and any(next(root.glob(pattern), None) for pattern in patterns)


def _stereo(layout: StereoLayout) -> Layout:
    def index(request: IndexRequest, progress: Progress) -> IndexResult:
        return index_stereo(request, layout, progress)

    return Layout(index, partial(_is_stereo, layout))


LAYOUTS: dict[str, Layout] = {
    'kitti': Layout(index_kitti, holds_drives, frozenset({'split', 'part', 'truth'})),
    'kitti2012': _stereo(KITTI_2012),
    'kitti2015': _stereo(KITTI_2015),
    'nyu': Layout(index_nyu, _is_nyu, frozenset({'split'})),
    'nyu-mat': Layout(
        index_nyu_mat, lambda root: root.suffix == '.mat', frozenset({'split', 'part'})
    ),
}
"""Layouts by the name that the command line gives them."""


def recognize(root: Path) -> str:
    """Name of the layout at a root.

    Raises:
        FileNotFoundError: There is nothing at `root`.
        ValueError: It is none of the layouts, or several.
    """
    if not root.exists():
        raise FileNotFoundError(f'{root}: no such file or folder')
    found = [name for name, layout in LAYOUTS.items() if layout.is_at(root)]
    if len(found) != 1:
        nothing = f'holds no {MANIFEST} and is no data set known by layout'
        what = f'looks like {" and ".join(found)}' if found else nothing
        raise ValueError(
            f'{root} {what}; name a manifest (.jsonl), or make one with lacdepth data index '
            f'({", ".join(LAYOUTS)}) or, of any other images and depth, with lacdepth data pairs'
        )
    return found[0]

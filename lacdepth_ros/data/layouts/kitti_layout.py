# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""KITTI raw with the depth benchmark, listed as a manifest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lacdepth_ros.data.files import KITTI_DEPTH_SCALE, write_depth_png
from lacdepth_ros.data.headers import check_pair
from lacdepth_ros.data.indexing import IndexRequest, IndexResult, Progress, frame_row, spread
from lacdepth_ros.data.layouts.kitti import KITTI_CAMERA_HEIGHT, KittiCalibration
from lacdepth_ros.data.layouts.kitti_drives import KittiTree
from lacdepth_ros.data.layouts.kitti_monodepth import monodepth_scan_depth
from lacdepth_ros.data.layouts.kitti_splits import (
    EIGEN_DRIVES,
    KittiKey,
    SplitLine,
    count_lines,
    count_rule,
    eigen_part,
    read_kitti_split,
)
from lacdepth_ros.data.made import MadeFiles

_TAGS = {
    'annotated': 'annotated',
    'velodyne': 'velodyne_single_scan',
    'velodyne-eigen': 'velodyne_single_scan_eigen',
}


@dataclass(frozen=True, slots=True)
class _GroundTruthRule:
    """Where the ground truth of a frame comes from, as the request and the tree have it."""

    tree: KittiTree
    request: IndexRequest

    def kind(self, key: KittiKey) -> str:
        """What the request names; 'auto' decides by drive for 'annotated' or 'velodyne'."""
        if self.request.ground_truth != 'auto':
            return self.request.ground_truth
        return 'annotated' if self.tree.has_annotations(key) else 'velodyne'

    def source(self, line: SplitLine) -> Path | None:
        """The file with a frame's ground truth, or that it is made from; None without one."""
        if self.kind(line.key) != 'annotated':
            return self.tree.scan(line.key)
        return None if line.ground_truth == 'none' else self.tree.annotation(line.key)


def index_kitti(request: IndexRequest, progress: Progress) -> IndexResult:
    """List KITTI raw frames with their ground truth; see `IndexRequest` for the choices.

    Ground truth from scans is written as PNG (metres x 256) beside the manifest; a PNG that was
    made of the same scan and calibration is kept.

    Raises:
        FileNotFoundError: There is no drive, no split list or no calibration.
        ValueError: The split list or a calibration is damaged.
    """
    rule = _GroundTruthRule(KittiTree.find(request.root), request)
    result = IndexResult()
    wanted, without = _wanted(rule, result)
    lines = spread(wanted, request.limit)
    calibration = lru_cache(maxsize=None)(KittiCalibration.read)
    with request.made_files('depth') as made:
        for done, line in enumerate(lines):
            progress(done, len(lines))
            image = rule.tree.image(line.key)
            if image is None:
                result.leave_out('image is missing', line.key.id)
            elif (source := rule.source(line)) is not None:
                day = rule.tree.raw[line.key.drive].parent
                camera = calibration(day, line.key.camera)
                _add(rule, line.key, (image, source), camera, made, result)
            elif line.ground_truth == 'named':
                result.leave_out(f'{rule.kind(line.key)} ground truth is missing', line.key.id)
    progress(len(lines), len(lines))
    _count_ground_truth(len(lines) + without, result)
    return result


def _wanted(rule: _GroundTruthRule, result: IndexResult) -> tuple[list[SplitLine], int]:
    """The frames that the request names, and how many more it means that have no ground truth."""
    request = rule.request
    if request.split is not None:
        lines = read_kitti_split(request.split)
        count_lines(lines, result)
        return lines, 0
    frames = rule.tree.frames()
    with_ground_truth = [key for key in frames if rule.source(SplitLine(key)) is not None]
    result.count('frames of the left colour camera', len(frames))
    result.count('frames with ground truth', len(with_ground_truth))
    if request.part is None:
        in_test = sum(key.drive in EIGEN_DRIVES['test'] for key in with_ground_truth)
        result.count("of these in drives of Eigen's test list", in_test)
        return [SplitLine(key) for key in with_ground_truth], len(frames) - len(with_ground_truth)
    chosen = eigen_part(with_ground_truth if request.part == 'train' else frames, request.part)
    count_rule(chosen, request.part, result)
    return [SplitLine(key) for key in chosen], 0


def _count_ground_truth(wanted: int, result: IndexResult) -> None:
    """Report how many frames have ground truth, and of which kind."""
    kinds = Counter(row['ground_truth'] for row in result.rows)
    for kind, number in sorted(kinds.items()):
        result.count(f'frames listed with ground truth {kind!r}', number)
    broken = sum(map(len, result.problems.values()))
    result.count('frames without ground truth, left out', wanted - len(result.rows) - broken)
    if len(kinds) > 1:
        result.notes.append(
            'annotated depth and single scans are mixed (by drive); `lacdepth data index` with '
            '--truth annotated or --truth velodyne takes one kind'
        )


def _add(
    rule: _GroundTruthRule,
    key: KittiKey,
    files: tuple[Path, Path],
    calibration: KittiCalibration,
    made: MadeFiles,
    result: IndexResult,
) -> None:
    """Add the row of a frame: its image, its source of ground truth; or note a problem."""
    image, source = files
    kind = rule.kind(key)
    try:
        depth = source
        if kind != 'annotated':
            depth = rule.request.made('depth') / f'{key.id}.png'
            _project(kind, source, depth, calibration, made)
        check_pair(image, depth, calibration.camera)
    except ValueError as error:
        result.leave_out('unusable', f'{key.id}: {error}')
        return
    result.rows.append(
        frame_row(
            key.id,
            image,
            depth,
            calibration.camera,
            depth_scale=KITTI_DEPTH_SCALE,
            camera_height=KITTI_CAMERA_HEIGHT,
            domain='driving',
            gray=False,
            ground_truth=_TAGS[kind],
            drive=key.drive.removesuffix('_sync'),
        )
    )


def _project(
    kind: str, scan: Path, path: Path, calibration: KittiCalibration, made: MadeFiles
) -> None:
    """Write the depth of a scan, unless it is there."""
    made_of = [scan], [kind, str(calibration)]
    if made.has(path, *made_of):
        return
    if kind == 'velodyne-eigen':
        depth = monodepth_scan_depth(calibration, scan)
    else:
        depth = calibration.scan_depth(scan)
    if not depth.any():
        raise ValueError(f'{scan}: no point of the scan falls into the image')
    write_depth_png(path, depth)
    made.add(path, *made_of)

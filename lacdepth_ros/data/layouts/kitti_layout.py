# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""KITTI raw with the depth benchmark, as unpacked from KITTI's archives, listed as a manifest.

Anywhere within three folders below the root:

    2011_09_26/2011_09_26_drive_0009_sync/image_02/data/0000000005.png   (or .jpg), raw
    2011_09_26/2011_09_26_drive_0009_sync/velodyne_points/data/0000000005.bin
    train/2011_09_26_drive_0009_sync/proj_depth/groundtruth/image_02/0000000005.png

The last may as well lie under val/, in no such folder, or in the raw drive itself.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lacdepth_ros.core.whole_file import write_text
from lacdepth_ros.data.files import KITTI_DEPTH_SCALE, write_depth_png
from lacdepth_ros.data.headers import check_pair
from lacdepth_ros.data.indexing import IndexRequest, IndexResult, Progress, frame_row, spread
from lacdepth_ros.data.layouts.kitti import KITTI_CAMERA_HEIGHT, SUFFIXES, KittiCalibration
from lacdepth_ros.data.layouts.kitti_splits import (
    EIGEN_DRIVES,
    KittiKey,
    SplitLine,
    count_lines,
    count_rule,
    eigen_part,
    read_kitti_split,
)

_ANNOTATED = Path('proj_depth', 'groundtruth')
_CALIBRATION = 'calibration.txt'  # what the depth next to it was made with
_PATTERNS = ('*_sync', '*/*_sync', '*/*/*_sync')


@dataclass(frozen=True, slots=True)
class KittiTree:
    """Where the drives of a download lie.

    Attributes:
        raw: Folder of each drive's images and scans, by the drive's name.
        annotated: Folder of each drive's annotated depth; it may be the same.
    """

    raw: dict[str, Path]
    annotated: dict[str, Path]

    @classmethod
    def find(cls, root: Path) -> KittiTree:
        """Look for drives at `root` and three folders deep.

        Raises:
            FileNotFoundError: There is no drive with images.
            ValueError: A drive lies in two places, or is not rectified.
        """
        root = root.absolute()
        if root.name.endswith('_extract'):
            raise ValueError(
                f'{root}: not rectified; download the drive "synced+rectified" (_sync)'
            )
        folders = [root, *(path for pattern in _PATTERNS for path in sorted(root.glob(pattern)))]
        raw = _by_name([path for path in folders if (path / 'image_02' / 'data').is_dir()])
        annotated = _by_name([path for path in folders if (path / _ANNOTATED).is_dir()])
        if not raw:
            raise FileNotFoundError(
                f'{root}: no KITTI raw drive; expected .../<date>_drive_<number>_sync/'
                'image_02/data in it or up to three folders deeper'
            )
        return cls(raw, annotated)

    def image(self, key: KittiKey) -> Path | None:
        """The image of a frame, None where there is none."""
        if key.drive not in self.raw:
            return None
        stem = self.raw[key.drive] / f'image_{key.camera:02d}' / 'data' / key.frame
        paths = (stem.with_suffix(suffix) for suffix in SUFFIXES)
        return next((path for path in paths if path.is_file()), None)

    def annotation(self, key: KittiKey) -> Path | None:
        """The annotated depth of a frame, None where there is none."""
        folder = self._annotation_folder(key)
        path = folder / f'{key.frame}.png' if folder else None
        return path if path and path.is_file() else None

    def has_annotations(self, key: KittiKey) -> bool:
        """Whether the frame's drive has annotated depth of its camera."""
        folder = self._annotation_folder(key)
        return folder is not None and folder.is_dir()

    def scan(self, key: KittiKey) -> Path | None:
        """The Velodyne scan of a frame, None where there is none."""
        path = self.raw[key.drive] / 'velodyne_points' / 'data' / f'{key.frame}.bin'
        return path if path.is_file() else None

    def frames(self) -> list[KittiKey]:
        """Every frame of the left colour camera, in order."""
        return [
            KittiKey(drive, 2, frame)
            for drive, folder in sorted(self.raw.items())
            for frame in sorted(
                {
                    path.stem
                    for path in (folder / 'image_02' / 'data').iterdir()
                    if path.suffix in SUFFIXES
                }
            )
        ]

    def _annotation_folder(self, key: KittiKey) -> Path | None:
        if key.drive not in self.annotated:
            return None
        return self.annotated[key.drive] / _ANNOTATED / f'image_{key.camera:02d}'


@dataclass(frozen=True, slots=True)
class _GroundTruthRule:
    """Where the ground truth of a frame comes from, as the request and the tree have it."""

    tree: KittiTree
    request: IndexRequest

    def kind(self, key: KittiKey) -> str:
        """'annotated' or 'velodyne'; 'auto' decides by drive."""
        if self.request.ground_truth != 'auto':
            return self.request.ground_truth
        return 'annotated' if self.tree.has_annotations(key) else 'velodyne'

    def source(self, line: SplitLine) -> Path | None:
        """The file with a frame's ground truth, or that it is made from; None without one."""
        if self.kind(line.key) == 'velodyne':
            return self.tree.scan(line.key)
        return None if line.ground_truth == 'none' else self.tree.annotation(line.key)


def index_kitti(request: IndexRequest, progress: Progress) -> IndexResult:
    """List KITTI raw frames with their ground truth; see `IndexRequest` for the choices.

    Ground truth from scans is written as PNG (metres x 256) beside the manifest; a PNG that is
    already there is kept, unless the calibration was another one.

    Raises:
        FileNotFoundError: There is no drive, no split list or no calibration.
        ValueError: The split list or a calibration is damaged.
    """
    rule = _GroundTruthRule(KittiTree.find(request.root), request)
    result = IndexResult()
    wanted, without = _wanted(rule, result)
    lines = spread(wanted, request.limit)
    calibration = lru_cache(maxsize=None)(KittiCalibration.read)
    for done, line in enumerate(lines):
        progress(done, len(lines))
        image = rule.tree.image(line.key)
        if image is None:
            result.leave_out('image is missing', line.key.id)
        elif (source := rule.source(line)) is not None:
            day = rule.tree.raw[line.key.drive].parent
            _add(rule, line.key, (image, source), calibration(day, line.key.camera), result)
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
    result: IndexResult,
) -> None:
    """Add the row of a frame: its image, its source of ground truth; or note a problem."""
    image, source = files
    is_annotated = rule.kind(key) == 'annotated'
    try:
        depth = source if is_annotated else _project(key, source, calibration, rule.request)
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
            ground_truth='annotated' if is_annotated else 'velodyne_single_scan',
            drive=key.drive.removesuffix('_sync'),
        )
    )


def _project(
    key: KittiKey, scan: Path, calibration: KittiCalibration, request: IndexRequest
) -> Path:
    """Write the depth of a scan beside the manifest, unless it is there."""
    path = request.made('depth') / f'{key.id}.png'
    if _is_of(path.parent, calibration) and path.is_file():
        return path
    depth = calibration.scan_depth(scan)
    if not depth.any():
        raise ValueError(f'{scan}: no point of the scan falls into the image')
    write_depth_png(path, depth)
    return path


def _is_of(folder: Path, calibration: KittiCalibration) -> bool:
    """Whether a folder's depth was made with this calibration; otherwise what is there goes."""
    note, text = folder / _CALIBRATION, f'{calibration}\n'
    if note.is_file() and note.read_text(encoding='utf-8') == text:
        return True
    for old in folder.glob('*.png'):
        old.unlink()
    write_text(note, text)
    return False


def _by_name(folders: list[Path]) -> dict[str, Path]:
    """Drive name -> folder; a drive must lie in one place."""
    found: dict[str, Path] = {}
    for folder in folders:
        if folder.name in found:
            raise ValueError(
                f'{folder.name} lies in {found[folder.name].parent} and in {folder.parent}; name '
                'the root of one copy'
            )
        found[folder.name] = folder
    return found

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What becomes a bag: a KITTI raw drive with its scans and poses, or the frames of a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from lacdepth_ros.bags.ground_frame import GROUND_FRAME
from lacdepth_ros.bags.transforms import Transform, pose_of
from lacdepth_ros.data.layouts.kitti import KittiFrame, parse_stamp, read_kitti_raw
from lacdepth_ros.data.layouts.kitti_oxts import read_imu_poses, read_velodyne_from_imu
from lacdepth_ros.data.sources import Entry, one_camera_height, open_data_set

ODOM_FRAME = 'odom'
BASE_FRAME, SCAN_FRAME, CAMERA_FRAME = 'base_link', 'velodyne', 'camera_optical_frame'
VELODYNE_HEIGHT = 1.73
"""Height of KITTI's scanner above the road [m], from its sensor setup."""


@dataclass(frozen=True, slots=True)
class Source:
    """A recording that can be written as a bag.

    Attributes:
        frames: Stamp [ns] and frame, in order of time.
        scans: Stamp [ns] and file of each Velodyne scan.
        links: Parent frame, child frame, pose of the child in the parent; all fixed.
        poses: Stamp [ns] and pose of BASE_FRAME in ODOM_FRAME, in order of time.
        camera_height: Above the ground [m], where the frames tell it and `links` do not.
    """

    frames: Sequence[tuple[int, Entry]]
    scans: Sequence[tuple[int, Path]] = ()
    links: Sequence[tuple[str, str, Transform]] = field(default=())
    poses: Sequence[tuple[int, Transform]] = ()
    camera_height: float | None = None


def open_source(path: Path) -> Source:
    """Open a KITTI raw drive (`..._sync`, or a folder with only that one) or a manifest.

    A folder that holds a manifest.jsonl stands for it.

    Raises:
        FileNotFoundError: There is no such input, or a file of the recording is missing.
        ValueError: The input is of neither kind, holds several drives, or is damaged.
    """
    data = open_data_set(path)
    if len(data.drives) > 1:
        names = ', '.join(drive.name for drive in data.drives)
        raise ValueError(f'{path} holds several drives ({names}); name one: a bag has one drive')
    if data.drives:
        return _drive(data.drives[0], read_kitti_raw(path))
    data.warn_of_stamps()
    frames = list(zip(data.stamps, data.entries, strict=True))
    return Source(frames, camera_height=one_camera_height(data.entries))


def _drive(drive: Path, frames: Sequence[KittiFrame]) -> Source:
    scans = _scans(drive, frames)
    # Rows of [R | t] lead from the scanner into the camera; tf wants the camera in the scanner.
    camera_from_scan = np.vstack([frames[0].calibration.camera_from_velodyne, [0, 0, 0, 1]])
    base_from_scan = pose_of(np.eye(3), (0.0, 0.0, VELODYNE_HEIGHT))
    scan_from_camera = np.linalg.inv(camera_from_scan)
    # The heights of scanner and camera are from two drawings, which differ by a centimetre.
    road = (base_from_scan @ scan_from_camera)[2, 3] - frames[0].camera_height
    links = [
        (BASE_FRAME, GROUND_FRAME, pose_of(np.eye(3), (0.0, 0.0, road))),
        (BASE_FRAME, SCAN_FRAME, base_from_scan),
        (SCAN_FRAME, CAMERA_FRAME, scan_from_camera),
    ]
    measured = _poses(drive, [frame.image.stem for frame in frames], base_from_scan)
    stamps = [frame.stamp for frame in frames] + [stamp for stamp, _ in scans]
    poses = _reaching(measured, min(stamps), max(stamps))
    return Source([(frame.stamp, frame) for frame in frames], scans, links, poses)


def _poses(
    drive: Path, stems: Sequence[str], base_from_scan: Transform
) -> list[tuple[int, Transform]]:
    """Poses of the car since the first one; empty where they were not measured."""
    scan_from_imu, measured = read_velodyne_from_imu(drive), read_imu_poses(drive, stems)
    if scan_from_imu is None or not measured:
        return []
    imu_from_base = np.linalg.inv(base_from_scan @ scan_from_imu)
    start = np.linalg.inv(measured[0][1] @ imu_from_base)
    return [(stamp, start @ pose @ imu_from_base) for stamp, pose in measured]


def _reaching(
    poses: Sequence[tuple[int, Transform]], first: int, last: int
) -> list[tuple[int, Transform]]:
    """Poses [ns] that also cover what was taken shortly before the first or after the last.

    There the car goes on as between its nearest two poses, for no longer than these are apart:
    KITTI's first image is 2 ms older than its first measurement, and no transform reached it.
    """
    if len(poses) < 2:
        return list(poses)
    before = _beyond(poses[0], poses[1], first)
    return [*before, *poses, *_beyond(poses[-1], poses[-2], last)]


def _beyond(
    near: tuple[int, Transform], inner: tuple[int, Transform], stamp: int
) -> list[tuple[int, Transform]]:
    """The pose at a stamp on the far side of `near`, or as far as it goes; [] without need."""
    between = inner[0] - near[0]
    if not between or (stamp - near[0]) * between >= 0:
        return []
    share = max((stamp - near[0]) / between, -1.0)
    step = np.linalg.inv(near[1]) @ inner[1]
    turn = Rotation.from_rotvec(share * Rotation.from_matrix(step[:3, :3]).as_rotvec())
    stamp = near[0] + round(share * between)
    return [(stamp, near[1] @ pose_of(turn.as_matrix(), share * step[:3, 3]))]


def _scans(drive: Path, frames: Sequence[KittiFrame]) -> list[tuple[int, Path]]:
    """Stamp and file of every scan: when the scanner looked ahead, else the stamp of the image.

    In published drives scans are missing, and their lines in timestamps.txt are blank.
    """
    folder = drive / 'velodyne_points'
    found = [
        (place, frame, scan)
        for place, frame in enumerate(frames)
        if (scan := folder / 'data' / f'{frame.image.stem}.bin').is_file()
    ]
    path = folder / 'timestamps.txt'
    if not path.is_file():
        return [(frame.stamp, scan) for _, frame, scan in found]
    lines = path.read_text(encoding='utf-8-sig', errors='replace').splitlines()
    scans = []
    for place, _, scan in found:
        # Where a part of the drive was kept, the lines are those of the whole one.
        row = place if len(lines) == len(frames) else int(scan.stem)
        if row >= len(lines):
            raise ValueError(f'{path}: {len(lines)} lines hold no stamp for scan {scan.stem}')
        scans.append((parse_stamp(lines[row], f'{path}:{row + 1}'), scan))
    return scans

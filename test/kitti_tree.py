# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A miniature KITTI raw recording whose projection is computed by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lacdepth_ros.data.files import write_depth_png, write_image

WIDTH, HEIGHT = 20, 10
# P = K [I | (0.5, 0, 0)] with K = [10 0 8; 0 12 4; 0 0 1].
P_RECT = [10, 0, 8, 5, 0, 12, 4, 0, 0, 0, 1, 0]
# The right camera: K [I | (-0.1, 0, 0)].
P_RECT_RIGHT = [10, 0, 8, -1, 0, 12, 4, 0, 0, 0, 1, 0]
# (x, y, z) -> (-y, x, z): a quarter turn about the optical axis, so that the order of the
# matrices shows.
R_RECT = [0, -1, 0, 1, 0, 0, 0, 0, 1]
# LiDAR (forward, left, up) -> camera (right, down, forward).
R_VELO = [0, -1, 0, 0, 0, -1, 1, 0, 0]
T_VELO = [0.1, 0.2, 0.25]
# So (x, y, z) of the LiDAR lies at (z + 0.3, 0.1 - y, x + 0.25) of camera 2, and 0.6 m further
# left in camera 3.
SCAN = [
    [4.75, 0.1, 0.7, 0],  # at (1, 0, 5): u = 10, v = 4
    [9.75, 0.1, 1.7, 0],  # at (2, 0, 10): the same pixel, farther
    [-0.1, 0.1, -0.3, 0],  # at (0, 0, 0.15): u = 8, v = 4, but behind the scanner
    [4.75, -0.65, 1.48, 0],  # at (1.78, 0.75, 5): u = 11.56, v = 5.8 -> column 12, row 6
    [4.75, 0.1, 9.7, 0],  # at (10, 0, 5): u = 28, outside
]
SCAN_DEPTH = {(4, 10): 5.0, (6, 12): 5.0}
"""Row, column -> metres that the scan gives camera 2."""


def write_numbers(path: Path, **entries: list[float]) -> None:
    """Write a calibration file."""
    lines = [f'{name}: {" ".join(f"{v:e}" for v in values)}' for name, values in entries.items()]
    path.write_text('calib_time: 09-Jan-2012 13:57:47\n' + '\n'.join(lines) + '\n')


def write_drive(
    root: Path,
    name: str = '2011_09_26_drive_0001_sync',
    *,
    frames: int = 2,
    suffix: str = '.png',
    cameras: tuple[int, ...] = (2,),
) -> Path:
    """Write a date folder with one drive and return the drive's folder."""
    day = root / name[:10]
    drive = day / name
    (drive / 'velodyne_points' / 'data').mkdir(parents=True)
    write_numbers(
        day / 'calib_cam_to_cam.txt',
        S_rect_02=[WIDTH, HEIGHT],
        P_rect_02=P_RECT,
        R_rect_00=R_RECT,
        S_rect_03=[WIDTH, HEIGHT],
        P_rect_03=P_RECT_RIGHT,
    )
    write_numbers(day / 'calib_velo_to_cam.txt', R=R_VELO, T=T_VELO)
    stamps = [f'2011-09-26 13:08:24.{number}67930880' for number in range(frames)]
    for camera in cameras:
        folder = drive / f'image_{camera:02d}'
        (folder / 'data').mkdir(parents=True)
        (folder / 'timestamps.txt').write_text('\n'.join(stamps) + '\n')
        for number in range(frames):
            image = np.full((HEIGHT, WIDTH, 3), 40 * number, np.uint8)
            write_image(folder / 'data' / f'{number:010d}{suffix}', image)
    for number in range(frames):
        scan = np.array(SCAN, dtype='<f4')
        (drive / 'velodyne_points' / 'data' / f'{number:010d}.bin').write_bytes(scan.tobytes())
    return drive


def write_annotation(root: Path, drive: str, frame: int, *, camera: int = 2) -> Path:
    """Write an annotated depth of 12.5 m at row 3, column 5, into root/<drive>/proj_depth."""
    folder = root / drive / 'proj_depth' / 'groundtruth' / f'image_{camera:02d}'
    folder.mkdir(parents=True, exist_ok=True)
    depth = np.zeros((HEIGHT, WIDTH), np.float32)
    depth[3, 5] = 12.5
    path = folder / f'{frame:010d}.png'
    write_depth_png(path, depth)
    return path


def depth_at(depth: npt.NDArray[np.float32]) -> dict[tuple[int, int], float]:
    """Row, column -> depth of every pixel that has one."""
    rows, columns = np.nonzero(depth)
    return {(int(v), int(u)): float(depth[v, u]) for v, u in zip(rows, columns, strict=True)}

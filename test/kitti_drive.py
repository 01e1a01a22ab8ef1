# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A miniature KITTI raw drive with random scans, for bags."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import write_image

CAMERA = Camera(40.0, 42.0, 19.5, 11.0, width=40, height=24)
BASE = 1_317_042_504  # 2011-09-26 13:08:24, read as UTC
# LiDAR (forward, left, up) -> camera (right, down, forward), 0.25 m behind the camera.
ROTATION, TRANSLATION = [0, -1, 0, 0, 0, -1, 1, 0, 0], [0.1, -0.2, 0.25]


def scan_of(number: int) -> np.ndarray:
    """(N, 4) float32: points ahead and behind, with reflectance."""
    rng = np.random.default_rng(number)
    directions = rng.uniform((-1, -0.6, -0.35), (1, 0.6, 0.35), (300, 3))
    ranges = rng.uniform(2, 90, (300, 1))
    forward = np.where(rng.random((300, 1)) < 0.9, ranges, -ranges)
    points = np.hstack([forward, directions[:, 1:] * ranges, rng.random((300, 1))])
    return points.astype('<f4')


def image_of(number: int) -> np.ndarray:
    """RGB, smooth and different in every channel and frame."""
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width]
    return np.stack([5 * u, 8 * v, 3 * u + 2 * v + 20 * number], axis=-1).astype(np.uint8)


def image_stamp(number: int) -> int:
    return BASE * 10**9 + 100_000_000 * number + 67_930_880


def scan_stamp(number: int) -> int:
    return image_stamp(number) - 10_000_000


def write_drive(root: Path, *, frames: int = 3) -> Path:
    """Write a date folder with one drive and return the drive's folder."""
    day = root / '2011_09_26'
    drive = day / '2011_09_26_drive_0001_sync'
    images, scans = drive / 'image_02' / 'data', drive / 'velodyne_points' / 'data'
    for folder in (images, scans):
        folder.mkdir(parents=True)
    P = np.column_stack((CAMERA.K, np.zeros(3)))
    write_numbers(
        day / 'calib_cam_to_cam.txt',
        S_rect_02=[CAMERA.width, CAMERA.height],
        P_rect_02=P.ravel(),
        R_rect_00=np.eye(3).ravel(),
    )
    write_numbers(day / 'calib_velo_to_cam.txt', R=ROTATION, T=TRANSLATION)
    for number in range(frames):
        write_image(images / f'{number:010d}.png', image_of(number))
        (scans / f'{number:010d}.bin').write_bytes(scan_of(number).tobytes())
    for folder, stamp_of in ((images, image_stamp), (scans, scan_stamp)):
        lines = [f'{clock(stamp_of(number))}\n' for number in range(frames)]
        (folder.parent / 'timestamps.txt').write_text(''.join(lines))
    return drive


def write_oxts(drive: Path, *, east, north, up, yaw, late: int = 0) -> None:
    """Measure the car at places [m] about 49 N 8 E, `late` [ns] after the images."""
    write_numbers(drive.parent / 'calib_imu_to_velo.txt', R=np.eye(3).ravel(), T=[-0.8, 0.3, -0.8])
    folder = drive / 'oxts' / 'data'
    folder.mkdir(parents=True)
    degree = np.radians(1) * 6378137.0
    for number, (x, y, z, turn) in enumerate(zip(east, north, up, yaw, strict=True)):
        latitude = 49 + y / degree
        values = [latitude, 8 + x / (degree * np.cos(np.radians(49))), z, 0.0, 0.0, turn]
        numbers = ' '.join(f'{value:.12f}' for value in [*values, *[0.0] * 24])
        (folder / f'{number:010d}.txt').write_text(numbers)
    lines = [f'{clock(image_stamp(number) + late)}\n' for number in range(len(east))]
    (folder.parent / 'timestamps.txt').write_text(''.join(lines))


def write_numbers(path: Path, **entries) -> None:
    lines = [f'{name}: {" ".join(f"{v:e}" for v in values)}\n' for name, values in entries.items()]
    path.write_text(''.join(lines))


def clock(stamp: int) -> str:
    seconds, fraction = divmod(stamp, 10**9)
    return f'2011-09-26 13:08:{seconds - BASE + 24:02d}.{fraction:09d}'

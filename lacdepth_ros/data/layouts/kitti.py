# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""KITTI raw recordings as KITTI lays them out: images, stamps, calibration and LiDAR ground truth.

    2011_09_26/                          date folder: calib_cam_to_cam.txt, calib_velo_to_cam.txt
      2011_09_26_drive_0009_sync/        drive folder
        image_02/data/0000000000.png     (or .jpg), image_02/timestamps.txt
        velodyne_points/data/0000000000.bin
        proj_depth/groundtruth/image_02/0000000000.png   annotated ground truth, where it was
        unpacked

A drive has one kind of ground truth: the annotated depth where its folder is there (frames without
a file then have no ground truth), otherwise one Velodyne scan a frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import points_to_depth
from lacdepth_ros.data.files import KITTI_DEPTH_SCALE, read_depth_png, read_image
from lacdepth_ros.data.layouts.kitti_drives import KittiTree
from lacdepth_ros.data.layouts.kitti_splits import KittiKey
from lacdepth_ros.data.sample import Sample, group_of

KITTI_CAMERA_HEIGHT = 1.65
"""Height [m] of KITTI's cameras above the ground (Geiger et al., IJRR 2013, figure 3)."""


@dataclass(frozen=True, slots=True)
class KittiCalibration:
    """A colour camera of a recording day and the way from the LiDAR into its optical frame.

    Attributes:
        camera: Intrinsics of the rectified images of image_02 (or image_03).
        camera_from_velodyne: Rows of [R | t], three rows of four numbers; metres.
    """

    camera: Camera
    camera_from_velodyne: tuple[tuple[float, ...], ...]

    @classmethod
    def read(cls, date_folder: Path, number: int = 2) -> KittiCalibration:
        """Read calib_cam_to_cam.txt and calib_velo_to_cam.txt.

        Args:
            date_folder: Folder of the recording day.
            number: The camera: 2 is the left colour camera, 3 the right one.

        Raises:
            FileNotFoundError: One of them is missing.
            ValueError: One of them lacks an entry or holds an impossible one.
        """
        path = date_folder / 'calib_cam_to_cam.txt'
        size_name, projection_name = f'S_rect_{number:02d}', f'P_rect_{number:02d}'
        rectified = read_calibration(path, {size_name: 2, projection_name: 12, 'R_rect_00': 9})
        scanner = read_calibration(date_folder / 'calib_velo_to_cam.txt', {'R': 9, 'T': 3})
        projection = rectified[projection_name].reshape(3, 4)
        width, height = (int(value) for value in rectified[size_name])
        try:
            camera = Camera.from_K(projection[:, :3], width=width, height=height)
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from error
        # P_rect = K [I | t]: t moves from the first camera, which [R|T] leads to, to this one.
        rotation = rectified['R_rect_00'].reshape(3, 3)
        shift = np.linalg.solve(camera.K, projection[:, 3])
        translation = rotation @ scanner['T'] + shift
        rows = np.column_stack((rotation @ scanner['R'].reshape(3, 3), translation))
        return cls(camera, tuple(tuple(float(value) for value in row) for row in rows))

    def points_in_camera(self, scan: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Points (N, 3) [m] of the camera's optical frame for a scan (M, 4); x < 0 is left out."""
        ahead = scan[scan[:, 0] >= 0, :3].astype(np.float64)
        transform = np.array(self.camera_from_velodyne)
        # Not @: after a product of this size NumPy's BLAS waits actively for more, and for tens of
        # milliseconds takes a core from the node that the demo is measuring.
        return np.einsum('ni,ji->nj', ahead, transform[:, :3]) + transform[:, 3]

    def scan_depth(self, path: Path) -> npt.NDArray[np.float32]:
        """Depth (H, W) [m] of a Velodyne scan, 0 where no point falls.

        A point belongs to the pixel nearest to its projection (pixel centres are integers, so 0.5
        is the border between pixels 0 and 1); the nearest point wins in a pixel.

        Raises:
            FileNotFoundError: There is no such scan.
            ValueError: The scan is damaged.
        """
        points = self.points_in_camera(read_scan(path))
        return np.nan_to_num(points_to_depth(points, self.camera), nan=0.0)


@dataclass(frozen=True, slots=True)
class KittiFrame:
    """One frame of a drive.

    Attributes:
        id: '<drive folder>/<frame number>'; the drive is the group.
        image: Path of the image file.
        stamp: Nanoseconds; KITTI writes no time zone, so the clock is read as UTC.
        calibration: Calibration of the day.
        annotated: Path of the annotated depth PNG, None where there is none.
        scan: Path of the Velodyne scan, None where there is none or the drive is annotated.
    """

    id: str
    image: Path
    stamp: int
    calibration: KittiCalibration
    annotated: Path | None
    scan: Path | None

    @property
    def group(self) -> str:
        """Name of the drive."""
        return group_of(self.id)

    @property
    def camera(self) -> Camera:
        """Camera of the rectified image."""
        return self.calibration.camera

    @property
    def has_ground_truth(self) -> bool:
        """Whether there is annotated depth or a scan."""
        return self.annotated is not None or self.scan is not None

    @property
    def camera_height(self) -> float:
        """Height of the camera above the ground [m]."""
        return KITTI_CAMERA_HEIGHT

    def load(self) -> Sample:
        """Read the image and its ground truth; without one the depth is all zeros.

        Raises:
            FileNotFoundError: A file is missing.
            ValueError: A file is damaged or of another size than the calibration.
        """
        image = read_image(self.image)
        size = (self.camera.height, self.camera.width)
        if image.shape[:2] != size:
            raise ValueError(
                f'{self.image} is {image.shape[1]}x{image.shape[0]} pixels but S_rect_02 of the '
                f'calibration says {size[1]}x{size[0]}; the image of another day, or resized'
            )
        return Sample(
            image=image,
            depth=self._depth(),
            camera=self.camera,
            id=self.id,
            camera_height=self.camera_height,
        )

    def _depth(self) -> npt.NDArray[np.float32]:
        """The ground truth (H, W) in metres, 0 where there is none."""
        if self.annotated is not None:
            return read_depth_png(self.annotated, KITTI_DEPTH_SCALE)
        if self.scan is None:
            return np.zeros((self.camera.height, self.camera.width), dtype=np.float32)
        return self.calibration.scan_depth(self.scan)


def read_scan(path: Path) -> npt.NDArray[np.float32]:
    """Read a Velodyne scan: (N, 4) float32 x forward, y left, z up [m] and reflectance.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Its size is no multiple of a point's 16 bytes.
    """
    data = path.read_bytes()
    if len(data) % 16:
        raise ValueError(f'{path}: {len(data)} bytes are no whole number of 16-byte points')
    return np.frombuffer(data, dtype='<f4').reshape(-1, 4)


def read_kitti_raw(folder: str | Path) -> list[KittiFrame]:
    """Read the frames of every drive that `KittiTree` finds at a folder, in order.

    Raises:
        FileNotFoundError: There is no drive, or its images, calibration or stamps are missing.
        ValueError: Calibration or stamps are damaged, or a drive is not rectified or there twice.
    """
    return drive_frames(KittiTree.find(Path(folder)))


def drive_frames(tree: KittiTree) -> list[KittiFrame]:
    """Read the frames of a tree's drives; see `read_kitti_raw`."""
    by_drive: dict[str, list[KittiKey]] = {drive: [] for drive in tree.raw}
    for key in tree.frames():
        by_drive[key.drive].append(key)
    return [f for drive, keys in by_drive.items() for f in _read_drive(tree, drive, keys)]


def _read_drive(tree: KittiTree, drive: str, keys: list[KittiKey]) -> list[KittiFrame]:
    """List the frames of one drive."""
    folder = tree.raw[drive]
    images = [image for key in keys if (image := tree.image(key)) is not None]
    if not images:
        raise FileNotFoundError(f'{folder}: no .png or .jpg image in image_02/data')
    calibration = KittiCalibration.read(folder.parent)
    stamps = _stamps_of(images, folder / 'image_02' / 'timestamps.txt')
    return [
        KittiFrame(
            id=key.id,
            image=image,
            stamp=stamp,
            calibration=calibration,
            annotated=tree.annotation(key),
            scan=None if tree.has_annotations(key) else tree.scan(key),
        )
        for key, image, stamp in zip(keys, images, stamps, strict=True)
    ]


def _stamps_of(images: list[Path], path: Path) -> list[int]:
    """Stamp [ns] of every image: a line each, or the line of the image's number."""
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such file; every drive needs its time stamps')
    lines = path.read_text(encoding='utf-8-sig', errors='replace').splitlines()
    if len(lines) == len(images):
        return [parse_stamp(line, f'{path}:{row}') for row, line in enumerate(lines, start=1)]
    stamps = []
    for image in images:
        if not image.stem.isdecimal() or int(image.stem) >= len(lines):
            raise ValueError(f'{path}: {len(lines)} lines hold no time stamp for {image.name}')
        row = int(image.stem)
        stamps.append(parse_stamp(lines[row], f'{path}:{row + 1}'))
    return stamps


def parse_stamp(text: str, where: str) -> int:
    """Nanoseconds since 1970 of KITTI's '2011-09-26 13:08:24.967930880', exact, read as UTC.

    Raises:
        ValueError: The text is no such time; the message starts with `where`.
    """
    seconds_text, _, fraction = text.strip().partition('.')
    try:
        clock = datetime.strptime(seconds_text, '%Y-%m-%d %H:%M:%S')
        nanoseconds = int(fraction.ljust(9, '0')[:9])
    except ValueError as error:
        raise ValueError(f'{where}: {text!r} is no time stamp ({error})') from error
    return int(clock.replace(tzinfo=timezone.utc).timestamp()) * 1_000_000_000 + nanoseconds


def read_calibration(path: Path, sizes: dict[str, int]) -> dict[str, npt.NDArray[np.float64]]:
    """Read 'NAME: numbers' lines; every name in `sizes` must be there with that many numbers.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A name is missing, or has another number of finite numbers.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f'{path}: no such file; unpack the calibration archive of this recording'
        )
    lines = path.read_text(encoding='utf-8-sig', errors='replace').splitlines()
    texts = {name: rest for name, _, rest in (line.partition(':') for line in lines)}
    values = {}
    for name, size in sizes.items():
        try:
            values[name] = np.array(texts.get(name, '').split(), dtype=np.float64)
        except ValueError as error:
            raise ValueError(f'{path}: {name} is not made of numbers ({error})') from error
        if values[name].shape != (size,) or not np.isfinite(values[name]).all():
            raise ValueError(f'{path}: {name} must be {size} finite numbers')
    return values

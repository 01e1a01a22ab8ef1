# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""KITTI's stereo benchmarks of 2012 and 2015: disparity turned into depth.

                  2012                            2015
    images        image_0/000000_10.png (grey)    image_2/000000_10.png
    disparity     disp_occ/000000_10.png          disp_occ_0/000000_10.png
    calibration   calib/000000.txt: P0, P1        calib_cam_to_cam/000000.txt: P_rect_02, P_rect_03

All in training/ (the testing part has no ground truth). Disparity PNGs are uint16, pixels = value
/ 256, 0 = none; depth = fx * baseline / disparity, and P = K [I | t] of both cameras gives the
baseline.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import KITTI_DEPTH_SCALE, read_depth_png, write_depth_png
from lacdepth_ros.data.headers import check_pair, read_header
from lacdepth_ros.data.indexing import IndexRequest, IndexResult, Progress, frame_row, spread
from lacdepth_ros.data.layouts.kitti import KITTI_CAMERA_HEIGHT, read_calibration
from lacdepth_ros.data.made import MadeFiles

_DISPARITY_SCALE = 256.0  # counts per pixel of disparity


@dataclass(frozen=True, slots=True)
class StereoLayout:
    """Names of one of the two benchmarks.

    Attributes:
        name: Group of the frames.
        images: Folder of the left images, of which the disparity is.
        disparity: Folder of the disparity PNGs.
        calibration: Folder of the calibrations.
        projections: Names of the projections of the left and the right camera.
        gray: Whether the images are grey.
        frames: Published number of training frames.
    """

    name: str
    images: str
    disparity: str
    calibration: str
    projections: tuple[str, str]
    gray: bool
    frames: int


KITTI_2012 = StereoLayout('kitti2012', 'image_0', 'disp_occ', 'calib', ('P0', 'P1'), True, 194)
KITTI_2015 = StereoLayout(
    'kitti2015',
    'image_2',
    'disp_occ_0',
    'calib_cam_to_cam',
    ('P_rect_02', 'P_rect_03'),
    False,
    200,
)


def index_stereo(request: IndexRequest, layout: StereoLayout, progress: Progress) -> IndexResult:
    """Write the depth of every disparity map beside the manifest and list the frames.

    A depth PNG is kept that was made of the same disparity and calibration.

    Raises:
        FileNotFoundError: There are no disparity maps at the root.
    """
    folder = request.root / 'training'
    folder = folder if folder.is_dir() else request.root
    disparities = sorted((folder / layout.disparity).glob('*_10.png'))
    if not disparities:
        raise FileNotFoundError(
            f'{folder}: no {layout.disparity}/NNNNNN_10.png; the training folder of '
            f'{layout.name} (or the folder above it) is needed'
        )
    result = IndexResult()
    result.count('disparity maps', len(disparities), layout.frames)
    disparities = spread(disparities, request.limit)
    with request.made_files('depth') as made:
        for done, disparity in enumerate(disparities):
            progress(done, len(disparities))
            try:
                _add(_Source(folder, disparity, layout), request.made('depth'), made, result)
            except FileNotFoundError as error:
                result.leave_out('a file is missing', str(error))
            except ValueError as error:
                result.leave_out('unusable', str(error))
    progress(len(disparities), len(disparities))
    result.count('frames listed', len(result.rows))
    return result


def read_stereo_camera(path: Path, layout: StereoLayout, size: tuple[int, int]) -> StereoCamera:
    """Read the left camera of an image of (width, height) and the baseline from a calibration.

    Raises:
        FileNotFoundError: There is no calibration.
        ValueError: It is damaged, or the cameras do not stand side by side.
    """
    found = read_calibration(path, dict.fromkeys(layout.projections, 12))
    left, right = (found[name].reshape(3, 4) for name in layout.projections)
    baseline = (left[0, 3] - right[0, 3]) / left[0, 0] if left[0, 0] else 0.0
    if not baseline > 0:
        raise ValueError(
            f'{path}: baseline of {baseline:g} m between {" and ".join(layout.projections)}; it '
            'must be positive'
        )
    camera = Camera.from_K(left[:, :3], width=size[0], height=size[1])
    return StereoCamera(camera, float(baseline))


@dataclass(frozen=True, slots=True)
class StereoCamera:
    """A rectified stereo pair: the left camera and the metres to the right one."""

    camera: Camera
    baseline: float

    def depth(self, disparity: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Depth [m] of a disparity [px], both (H, W); 0 where there is none."""
        scale = np.float32(self.camera.fx * self.baseline)
        valid = disparity > 0
        return np.divide(scale, disparity, where=valid, out=np.zeros_like(disparity))


@dataclass(frozen=True, slots=True)
class _Source:
    """A disparity map and what belongs to it.

    Attributes:
        folder: Training folder of the benchmark.
        disparity: The PNG.
        layout: Names of the benchmark.
    """

    folder: Path
    disparity: Path
    layout: StereoLayout

    @property
    def number(self) -> str:
        """Of the frame, such as '000000'."""
        return self.disparity.stem.removesuffix('_10')

    @property
    def image(self) -> Path:
        """The left image."""
        return self.folder / self.layout.images / self.disparity.name

    @property
    def calibration(self) -> Path:
        """Of the frame."""
        return self.folder / self.layout.calibration / f'{self.number}.txt'


def _add(source: _Source, made_in: Path, made: MadeFiles, result: IndexResult) -> None:
    """Add the row of a frame, whose depth PNG is written unless it is there."""
    layout, header = source.layout, read_header(source.image)
    stereo = read_stereo_camera(source.calibration, layout, (header.width, header.height))
    check_pair(source.image, source.disparity, stereo.camera)
    depth_path = made_in / f'{source.number}.png'
    made_of = source.disparity, source.calibration
    if not made.has(depth_path, made_of):
        depth = stereo.depth(read_depth_png(source.disparity, _DISPARITY_SCALE))
        if not depth.any():
            result.leave_out('empty ground truth', str(source.disparity))
            return
        write_depth_png(depth_path, depth)
        made.add(depth_path, made_of)
    result.rows.append(
        frame_row(
            f'{layout.name}/{source.number}',
            source.image,
            depth_path,
            stereo.camera,
            depth_scale=KITTI_DEPTH_SCALE,
            camera_height=KITTI_CAMERA_HEIGHT,
            domain='driving',
            gray=layout.gray,
            ground_truth='stereo_benchmark_lidar',
        )
    )

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A bag with a camera and a LiDAR or depth camera becomes a data set to train on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.ground_truth import GroundTruthTopic, Points, read_transforms
from lacdepth_ros.bags.occlusion import REACH, hidden_points
from lacdepth_ros.bags.opening import open_bag
from lacdepth_ros.bags.reader import BagImages, RecordedImage
from lacdepth_ros.bags.split import MANIFEST, check_share, write_manifests
from lacdepth_ros.bags.transforms import Transform, TransformTree, apply
from lacdepth_ros.bags.views import View, Views
from lacdepth_ros.core.geometry import points_to_depth
from lacdepth_ros.data.files import KITTI_DEPTH_SCALE, decode_image, write_depth_png, write_image

NO_GROUND_TRUTH = 'no ground truth near in time'
"""Reason that is no failure: a camera is often faster than a LiDAR."""
_SAME_PLACE = 1e-3  # metres between two sensors below which nothing is hidden from one of them


@dataclass(frozen=True, slots=True)
class ExtractOptions:
    """What to take from a bag.

    Attributes:
        image_topic: Camera images; None picks one.
        info_topic: Their camera_info; None takes the one beside them.
        ground_truth_topic: PointCloud2, or depth images with camera_info; None takes the only one.
        rectified: The images are rectified; None believes the topic's name.
        tolerance: Largest difference [s] of the stamps of an image and its ground truth.
        every: Take every n-th image.
        fixed_frame: Frame that stands still (odom, map): points are moved from where the sensor
            was at their stamp to where the camera is at the image's. None: both at the image's.
        pose: (4, 4) pose of the sensor in the image's frame, for bags without transforms.
        reach: Of the filter for hidden points [degrees], see `hidden_points`; 0 switches it off.
        min_points: Images with fewer true pixels are left out.
        domain: Value of the manifest's key of that name, such as 'driving' or 'indoor'.
        val_share: Share of the frames, the last ones, that go to the validation manifest.

    Raises:
        ValueError: A number is out of its range.
    """

    image_topic: str | None = None
    info_topic: str | None = None
    ground_truth_topic: str | None = None
    rectified: bool | None = None
    tolerance: float = 0.02
    every: int = 1
    fixed_frame: str | None = None
    pose: Transform | None = None
    reach: float = REACH
    min_points: int = 100
    domain: str | None = None
    val_share: float = 0.0

    def __post_init__(self) -> None:
        checks = {
            'tolerance': (self.tolerance, self.tolerance >= 0, '>= 0 seconds'),
            'every': (self.every, self.every >= 1, 'at least 1'),
            'occlusion reach': (self.reach, 0 <= self.reach <= 10, '0 .. 10 degrees'),
            'min_points': (self.min_points, self.min_points >= 1, 'at least 1'),
            'val_share': (self.val_share, 0 <= self.val_share < 1, '0 .. 1'),
        }
        for name, (value, good, allowed) in checks.items():
            if not good:
                raise ValueError(f'{name} = {value} must be {allowed}')


@dataclass(slots=True)
class Extraction:
    """What became of the bag's images.

    Attributes:
        topics: Of images, camera_info and ground truth.
        written: Frames in the manifest.
        validating: Of them, frames in the validation manifest.
        pixels: True pixels of all of them.
        hidden: Points left out because something nearer hides them.
        calibrations: Different calibrations in a row; 1 when the camera never changed.
        skipped: Reason -> number of images left out.
        details: Reason -> what was said about the first of them.
        warnings: What else should be known.
    """

    topics: tuple[str, str | None, str]
    written: int = 0
    validating: int = 0
    pixels: int = 0
    hidden: int = 0
    calibrations: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    details: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def failed(self) -> int:
        """Images that are missing for another reason than that nothing was measured then."""
        return sum(count for reason, count in self.skipped.items() if reason != NO_GROUND_TRUTH)

    def skip(self, reason: str, detail: str) -> None:
        """Count an image that is left out."""
        self.skipped[reason] += 1
        self.details.setdefault(reason, detail)


class _LeftOutError(Exception):
    """This image is left out: reason, detail."""


def extract(
    path: Path,
    output: Path,
    options: ExtractOptions,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Extraction:
    """Write images, depth PNGs and `manifest.jsonl` (with `val_share` also train and val).

    Args:
        path: The bag.
        output: Folder of the data set; made when missing.
        options: What to take.
        progress: Called with the images looked at and their number.

    Raises:
        FileNotFoundError: There is no bag.
        FileExistsError: The folder holds a data set already.
        ValueError: The bag is damaged, lacks a topic, is too short for `val_share`, or not one
            frame (with `val_share`: only one) is left.
    """
    if (output / MANIFEST).exists():
        raise FileExistsError(f'{output} holds a data set already; name another folder')
    images = _images_with_info(path, options)
    check_share(options.val_share, -(-images.count // options.every))
    with open_bag(path) as reader:
        ground_truth = GroundTruthTopic(
            reader, path, options.ground_truth_topic, image=images.topic
        )
        tree, problems = read_transforms(reader)
        done = Extraction((images.topic, images.info_topic, ground_truth.topic), warnings=problems)
        for folder in ('images', 'depth'):
            (output / folder).mkdir(parents=True, exist_ok=True)
        work = _Work(path, output, options, ground_truth, tree, done, images.rectified)
        rows = list(work.rows(images, progress))
    if not rows:
        reasons = '; '.join(f'{n} x {r}: {done.details[r]}' for r, n in done.skipped.items())
        raise ValueError(f'{path}: no frame could be extracted ({reasons})')
    done.written = len(rows)
    done.validating = write_manifests(output, rows, options.val_share)
    return done


def _reusable_jpeg(recorded: RecordedImage, view: View) -> bytes | None:
    """The JPEG file of the message if a reader of the data set sees in it what the node sees.

    A Bayer camera's holds the raw mosaic, that of some drivers red and blue swapped.
    """
    if view.outside is not None or not hasattr(recorded.message, 'format'):
        return None
    data = bytes(recorded.message.data)
    is_same = data.startswith(b'\xff\xd8') and np.array_equal(decode_image(data), view.image)
    return data if is_same else None


def _images_with_info(path: Path, options: ExtractOptions) -> BagImages:
    images = BagImages(path, options.image_topic, options.info_topic)
    if images.info_topic is None:
        raise ValueError(
            f'{path}: no camera_info beside {images.topic}; name one with --camera-info-topic, '
            'as metres need the intrinsics'
        )
    return images


class _Work:
    """One run over the images of a bag."""

    def __init__(
        self,
        path: Path,
        output: Path,
        options: ExtractOptions,
        ground_truth: GroundTruthTopic,
        tree: TransformTree,
        done: Extraction,
        looks_rectified: bool,
    ) -> None:
        self._group = path.resolve().name if path.is_dir() else path.stem
        self._output, self._options = output, options
        self._ground_truth, self._tree, self._done = ground_truth, tree, done
        rectified = looks_rectified if options.rectified is None else options.rectified
        self._views = Views(rectified=rectified)
        self._latest = -1

    def rows(
        self, images: BagImages, progress: Callable[[int, int], None]
    ) -> Iterator[dict[str, Any]]:
        """Lines of the manifest; what is left out is counted."""
        for index, recorded in enumerate(self._until_damage(images)):
            if index % self._options.every == 0:
                yield from self._row_if_good(recorded)
            progress(index + 1, images.count)
        self._done.calibrations = self._views.calibrations

    def _until_damage(self, images: BagImages) -> Iterator[RecordedImage]:
        try:
            yield from images
        except ValueError as error:
            self._done.skip('damaged bag from here on', str(error))

    def _row_if_good(self, recorded: RecordedImage) -> Iterator[dict[str, Any]]:
        try:
            yield self._row(recorded)
        except _LeftOutError as reason:
            self._done.skip(*reason.args)

    def _row(self, recorded: RecordedImage) -> dict[str, Any]:
        stamp = recorded.stamp
        if stamp <= self._latest:
            raise _LeftOutError('time goes back', f'{stamp} ns comes after {self._latest} ns')
        self._latest = stamp
        tolerance = round(self._options.tolerance * 1e9)
        measured = self._ground_truth.nearest(stamp, tolerance)
        if measured is None:
            raise _LeftOutError(
                NO_GROUND_TRUTH, f'none within {self._options.tolerance} s of {stamp} ns'
            )
        try:
            view = self._views.of(recorded)
        except ValueError as error:
            raise _LeftOutError('unusable image or camera_info', str(error)) from error
        try:
            points = self._ground_truth.read(measured)
            pose = self._pose(recorded.message.header.frame_id, points, stamp)
        except ValueError as error:
            raise _LeftOutError('unusable ground truth', str(error)) from error
        except LookupError as error:
            raise _LeftOutError('no transform', str(error)) from error
        depth = self._project(points, pose, view)
        pixels = int(np.count_nonzero(np.isfinite(depth)))
        if pixels < self._options.min_points:
            raise _LeftOutError('too few true pixels', f'{pixels} at {stamp} ns')
        self._done.pixels += pixels
        return self._write(recorded, view, depth)

    def _pose(self, frame: str, points: Points, stamp: int) -> Transform:
        """Pose that takes the points into the image's frame at the image's stamp."""
        if self._options.pose is not None:
            return self._options.pose
        fixed = self._options.fixed_frame
        if fixed is None:
            return self._tree.lookup(frame, points.frame, stamp)
        to_fixed = self._tree.lookup(fixed, points.frame, points.stamp)
        return np.linalg.inv(self._tree.lookup(fixed, frame, stamp)) @ to_fixed

    def _project(self, points: Points, pose: Transform, view: View) -> npt.NDArray[np.float32]:
        """Depth (H, W) of what the camera sees of the points; NaN elsewhere."""
        in_camera = apply(pose, points.xyz) @ view.rotation.T
        depth = points_to_depth(in_camera, view.camera)
        if self._options.reach and np.linalg.norm(pose[:3, 3]) > _SAME_PLACE:
            hidden = hidden_points(depth, view.camera, reach=self._options.reach)
            self._done.hidden += int(hidden.sum())
            depth[hidden] = np.nan
        if view.outside is not None:
            depth[view.outside] = np.nan
        return depth

    def _write(
        self, recorded: RecordedImage, view: View, depth: npt.NDArray[np.float32]
    ) -> dict[str, Any]:
        """Write the two files; returns the line of the manifest."""
        camera, name = view.camera, str(recorded.stamp)
        image = self._output / 'images' / f'{name}.jpg'
        if jpeg := _reusable_jpeg(recorded, view):
            image.write_bytes(jpeg)  # encoding it anew would lose detail
        else:
            image = self._output / 'images' / f'{name}.png'
            write_image(image, view.image)
        ground_truth = self._output / 'depth' / f'{name}.png'
        write_depth_png(ground_truth, depth)
        row: dict[str, Any] = {
            'id': f'{self._group}/{name}',
            'image': image,
            'depth': ground_truth,
            'depth_scale': KITTI_DEPTH_SCALE,
            'K': [camera.fx, camera.fy, camera.cx, camera.cy],
            'width': camera.width,
            'height': camera.height,
            'stamp': recorded.stamp,
            'ground_truth': self._ground_truth.topic,
        }
        if self._options.domain is not None:
            row['domain'] = self._options.domain
        return row

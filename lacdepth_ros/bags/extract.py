# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A bag with a camera and a LiDAR or depth camera becomes a data set to train on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.clocks import clock_doubt
from lacdepth_ros.bags.extraction import NO_GROUND_TRUTH, Extraction, ExtractOptions
from lacdepth_ros.bags.ground_frame import height_above_ground
from lacdepth_ros.bags.ground_truth import GroundTruthTopic
from lacdepth_ros.bags.occlusion import hidden_points
from lacdepth_ros.bags.opening import open_bag
from lacdepth_ros.bags.optical_frame import few_pixels, optical_frame_doubt
from lacdepth_ros.bags.reader import BagImages, RecordedImage
from lacdepth_ros.bags.split import check_share, write_manifests
from lacdepth_ros.bags.sweeps import Sweeps
from lacdepth_ros.bags.tf_topics import RecordedTransforms, read_transforms
from lacdepth_ros.bags.transforms import Transform
from lacdepth_ros.core.geometry import points_to_depth
from lacdepth_ros.core.stamps import NANOSECONDS
from lacdepth_ros.core.whole_file import write_bytes
from lacdepth_ros.data.files import (
    KITTI_DEPTH_SCALE,
    decode_image,
    depth_counts,
    write_depth_png,
    write_image,
)
from lacdepth_ros.data.manifest import MANIFEST
from lacdepth_ros.messages.clouds import check_metres
from lacdepth_ros.messages.rectification import RectifierCache, View
from lacdepth_ros.messages.topic_doubt import doubt_of_topic

_SAME_PLACE = 1e-3  # metres between two sensors below which nothing is hidden from one of them


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
    with open_bag(path, images.damage) as reader:
        ground_truth = GroundTruthTopic(
            reader,
            path,
            options.ground_truth_topic,
            image=images.topic,
            offset_ns=round(options.truth_offset * NANOSECONDS),
        )
        transforms = read_transforms(reader, images.topic)
        topics = (images.topic, images.info_topic, ground_truth.topic)
        done = Extraction(topics, choice=images.choice, damage=images.damage)
        done.warnings += transforms.warnings
        for folder in ('images', 'depth'):
            (output / folder).mkdir(parents=True, exist_ok=True)
        work = _Work(path, output, options, ground_truth, transforms, done, images.rectified)
        rows = list(work.rows(images, progress))
        if not rows and NO_GROUND_TRUTH in done.skipped:
            doubt = clock_doubt(reader, images.topic, ground_truth.topic)
            done.details[NO_GROUND_TRUTH] += doubt
    if not rows:
        raise ValueError(f'{path}: no frame could be extracted ({done.reasons(path)})')
    done.written = len(rows)
    done.validating = write_manifests(output, rows, options.val_share)
    return done


def _reusable_jpeg(recorded: RecordedImage, view: View) -> bytes | None:
    """The JPEG file of the message if a reader of the data set sees in it what the node sees.

    A Bayer camera's holds the raw mosaic, that of some drivers red and blue swapped.
    """
    if view.rectified_here or not hasattr(recorded.message, 'format'):
        return None
    data = bytes(recorded.message.data)
    is_same = data.startswith(b'\xff\xd8') and np.array_equal(decode_image(data), view.image)
    return data if is_same else None


def _images_with_info(path: Path, options: ExtractOptions) -> BagImages:
    images = BagImages(path, options.image_topic, options.info_topic)
    if images.info_topic is None:
        there = f'; there are {", ".join(sorted(images.infos))}' if images.infos else ''
        raise ValueError(
            f'{path}: no matching camera_info for {images.topic}{there}; name one with '
            '--camera-info-topic, as metres need the intrinsics'
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
        transforms: RecordedTransforms,
        done: Extraction,
        looks_rectified: bool,
    ) -> None:
        self._group = path.resolve().name if path.is_dir() else path.stem
        self._output, self._options = output, options
        self._ground_truth, self._done = ground_truth, done
        self._sweeps = Sweeps(transforms.tree, options, ground_truth.topic)
        self._tree, self._hint = transforms.tree, transforms.hint
        rectified = looks_rectified if options.rectified is None else options.rectified
        self._rectified, self._rectifiers = rectified, RectifierCache()
        self._image_topic = done.topics[0]
        self._doubts: dict[str, None] = {}
        self._judged: dict[str, str] = {}  # frame -> what is doubtful about it
        self._seen: set[int] = set()

    def rows(
        self, images: BagImages, progress: Callable[[int, int], None]
    ) -> Iterator[dict[str, Any]]:
        """Lines of the manifest; what is left out is counted."""
        matched = 0
        for index, recorded in enumerate(self._until_damage(images)):
            measured = self._measured(recorded.stamp)
            if measured is not None:
                if matched % self._options.every == 0:
                    yield from self._row_if_good(recorded, measured)
                matched += 1
            progress(index + 1, images.count)
        self._done.calibrations = self._rectifiers.changes
        self._done.points, more = self._sweeps.note, self._sweeps.warnings
        self._done.warnings += [*more, *self._doubts]
        if len(images.frames) > 1:
            frames = ', '.join(sorted(images.frames))
            self._done.warnings.append(
                f'the images of {images.topic} are of several cameras ({frames}); each takes the '
                'camera_info and the place of its own frame_id'
            )

    def _until_damage(self, images: BagImages) -> Iterator[RecordedImage]:
        try:
            yield from images
        except ValueError as error:
            self._done.skip('damaged bag from here on', str(error))

    def _measured(self, stamp: int) -> int | None:
        """Stamp of the measurement of an image; None, and counted, where there is none."""
        tolerance = self._options.tolerance
        found = self._ground_truth.nearest(stamp, round(tolerance * NANOSECONDS))
        if found is None:
            away = ((self._ground_truth.nearest(stamp) or 0) - stamp) / NANOSECONDS
            near = f'the nearest is {abs(away):.3f} s {"later" if away > 0 else "earlier"}'
            detail = f'none within {tolerance} s of {stamp} ns, {near}'
            self._done.skip(NO_GROUND_TRUTH, detail)
        return found

    def _row_if_good(self, recorded: RecordedImage, measured: int) -> Iterator[dict[str, Any]]:
        try:
            yield self._row(recorded, measured)
        except _LeftOutError as reason:
            self._done.skip(*reason.args)

    def _row(self, recorded: RecordedImage, measured: int) -> dict[str, Any]:
        stamp = recorded.stamp
        if stamp in self._seen:
            raise _LeftOutError('a stamp for the second time', f'{stamp} ns')
        self._seen.add(stamp)
        if recorded.info is None:
            frame = recorded.message.header.frame_id
            reason = f'the bag has no camera_info for this image of frame {frame!r}'
            raise _LeftOutError('unusable image or camera_info', reason)
        try:
            view = self._view(recorded.decode(), recorded.info)
        except ValueError as error:
            raise _LeftOutError('unusable image or camera_info', str(error)) from error
        try:
            rectified_image = recorded.info if self._rectified else None
            points = self._ground_truth.read(measured, rectified_image)
            seen, pose = self._sweeps.seen(points, recorded.message.header.frame_id, stamp)
            check_metres(seen)
        except ValueError as error:
            raise _LeftOutError('unusable ground truth', str(error)) from error
        except LookupError as error:
            raise _LeftOutError('no transform', f'{error}{self._hint}') from error
        doubt = self._doubt_of_frame(recorded, pose)
        depth = self._project(seen, pose, view)
        pixels = int(np.count_nonzero(depth_counts(depth)))  # some lie beyond what a PNG holds
        if pixels < self._options.min_points:
            raise _LeftOutError('too few true pixels', few_pixels(pixels, stamp, seen, doubt))
        self._done.pixels += pixels
        return self._write(recorded, view, depth)

    def _view(self, image: npt.NDArray[np.uint8], info: Any) -> View:
        """The pinhole image; what is doubtful about a calibration is kept once."""
        changes = self._rectifiers.changes
        view = self._rectifiers.view(image, info, rectified=self._rectified)
        if self._rectifiers.changes != changes:
            doubts = (
                *self._rectifiers.doubts,
                doubt_of_topic(self._image_topic, info, rectified=self._rectified),
            )
            self._doubts |= dict.fromkeys(filter(None, doubts))
        return view

    def _doubt_of_frame(self, recorded: RecordedImage, pose: Transform) -> str:
        """What is doubtful about a frame that the transforms moved points into; kept once."""
        frame = recorded.message.header.frame_id
        if frame not in self._judged:
            moved = self._options.pose is None and not np.allclose(pose, np.eye(4))
            doubt = optical_frame_doubt(self._tree, frame, recorded.stamp) if moved else ''
            self._judged[frame] = doubt
            self._doubts |= {doubt: None} if doubt else {}
        return self._judged[frame]

    def _project(
        self, seen: npt.NDArray[np.float64], pose: Transform, view: View
    ) -> npt.NDArray[np.float32]:
        """Depth (H, W) of what the camera sees of points in its frame; NaN elsewhere."""
        depth = points_to_depth(seen, view.camera)
        if self._options.reach and np.linalg.norm(pose[:3, 3]) > _SAME_PLACE:
            hidden = hidden_points(depth, view.camera, reach=self._options.reach)
            self._done.hidden += int(hidden.sum())
            depth[hidden] = np.nan
        return view.without_outside(depth)

    def _write(
        self, recorded: RecordedImage, view: View, depth: npt.NDArray[np.float32]
    ) -> dict[str, Any]:
        """Write the two files; returns the line of the manifest."""
        camera, name = view.camera, str(recorded.stamp)
        image = self._output / 'images' / f'{name}.jpg'
        if jpeg := _reusable_jpeg(recorded, view):
            write_bytes(image, jpeg)  # encoding it anew would lose detail
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
        told = {'domain': self._options.domain, 'camera_height': self._height(recorded)}
        return row | {key: value for key, value in told.items() if value is not None}

    def _height(self, recorded: RecordedImage) -> float | None:
        """The height that was given, or that the transforms tell [m]."""
        if self._options.camera_height is not None:
            return self._options.camera_height
        frame = recorded.message.header.frame_id
        height = height_above_ground(self._tree, frame, recorded.stamp)
        self._done.heights.append(height)
        return height

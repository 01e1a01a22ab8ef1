# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sequences from whatever the user has: images, a video, KITTI raw, a manifest, a bag."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from lacdepth_ros.bags.reader import BagImages, RecordedImage
from lacdepth_ros.bags.storage import is_bag
from lacdepth_ros.data.camera_info import pinhole_info
from lacdepth_ros.data.files import read_image
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.sources import (
    PERIOD,
    START,
    DataSet,
    is_data_set,
    one_camera_height,
    open_data_set,
)
from lacdepth_ros.session.frames import (
    Calibration,
    Frame,
    FrameSequence,
    UnsentFrame,
)

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg')
_COUNTED_WRONG = 3
"""Frames by which the number and the length that a video's header tells may be wrong."""
_TURNS_REVERSED = '4.6.'
"""OpenCV of Ubuntu 24.04, which shows a video of a phone upside down; 4.5 and 4.7 do not."""
ACCEPTED = (
    'a folder of images (.png, .jpg), one image, a video file, a KITTI raw drive (or its date '
    'folder, or their parent), a manifest (.jsonl, or a folder with manifest.jsonl), or a ROS 2 '
    'bag (folder, .mcap or .db3)'
)


def open_sequence(
    path: Path,
    calibration: Calibration,
    *,
    max_frames: int,
    image_topic: str | None = None,
) -> FrameSequence:
    """Recognise an input and open it.

    Args:
        path: See ACCEPTED.
        calibration: For images that bring no intrinsics; data sets do, bags usually.
        max_frames: The sequence is cut after this many frames.
        image_topic: Topic of the images in a bag that has several.

    Raises:
        FileNotFoundError: There is no such input.
        ValueError: The input is of no accepted kind, empty or damaged.
    """
    if not path.exists():
        raise FileNotFoundError(f'{path}: no such input; accepted are {ACCEPTED}')
    if is_data_set(path):
        return _data_set(open_data_set(path), max_frames)
    if is_bag(path):
        return _bag(path, calibration, max_frames, image_topic)
    if path.is_dir():
        return _images(path, _images_in(path), calibration, max_frames)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return _images(path, [path], calibration, max_frames)
    return _video(path, calibration, max_frames)


def _data_set(data: DataSet, max_frames: int) -> FrameSequence:
    """Frames with cameras and, mostly, ground truth of their own."""
    data.warn_of_stamps()
    available = len(data.entries)
    pairs = list(zip(data.entries, data.stamps, strict=True))[:max_frames]

    def frames() -> Iterator[Frame | UnsentFrame]:
        for index, (entry, stamp) in enumerate(pairs):
            try:
                sample = entry.load()
            except (OSError, ValueError) as error:
                yield UnsentFrame(entry.id, index, stamp, str(error))
                continue
            yield sample_frame(sample, index, stamp)

    return FrameSequence(
        data.description,
        len(pairs),
        available,
        frames(),
        'of the input',
        camera_height=one_camera_height([entry for entry, _ in pairs]),
    )


def sample_frame(sample: Sample, index: int, stamp: int) -> Frame:
    """A frame of a data set: its camera is known and, mostly, its ground truth."""
    ground_truth = (lambda: sample.depth) if sample.depth.any() else None
    info = pinhole_info(sample.camera)
    return Frame(sample.id, index, stamp, sample.image, info, ground_truth)


def _images_in(folder: Path) -> list[Path]:
    images = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    if not images:
        raise ValueError(f'{folder}: nothing to show in this folder; accepted are {ACCEPTED}')
    return images


def _images(
    path: Path, images: list[Path], calibration: Calibration, max_frames: int
) -> FrameSequence:
    def frames() -> Iterator[Frame | UnsentFrame]:
        for index, file in enumerate(images[:max_frames]):
            stamp = START + PERIOD * index
            try:
                image = read_image(file, upright=calibration.assumed)
                info = calibration.info(image)
            except (OSError, ValueError) as error:
                yield UnsentFrame(file.name, index, stamp, str(error))
                continue
            yield Frame(file.name, index, stamp, image, info)

    kind = 'images in' if path.is_dir() else 'image'
    count = min(len(images), max_frames)
    return FrameSequence(f'{kind} {path}', count, len(images), frames(), calibration.origin)


def _video(path: Path, calibration: Calibration, max_frames: int) -> FrameSequence:
    capture = cv2.VideoCapture(str(path))
    available = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    if available < 1:
        raise ValueError(f'{path}: neither a video that OpenCV can read nor {ACCEPTED}')
    turns = _asked_turns(capture)
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
    if turns and not calibration.assumed:
        warnings.warn(
            f'{path} asks to be shown rotated; its frames are used as stored, which is what their '
            'intrinsics must be of: rotate the video itself if it lies on its side',
            stacklevel=2,
        )
    period = 1e9 / capture.get(cv2.CAP_PROP_FPS) if capture.get(cv2.CAP_PROP_FPS) > 0 else PERIOD

    upright = turns if calibration.assumed else 0  # as images are read

    def frames() -> Iterator[Frame | UnsentFrame]:
        read, reached = 0, 0.0
        for index, image in enumerate(islice(_pictures(capture, upright), max_frames)):
            read, reached = index + 1, 1e6 * capture.get(cv2.CAP_PROP_POS_MSEC)
            name, stamp = f'frame {index}', START + round(period * index)
            try:
                info = calibration.info(image)
            except ValueError as error:
                yield UnsentFrame(name, index, stamp, str(error))
                continue
            yield Frame(name, index, stamp, image, info)
        late = period * (available - _COUNTED_WRONG)
        if not read or (read < min(available - _COUNTED_WRONG, max_frames) and reached < late):
            reason = f'the video ends after {read} of {available} frames: copy it anew'
            yield UnsentFrame('the rest of the video', read, 0, reason)

    count = min(available, max_frames)
    return FrameSequence(f'video {path}', count, available, frames(), calibration.origin)


def _asked_turns(capture: cv2.VideoCapture) -> int:
    """Quarter turns clockwise by which a video asks to be shown; see _TURNS_REVERSED."""
    turns = round(capture.get(cv2.CAP_PROP_ORIENTATION_META) / 90)
    return (-turns if cv2.__version__.startswith(_TURNS_REVERSED) else turns) % 4


def _pictures(capture: cv2.VideoCapture, turns: int) -> Iterator[np.ndarray]:
    try:
        while True:
            there, bgr = capture.read()
            if not there:
                return
            yield np.ascontiguousarray(np.rot90(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), -turns))
    finally:
        capture.release()


def _bag(
    path: Path, calibration: Calibration, max_frames: int, image_topic: str | None
) -> FrameSequence:
    bag = BagImages(path, image_topic)

    def frame(index: int, recorded: RecordedImage) -> Frame | UnsentFrame:
        name = f'{bag.topic} {index}'
        try:
            image = recorded.decode()
            info = recorded.info or calibration.info(image)
        except ValueError as error:
            return UnsentFrame(name, index, recorded.stamp, str(error))
        return Frame(name, index, recorded.stamp, image, info)

    def frames() -> Iterator[Frame | UnsentFrame]:
        index = 0
        try:
            for index, recorded in enumerate(islice(bag, max_frames)):
                yield frame(index, recorded)
        except ValueError as error:
            yield UnsentFrame('the rest of the bag', index + 1, 0, str(error))

    return FrameSequence(
        description=f'{bag.topic} of bag {path}',
        count=min(bag.count, max_frames),
        available=bag.count,
        frames=frames(),
        cameras=bag.info_topic or calibration.origin,
        rectified=bag.rectified,
        choice=bag.choice,
    )

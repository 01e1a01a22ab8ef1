# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""True depth for the images of a bag: from a depth topic, a data set or a folder of PNGs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.ground_truth import may_be_depth, only_ground_truth
from lacdepth_ros.bags.opening import choose_topic, open_bag, topic_kinds
from lacdepth_ros.bags.own_outputs import own_outputs
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.bags.stamped import StampedTopic
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.stamps import nearest
from lacdepth_ros.data.files import read_depth_png
from lacdepth_ros.data.sources import (
    Entry,
    is_data_set,
    one_camera_height,
    open_data_set,
)
from lacdepth_ros.messages.compressed_depth import depth_image
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.messages.rectification import Rectifier
from lacdepth_ros.session.truth_view import check_camera, truth_view

Load = Callable[[], npt.NDArray[np.float32]]
HOW_TO_GIVE = (
    'name a depth topic with --truth-topic, a folder of depth PNGs, a KITTI raw drive or a '
    'manifest with --truth, or measure without ground truth by --no-truth'
)
_STAMP_DIGITS = 13
"""File names of at least so many digits are stamps [ns], shorter ones count the images."""


@dataclass(frozen=True, slots=True)
class TrueDepth:
    """Where the ground truth of one image lies.

    Attributes:
        id: Name of the frame; its first part (before '/') is the group. '' = none of its own.
        load: Reads (H, W) float32 metres; what is not > 0 is unknown. ValueError or OSError when
            it cannot be read.
    """

    id: str
    load: Load


@dataclass
class GroundTruth:
    """Ground truth of the images of a bag, by stamp or by place; a context manager.

    Attributes:
        description: What it is, for people.
        by_stamp: Stamp [ns] -> ground truth; the nearest within the tolerance counts.
        by_index: Place among the images, from 0 -> ground truth; for files without stamps.
        tolerance_ns: Largest difference of two stamps that belong together.
        camera_height: Of the camera above the ground [m], where the data set tells it.
    """

    description: str
    by_stamp: Mapping[int, TrueDepth] = field(default_factory=dict)
    by_index: Mapping[int, TrueDepth] = field(default_factory=dict)
    tolerance_ns: int = 0
    camera_height: float | None = None

    def __post_init__(self) -> None:
        self.resources = ExitStack()
        self._stamps = sorted(self.by_stamp)

    def __enter__(self) -> GroundTruth:
        return self

    def __exit__(self, *_: object) -> None:
        self.resources.close()

    def find(self, index: int, stamp: int) -> TrueDepth | None:
        """Ground truth of the image at this place with this stamp; None when there is none."""
        if (there := self.by_index.get(index)) is not None or not self._stamps:
            return there
        found = nearest(self._stamps, stamp, self.tolerance_ns)
        return None if found is None else self.by_stamp[found]


def ground_truth_from_topic(
    path: Path, topic: str | None, *, images: BagImages, tolerance_ns: int
) -> GroundTruth:
    """Ground truth that was recorded: 32FC1 or 16UC1 images (REP 118), or compressedDepth of them.

    Args:
        path: The bag.
        topic: The topic; None takes the only one that sounds like depth, or like true depth.
        images: The camera images. Their topic is no candidate, and the depth must be of their
            camera; their `damage` takes the messages that cannot be read.
        tolerance_ns: See `GroundTruth`.

    Raises:
        FileNotFoundError: There is no bag.
        ValueError: There is no such topic, several could be meant, or it is of another camera.
    """
    with ExitStack() as stack:
        reader = stack.enter_context(open_bag(path, images.damage))
        kinds = topic_kinds(reader)
        fitting = sorted(t for t in kinds if t != images.topic and may_be_depth(kinds, t))
        named = topic is not None
        if topic is None:
            others = ', '.join(fitting) or 'none'
            nothing = f'no depth topic to score {images.topic} against (other images: {others}); '
            nothing += HOW_TO_GIVE
            topic = only_ground_truth(reader, path, fitting, nothing, image=images.topic)
        name = choose_topic(path, topic, kinds, fitting)
        recorded = StampedTopic(reader, name)
        if not recorded.stamps:
            raise ValueError(f'{path}: topic {name} holds no message; {HOW_TO_GIVE}')
        view = truth_view(reader, path, images, recorded, named=named)
        by_stamp = {
            stamp: TrueDepth('', partial(_read_depth, recorded, stamp, view.rectifier))
            for stamp in recorded.stamps
        }
        described = f'topic {name}{", rectified" if view.rectifier else ""}'
        if name in own_outputs(kinds):
            described += ', which a depth node predicted'
        if view.note:
            described += f' ({view.note})'
        ground_truth = GroundTruth(described, by_stamp=by_stamp, tolerance_ns=tolerance_ns)
        ground_truth.resources = stack.pop_all()
    return ground_truth


def ground_truth_from_files(
    path: Path,
    *,
    count: int,
    depth_scale: float,
    tolerance_ns: int,
    camera: Camera | None = None,
) -> GroundTruth:
    """Ground truth that lies beside the bag.

    A KITTI raw drive belongs to the images by stamp. So does a manifest whose lines have a
    `stamp` [ns]; others belong in order when they are as many as the images, or else by the
    stamps that `lacdepth bag from-kitti` gives them. PNGs are named by stamp [ns] or by the
    image's place from 0 (KITTI's 0000000005.png); with other names they belong in order.

    Args:
        path: KITTI raw drive, manifest (.jsonl) or its folder, or folder of uint16 PNGs.
        count: Number of images in the bag.
        depth_scale: Counts per metre of the PNGs of a folder; KITTI's is 256.
        tolerance_ns: See `GroundTruth`.
        camera: Of the depth that is scored; a frame of another one cannot be loaded.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: It holds no ground truth, or cannot be brought together with the images.
    """
    if not is_data_set(path) and (files := sorted(path.glob('*.png'))):
        return _png_ground_truth(path, files, count, depth_scale, tolerance_ns)
    data = open_data_set(path)
    if data.problem:
        raise ValueError(f'{data.problem}; correct it, or leave out every stamp to go by order')
    depths = [TrueDepth(entry.id, partial(_load_depth, entry, camera)) for entry in data.entries]
    ground_truth = GroundTruth(f'{path}, in order', by_index=dict(enumerate(depths)))
    if data.timed or len(depths) != count:
        by_stamp = dict(zip(data.stamps, depths, strict=True))
        ground_truth = GroundTruth(f'{path}, by stamp', by_stamp, tolerance_ns=tolerance_ns)
    ground_truth.camera_height = one_camera_height(data.entries)
    return ground_truth


def no_ground_truth() -> GroundTruth:
    """Nothing is known: a replay then measures only what is answered, and when."""
    return GroundTruth('none')


def _read_depth(
    topic: StampedTopic, stamp: int, rectifier: Rectifier | None
) -> npt.NDArray[np.float32]:
    depth = depth_from_message(depth_image(topic.read(stamp)))
    return depth if rectifier is None else rectifier.rectify_depth(depth)


def _load_depth(entry: Entry, camera: Camera | None) -> npt.NDArray[np.float32]:
    sample = entry.load()
    if camera is not None:
        check_camera(sample.camera, camera)
    return sample.depth


def _png_ground_truth(
    path: Path, files: list[Path], count: int, depth_scale: float, tolerance_ns: int
) -> GroundTruth:
    ground_truths = [TrueDepth('', partial(read_depth_png, file, depth_scale)) for file in files]
    names = [file.stem for file in files]
    if all(name.isdecimal() and len(name) >= _STAMP_DIGITS for name in names):
        stamps = dict(zip(map(int, names), ground_truths, strict=True))
        return GroundTruth(f'{path}, by stamp', by_stamp=stamps, tolerance_ns=tolerance_ns)
    if all(name.isdecimal() for name in names):
        places = dict(zip(map(int, names), ground_truths, strict=True))
        return GroundTruth(f'{path}, by number', by_index=places)
    if len(files) != count:
        raise ValueError(
            f'{path}: {len(files)} PNGs for {count} images; name them by stamp [ns] or by the '
            "image's place from 0, or let there be one an image"
        )
    return GroundTruth(f'{path}, in order', by_index=dict(enumerate(ground_truths)))

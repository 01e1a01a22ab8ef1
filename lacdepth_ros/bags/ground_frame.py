# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The camera's height above the ground, as the transforms of a bag tell it.

REP 120 has a frame for the place on the floor below a robot, base_footprint. base_link may lie
anywhere in the robot, so nothing is taken from it.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path

from lacdepth_ros.bags.opening import open_bag
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.bags.tf_topics import read_transforms
from lacdepth_ros.bags.transform_tree import TransformTree
from lacdepth_ros.core.camera import CAMERA_HEIGHTS

GROUND_FRAME = 'base_footprint'
_DIGITS = 2  # a centimetre: a suspension moves by more, and frames of one camera shall agree
_IMAGES = 50  # that are asked: recorders often miss the transforms of the first


def height_above_ground(tree: TransformTree, frame: str, stamp: int) -> float | None:
    """Height [m] of a camera above the robot's base_footprint, to the centimetre.

    Args:
        tree: The frames.
        frame: Of the camera.
        stamp: Nanoseconds.

    Returns:
        None where no such frame leads there, several do and differ, or it is no camera's height.
    """
    heights = set()
    for ground in _ground_frames(tree):
        with suppress(LookupError):
            heights.add(round(float(tree.lookup(ground, frame, stamp)[2, 3]), _DIGITS))
    low, high = CAMERA_HEIGHTS
    height = heights.pop() if len(heights) == 1 else None
    return height if height is not None and low <= height <= high else None


def recorded_height(path: Path, images: BagImages) -> float | None:
    """The same of the first image of a bag that the transforms reach; they are read whole.

    Raises:
        FileNotFoundError: There is no bag.
        ValueError: The bag is damaged.
    """
    with open_bag(path) as reader:
        tree = read_transforms(reader, images.topic).tree
    if not _ground_frames(tree):
        return None
    heights = (
        height_above_ground(tree, image.message.header.frame_id, image.stamp)
        for image in islice(images, _IMAGES)
    )
    return next((height for height in heights if height is not None), None)


def _ground_frames(tree: TransformTree) -> list[str]:
    return [frame for frame in tree.frames if frame.rpartition('/')[2] == GROUND_FRAME]

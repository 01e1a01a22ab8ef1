# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The camera's height above the ground, as the transforms of a bag tell it.

REP 120 has a frame for the place on the floor below a robot, base_footprint. base_link may lie
anywhere in the robot, so nothing is taken from it.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path

from lacdepth_ros.bags.opening import open_bag
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.bags.stamped import StampedTopic
from lacdepth_ros.bags.tf_topics import read_transforms
from lacdepth_ros.bags.transform_tree import TransformTree
from lacdepth_ros.core.camera import CAMERA_HEIGHTS, one_height
from lacdepth_ros.data.indexing import spread

GROUND_FRAME = 'base_footprint'
_DIGITS = 2  # a centimetre: a suspension moves by more
_SAME_PLACE = 1e-3  # metres
_IMAGES = 20  # that are asked, spread over a bag


def height_above_ground(tree: TransformTree, frame: str, stamp: int) -> float | None:
    """Height [m] of a camera above its robot's base_footprint, to the centimetre.

    Args:
        tree: The frames.
        frame: Of the camera.
        stamp: Nanoseconds.

    Returns:
        None where the camera's robot has no such frame, or one at the very place of base_link,
        which then may be its axles, or it is no camera's height.
    """
    with suppress(LookupError):
        ground = _ground_of(tree, frame, stamp)
        if ground is not None and not _is_base_link(tree, ground, frame, stamp):
            height = round(float(tree.lookup(ground, frame, stamp)[2, 3]), _DIGITS)
            low, high = CAMERA_HEIGHTS
            return height if low <= height <= high else None
    return None


def recorded_height(path: Path, images: BagImages) -> float | None:
    """The same over a bag, whose transforms are read whole.

    Where it changes, or a damaged bag does not tell it, a warning says so.

    Raises:
        FileNotFoundError: There is no bag.
    """
    try:
        with open_bag(path) as reader:
            topic = StampedTopic(reader, images.topic)
            if not topic.stamps:
                return None
            frame = topic.read(topic.stamps[0]).header.frame_id
            tree = read_transforms(reader, images.topic).tree
    except ValueError as error:
        text = f'what {path} tells of the height of the camera cannot be read ({error})'
        warnings.warn(text, stacklevel=2)
        return None
    found = (height_above_ground(tree, frame, stamp) for stamp in spread(topic.stamps, _IMAGES))
    heights = [height for height in found if height is not None]
    height = one_height(heights)
    if heights and height is None:
        warnings.warn(
            f'the camera is {min(heights):g} to {max(heights):g} m above {GROUND_FRAME} in this '
            "bag, and a node takes one camera_height for all: the checkpoint's is taken",
            stacklevel=2,
        )
    return None if height is None else round(height, _DIGITS)


def _ground_of(tree: TransformTree, frame: str, stamp: int) -> str | None:
    """The nearest base_footprint above a camera, or mounted on a frame above it.

    Another robot's hangs in the world frame by a transform that moves, so it is not found.
    """
    for above in tree.ancestors(frame, stamp):
        mounted = [above, *tree.mounted_on(above, stamp)]
        grounds = [name for name in mounted if is_called(name, GROUND_FRAME)]
        if grounds:
            return grounds[0] if len(grounds) == 1 else None
    return None


def _is_base_link(tree: TransformTree, ground: str, frame: str, stamp: int) -> bool:
    """Whether base_link, which nothing is taken from, was given the name as well."""
    for above in tree.ancestors(frame, stamp):
        if is_called(above, 'base_link'):
            return abs(float(tree.lookup(ground, above, stamp)[2, 3])) < _SAME_PLACE
    return False


def is_called(name: str, frame: str) -> bool:
    """Whether a frame has this name, with a robot's prefix (r1/ or r1_) or without."""
    return name == frame or name.endswith((f'/{frame}', f'_{frame}'))

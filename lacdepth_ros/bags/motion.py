# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How the camera of a bag moved, as its /tf tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from lacdepth_ros.bags.opening import open_bag
from lacdepth_ros.bags.tf_topics import read_transforms
from lacdepth_ros.bags.transforms import Transform


def camera_motion(
    path: Path, frame: str, image_topic: str
) -> Callable[[int, int], Transform | None] | None:
    """Read the odometry of a bag.

    Args:
        path: The bag.
        frame: frame_id of the images.
        image_topic: Their topic.

    Returns:
        A function of two stamps [ns]: the pose (4, 4) that takes points of the camera's optical
        frame at the first into that at the second, or None where one lies outside what was
        recorded, or in a gap of it. None itself when nothing above the camera moves in the bag.

    Raises:
        FileNotFoundError: There is no bag.
        ValueError: The bag is damaged.
    """
    with open_bag(path) as reader:
        tree = read_transforms(reader, image_topic).tree
    fixed = tree.fixed_frame(frame)
    if fixed is None:
        return None

    def motion(start: int, end: int) -> Transform | None:
        try:
            before, after = (tree.lookup(fixed, frame, stamp) for stamp in (start, end))
        except LookupError:
            return None
        return np.asarray(np.linalg.inv(after) @ before)

    return motion

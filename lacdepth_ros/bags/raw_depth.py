# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A recorded depth image as that of a pinhole camera."""

from __future__ import annotations

from typing import Any

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.cameras import is_turned
from lacdepth_ros.messages.rectification import Rectifier, RectifierCache
from lacdepth_ros.messages.topics import is_rectified_topic


def pinhole_view(
    rectifiers: RectifierCache, topic: str, depth: Any, info: Any, rectified_image: Any | None
) -> tuple[Camera, Rectifier | None]:
    """Camera of a depth image as a pinhole image, and what makes it one.

    Args:
        rectifiers: Those of this topic.
        topic: Its name may say that it is rectified.
        depth: Its message, of which the size counts.
        info: Its camera_info.
        rectified_image: camera_info of the images, if they are rectified: depth with the same was
            registered to them, and so it is rectified, whatever that camera_info says of a lens.

    Returns:
        The camera, and the rectifier of the depth; None where nothing is to be done.

    Raises:
        ValueError: The camera_info cannot be used, or it turns the camera: depth along one axis
            is none along another.
    """
    rectified = is_rectified_topic(topic) or _is_same(info, rectified_image)
    camera, rectifier = rectifiers.get(
        info, width=depth.width, height=depth.height, rectified=rectified
    )
    if rectifier is not None and is_turned(info):
        raise ValueError('it is raw depth of a camera that rectification turns (r of camera_info)')
    return camera, rectifier


def _is_same(info: Any, other: Any | None) -> bool:
    """Whether two camera_infos are of one camera and calibration."""
    if other is None or info.header.frame_id.lstrip('/') != other.header.frame_id.lstrip('/'):
        return False
    sizes = (info.width, info.height) == (other.width, other.height)
    return sizes and all(np.array_equal(getattr(info, n), getattr(other, n)) for n in 'kd')

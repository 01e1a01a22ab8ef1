# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A recorded depth image as that of a pinhole camera."""

from __future__ import annotations

from typing import Any

import numpy as np

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages.cameras import rotation_from_info
from lacdepth_ros.messages.rectification import Rectifier, RectifierCache
from lacdepth_ros.messages.topics import is_rectified_topic


def pinhole_view(
    rectifiers: RectifierCache, topic: str, depth: Any, info: Any
) -> tuple[Camera, Rectifier | None]:
    """Camera of a depth image as a pinhole image, and what makes it one.

    Args:
        rectifiers: Those of this topic.
        topic: Its name says whether it is rectified.
        depth: Its message, of which the size counts.
        info: Its camera_info.

    Returns:
        The camera, and the rectifier of the depth; None where nothing is to be done.

    Raises:
        ValueError: The camera_info cannot be used, or it turns the camera: depth along one axis
            is none along another.
    """
    camera, rectifier = rectifiers.get(
        info, width=depth.width, height=depth.height, rectified=is_rectified_topic(topic)
    )
    if rectifier is not None and not np.allclose(rotation_from_info(info), np.eye(3)):
        raise ValueError('it is raw depth of a camera that rectification turns (r of camera_info)')
    return camera, rectifier

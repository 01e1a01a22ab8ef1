# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frame_ids that tf2, and with it RViz and Nav2, refuses; knows no ROS."""

from __future__ import annotations

from lacdepth_ros.core.text import quoted


def frame_id_doubt(frame_id: str) -> str:
    """Say what is wrong with the frame_id of images, and so of clouds ('' when nothing is).

    Args:
        frame_id: Of the header.
    """
    if not frame_id:
        return (
            'images have no frame_id, without which tf2 transforms no cloud: set frame_id in the '
            "camera driver, such as 'camera_optical_frame'"
        )
    if frame_id.startswith('/'):
        name = frame_id.strip('/') or 'camera_optical_frame'
        return (
            f'frame_id {quoted(frame_id)} begins with a slash, and tf2 transforms no cloud of '
            f'such a frame: set frame_id to {quoted(name)} in the camera driver'
        )
    return ''

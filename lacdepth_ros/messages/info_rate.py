# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What to change where part of the images find no camera_info of their stamp."""

from __future__ import annotations

TOLERATED = 0.2
"""Share of the images without a camera_info above which something is wrong."""
NEWEST = (
    'cache_camera_info: every image then takes the newest one, which is right while zoom, focus '
    'and region of the camera stay as they are'
)
"""Parameter of the node that takes the place of pairing, and when it may."""
_SAME_RATE = 0.9
"""Camera_infos for each image from which on they are meant to be as many."""


def is_seldom(images: float, infos: float) -> bool:
    """Whether camera_infos are fewer than the images, by their numbers or rates."""
    return infos < _SAME_RATE * images


def pairing_remedy(images: float, infos: float) -> str:
    """Say what to change, by the numbers or rates of images and camera_infos."""
    if is_seldom(images, infos):
        return f'let the driver send one with every image, or set {NEWEST}'
    return f'set sync_tolerance, or {NEWEST}'

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Cameras of images whose intrinsics nobody knows."""

from __future__ import annotations

from collections.abc import Mapping

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.models.checkpoint import FOCAL_PER_WIDTH


def assumed_camera(provenance: Mapping[str, str], width: int, height: int) -> Camera:
    """Camera with the field of view of a checkpoint's training cameras.

    The focal length is theirs scaled by the width, the principal point the centre.

    Raises:
        ValueError: The checkpoint does not say what it was trained with.
    """
    if FOCAL_PER_WIDTH not in provenance:
        raise ValueError(
            'the camera is unknown, and the checkpoint does not say which field of view it '
            f'was trained with ({FOCAL_PER_WIDTH} in its provenance); give the intrinsics'
        )
    return centered_camera(_focal_per_width(provenance[FOCAL_PER_WIDTH]) * width, width, height)


def centered_camera(focal: float, width: int, height: int) -> Camera:
    """Camera of a focal length [px] that looks through the centre of its image."""
    return Camera(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)


def _focal_per_width(text: str) -> float:
    """The provenance's; ValueError when it is no field of view."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 < value < 20:
        raise ValueError(f'{FOCAL_PER_WIDTH} {text!r} of the checkpoint is no field of view')
    return value

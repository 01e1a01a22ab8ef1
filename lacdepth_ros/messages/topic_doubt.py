# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images that are rectified by the name of their topic and not by the parameter, or vice versa."""

from __future__ import annotations

from typing import Any

import numpy as np

from lacdepth_ros.messages.cameras import camera_from_info, is_pinhole
from lacdepth_ros.messages.topics import is_raw_topic, is_rectified_topic

_SAME_CAMERA = 1e-3
"""Relative difference of intrinsics that is none in metres."""


def doubt_of_topic(image_topic: str, info: Any, *, rectified: bool) -> str:
    """What is doubtful about taking a topic's images for rectified or raw ones; '' if nothing.

    Args:
        image_topic: Resolved name.
        info: Its camera_info, which `camera_from_info` takes.
        rectified: What its images are taken for.
    """
    if rectified and is_raw_topic(image_topic) and _differ(info):
        return (
            f'{image_topic} is raw by its name and taken for rectified: whatever its lens bends '
            'stays bent; set image_is_rectified: false (bag extract: --raw), unless the name is '
            'wrong'
        )
    if not rectified and is_rectified_topic(image_topic) and _differ(info):
        return (
            f'{image_topic} is rectified by its name and taken for raw: it is rectified a second '
            'time by D and R, or K counts in place of P; set image_is_rectified: true (bag '
            'extract: --rectified), unless the name is wrong'
        )
    return ''


def _differ(info: Any) -> bool:
    """Whether raw and rectified images of a camera_info are not the same."""
    if not is_pinhole(info):
        return True
    raw, rectified = (camera_from_info(info, rectified=flag).K for flag in (False, True))
    return not np.allclose(raw, rectified, rtol=_SAME_CAMERA)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Names of what the depth node publishes, below its namespace."""

from __future__ import annotations

DEPTH = 'depth/image_rect'
DEPTH_MILLIMETERS = 'depth/image_raw'
CAMERA_INFO = 'depth/camera_info'
UNCERTAINTY = 'depth/uncertainty'
COLOR = 'depth/image_color'
POINTS = 'points'
OBSTACLES = 'points_obstacles'
CLEARING = 'points_clearing'

DEPTH_TOPICS = {'32FC1': DEPTH, '16UC1': DEPTH_MILLIMETERS}
"""Topic of the published depth by its encoding."""
OUTPUTS = (
    *(DEPTH, DEPTH_MILLIMETERS, CAMERA_INFO, UNCERTAINTY, COLOR, POINTS, OBSTACLES, CLEARING),
)
"""All of them."""

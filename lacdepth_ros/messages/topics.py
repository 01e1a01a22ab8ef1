# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Names of topics: what the depth node publishes, below its namespace, and what cameras do."""

from __future__ import annotations

from itertools import takewhile

DEPTH = 'depth/image_rect'
DEPTH_MILLIMETERS = 'depth/image_raw'
CAMERA_INFO = 'depth/camera_info'
UNCERTAINTY = 'depth/uncertainty'
COLOR = 'depth/image_color'
RGB = 'depth/image_rgb'
POINTS = 'points'
OBSTACLES = 'points_obstacles'
CLEARING = 'points_clearing'

DEPTH_TOPICS = {'32FC1': DEPTH, '16UC1': DEPTH_MILLIMETERS}
"""Topic of the published depth by its encoding."""
OUTPUTS = (
    *(DEPTH, DEPTH_MILLIMETERS, CAMERA_INFO, UNCERTAINTY, COLOR, RGB, POINTS, OBSTACLES, CLEARING),
)
"""All of them."""
DERIVED = (COLOR, RGB, POINTS, OBSTACLES, CLEARING)
"""Those that can be made again from the depth and the camera's image, and are large."""


COMPRESSED_DEPTH = '/compressedDepth'
"""What image_transport appends to the topic of a depth image for the packed one."""


def info_topic_of(image_topic: str) -> str:
    """Topic of the camera_info that belongs to an image topic, as image_transport has it."""
    base = image_topic.removesuffix('/compressed').removesuffix(COMPRESSED_DEPTH)
    return base.rpartition('/')[0] + '/camera_info'


def is_rectified_topic(image_topic: str) -> bool:
    """Whether images are rectified by the name of their topic, as image_pipeline gives it."""
    return '/image_rect' in image_topic


def is_raw_topic(image_topic: str) -> bool:
    """Whether images are raw by the name of their topic, as image_pipeline gives it."""
    return '/image_raw' in image_topic


def shared_namespaces(a: str, b: str) -> int:
    """How many namespaces two topics share, from the outermost on."""
    pairs = zip(a.strip('/').split('/')[:-1], b.strip('/').split('/')[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

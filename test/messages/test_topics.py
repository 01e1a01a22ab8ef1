# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the names of a camera's topics say."""

from __future__ import annotations

import pytest

from lacdepth_ros.messages.topics import info_topic_of, is_rectified_topic


@pytest.mark.parametrize(
    ('image', 'info', 'rectified'),
    [
        ('/camera/image_raw', '/camera/camera_info', False),
        ('/camera/image_rect', '/camera/camera_info', True),
        ('/camera/image_rect/compressed', '/camera/camera_info', True),
        ('/left/image_rect_color', '/left/camera_info', True),
        ('/camera/image_raw/compressed', '/camera/camera_info', False),
        ('/image', '/camera_info', False),
    ],
)
def test_the_info_of_an_image_and_whether_it_is_rectified(image, info, rectified):
    assert info_topic_of(image) == info
    assert is_rectified_topic(image) is rectified

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the names of a camera's topics say."""

from __future__ import annotations

import re

import pytest
from fake_messages import FakeCameraInfo

from lacdepth_ros.messages.topic_doubt import doubt_of_topic
from lacdepth_ros.messages.topics import info_topic_of, is_raw_topic, is_rectified_topic


@pytest.mark.parametrize(
    ('image', 'info', 'rectified'),
    [
        ('/camera/image_raw', '/camera/camera_info', False),
        ('/camera/image_rect', '/camera/camera_info', True),
        ('/camera/image_rect/compressed', '/camera/camera_info', True),
        ('/left/image_rect_color', '/left/camera_info', True),
        ('/camera/image_raw/compressed', '/camera/camera_info', False),
        ('/image', '/camera_info', False),
        ('/stereo/image_raw/compressedDepth', '/stereo/camera_info', False),
    ],
)
def test_the_info_of_an_image_and_whether_it_is_rectified(image, info, rectified):
    assert info_topic_of(image) == info
    assert is_rectified_topic(image) is rectified
    assert is_raw_topic(image) is ('raw' in image)


BENT = {'d': (-0.28, 0.07, 0.0, 0.0)}
TURNED = {'r': (0.9998, 0.0, 0.02, 0.0, 1.0, 0.0, -0.02, 0.0, 0.9998)}
CROPPED = {'p': (420.0, 0, 320, 0, 0, 420, 240, 0, 0, 0, 1, 0)}
AS_IT_IS = {'d': (0.0,) * 5, 'p': (500.0, 0, 320, 0, 0, 500, 240, 0, 0, 0, 1, 0)}
RAW, RECTIFIED = '/camera/image_raw', '/camera/image_rect_color/compressed'


@pytest.mark.parametrize('changes', [BENT, TURNED, CROPPED, AS_IT_IS, {}])
@pytest.mark.parametrize(
    ('topic', 'rectified', 'words'),
    [
        (RECTIFIED, False, 'a second time .* set image_is_rectified: true'),
        (RECTIFIED, True, ''),
        (RAW, True, 'stays bent; set image_is_rectified: false'),
        (RAW, False, ''),
        ('/image', True, ''),
        ('/image', False, ''),
    ],
)
def test_a_name_that_contradicts_the_parameter_is_doubted(topic, rectified, words, changes):
    """Where it makes a difference: with distortion, R, or a P other than K."""
    fields = {'width': 640, 'height': 480, 'distortion_model': 'plumb_bob'} | changes
    info = FakeCameraInfo(k=(500.0, 0, 320, 0, 500, 240, 0, 0, 1), **fields)
    doubt = doubt_of_topic(topic, info, rectified=rectified)
    if words and changes not in (AS_IT_IS, {}):
        assert doubt.startswith(topic) and re.search(words, doubt)
    else:
        assert doubt == ''

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frame_ids that tf2 refuses are told with the name to set."""

from __future__ import annotations

import pytest

from lacdepth_ros.messages.frame_id import frame_id_doubt


@pytest.mark.parametrize('name', ['camera', 'front/camera_optical', 'camera/'])
def test_names_that_tf2_takes_are_not_doubted(name):
    assert frame_id_doubt(name) == ''


@pytest.mark.parametrize(
    ('name', 'fix'),
    [
        ('/camera', "set frame_id to 'camera'"),
        ('//front/lens', "set frame_id to 'front/lens'"),
        ('/', "set frame_id to 'camera_optical_frame'"),
        ('', "set frame_id in the camera driver, such as 'camera_optical_frame'"),
    ],
)
def test_names_that_tf2_refuses_are_told_with_the_one_to_set(name, fix):
    assert fix in frame_id_doubt(name) and 'tf2 transforms no cloud' in frame_id_doubt(name)

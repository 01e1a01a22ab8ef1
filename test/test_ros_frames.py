# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames in, depth and its companions out."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('rclpy')

from lacdepth_ros.messages.depth import depth_from_message

pytestmark = pytest.mark.ros
STAMP = 1_700_000_000_123_456_789


def test_frame_is_answered_with_depth_and_its_own_header(bench):
    bench.activate('depth/image_rect', 'depth/camera_info')
    depth = bench.answer('depth/image_rect', STAMP, red=50)
    assert depth.header.stamp.sec * 10**9 + depth.header.stamp.nanosec == STAMP
    assert depth.header.frame_id == 'camera_optical_frame'
    assert depth.encoding == '32FC1'
    np.testing.assert_allclose(depth_from_message(depth), 6.0, rtol=1e-6)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Our conversions beside those of cv_bridge, wherever ROS has it installed."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from fake_messages import FakeImage

from lacdepth_ros.messages.images import image_from_message

cv_bridge = pytest.importorskip('cv_bridge')

VALUES_PER_PIXEL = {
    **{'rgb8': 3, 'bgr8': 3, 'rgba8': 4, 'bgra8': 4, 'mono8': 1, 'mono16': 1, 'yuv422': 2},
    **{f'bayer_{p}{bits}': 1 for p in ('rggb', 'bggr', 'gbrg', 'grbg') for bits in (8, 16)},
}


@pytest.mark.ros
@pytest.mark.parametrize('encoding', VALUES_PER_PIXEL)
def test_images_equal_those_of_cv_bridge(encoding):
    values = 8 * 10 * VALUES_PER_PIXEL[encoding]
    dtype = '<u2' if encoding.endswith('16') else 'u1'
    pixels = np.random.default_rng(9).integers(0, np.iinfo(dtype).max + 1, values, dtype)
    msg = FakeImage(
        height=8,
        width=10,
        step=pixels.nbytes // 8,
        encoding=encoding,
        is_bigendian=0,
        data=array('B', pixels.tobytes()),
    )
    theirs = cv_bridge.CvBridge().imgmsg_to_cv2(msg, 'rgb8').astype(int)
    # 16 bit mosaics may be scaled before or after the colours are filled in: one count.
    np.testing.assert_allclose(image_from_message(msg), theirs, atol=int(dtype == '<u2'))

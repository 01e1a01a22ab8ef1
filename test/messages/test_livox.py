# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Livox's CustomMsg, serialised by the library from the definition of its driver."""

from __future__ import annotations

import numpy as np
import pytest
from livox_bag import custom_msg

from lacdepth_ros.messages.cloud_times import times_from_message
from lacdepth_ros.messages.clouds import points_from_message
from lacdepth_ros.messages.livox import cloud_from_custom_msg

XYZ = np.array([[1.5, -2, 0.25], [0, 0, 0], [30, 4, -1]], np.float32)
OFFSETS = np.array([0, 50_000_000, 99_999_999])
STAMP = 1_700_000_000_123_456_789


@pytest.mark.parametrize('frame', ['', 'livox', 'livox_frame', 'a', 'ab', 'abcd', 'abcdefgh'])
@pytest.mark.parametrize('little', [True, False])
def test_points_and_their_times(frame: str, little: bool) -> None:
    """Whatever the length of the frame's name, which moves all that comes after it."""
    cloud = cloud_from_custom_msg(custom_msg(XYZ, OFFSETS, STAMP, frame, little=little))
    assert cloud.header.frame_id == frame
    assert (cloud.header.stamp.sec, cloud.header.stamp.nanosec) == divmod(STAMP, 10**9)
    np.testing.assert_array_equal(points_from_message(cloud), XYZ[[0, 2]])
    times = times_from_message(cloud)
    assert times.field == 'offset_time'
    np.testing.assert_array_equal(times.offsets, OFFSETS[[0, 2]])


def test_no_points() -> None:
    cloud = cloud_from_custom_msg(custom_msg(XYZ[:0], OFFSETS[:0], STAMP, 'livox'))
    assert points_from_message(cloud).shape == (0, 3)


@pytest.mark.parametrize('kept', [4, 10, 30, 50, -1])
def test_cut_ones_are_refused(kept: int) -> None:
    data = custom_msg(XYZ, OFFSETS, STAMP, 'livox')
    with pytest.raises(ValueError, match='cut short'):
        cloud_from_custom_msg(data[:kept])

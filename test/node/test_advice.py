# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What to do about a topic of another type than the node subscribes."""

from __future__ import annotations

import pytest

pytest.importorskip('rclpy')

from lacdepth_ros.node.subscribers import _advice


@pytest.mark.parametrize(
    ('kind', 'words'),
    [
        ('sensor_msgs/msg/CompressedImage', 'set image_transport: compressed'),
        (
            'foxglove_msgs/msg/CompressedVideo',
            'in_transport:=foxglove -p out_transport:=raw -r in/foxglove:=',
        ),
        (
            'ffmpeg_image_transport_msgs/msg/FFMPEGPacket',
            'in_transport:=ffmpeg -p out_transport:=raw -r in/ffmpeg:=',
        ),
        ('sensor_msgs/msg/PointCloud2', ''),
    ],
)
def test_advice_is_that_of_the_type(kind, words):
    advice = _advice([f'/driver as {kind}'])
    assert words in advice and bool(advice) is bool(words)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo as one MCAP file, which Foxglove opens without ROS."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.writer import BagWriter, new_bag
from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.messages.clouds import cloud_to_message
from lacdepth_ros.messages.topics import CAMERA_INFO, COLOR, DEPTH, POINTS
from lacdepth_ros.session.demo import ShownAnswer
from lacdepth_ros.viz.colors import colorize_depth

NAMESPACE, FRAME = '/camera', 'camera_optical_frame'
STRIDE = 2
"""Every n-th pixel of every n-th row is a point of the recorded cloud."""
IMAGE, INFO, TRANSFORMS = 'image_raw', 'camera_info', '/tf_static'
KINDS = {
    f'{NAMESPACE}/{IMAGE}': 'sensor_msgs/msg/CompressedImage',
    f'{NAMESPACE}/{INFO}': 'sensor_msgs/msg/CameraInfo',
    f'{NAMESPACE}/{DEPTH}': 'sensor_msgs/msg/Image',
    f'{NAMESPACE}/{CAMERA_INFO}': 'sensor_msgs/msg/CameraInfo',
    f'{NAMESPACE}/{COLOR}': 'sensor_msgs/msg/CompressedImage',
    f'{NAMESPACE}/{POINTS}': 'sensor_msgs/msg/PointCloud2',
    TRANSFORMS: 'tf2_msgs/msg/TFMessage',
    '/diagnostics': 'diagnostic_msgs/msg/DiagnosticArray',
}
# x forward, y left, z up -> x right, y down, z forward (REP 103)
_UPRIGHT = np.array([[0.0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]])


def write_demo_bag(path: Path, shown: Sequence[ShownAnswer], report: dict[str, str]) -> None:
    """Write image, depth, cloud and the node's last report, topics as config/foxglove.json has.

    Args:
        path: The file, '.mcap'; one that is there is replaced.
        shown: Frames, at least one, in the order of their stamps.
        report: Values of the node on /diagnostics.

    Raises:
        OSError: The file cannot be written.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix='.demo_bag.') as scratch:
        folder = Path(scratch) / path.stem
        with new_bag(folder) as bag:
            for topic, kind in KINDS.items():
                bag.add_topic(topic, kind, latched=topic == TRANSFORMS)
            for item in shown:
                _write(bag, item, report)
        [file] = folder.glob('*.mcap')
        shutil.move(file, path)


def _write(bag: BagWriter, item: ShownAnswer, report: dict[str, str]) -> None:
    stamp = item.answer.record.stamp
    head = messages.header(stamp, FRAME)
    for topic, message in _messages(item, head):
        bag.write(f'{NAMESPACE}/{topic}', stamp, message)
    bag.write(TRANSFORMS, stamp, messages.tf_message(stamp, [('base_link', FRAME, _UPRIGHT)]))
    bag.write('/diagnostics', stamp, messages.diagnostics(head, 'depth_node: depth', report))


def _messages(item: ShownAnswer, head: Any) -> Iterator[tuple[str, Any]]:
    camera = camera_from_info(item.answer.messages[CAMERA_INFO], rectified=True)
    yield IMAGE, messages.jpeg_image(item.colors, head)
    yield INFO, messages.camera_info(camera, head)
    info = messages.camera_info(camera, head)
    info.binning_x = info.binning_y = 1  # as the node writes it: nobody takes this depth for true
    yield CAMERA_INFO, info
    yield DEPTH, messages.depth_image(item.answer.depth, head)
    # Foxglove takes 32FC1 for brightness from 0 to 1: metres would be a white rectangle.
    yield COLOR, messages.jpeg_image(colorize_depth(item.answer.depth), head)
    points, colors = item.points[::STRIDE, ::STRIDE], item.colors[::STRIDE, ::STRIDE]
    cloud = cloud_to_message(SimpleNamespace, SimpleNamespace, points, colors, head)
    cloud.data = np.frombuffer(cloud.data, np.uint8)
    yield POINTS, cloud

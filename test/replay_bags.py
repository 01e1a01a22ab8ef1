# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags for replays with ground truth: an image's red channel says how far the fake node sees."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.writer import new_bag
from lacdepth_ros.core.camera import Camera

HEIGHT, WIDTH = 24, 40
CAMERA = Camera(30.0, 31.0, 19.0, 11.0, width=WIDTH, height=HEIGHT)
START, PERIOD = 1_700_000_000_000_000_000, 100_000_000
IMAGES, INFOS, GROUND_TRUTH = '/cam/image_rect', '/cam/camera_info', '/ground_truth/depth'
KINDS = {'Image': 'sensor_msgs/msg/Image', 'CameraInfo': 'sensor_msgs/msg/CameraInfo'}


def stamps(count: int) -> list[int]:
    return [START + PERIOD * index for index in range(count)]


def predicted(red: int) -> float:
    """Metres that `ros_fakes.FakePredictor` sees in an image with this red."""
    return 1.0 + 0.1 * red


def picture(red: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), (red, 90, 200), np.uint8)


def wall(meters: float) -> np.ndarray:
    return np.full((HEIGHT, WIDTH), meters, np.float32)


def packed_depth(depth: np.ndarray, head: Any) -> SimpleNamespace:
    """Metres as image_transport's compressedDepth packs millimetres."""
    file = cv2.imencode('.png', np.rint(1000 * depth).astype(np.uint16))[1].tobytes()
    data = np.frombuffer(struct.pack('<iff', 0, 0.0, 0.0) + file, np.uint8)
    return SimpleNamespace(header=head, format='16UC1; compressedDepth png', data=data)


def write_replay_bag(
    path: Path,
    reds: Sequence[int],
    *,
    ground_truths: Mapping[int, float] | None = None,
    at: Sequence[int] | None = None,
    topics: Sequence[str] = (GROUND_TRUTH,),
    compressed: bool = False,
    infos: bool = True,
    storage: str = 'mcap',
) -> Path:
    """Write a bag of images at 10 Hz with walls as ground truth.

    Args:
        path: Of the bag.
        reds: Red of each image.
        ground_truths: Metres of the wall by frame; None = as predicted / 1.25 for every frame.
        at: Stamps [ns], instead of one every 0.1 s.
        topics: Depth topics, all with the same ground truth; packed where compressedDepth.
        compressed: Images are JPEG.
        infos: There is a camera_info with each image.
        storage: mcap or sqlite3.
    """
    if ground_truths is None:
        ground_truths = {index: predicted(red) / 1.25 for index, red in enumerate(reds)}
    image_topic = f'{IMAGES}/compressed' if compressed else IMAGES
    with new_bag(path, storage) as bag:
        bag.add_topic(
            image_topic, f'sensor_msgs/msg/{"CompressedImage" if compressed else "Image"}'
        )
        bag.add_topic(INFOS, KINDS['CameraInfo'])
        for topic in topics:
            kind = 'CompressedImage' if topic.endswith('/compressedDepth') else 'Image'
            bag.add_topic(topic, f'sensor_msgs/msg/{kind}')
        for index, (red, stamp) in enumerate(zip(reds, at or stamps(len(reds)), strict=True)):
            head, recorded = messages.header(stamp, 'camera'), START + 1000 * index
            make = messages.jpeg_image if compressed else messages.image
            bag.write(image_topic, recorded, make(picture(red), head))
            if infos:
                bag.write(INFOS, recorded, messages.camera_info(CAMERA, head))
            if index in ground_truths:
                for topic in topics:
                    packed = topic.endswith('/compressedDepth')
                    pack = packed_depth if packed else messages.depth_image
                    bag.write(topic, recorded, pack(wall(ground_truths[index]), head))
    return path

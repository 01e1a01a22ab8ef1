# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags of a camera and a LiDAR in a scene whose depth is known, with something wrong on demand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.transforms import pose_of
from lacdepth_ros.bags.writer import new_bag
from lacdepth_ros.core.camera import Camera

CAMERA = Camera(50.0, 52.0, 31.0, 17.5, width=64, height=36)
START, STEP = 1_700_000_000_000_000_000, 100_000_000
# LiDAR (forward, left, up) seen from the optical frame, 0.3 m above the camera.
LIDAR_IN_CAMERA = pose_of(np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]]), (0.05, -0.3, -0.1))
IMAGE, INFO, CLOUD = '/front/image_raw', '/front/camera_info', '/lidar/points'
KINDS = {
    IMAGE: 'sensor_msgs/msg/Image',
    INFO: 'sensor_msgs/msg/CameraInfo',
    CLOUD: 'sensor_msgs/msg/PointCloud2',
    '/tf_static': 'tf2_msgs/msg/TFMessage',
    '/tf': 'tf2_msgs/msg/TFMessage',
}


def stamp_of(index: int) -> int:
    return START + STEP * index


def picture(camera: Camera = CAMERA) -> np.ndarray:
    v, u = np.mgrid[: camera.height, : camera.width]
    return np.stack([3 * u, 6 * v, u + v], axis=-1).astype(np.uint8)


def wall(depth: float, camera: Camera = CAMERA) -> np.ndarray:
    """Points (N, 3) of the optical frame: one in the middle of every 3rd pixel of a wall."""
    v, u = np.mgrid[1 : camera.height : 3, 1 : camera.width : 3].reshape(2, -1)
    x, y = (u - camera.cx) / camera.fx * depth, (v - camera.cy) / camera.fy * depth
    return np.stack([x, y, np.full(u.shape, depth)], axis=-1)


def in_lidar(points: np.ndarray, pose: np.ndarray = LIDAR_IN_CAMERA) -> np.ndarray:
    """Scan (N, 4) float32 of points of the optical frame."""
    inverse = np.linalg.inv(pose)
    seen = points @ inverse[:3, :3].T + inverse[:3, 3]
    return np.column_stack((seen, np.ones(len(seen)))).astype(np.float32)


def frame(index: int, **changes: Any) -> list[tuple[str, int, Any]]:
    """Topic, stamp and message of a camera frame and the scan that belongs to it."""
    stamp = changes.get('stamp', stamp_of(index))
    camera = changes.get('camera', CAMERA)
    head = messages.header(stamp, 'camera')
    scan_stamp = stamp + changes.get('scan_late', 0)
    scan = changes.get('scan', in_lidar(wall(10.0 + index)))
    info = messages.camera_info(camera, head)
    vars(info).update(changes.get('info', {}))
    records = [
        (INFO, stamp, info),
        (IMAGE, stamp, messages.image(changes.get('image', picture()), head)),
        (CLOUD, scan_stamp, messages.scan_cloud(scan, messages.header(scan_stamp, 'lidar'))),
    ]
    return [record for record in records if record[0] not in changes.get('without', ())]


def static(*links: tuple[str, str, np.ndarray]) -> tuple[str, int, Any]:
    links = links or (('camera', 'lidar', LIDAR_IN_CAMERA),)
    return ('/tf_static', START, messages.tf_message(START, links))


def moving(stamp: int, parent: str, child: str, pose: np.ndarray) -> tuple[str, int, Any]:
    return ('/tf', stamp, messages.tf_message(stamp, [(parent, child, pose)]))


def write(path: Path, records: Sequence[tuple[str, int, Any]], **kinds: str) -> Path:
    """Write records in this order; the time of recording is the stamp, never going back."""
    types = {**KINDS, **kinds}
    with new_bag(path) as bag:
        for topic in dict.fromkeys(topic for topic, _, _ in records):
            bag.add_topic(topic, types[topic], latched=topic == '/tf_static')
        clock = 0
        for topic, stamp, message in records:
            clock = max(clock + 1, stamp)
            bag.write(topic, clock, message)
    return path


def scene(path: Path, frames: int = 3) -> Path:
    """A good bag: a wall that recedes by 1 m a frame from 10 m."""
    return write(path, [static(), *(r for index in range(frames) for r in frame(index))])


def distorted(camera: Camera = CAMERA) -> dict[str, Any]:
    """Fields of a camera_info of a lens that distorts."""
    return {'d': np.array([-0.25, 0.05, 0.001, -0.002, 0.0])}


def namespace(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**fields)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Listens to the ROS graph for some seconds and judges the camera in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from lacdepth_ros.messages.topics import info_topic_of, is_rectified_topic
from lacdepth_ros.node import qos
from lacdepth_ros.node.dds_profile import apply_dds_profile
from lacdepth_ros.node.delivery import delivery
from lacdepth_ros.node.log_folder import ensure_log_folder
from lacdepth_ros.session.doctor.finding import Finding
from lacdepth_ros.session.doctor.stream import CameraStream

_TYPES = {'sensor_msgs/msg/Image': Image, 'sensor_msgs/msg/CompressedImage': CompressedImage}
_PACKED = '/compressed'
_DISCOVERY = 5.0  # seconds in which publishers find us
_BEST_EFFORT = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)


def listen(
    seconds: float, image_topic: str | None, info_topic: str | None, focal_px: float
) -> Iterator[Finding]:
    """Findings about publishers and messages.

    Args:
        seconds: How long to listen.
        image_topic: None takes the first image topic with a matching camera_info.
        info_topic: None takes the one beside the images.
        focal_px: Focal length the network was trained for [px].
    """
    ensure_log_folder()
    apply_dds_profile()
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    node = Node('lacdepth_doctor', context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        topics = _discover(node, executor)
        image_topic = image_topic or _first_camera(topics)
        if image_topic is None:
            images = [t for t, types in topics.items() if set(types) & set(_TYPES)]
            yield Finding(
                'error',
                'camera',
                f'no image topic with a matching camera_info; image topics: {images or "none"}',
                'start the camera driver, or name --image and --camera-info',
            )
            return
        info_topic = info_topic or info_topic_of(image_topic)
        if (packed := _only_compressed(node, executor, image_topic)) is not None:
            image_topic = packed
            yield _needs_transport(packed)
        yield _publishers(node, executor, image_topic)
        yield _publishers(node, executor, info_topic)
        yield from _watch(node, executor, (image_topic, info_topic), seconds, focal_px)
    finally:
        executor.shutdown()
        node.destroy_node()
        context.destroy()


def _discover(node: Node, executor: SingleThreadedExecutor) -> dict[str, list[str]]:
    """Published topics and their types, as soon as a camera is among them."""
    topics: dict[str, list[str]] = {}
    for _ in range(10):
        _spin(executor, _DISCOVERY / 10)
        known = node.get_topic_names_and_types()
        topics = {topic: types for topic, types in known if node.count_publishers(topic)}
        if _first_camera(topics):
            break
    return topics


def _only_compressed(node: Node, executor: SingleThreadedExecutor, image_topic: str) -> str | None:
    """The topic of a camera's compressed images, where nobody publishes others."""
    raw = image_topic.removesuffix(_PACKED)
    packed = raw + _PACKED
    for _ in range(10):
        if node.count_publishers(raw) or node.count_publishers(packed):
            break
        _spin(executor, _DISCOVERY / 10)
    if not node.count_publishers(raw):  # which may be known a little later
        _spin(executor, _DISCOVERY / 10)
    alone = node.count_publishers(packed) and not node.count_publishers(raw)
    return packed if alone else None


def _needs_transport(packed: str) -> Finding:
    return Finding(
        'warning',
        'image transport',
        f'{packed} is published, {packed.removesuffix(_PACKED)} is not',
        'set image_transport: compressed, or launch with image_transport:=compressed',
    )


def _watch(
    node: Node,
    executor: SingleThreadedExecutor,
    topics: tuple[str, str],
    seconds: float,
    focal_px: float,
) -> Iterator[Finding]:
    image_topic, info_topic = topics
    published = {e.topic_type for e in node.get_publishers_info_by_topic(image_topic)}
    message_type = next((kind for name, kind in _TYPES.items() if name in published), Image)
    stream = CameraStream(
        *topics,
        rectified=is_rectified_topic(image_topic),
        focal_px=focal_px,
        delivery=delivery(),
    )
    node.create_subscription(message_type, image_topic, stream.add_image, _BEST_EFFORT)
    node.create_subscription(CameraInfo, info_topic, stream.add_info, _BEST_EFFORT)
    _spin(executor, seconds)
    yield from stream.findings(seconds)


def _spin(executor: SingleThreadedExecutor, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        executor.spin_once(timeout_sec=left)


def _first_camera(topics: dict[str, list[str]]) -> str | None:
    infos = {topic for topic, types in topics.items() if 'sensor_msgs/msg/CameraInfo' in types}
    images = [t for t, types in topics.items() if set(types) & set(_TYPES) and 'depth' not in t]
    images.sort(key=lambda topic: (topic.endswith('/compressed'), topic))
    return next((topic for topic in images if info_topic_of(topic) in infos), None)


def _publishers(node: Node, executor: SingleThreadedExecutor, topic: str) -> Finding:
    for _ in range(10):  # a topic is known before the names of the nodes that publish it
        endpoints: list[Any] = node.get_publishers_info_by_topic(topic)
        if endpoints and not any('UNKNOWN' in e.node_name for e in endpoints):
            break
        _spin(executor, _DISCOVERY / 10)
    names = [
        f'{qos.name_of(e)} ({e.topic_type}, {e.qos_profile.reliability.name.lower()}, '
        f'{e.qos_profile.durability.name.lower()})'
        for e in endpoints
    ]
    text = f'{", ".join(names) or "nobody"}'
    if not names:
        return Finding('error', f'publishers of {topic}', text, 'check the name of the topic')
    if len(names) > 1:
        return Finding('warning', f'publishers of {topic}', text, 'keep one of them')
    return Finding('ok', f'publishers of {topic}', text)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The publishers of one camera: who listens to what, and one message per listener's wish."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from rclpy.event_handler import PublisherEventCallbacks
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.obstacles import clearing_points, obstacle_points
from lacdepth_ros.core.pointcloud import colored_points
from lacdepth_ros.messages.buffers import ByteBuffer
from lacdepth_ros.messages.cameras import info_for_depth
from lacdepth_ros.messages.clouds import cloud_to_message, points_to_message
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.messages.images import color_to_message
from lacdepth_ros.messages.topics import (
    CAMERA_INFO,
    CLEARING,
    COLOR,
    DEPTH,
    DEPTH_MILLIMETERS,
    OBSTACLES,
    POINTS,
    RGB,
    UNCERTAINTY,
)
from lacdepth_ros.node import qos
from lacdepth_ros.viz.colors import colorize_depth

if TYPE_CHECKING:
    from collections.abc import Callable

    from rclpy.lifecycle import LifecycleNode, LifecyclePublisher

    from lacdepth_ros.node.parameters import NodeParameters

TOPICS: dict[str, type[Any]] = {
    DEPTH: Image,
    DEPTH_MILLIMETERS: Image,
    CAMERA_INFO: CameraInfo,
    UNCERTAINTY: Image,
    COLOR: Image,
    RGB: Image,
    POINTS: PointCloud2,
    OBSTACLES: PointCloud2,
    CLEARING: PointCloud2,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What one frame became.

    Attributes:
        header: Header of the image message, handed on unchanged.
        image: (H, W, 3) uint8 RGB, rectified.
        camera: Camera of its pixels.
        depth: (H, W) float32 metres; NaN invalid, -Inf too near, +Inf beyond range.
        farthest: Where that range ends [m].
        make_std: Returns the (H, W) float32 standard deviation of depth [m]; it takes time, so
            it is called only for who wants it.
        make_trusted: Returns depth without what a costmap should not see, in the same way.
    """

    header: Any
    image: npt.NDArray[np.uint8]
    camera: Camera
    depth: npt.NDArray[np.float32]
    farthest: float
    make_std: Callable[[], npt.NDArray[np.float32]]
    make_trusted: Callable[[], npt.NDArray[np.float32]]


class Publishers:
    """All publishers of one camera of a configured node; `destroy` undoes the constructor.

    Args:
        node: Owner of the publishers.
        prefix: Of the camera's topics, such as 'front/'.
        parameters: Values at configuration.
        on_incompatible: Called with a text when a subscriber's QoS does not fit ours.
    """

    def __init__(
        self,
        node: LifecycleNode,
        prefix: str,
        parameters: NodeParameters,
        on_incompatible: Callable[[str], None],
    ) -> None:
        self._node = node
        self._prefix = prefix
        self._publishers: dict[str, LifecyclePublisher[Any]] = {}
        self._buffers: defaultdict[str, ByteBuffer] = defaultdict(ByteBuffer)
        try:
            for topic, message_type in TOPICS.items():
                if topic != DEPTH_MILLIMETERS or parameters.depth_encoding == '16UC1':
                    self._publishers[topic] = self._create(topic, message_type, on_incompatible)
        except Exception:
            self.destroy()
            raise

    def _create(
        self, topic: str, message_type: type[Any], on_incompatible: Callable[[str], None]
    ) -> LifecyclePublisher[Any]:
        profile = qos.output_qos()
        topic = self._prefix + topic
        name = self._node.resolve_topic_name(topic)

        def report(event: Any) -> None:
            on_incompatible(
                qos.describe_incompatible_subscribers(self._node, name, profile, event)
            )

        return self._node.create_lifecycle_publisher(
            message_type,
            topic,
            profile,
            event_callbacks=PublisherEventCallbacks(incompatible_qos=report),
            qos_overriding_options=qos.overridable(),
        )

    def destroy(self) -> None:
        """Destroy all publishers."""
        for publisher in self._publishers.values():
            self._node.destroy_lifecycle_publisher(publisher)
        self._publishers.clear()

    def wanted(self, parameters: NodeParameters) -> frozenset[str]:
        """Topics that somebody subscribes to and the parameters allow."""
        return frozenset(
            topic
            for topic, publisher in self._publishers.items()
            if publisher.get_subscription_count() > 0
            and (TOPICS[topic] is not PointCloud2 or parameters.pointcloud_enable)
        )

    def publish(
        self,
        result: Result,
        wanted: frozenset[str],
        parameters: NodeParameters,
        published: Callable[[str], None],
    ) -> float:
        """Publish what the network saw on the wanted topics, depth first.

        `published` is called for each topic once it is out.

        Returns:
            Seconds that making point clouds took.
        """
        clouds = 0.0
        for topic, make in _MAKERS.items():
            if topic in wanted:
                start = time.perf_counter()
                message = make(result, parameters, self._buffers[topic])
                if TOPICS[topic] is PointCloud2:
                    clouds += time.perf_counter() - start
                self._publishers[topic].publish(message)
                published(topic)
        return clouds

    def publish_info(self, info: Any, header: Any, camera: Camera) -> None:
        """Publish the camera_info that belongs to the depth of an image with this camera."""
        message = info_for_depth(CameraInfo, info, header, camera=camera)
        self._publishers[CAMERA_INFO].publish(message)


def _meters(result: Result, _: NodeParameters, buffer: ByteBuffer) -> Any:
    return depth_to_message(Image, result.depth, result.header, buffer=buffer)


def _millimeters(result: Result, _: NodeParameters, buffer: ByteBuffer) -> Any:
    return depth_to_message(Image, result.depth, result.header, encoding='16UC1', buffer=buffer)


def _uncertainty(result: Result, _: NodeParameters, buffer: ByteBuffer) -> Any:
    return depth_to_message(Image, result.make_std(), result.header, buffer=buffer)


def _preview(result: Result, parameters: NodeParameters, _: ByteBuffer) -> Any:
    color = colorize_depth(
        result.depth,
        min_depth=parameters.preview_min_depth,
        max_depth=parameters.preview_max_depth,
    )
    return color_to_message(Image, color, result.header)


def _rgb(result: Result, _: NodeParameters, __: ByteBuffer) -> Any:
    return color_to_message(Image, result.image, result.header)


def _cloud(result: Result, parameters: NodeParameters, buffer: ByteBuffer) -> Any:
    points, colors = colored_points(
        result.depth,
        result.make_std() if parameters.pointcloud_max_std > 0 else None,
        result.image,
        result.camera,
        stride=parameters.pointcloud_stride,
        max_std=parameters.pointcloud_max_std,
        min_angle=parameters.pointcloud_min_surface_angle,
        organized=parameters.pointcloud_ordered_pc,
    )
    return cloud_to_message(PointCloud2, PointField, points, colors, result.header, buffer)


def _obstacles(result: Result, parameters: NodeParameters, _: ByteBuffer) -> Any:
    points = obstacle_points(result.make_trusted(), result.camera, parameters.obstacles)
    return points_to_message(PointCloud2, PointField, points, result.header)


def _clearing(result: Result, parameters: NodeParameters, _: ByteBuffer) -> Any:
    points = clearing_points(
        result.make_trusted(), result.camera, parameters.obstacles, result.farthest
    )
    return points_to_message(PointCloud2, PointField, points, result.header)


_MAKERS: dict[str, Callable[[Result, NodeParameters, ByteBuffer], Any]] = {
    DEPTH: _meters,
    DEPTH_MILLIMETERS: _millimeters,
    UNCERTAINTY: _uncertainty,
    COLOR: _preview,
    RGB: _rgb,
    OBSTACLES: _obstacles,
    CLEARING: _clearing,
    POINTS: _cloud,
}

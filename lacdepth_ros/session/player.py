# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A camera made of files: images and camera_info published at the pace of their stamps."""

from __future__ import annotations

import time

import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from lacdepth_ros.core.runtime import tune_allocator
from lacdepth_ros.node.dds_profile import apply_dds_profile
from lacdepth_ros.session.frames import Frames, UnsentFrame
from lacdepth_ros.session.recorded import image_message, info_message
from lacdepth_ros.session.timeline import Timeline


class Player:
    """Publishes `image_raw` (or `image_rect`) and `camera_info` in a namespace.

    A context manager: it leaves the ROS graph at the end.

    Args:
        namespace: Of the camera, such as '/camera'.
        frame_id: Of the images.
        rectified: The images are rectified: the topic is image_rect.

    Attributes:
        unsent: Frames of the input that could not be sent.
        closed_steps: See `Timeline`.
    """

    def __init__(self, namespace: str, frame_id: str, *, rectified: bool) -> None:
        apply_dds_profile()
        tune_allocator()
        self.unsent: list[UnsentFrame] = []
        self.closed_steps: list[float] = []
        self._frame_id = frame_id
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context)
        self._node = Node('player', namespace=namespace, context=self._context)
        # Reliable suits every subscriber; a slow one does not hold the camera up with depth 1.
        profile = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
        topic = 'image_rect' if rectified else 'image_raw'
        self._images = self._node.create_publisher(Image, topic, profile)
        self._infos = self._node.create_publisher(CameraInfo, 'camera_info', profile)

    def __enter__(self) -> Player:
        return self

    def __exit__(self, *_: object) -> None:
        self._node.destroy_node()
        self._context.try_shutdown()

    @property
    def topic(self) -> str:
        """Full name of the image topic."""
        return str(self._images.topic_name)

    def play(self, frames: Frames, *, rate: float, recorded_stamps: bool = False) -> int:
        """Publish frames when they are due; a late one is published at once.

        Args:
            frames: In the order in which they were recorded; their images are arrays.
            rate: Speed relative to the stamps.
            recorded_stamps: Keep the stamps of the input; otherwise each image has the time at
                which it is published, as of a camera.

        Returns:
            Number of frames published.

        Raises:
            ValueError: The input is damaged from here on.
        """
        begin, count, timeline = time.monotonic(), 0, Timeline(self.closed_steps)
        for frame in frames:
            if isinstance(frame, UnsentFrame):
                self.unsent.append(frame)
                continue
            due = begin + timeline.due(frame.stamp) / 1e9 / rate
            time.sleep(max(0.0, due - time.monotonic()))
            now = self._node.get_clock().now().nanoseconds
            message = image_message(frame.image, frame.stamp if recorded_stamps else now)
            message.header.frame_id = self._frame_id
            self._infos.publish(info_message(frame.info, message.header))
            self._images.publish(message)
            count += 1
        return count

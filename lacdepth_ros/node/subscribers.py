# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions of an active node: pairs messages and feeds the worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rclpy.event_handler import SubscriptionEventCallbacks
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from lacdepth_ros.node import qos
from lacdepth_ros.node.sync import NANOSECONDS, FramePair, PairBuffer
from lacdepth_ros.node.worker import NewestFrameWorker

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from rclpy.node import Node
    from rclpy.qos import QoSProfile
    from rclpy.subscription import Subscription

    from lacdepth_ros.node.frame_statistics import FrameStatistics
    from lacdepth_ros.node.parameters import NodeParameters

SILENCE = 2.0
"""Seconds without a message after which the diagnostics warn."""


def image_topic(node: Node, transport: str) -> str:
    """Topic the images come from, after remapping `image`."""
    base = node.resolve_topic_name('image')
    return f'{base}/compressed' if transport == 'compressed' else base


def camera_info_topic(node: Node) -> str:
    """Topic of camera_info: where it was remapped to, or else the sibling of the image."""
    remapped = node.resolve_topic_name('camera_info')
    if remapped != node.resolve_topic_name('camera_info', only_expand=True):
        return remapped
    sibling = node.resolve_topic_name('image').rpartition('/')[0] + '/camera_info'
    return node.resolve_topic_name(sibling)  # which may be remapped itself


class Subscribers:
    """Everything that exists only while the node is active; `stop` undoes the constructor.

    Args:
        node: Owner of the subscriptions; its executor's thread calls back.
        parameters: Values at activation.
        statistics: Hears of received, replaced and unpaired images.
        thread: The network's.
        process: Called in that thread with the newest pair.
        on_error: Called in that thread with what `process` raised.
        on_incompatible: Called with a text when a publisher's QoS does not fit ours.
    """

    def __init__(
        self,
        node: Node,
        parameters: NodeParameters,
        statistics: FrameStatistics,
        *,
        thread: ThreadPoolExecutor,
        process: Callable[[FramePair], None],
        on_error: Callable[[Exception], None],
        on_incompatible: Callable[[str], None],
    ) -> None:
        self._node = node
        self._statistics = statistics
        self._on_incompatible = on_incompatible
        self._pairs = PairBuffer(
            tolerance_ns=round(parameters.sync_tolerance * NANOSECONDS),
            queue_size=parameters.sync_queue_size,
            cache_info=parameters.cache_camera_info,
            on_unpaired=lambda: statistics.count('unpaired'),
        )
        self._last_image = self._last_info = self._last_pair = time.monotonic()
        self._image_topic = image_topic(node, parameters.image_transport)
        self._info_topic = camera_info_topic(node)
        self._worker = NewestFrameWorker(thread, process, on_error)
        self._subscriptions: list[Subscription[Any]] = []
        try:
            self._subscribe(parameters)
        except Exception:
            self.stop()
            raise

    def _subscribe(self, parameters: NodeParameters) -> None:
        message = CompressedImage if parameters.image_transport == 'compressed' else Image
        image_qos = qos.image_qos(parameters.image_reliability)
        for message_type, topic, callback, profile in (
            (CameraInfo, self._info_topic, self._on_info, qos.camera_info_qos()),
            (message, self._image_topic, self._on_image, image_qos),
        ):
            self._subscriptions.append(
                self._node.create_subscription(
                    message_type,
                    topic,
                    callback,
                    profile,
                    event_callbacks=self._events(topic, profile),
                    qos_overriding_options=qos.overridable(),
                )
            )

    def _events(self, topic: str, profile: QoSProfile) -> SubscriptionEventCallbacks:
        def report(event: Any) -> None:
            self._on_incompatible(
                qos.describe_incompatible_publishers(self._node, topic, profile, event)
            )

        return SubscriptionEventCallbacks(incompatible_qos=report)

    def stop(self) -> None:
        """Unsubscribe, drop the waiting frame and wait for the one in flight."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()
        self._worker.stop()

    def silence(self) -> str:
        """Say what has been missing for a while ('' when frames flow), with what to check."""
        now = time.monotonic()
        no_image = now - self._last_image > SILENCE
        no_info = now - self._last_info > SILENCE
        if no_image and no_info:
            return f'no message on {self._image_topic} and {self._info_topic}: is the camera on?'
        if no_image:
            return (
                f'camera_info arrives but no image on {self._image_topic}: check the topic; '
                'images above 512 KB need the Fast DDS profile in the camera driver as well'
            )
        if now - self._last_pair <= SILENCE:
            return ''
        if no_info:
            return f'images arrive but no camera_info on {self._info_topic}: check the topic'
        return (
            f'stamps of {self._image_topic} and {self._info_topic} never agree: set '
            'sync_tolerance or cache_camera_info'
        )

    def _on_image(self, message: Any) -> None:
        self._last_image = time.monotonic()
        self._statistics.count('received')
        self._submit(self._pairs.add_image(message))

    def _on_info(self, message: CameraInfo) -> None:
        self._last_info = time.monotonic()
        self._submit(self._pairs.add_info(message))

    def _submit(self, pair: FramePair | None) -> None:
        if pair is None:
            return
        self._last_pair = time.monotonic()
        if self._worker.submit(pair):
            self._statistics.count('replaced')

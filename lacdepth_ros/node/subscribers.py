# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions of one camera: pairs messages and feeds the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rclpy.event_handler import SubscriptionEventCallbacks
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from lacdepth_ros.core.stamps import NANOSECONDS, stamp_ns
from lacdepth_ros.messages.frame_id import frame_id_doubt
from lacdepth_ros.messages.topics import info_topic_of
from lacdepth_ros.node import qos
from lacdepth_ros.node.delivery import delivery
from lacdepth_ros.node.elsewhere import published_elsewhere
from lacdepth_ros.node.sync import FramePair, PairBuffer
from lacdepth_ros.node.watch import InputWatch

if TYPE_CHECKING:
    from rclpy.node import Node
    from rclpy.qos import QoSProfile
    from rclpy.subscription import Subscription

    from lacdepth_ros.node.frame_statistics import FrameStatistics
    from lacdepth_ros.node.parameters import NodeParameters
    from lacdepth_ros.node.worker import Source


_VIDEOS = {'CompressedVideo': 'foxglove', 'FFMPEGPacket': 'ffmpeg'}
"""Message type of a video -> the image_transport that decodes it."""


def image_topic(node: Node, transport: str, prefix: str = '') -> str:
    """Topic the images come from, after remapping `image` or `image/compressed` itself.

    Args:
        node: Whose names and remappings count.
        transport: 'raw' or 'compressed'.
        prefix: Of the camera's topics, such as 'front/'.
    """
    base = node.resolve_topic_name(f'{prefix}image')
    return node.resolve_topic_name(f'{base}/compressed') if transport == 'compressed' else base


def camera_info_topic(node: Node, transport: str = 'raw', prefix: str = '') -> str:
    """Topic of camera_info: where it was remapped to, or else the sibling of the image."""
    name = f'{prefix}camera_info'
    remapped = node.resolve_topic_name(name)
    if remapped != node.resolve_topic_name(name, only_expand=True):
        return remapped
    sibling = info_topic_of(image_topic(node, transport, prefix))
    return node.resolve_topic_name(sibling)  # which may be remapped itself


class Subscribers:
    """Subscriptions of one camera of an active node; `stop` undoes the constructor.

    Args:
        node: Owner of the subscriptions; its executor's thread calls back.
        prefix: Of the camera's topics, such as 'front/'.
        parameters: Values at activation.
        statistics: Counts received, unpaired and dropped images.
        source: Takes the pairs.
        on_incompatible: Called with a text when a publisher's QoS does not fit ours.

    Attributes:
        topics: Those of the images and of their camera_info.
    """

    def __init__(
        self,
        node: Node,
        prefix: str,
        parameters: NodeParameters,
        statistics: FrameStatistics,
        *,
        source: Source[FramePair],
        on_incompatible: Callable[[str], None],
    ) -> None:
        self._node = node
        self._statistics = statistics
        self._on_incompatible = on_incompatible
        self._pairs = PairBuffer(
            tolerance_ns=round(parameters.sync_tolerance * NANOSECONDS),
            queue_size=parameters.sync_queue_size,
            cache_info=parameters.cache_camera_info,
            on_unpaired=self._on_unpaired,
        )
        transport = parameters.image_transport
        names = (node, transport, prefix)
        self.topics = image_topic(*names), camera_info_topic(*names)
        self._watch = InputWatch(
            *self.topics,
            caches_info=parameters.cache_camera_info,
            publishers=self._publishers,
            other_types=self._publishers_of_other_types,
            delivery=delivery(),
        )
        self._judged_frame: str | None = None
        self._source = source
        self._subscriptions: list[Subscription[Any]] = []
        try:
            self._subscribe(parameters)
        except Exception:
            self.stop()
            raise

    def _subscribe(self, parameters: NodeParameters) -> None:
        self._image_type = CompressedImage if parameters.image_transport == 'compressed' else Image
        image_topic, info_topic = self.topics
        image_qos = qos.image_qos(parameters.image_reliability)
        for message_type, topic, callback, profile in (
            (CameraInfo, info_topic, self._on_info, qos.camera_info_qos()),
            (self._image_type, image_topic, self._on_image, image_qos),
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
        self._wants_latched = parameters.cache_camera_info
        self._subscribe_latched()

    def _subscribe_latched(self) -> None:
        """Ask publishers that keep their camera_info for the one from before this node was active.

        Others could not serve that wish, so it is told only where somebody keeps it.
        """
        topic = self.topics[1]
        keepers = map(qos.keeps_messages, self._node.get_publishers_info_by_topic(topic))
        if not self._wants_latched or not any(keepers):
            return
        self._wants_latched = False  # asked for
        self._subscriptions.append(
            self._node.create_subscription(
                CameraInfo,
                topic,
                self._on_info,
                qos.latched_qos(),
                event_callbacks=SubscriptionEventCallbacks(use_default_callbacks=False),
            )
        )

    def _events(self, topic: str, profile: QoSProfile) -> SubscriptionEventCallbacks:
        def report(event: Any) -> None:
            self._on_incompatible(
                qos.describe_incompatible_publishers(self._node, topic, profile, event)
            )

        return SubscriptionEventCallbacks(incompatible_qos=report)

    def stop(self) -> None:
        """Unsubscribe and drop the waiting frames; one may still be in flight."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._subscriptions.clear()
        self._pairs.give_up()
        if self._source.stop():
            self._statistics.count('dropped')

    def look(self) -> dict[str, str]:
        """See who publishes; return what is doubtful by matter, '' where nothing is."""
        self._subscribe_latched()
        frames = self._pairs.doubt()
        if frames:
            names = self._publishers(self.topics[1])
            frames += f'; {self.topics[1]} is published by {names}' if names else ''
        matters = {
            'silence': self._watch.silence(frames_differ=self._pairs.frames_differ()),
            'unpaired': self._watch.unpaired(),
            'loss': self._watch.loss(),
            'frames': frames,
        }
        frame = self._pairs.image_frame
        if frame is not None and frame != self._judged_frame:  # told once, and not at every look
            self._judged_frame = frame
            matters['frame_id'] = frame_id_doubt(frame)
        return matters

    def lost(self) -> float:
        """Share of the images that were sent but did not arrive."""
        return self._watch.lost()

    def _on_image(self, message: Any) -> None:
        self._watch.saw_image(stamp_ns(message))
        self._statistics.count('received')
        self._submit(self._pairs.add_image(message))

    def _on_info(self, message: CameraInfo) -> None:
        of_image = self._pairs.takes(message.header.frame_id)
        self._watch.saw_info(stamp_ns(message), of_image=of_image)
        self._submit(self._pairs.add_info(message))

    def _on_unpaired(self) -> None:
        self._watch.saw_unpaired()
        self._statistics.count('unpaired')

    def _submit(self, pair: FramePair | None) -> None:
        if pair is None:
            return
        self._watch.saw_pair()
        self._source.submit(pair)

    def _publishers(self, topic: str) -> str:
        endpoints = self._node.get_publishers_info_by_topic(topic)
        return ', '.join(dict.fromkeys(map(qos.name_of, endpoints)))

    def _publishers_of_other_types(self, topic: str) -> str:
        ours = CameraInfo if topic == self.topics[1] else self._image_type
        wanted = f'sensor_msgs/msg/{ours.__name__}'
        others = [
            f'{qos.name_of(endpoint)} as {endpoint.topic_type}'
            for endpoint in self._node.get_publishers_info_by_topic(topic)
            if endpoint.topic_type != wanted
        ]
        if others:
            return f'{", ".join(others)}, not {wanted}{_advice(others)}'
        packed = f'{topic}/compressed'
        counted = self._node.count_publishers
        if ours is Image and not counted(topic) and counted(packed):
            return f'nobody, but {packed} is: set image_transport: compressed'
        if topic == self.topics[1] and counted(topic):
            return self._keepers_of_info()
        return published_elsewhere(self._node, topic, wanted)

    def _keepers_of_info(self) -> str:
        """Who keeps a camera_info for subscribers that ask for it, which `_wants_latched` does."""
        endpoints = self._node.get_publishers_info_by_topic(self.topics[1])
        keepers = [qos.name_of(endpoint) for endpoint in endpoints if qos.keeps_messages(endpoint)]
        if not keepers:
            return ''
        return f'{", ".join(keepers)}, which keeps its latest: set cache_camera_info to get that'


def _advice(others: list[str]) -> str:
    """What to set or run to get images out of these types."""
    text = ' '.join(others)
    if 'CompressedImage' in text:
        return ': remap image to the topic without /compressed and set image_transport: compressed'
    for kind, transport in _VIDEOS.items():
        if kind in text:
            return (
                ': video; run ros2 run image_transport republish --ros-args -p in_transport:='
                f'{transport} -p out_transport:=raw -r in/{transport}:=(that topic) and subscribe '
                'what it publishes'
            )
    return ''

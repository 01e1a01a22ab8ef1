# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A client of the depth node: drives its lifecycle, sends it frames and takes its answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import ChangeState, GetState
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from lacdepth_ros.core.runtime import tune_allocator
from lacdepth_ros.core.stamps import set_stamp, stamp_ns
from lacdepth_ros.node.dds_profile import apply_dds_profile
from lacdepth_ros.node.log_folder import ensure_log_folder
from lacdepth_ros.node.publishers import TOPICS
from lacdepth_ros.session.node_process import NodeError
from lacdepth_ros.session.recorded import info_message

_ASK_AGAIN = 1.0  # seconds after which an unanswered question is put again
_POLL = 0.05  # seconds between looks at the watch
INPUTS = {'raw': ('image', Image), 'compressed': ('image/compressed', CompressedImage)}
"""Topic and type of the images by transport."""


@dataclass(slots=True)
class Answer:
    """What came back for one frame.

    Attributes:
        wanted: Topics that make it complete.
        sent: When the image was published, time.monotonic() [s].
        messages: By topic; a topic that stayed silent is missing.
        latency_ms: By topic: from the image's publishing to the message's arrival here.
    """

    wanted: tuple[str, ...] = ()
    sent: float = 0.0
    messages: dict[str, Any] = field(default_factory=dict)
    latency_ms: dict[str, float] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Every wanted topic has answered."""
        return len(self.messages) == len(self.wanted)


_RELIABLE = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)


class DepthClient:
    """Publishes images with camera_info to a depth node and collects what belongs to each.

    Messages are matched by stamp. What arrives for a stamp that nobody waits for (any more) is
    counted in `late`, a second message of a topic with one stamp in `repeated`; neither is ever
    taken for another frame's.

    `diagnostics` holds the values of the node's latest report (on its first camera).

    Args:
        namespace: Of the depth node.
        topics: What to subscribe to, names as in node.publishers.TOPICS.
        watch: Called while waiting; raises when waiting has become pointless.
        transport: 'raw' publishes image, 'compressed' image/compressed.
        cameras: Names of the node's cameras; '' is the only one of a node.
    """

    def __init__(
        self,
        namespace: str,
        topics: Sequence[str],
        watch: Callable[[], None] = lambda: None,
        *,
        transport: str = 'raw',
        cameras: Sequence[str] = ('',),
    ) -> None:
        ensure_log_folder()
        apply_dds_profile()
        tune_allocator()
        self.late = self.repeated = 0
        self._topics = tuple(topics)
        self._watch = watch
        self._pending: dict[tuple[str, int], Answer] = {}
        self._prefixes = {camera: f'{camera}/' if camera else '' for camera in cameras}
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context)
        self._node = Node('depth_client', namespace=namespace, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        # The services come last: a node that answers them knows the topics made before them.
        image_topic, image_type = INPUTS[transport]
        self._images = self._publishers(image_type, image_topic)
        self._infos = self._publishers(CameraInfo, 'camera_info')
        self._clock = self._node.create_publisher(Clock, '/clock', 1)
        self._subscriptions = [
            self._node.create_subscription(
                TOPICS[topic], prefix + topic, self._taker(camera, topic), _RELIABLE
            )
            for camera, prefix in self._prefixes.items()
            for topic in self._topics
        ]
        self.diagnostics: dict[str, str] = {}
        self._diagnostics = self._node.create_subscription(
            DiagnosticArray, '/diagnostics', self._take_diagnostics, 1
        )
        self._change_state: Any = self._node.create_client(ChangeState, 'depth_node/change_state')
        self._get_state: Any = self._node.create_client(GetState, 'depth_node/get_state')

    def _publishers(self, kind: Any, topic: str) -> dict[str, Any]:
        """One for each camera."""
        return {
            camera: self._node.create_publisher(kind, prefix + topic, _RELIABLE)
            for camera, prefix in self._prefixes.items()
        }

    def wait_for_node(self, timeout: float) -> None:
        """Wait until the node answers; NodeError after `timeout` seconds.

        The first answers of a new node can be lost, as it may not have found this client yet: ask
        again until one arrives.
        """
        deadline = time.monotonic() + timeout
        self._wait(self._get_state.service_is_ready, timeout, 'the node did not appear')
        while time.monotonic() < deadline:
            future = self._get_state.call_async(GetState.Request())
            if self._spin_until(future.done, time.monotonic() + _ASK_AGAIN):
                return
        raise NodeError(f'the node did not answer within {timeout:.0f} s')

    def change_state(self, transition: str, timeout: float) -> None:
        """Take the node through 'configure', 'activate', 'deactivate', 'cleanup' or 'shutdown'.

        Args:
            transition: Label of the transition.
            timeout: Seconds the node has for it.

        Raises:
            NodeError: The node refused, failed or did not answer.
        """
        request = ChangeState.Request()
        request.transition.label = transition
        future = self._change_state.call_async(request)
        self._wait(future.done, timeout, f'the node did not {transition}')
        response = future.result()
        if response is None or not response.success:
            raise NodeError(f'the node refused to {transition}')

    def wait_for_topics(self, timeout: float) -> None:
        """Wait until publishers and subscribers have found each other; the node is active.

        Raises:
            NodeError: They have not after `timeout` seconds.
        """

        def matched() -> bool:
            inputs = (*self._images.values(), *self._infos.values())
            found_readers = all(publisher.get_subscription_count() for publisher in inputs)
            return found_readers and all(
                subscription.get_publisher_count() for subscription in self._subscriptions
            )

        self._wait(matched, timeout, 'the topics of the node were not found')

    def exchange(self, message: Any, info: Any, timeout: float) -> Answer:
        """Publish an image message and wait for every topic's message with its stamp.

        Args:
            message: Image or CompressedImage, as the transport has it.
            info: Anything with the fields of sensor_msgs/CameraInfo; it is sent with the image's
                header.
            timeout: Seconds to wait; what has not come by then is missing in the answer.
        """
        answer = self.send(message, info)
        self._spin_until(lambda: answer.complete, answer.sent + timeout)
        self.forget(stamp_ns(message))
        return answer

    def send(self, message: Any, info: Any, camera: str = '') -> Answer:
        """Publish an image message as `exchange` does, but return at once.

        The answer fills up while the client spins, until `forget`.

        Raises:
            ValueError: A frame of this stamp is still under way.
        """
        stamp = stamp_ns(message)
        if (camera, stamp) in self._pending:
            raise ValueError(f'a frame with the stamp {stamp} ns is still under way')
        self._infos[camera].publish(info_message(info, message.header))
        answer = self._pending[camera, stamp] = Answer(self._topics, time.monotonic())
        self._images[camera].publish(message)
        return answer

    def forget(self, stamp: int, camera: str = '') -> None:
        """Wait no longer for answers to the image of this stamp [ns]."""
        self._pending.pop((camera, stamp), None)

    def spin_for(self, seconds: float) -> None:
        """Take what arrives for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._watch()
            self._executor.spin_once(timeout_sec=min(left, _POLL))

    def set_clock(self, time_ns: int) -> None:
        """Publish a time on /clock, for nodes with use_sim_time."""
        message = Clock()
        set_stamp(message.clock, time_ns)
        self._clock.publish(message)

    def close(self) -> None:
        """Leave the ROS graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def wait_for_report(self, timeout: float) -> None:
        """Wait for the node's next report on /diagnostics; NodeError after `timeout` seconds."""
        self.diagnostics = {}
        self._wait(lambda: self.diagnostics, timeout, 'the node sent no diagnostics')

    def _take_diagnostics(self, message: DiagnosticArray) -> None:
        first = next(iter(self._prefixes.values()))
        ours = f'{self._node.get_namespace().rstrip("/")}/depth_node: {first}depth'
        for status in message.status:
            if status.name == ours:
                self.diagnostics = {item.key: item.value for item in status.values}

    def _taker(self, camera: str, topic: str) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            now = time.monotonic()
            answer = self._pending.get((camera, stamp_ns(message)))
            if answer is None:
                self.late += 1
            elif topic in answer.messages:
                self.repeated += 1
            else:
                answer.messages[topic] = message
                answer.latency_ms[topic] = 1e3 * (now - answer.sent)

        return take

    def _wait(self, condition: Callable[[], Any], timeout: float, complaint: str) -> None:
        if not self._spin_until(condition, time.monotonic() + timeout):
            raise NodeError(f'{complaint} within {timeout:.0f} s')

    def _spin_until(self, condition: Callable[[], Any], deadline: float) -> bool:
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._watch()
            self._executor.spin_once(timeout_sec=_POLL)
        return True

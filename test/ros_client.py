# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A client that drives the node over DDS, from the same process or another."""

from __future__ import annotations

import time

from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Log
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from ros_fakes import image_message, info_message, stamp_of
from sensor_msgs.msg import CameraInfo, Image

from lacdepth_ros.node.publishers import TOPICS

TIMEOUT = 60.0
"""Seconds to wait for what must come: a busy machine takes long."""
ASK_AGAIN = 5.0
"""Seconds after which a frame without an answer is sent again."""


class Client:
    """Publishes frames, collects answers, calls services; the test's thread turns its executor."""

    def __init__(self) -> None:
        self.client = Node('bench', namespace='/bench')
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.client)
        self.received = {topic: [] for topic in TOPICS}
        self.diagnostics, self.log = [], []
        self.client.create_subscription(Log, '/rosout', self.log.append, 50)
        self.client.create_subscription(DiagnosticArray, '/diagnostics', self._on_status, 10)
        best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        self.images = self.client.create_publisher(Image, '/image', best_effort)
        self.infos = self.client.create_publisher(CameraInfo, '/camera_info', best_effort)
        self._change = self.client.create_client(ChangeState, '/depth_node/change_state')
        self._set = self.client.create_client(SetParameters, '/depth_node/set_parameters')
        self._state = self.client.create_client(GetState, '/depth_node/get_state')
        self._known = False

    def _on_status(self, message):
        self.diagnostics += [s for s in message.status if s.name.startswith('/depth_node')]

    def subscribe(self, *topics):
        for topic in topics:
            self.client.create_subscription(
                TOPICS[topic], f'/{topic}', self.received[topic].append, 10
            )

    def spin_until(self, condition, timeout=TIMEOUT):
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                return False
            self.executor.spin_once(timeout_sec=0.02)
        return True

    def spin_for(self, seconds):
        self.spin_until(lambda: False, timeout=seconds)

    def call(self, client, request):
        """Ask once: what changes the node must not be asked again when an answer is lost."""
        if not self._known:
            self.state()  # a node that answers the last client made knows those made before
        assert client.wait_for_service(TIMEOUT)
        future = client.call_async(request)
        answered = self.spin_until(future.done)
        assert answered, f'no answer from a service; nodes: {self.client.get_node_names()}'
        return future.result()

    def transition(self, label):
        request = ChangeState.Request()
        request.transition.label = label
        return self.call(self._change, request).success

    def state(self):
        """Ask for the state; again, as a new node may answer before it has found this client."""
        assert self._state.wait_for_service(TIMEOUT)
        for _ in range(int(TIMEOUT)):
            future = self._state.call_async(GetState.Request())
            if self.spin_until(future.done, timeout=1.0):
                self._known = True
                return future.result().current_state.label
        raise AssertionError(f'no answer from the node; nodes: {self.client.get_node_names()}')

    def set(self, **values):
        """Set parameters through the service; return the reasons of refusal, '' = done."""
        request = SetParameters.Request()
        request.parameters = [
            Parameter(name.replace('__', '.'), value=value).to_parameter_msg()
            for name, value in values.items()
        ]
        return [r.reason for r in self.call(self._set, request).results]

    def activate(self, *topics):
        """Configure and activate, subscribe the topics and wait until all have found another."""
        assert self.transition('configure') and self.transition('activate')
        self.subscribe(*topics)
        assert self.spin_until(lambda: self._matched(topics)), 'no discovery'

    def _matched(self, topics):
        inputs = self.images.get_subscription_count() and self.infos.get_subscription_count()
        return inputs and all(self.client.count_publishers(f'/{topic}') for topic in topics)

    def send(self, stamp_ns, *, image=None, info=None, **look):
        self.infos.publish(info or info_message(stamp_ns))
        self.images.publish(image or image_message(stamp_ns, **look))

    def answer(self, topic, stamp_ns, **what):
        """Send a frame and return the message that answers it on the topic.

        Frames are sent best effort, and between two processes on a busy machine one gets lost.
        """
        for _ in range(int(TIMEOUT / ASK_AGAIN)):
            self.send(stamp_ns, **what)
            if self.spin_until(lambda: self.find(topic, stamp_ns), timeout=ASK_AGAIN):
                return self.find(topic, stamp_ns)[-1]
        raise AssertionError(f'nothing on {topic} with stamp {stamp_ns}')

    def find(self, topic, stamp_ns):
        return [message for message in self.received[topic] if stamp_of(message) == stamp_ns]

    def status_with(self, text):
        """Wait for a diagnostic whose message holds the text, and return it."""

        def found():
            return [s for s in self.diagnostics if text in s.message]

        assert self.spin_until(found), f'{text!r} not in {[s.message for s in self.diagnostics]}'
        return found()[-1]

    def logged(self, text):
        return self.spin_until(lambda: any(text in entry.msg for entry in self.log))

    def close(self):
        self.executor.shutdown()
        self.client.destroy_node()

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A bench for the node: a fake predictor, and a client that drives the node over real DDS."""

from __future__ import annotations

import threading
import time
from array import array
from types import SimpleNamespace

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Log
from rcl_interfaces.srv import SetParameters
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

from lacdepth_ros.ros.node import DepthNode
from lacdepth_ros.ros.outputs import TOPICS

HEIGHT, WIDTH = 48, 64
TIMEOUT = 10.0


class FakePredictor:
    """Depth is 1 m + 0.1 m per red level, std a tenth of it; can be held or made to fail."""

    def __init__(self) -> None:
        self.config = SimpleNamespace(name='fake', min_depth=1e-3, max_depth=80.0)
        self.device = 'cpu'
        self.focal_scaling = True
        self.provenance = {'source': 'test'}
        self.timings = {'network': 1.0}
        self.release = threading.Event()
        self.release.set()
        self.started = threading.Event()
        self.calls = 0
        self.failure: Exception | None = None
        self.cameras = []

    def warm_up(self, height, width):
        self.warmed_up = (height, width)

    def predict(self, image, camera, *, flip_average=False):
        self.calls += 1
        self.started.set()
        self.release.wait()
        if self.failure is not None:
            raise self.failure
        self.cameras.append(camera)
        depth = 1.0 + 0.1 * image[..., 0].astype(np.float32)
        return SimpleNamespace(depth=depth, std=0.1 * depth, relative=depth / 80, camera=camera)


class FakeFactory:
    """Stands for DepthPredictor.from_checkpoint; keeps what it was asked for and made."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.requests = []
        self.predictors = []

    def __call__(self, checkpoint=None, **options):
        self.requests.append((checkpoint, options))
        if self.failure is not None:
            raise self.failure
        self.predictors.append(FakePredictor())
        return self.predictors[-1]


def image_message(stamp_ns, *, red=50, height=HEIGHT, width=WIDTH):
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[..., 0] = red
    message = Image(height=height, width=width, encoding='rgb8', step=3 * width)
    message.data = array('B')
    message.data.frombytes(pixels.tobytes())
    return stamped(message, stamp_ns)


def info_message(stamp_ns, *, height=HEIGHT, width=WIDTH, d=()):
    fx, fy, cx, cy = 70.0, 60.0, width / 2 - 3.0, height / 2 + 2.0
    message = CameraInfo(height=height, width=width, distortion_model='plumb_bob', d=d)
    message.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return stamped(message, stamp_ns)


def stamped(message, stamp_ns):
    message.header.frame_id = 'camera_optical_frame'
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    return message


def stamp_of(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


class Bench:
    """Node under test and client in one executor that the test's thread turns."""

    def __init__(self, **overrides) -> None:
        self.factory = FakeFactory()
        values = {'diagnostics_period': 0.1} | overrides
        parameters = [Parameter(name.replace('__', '.'), value=v) for name, v in values.items()]
        self.node = DepthNode(self.factory, parameter_overrides=parameters)
        self.client = Node('bench', namespace='/bench')
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
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
        assert client.wait_for_service(TIMEOUT)
        future = client.call_async(request)
        assert self.spin_until(future.done), 'service did not answer'
        return future.result()

    def transition(self, label):
        request = ChangeState.Request()
        request.transition.label = label
        return self.call(self._change, request).success

    def state(self):
        return self.call(self._state, GetState.Request()).current_state.label

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
        """Send a frame and return the message that answers it on the topic."""
        self.send(stamp_ns, **what)

        def found():
            return [m for m in self.received[topic] if stamp_of(m) == stamp_ns]

        assert self.spin_until(found), f'nothing on {topic} with stamp {stamp_ns}'
        return found()[-1]

    def status_with(self, text):
        """Wait for a diagnostic whose message holds the text, and return it."""

        def found():
            return [s for s in self.diagnostics if text in s.message]

        assert self.spin_until(found), f'{text!r} not in {[s.message for s in self.diagnostics]}'
        return found()[-1]

    def logged(self, text):
        return self.spin_until(lambda: any(text in entry.msg for entry in self.log))

    def leftovers(self):
        """Topics of the node beyond those of an unconfigured one, and its worker threads."""
        own = [e.topic_name for e in (*self.node.publishers, *self.node.subscriptions)]
        ours = {f'/{topic}' for topic in TOPICS} | {'/image', '/camera_info'}
        threads = [t.name for t in threading.enumerate() if t.name == 'depth_worker']
        return sorted(ours.intersection(own)) + threads

    @property
    def predictor(self):
        return self.factory.predictors[-1]

    def close(self):
        for predictor in self.factory.predictors:
            predictor.release.set()
        self.node.shut_down()
        self.executor.shutdown()
        self.node.destroy_node()
        self.client.destroy_node()

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How long the running node takes from an image's stamp to its answer, beside the network."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from lacdepth_ros.core.stamps import set_stamp
from lacdepth_ros.messages.images import color_to_message
from lacdepth_ros.session.client import DEPTH, FRAME_ID, Answer, DepthClient
from lacdepth_ros.session.demo.frames import pinhole_info
from lacdepth_ros.session.node_process import NodeError, NodeProcess, choose_domain, use_domain
from lacdepth_ros.synthetic.sample import KITTI_CAMERA

NAMESPACE = '/benchmark'
PERIOD = 0.3
"""Seconds between frames: each is answered before the next, so no queue is measured."""
TIMEOUT = 60.0
CASES = {'depth': (DEPTH,), 'depth and cloud': (DEPTH, 'points')}


@dataclass(frozen=True, slots=True)
class NodeLatency:
    """Latency of the node for one set of subscribed topics; pairs are (p50, p95) in ms.

    Attributes:
        subscribed: What was listened to.
        frames: Frames answered.
        network: The network alone, as the node timed it.
        stamp_to_publish: From the stamp (set when the image is published) until the last
            subscribed topic was published, by the node's clock.
        arrival: From publishing the image to the arrival of that topic at the subscriber.
    """

    subscribed: str
    frames: int
    network: tuple[float, float]
    stamp_to_publish: tuple[float, float]
    arrival: tuple[float, float]

    @property
    def overhead(self) -> float:
        """Median of what the node adds to the network, until publishing [ms]."""
        return self.stamp_to_publish[0] - self.network[0]


def node_latencies(frames: int, *, device: str, checkpoint: str = '') -> list[NodeLatency]:
    """Measure the real node process with frames of KITTI's size, for each of CASES.

    Raises:
        NodeError: The node did not start, or left a frame unanswered.
    """
    use_domain(choose_domain())
    return [
        _measure(name, topics, frames, {'device': device, 'checkpoint': checkpoint})
        for name, topics in CASES.items()
    ]


def _measure(
    name: str, topics: tuple[str, ...], frames: int, parameters: dict[str, str]
) -> NodeLatency:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (KITTI_CAMERA.height, KITTI_CAMERA.width, 3), dtype=np.uint8)
    message = color_to_message(Image, image, Header(frame_id=FRAME_ID))
    info = pinhole_info(KITTI_CAMERA)
    arrivals = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / 'node.log'
        with NodeProcess(NAMESPACE, parameters, log) as process:
            client = DepthClient(NAMESPACE, topics, watch=process.check)
            try:
                client.wait_for_node(TIMEOUT)
                for transition in ('configure', 'activate'):
                    client.change_state(transition, TIMEOUT)
                client.wait_for_topics(TIMEOUT)
                for number in range(frames):
                    answer = client.exchange(_stamped(message), info, TIMEOUT)
                    if not answer.complete:
                        raise NodeError(
                            f'frame {number + 1} of {frames}: {_silence(answer)}; the end of what '
                            f'the node wrote:\n{process.last_lines()}'
                        )
                    arrivals.append(answer.latency_ms[topics[-1]])
                    time.sleep(PERIOD)
                client.wait_for_report(TIMEOUT)
                values = client.diagnostics
            finally:
                client.close()
    return NodeLatency(
        subscribed=name,
        frames=len(arrivals),
        network=_pair(values, 'network'),
        stamp_to_publish=_pair(values, f'stamp_to_{topics[-1]}'),
        arrival=(float(np.percentile(arrivals, 50)), float(np.percentile(arrivals, 95))),
    )


def _silence(answer: Answer) -> str:
    silent = ', '.join(topic for topic in answer.wanted if topic not in answer.messages)
    return f'nothing on {silent} within {TIMEOUT:.0f} s'


def _stamped(message: Image) -> Image:
    """The message with the present time as its stamp: it was made before the clock starts."""
    set_stamp(message.header.stamp, time.time_ns())
    return message


def _pair(values: dict[str, str], stage: str) -> tuple[float, float]:
    return float(values[f'{stage} p50 [ms]']), float(values[f'{stage} p95 [ms]'])

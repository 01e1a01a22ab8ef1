# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How long the running node takes from an image's stamp to its answer, beside the network."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from lacdepth_ros.data.camera_info import pinhole_info
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.messages.images import color_to_message
from lacdepth_ros.messages.topics import DEPTH, POINTS
from lacdepth_ros.session.frames import Frame, Frames
from lacdepth_ros.session.loop import SessionSettings, run_session
from lacdepth_ros.session.node_process import LOG, NodeError, last_lines
from lacdepth_ros.session.recorded import FRAME_ID
from lacdepth_ros.session.result import SessionResult, percentiles
from lacdepth_ros.synthetic.sample import KITTI_CAMERA

NAMESPACE = '/benchmark'
PERIOD = 0.3
"""Seconds between frames: each is answered before the next, so no queue is measured."""
TIMEOUT = 60.0
CASES = {'depth': (DEPTH,), 'depth and cloud': (DEPTH, POINTS)}


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
        stages: p50, p95 and p99 [ms] of what the node timed itself, by stage.
        engine: What ran the network.
    """

    subscribed: str
    frames: int
    network: tuple[float, float]
    stamp_to_publish: tuple[float, float]
    arrival: tuple[float, float]
    stages: dict[str, dict[str, float]]
    engine: str

    @property
    def overhead(self) -> float:
        """Median of what the node adds to the network, until publishing [ms]."""
        return self.stamp_to_publish[0] - self.network[0]


def node_latencies(
    frames: int,
    parameters: Mapping[str, Any],
    watch: Callable[[Frames], Frames] = lambda frames: frames,
) -> Iterator[NodeLatency]:
    """Measure the real node process with frames of KITTI's size, for each of CASES in turn.

    This process is in the node's DDS domain already (`node_process.use_domain`).

    Args:
        frames: How many.
        parameters: Of the node, by name.
        watch: Passes the frames of a case on, and may show how far they are.

    Raises:
        NodeError: The node did not start, or left a frame unanswered.
    """
    for name, topics in CASES.items():
        yield _measure(name, topics, watch(_frames(frames)), frames, parameters)


def _measure(
    name: str,
    topics: tuple[str, ...],
    frames: Frames,
    count: int,
    parameters: Mapping[str, Any],
) -> NodeLatency:
    result = SessionResult(EvaluationProtocol(flip_average=False))
    with tempfile.TemporaryDirectory() as folder:
        settings = SessionSettings(
            namespace=NAMESPACE,
            parameters=parameters,
            topics=topics,
            log=Path(folder) / LOG,
            timeout=TIMEOUT,
        )
        run_session(settings, frames, result)
        _check(result, topics, count, settings.log)
    arrival = percentiles(result.latencies(topics[-1]))
    stages = result.stages()
    assert arrival is not None
    return NodeLatency(
        subscribed=name,
        frames=len(result.records),
        network=_pair(stages['network']),
        stamp_to_publish=_pair(stages[f'stamp_to_{topics[-1]}']),
        arrival=_pair(arrival),
        stages=stages,
        engine=engine_of(result.node),
    )


def _frames(count: int) -> Iterator[Frame]:
    """Noise of KITTI's size, a frame each PERIOD, stamped when it is about to be sent."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (KITTI_CAMERA.height, KITTI_CAMERA.width, 3), dtype=np.uint8)
    # Made before the clock starts; sending only sets its stamp.
    message = color_to_message(Image, image, Header(frame_id=FRAME_ID))
    info = pinhole_info(KITTI_CAMERA)
    for index in range(count):
        yield Frame(f'noise/{index}', index, time.time_ns(), message, info)
        time.sleep(PERIOD)


def _check(result: SessionResult, topics: tuple[str, ...], count: int, log: Path) -> None:
    """Refuse figures of a run in which an answer is missing."""
    for record in result.records:
        if silent := [topic for topic in topics if topic not in record.latency_ms]:
            result.failure = (
                f'frame {record.index + 1} of {count}: nothing on {", ".join(silent)} within '
                f'{TIMEOUT:.0f} s'
            )
            break
    if result.failure:
        raise NodeError(f'{result.failure}; the end of what the node wrote:\n{last_lines(log)}')


def engine_of(report: Mapping[str, str]) -> str:
    """Engine and precision in a node's report, without the reasons for them."""
    return ' '.join(report.get('engine', '').split()[:2]).rstrip(',;')


def _pair(values: dict[str, float]) -> tuple[float, float]:
    return values['p50'], values['p95']

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One camera of the node: its topics, its counters, and what there is to say about it."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from rclpy.clock import ROSClock

from lacdepth_ros.core.text import clean
from lacdepth_ros.node.diagnostics import Condition, build_status
from lacdepth_ros.node.facts import describe, describe_height, doubt_height
from lacdepth_ros.node.frame_statistics import FrameStatistics
from lacdepth_ros.node.notices import Notices, ThrottledLog
from lacdepth_ros.node.pipeline import FramePipeline
from lacdepth_ros.node.publishers import Publishers
from lacdepth_ros.node.stamp_age import StampAge
from lacdepth_ros.node.subscribers import Subscribers, image_topic

if TYPE_CHECKING:
    from diagnostic_msgs.msg import DiagnosticStatus
    from rclpy.lifecycle import LifecycleNode

    from lacdepth_ros.models.predictor import DepthPredictor
    from lacdepth_ros.node.parameters import NodeParameters
    from lacdepth_ros.node.sync import FramePair
    from lacdepth_ros.node.worker import NewestFrameWorker

_MAX_REASON = 1000  # characters of an error that are shown
_QOS_WARNING = 10.0  # seconds for which the diagnostics warn of an incompatible QoS


class CameraStream:
    """What a node has for each of its cameras; they share its network, nothing else.

    Args:
        node: The node.
        name: Stands before the camera's topics; '' for the only camera of a node.
        settings: Parameters of this camera.

    Attributes:
        settings: The same; to be exchanged when they change, and asked for with every frame.
        statistics: Of this camera's frames.
    """

    def __init__(self, node: LifecycleNode, name: str, settings: NodeParameters) -> None:
        self.settings = settings
        self.statistics = FrameStatistics()
        self._node = node
        self._name = name
        self._prefix = f'{name}/' if name else ''
        self._publishers: Publishers | None = None
        self._subscribers: Subscribers | None = None
        self._log = ThrottledLog()
        self._notices = Notices(lambda text: node.get_logger().warning(self.said(text)))

    def said(self, text: str) -> str:
        """The text, beginning with the camera that it is about where there are several."""
        return f'{self._name}: {text}' if self._name else text

    def configure(self) -> None:
        """Create the publishers."""
        self._publishers = Publishers(
            self._node, self._prefix, self.settings, self._on_incompatible
        )

    def tell_height(self, predictor: DepthPredictor) -> None:
        """Log the height that depth is computed for; a warning where nobody told it."""
        name = f'{self._name}.camera_height' if self._name else 'camera_height'
        parameter = f'{self._node.get_fully_qualified_name()} {name}'
        if doubt := doubt_height(self.settings, predictor, parameter):
            self._node.get_logger().warning(self.said(doubt))
        else:
            self._node.get_logger().info(self.said(describe_height(self.settings, predictor)))

    def start(self, predictor: DepthPredictor, worker: NewestFrameWorker[FramePair]) -> None:
        """Subscribe; every pair is handed to the worker."""
        assert self._publishers is not None, 'configured first'
        pipeline = FramePipeline(
            predictor,
            self._publishers,
            image_topic(self._node, self.settings.image_transport, self._prefix),
            self.statistics,
            lambda: self.settings,
            StampAge(
                self._now,
                lambda: self._node.count_publishers('/clock') > 0,
                lambda text: self._notices.put('clock', text),
            ),
            inform=lambda text: self._node.get_logger().info(self.said(text)),
            doubt=self._notices.put,
        )
        self._subscribers = Subscribers(
            self._node,
            self._prefix,
            self.settings,
            self.statistics,
            source=worker.source(
                pipeline.process,
                self._on_frame_error,
                lambda: self.statistics.count('replaced'),
            ),
            on_incompatible=self._on_incompatible,
        )

    def stop(self) -> None:
        """Unsubscribe and drop the waiting frames; one may still be in flight. Idempotent."""
        if self._subscribers is not None:
            self._subscribers.stop()
        self._subscribers = None

    def forget(self) -> None:
        """Take back all notices; for when no frame is in flight any more that would renew one."""
        self._notices.clear()

    def release(self) -> None:
        """Give back what `configure` took; idempotent."""
        if self._publishers is not None:
            self._publishers.destroy()
        self._publishers = None
        self.statistics = FrameStatistics()  # the next network's latencies are its own

    @property
    def topics(self) -> str:
        """What is subscribed, in words; '' where nothing is."""
        return ' and '.join(self._subscribers.topics) if self._subscribers else ''

    def look(self) -> None:
        """See what keeps frames from being answered, and say so."""
        if self._subscribers is not None:
            for matter, text in self._subscribers.look().items():
                self._notices.put(matter, text)

    def status(self, state: str, fault: str, predictor: DepthPredictor | None) -> DiagnosticStatus:
        """The camera's part of the node's report.

        Args:
            state: Of the node.
            fault: Why its latest transition failed, '' when it did not.
            predictor: Its network, if there is one.
        """
        facts = describe(self.settings, predictor, self._subscribers)
        condition = Condition(state, fault, self._notices.text(), facts)
        name = f'{self._node.get_fully_qualified_name()}: {self._prefix}depth'
        return build_status(name, condition, self.statistics.snapshot())

    def _now(self) -> int | None:
        clock = self._node.get_clock()
        assert isinstance(clock, ROSClock)  # every node's is
        # How fast simulated time goes is not for this node to know.
        return None if clock.ros_time_is_active else clock.now().nanoseconds

    def _on_frame_error(self, error: Exception) -> None:
        """Count and log a frame that could not be answered (in the network's thread)."""
        reason = clean(str(error) or type(error).__name__, _MAX_REASON)
        self.statistics.fail(reason)
        text = self.said(f'frame refused: {reason}{trace_of(error)}')
        self._log.say(lambda line: self._node.get_logger().error(line), text)

    def _on_incompatible(self, text: str) -> None:
        self._notices.put('qos', text, _QOS_WARNING)


def trace_of(error: Exception) -> str:
    """The traceback, for the log, of an error that nobody expects; '' for the others."""
    expected = isinstance(error, (ValueError, OSError))
    return '' if expected else '\n' + ''.join(traceback.format_exception(error))

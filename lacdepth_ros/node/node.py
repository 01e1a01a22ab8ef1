# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node: camera image and camera_info in, metric depth and point cloud out.

Subscribes image (or image/compressed) and camera_info; publishes depth/image_rect,
depth/image_raw, depth/camera_info, depth/uncertainty, depth/image_color, points and /diagnostics.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from lacdepth_ros.core.runtime import release_memory
from lacdepth_ros.core.text import clean
from lacdepth_ros.node import parameter_access
from lacdepth_ros.node.bond import ManagerBond
from lacdepth_ros.node.dds_profile import describe_dds_profile
from lacdepth_ros.node.diagnostics import Condition, DiagnosticsReporter, build_status
from lacdepth_ros.node.facts import describe, describe_height
from lacdepth_ros.node.frame_statistics import FrameStatistics
from lacdepth_ros.node.loading import load
from lacdepth_ros.node.notices import Idleness, Notices, ThrottledLog
from lacdepth_ros.node.pipeline import FramePipeline
from lacdepth_ros.node.publishers import Publishers
from lacdepth_ros.node.subscribers import Subscribers
from lacdepth_ros.node.unknown_parameters import unknown_parameters
from lacdepth_ros.node.worker import network_thread, run_unless

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from diagnostic_msgs.msg import DiagnosticStatus
    from rclpy.parameter import Parameter

    from lacdepth_ros.models.predictor import DepthPredictor

_LOOK_PERIOD = 1.0  # seconds between two looks at what keeps frames from being answered
_PATIENCE = 0.5  # seconds for which the frame in flight is waited for when the process ends
_MAX_REASON = 1000  # characters of an error that are shown
_QOS_WARNING = 10.0  # seconds for which the diagnostics warn of an incompatible QoS


class DepthNode(LifecycleNode):
    """Metric depth from one camera as a managed node.

    The executor's thread runs the callbacks and transitions. Another one, from configure to
    cleanup, loads the network, predicts and publishes.

    Args:
        predictor_factory: Makes the predictor; called by configure as
            DepthPredictor.from_checkpoint is.
        stop: Set when the process is to end: nothing is waited for any longer.
        **kwargs: Passed on to LifecycleNode.
    """

    def __init__(
        self,
        predictor_factory: Callable[..., DepthPredictor],
        *,
        stop: threading.Event | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__('depth_node', **kwargs)
        self._predictor_factory = predictor_factory
        self._process_ends = stop or threading.Event()
        self._refused_overrides = parameter_access.declare(self)
        for line in unknown_parameters(self):
            self.get_logger().warning(line)
        self._settings = parameter_access.read(self)
        self._statistics = FrameStatistics()
        self._thread: ThreadPoolExecutor | None = None
        self._predictor: DepthPredictor | None = None
        self._depth_publishers: Publishers | None = None
        self._image_subscribers: Subscribers | None = None
        self._fault = ''
        self._log = ThrottledLog()
        self._notices = Notices(lambda text: self.get_logger().warning(text))
        self._idle = Idleness()
        self._bond = ManagerBond(self)
        self._finalized = False
        self._diagnostics = DiagnosticsReporter(
            self, self._settings.diagnostics_period, self._status
        )
        self.create_timer(_LOOK_PERIOD, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))
        self.add_on_set_parameters_callback(self._on_set)
        self.add_post_set_parameters_callback(self._after_set)

    def shut_down(self) -> None:
        """Go through the shutdown transition, unless that has happened already."""
        if not self._finalized:
            self.trigger_shutdown()

    def destroy_node(self) -> None:
        """Destroy also the lifecycle services, which would keep shared memory behind."""
        self._state_machine.destroy_when_not_in_use()
        super().destroy_node()

    def on_configure(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Load the checkpoint, warm up, create the publishers; on failure nothing is left."""
        return self._attempt('configure', self._configure, undo=self._release)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start the worker and subscribe."""

        def activate() -> None:
            super(DepthNode, self).on_activate(state)
            self._start()

        def undo() -> None:
            self._stop()
            super(DepthNode, self).on_deactivate(state)

        return self._attempt('activate', activate, undo=undo)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Unsubscribe and wait for the frame in flight."""

        def deactivate() -> None:
            self._stop()
            super(DepthNode, self).on_deactivate(state)

        return self._attempt('deactivate', deactivate)

    def on_cleanup(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Release network and publishers."""
        return self._attempt('cleanup', self._release)

    def on_shutdown(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Release whatever the state holds."""
        self._finalized = True
        return self._attempt('shutdown', self._release)

    def on_error(self, _: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, so that the node is unconfigured again."""
        fault = self._fault
        result = self._attempt('error processing', self._release)
        self._fault = self._fault or fault
        self._finalized = result != TransitionCallbackReturn.SUCCESS
        return result

    def _attempt(
        self,
        transition: str,
        step: Callable[[], None],
        undo: Callable[[], None] | None = None,
    ) -> TransitionCallbackReturn:
        """Run a transition; log and report what it raises.

        A step that can be undone fails back to the previous state; another one is an error,
        which releases everything.
        """
        try:
            step()
        except Exception as error:
            self._fault = f'{transition} failed: {error}'
            if not self._process_ends.is_set():  # rclpy's log takes seconds while PyTorch loads
                self.get_logger().error(self._fault + _trace_of(error))
            if undo is not None:
                undo()
            self._diagnostics.report()
            return TransitionCallbackReturn.FAILURE if undo else TransitionCallbackReturn.ERROR
        self._fault = ''
        return TransitionCallbackReturn.SUCCESS

    def _configure(self) -> None:
        self._check_parameters()
        settings = self._settings
        self._thread = network_thread()
        self._predictor = run_unless(
            self._process_ends, self._thread, partial(load, self._predictor_factory, settings)
        )
        self._depth_publishers = Publishers(self, settings, self._on_incompatible)
        self.get_logger().info(
            f'configured {self._predictor.config.name} on {self._predictor.device} with engine '
            f'{self._predictor.choice}; {describe_height(settings, self._predictor)}; '
            f'Fast DDS profile {describe_dds_profile()}'
        )

    def _check_parameters(self) -> None:
        problems = list(self._refused_overrides.values())
        if problem := self._settings.problem():
            problems.append(problem)
        if problems:
            raise ValueError('; '.join(problems) + '. Set valid parameters and configure again')

    def _start(self) -> None:
        assert self._thread and self._predictor and self._depth_publishers, 'configured first'
        self._bond.form(self._settings.bond_timeout)
        sim_time = self.get_parameter('use_sim_time').value
        pipeline = FramePipeline(
            self._predictor,
            self._depth_publishers,
            self._statistics,
            lambda: self._settings,
            None if sim_time else self.get_clock(),
            inform=lambda text: self.get_logger().info(text),
            doubt=self._notices.put,
        )
        self._image_subscribers = Subscribers(
            self,
            self._settings,
            self._statistics,
            thread=self._thread,
            process=pipeline.process,
            on_error=self._on_frame_error,
            on_incompatible=self._on_incompatible,
        )
        image_topic, info_topic = self._image_subscribers.topics
        self.get_logger().info(
            f'active: {image_topic} and {info_topic}, engine {self._predictor.choice} '
            f'on {self._predictor.device}; Fast DDS profile {describe_dds_profile()}'
        )

    def _stop(self) -> None:
        self._bond.dissolve()
        if self._image_subscribers is not None:
            self._image_subscribers.stop(_PATIENCE if self._process_ends.is_set() else None)
        self._image_subscribers = None
        self._notices.clear()

    def _release(self) -> None:
        """Give back all that configure and activate took; idempotent."""
        self._stop()
        if self._depth_publishers is not None:
            self._depth_publishers.destroy()
            self._depth_publishers = None
        if self._thread is not None:
            self._thread.shutdown(wait=not self._process_ends.is_set())
            self._thread = None
        if self._predictor is not None and not self._process_ends.is_set():
            self._predictor.close()
            release_memory()
        self._predictor = None
        self._statistics = FrameStatistics()  # the next network's latencies are its own

    def _on_set(self, changes: list[Parameter[Any]]) -> SetParametersResult:
        reason = parameter_access.rejection(
            self._settings,
            {change.name: change.value for change in changes},
            configured=self._predictor is not None,
        )
        return SetParametersResult(successful=not reason, reason=reason)

    def _after_set(self, changes: list[Parameter[Any]]) -> None:
        for change in changes:
            self._refused_overrides.pop(change.name, None)
        period = self._settings.diagnostics_period
        self._settings = parameter_access.read(self)
        if self._settings.diagnostics_period != period:
            self._diagnostics.set_period(self._settings.diagnostics_period)

    def _on_frame_error(self, error: Exception) -> None:
        """Count and log a frame that could not be answered (in the network's thread)."""
        reason = clean(str(error) or type(error).__name__, _MAX_REASON)
        self._statistics.fail(reason)
        text = f'frame refused: {reason}{_trace_of(error)}'
        self._log.say(lambda line: self.get_logger().error(line), text)

    def _on_incompatible(self, text: str) -> None:
        self._notices.put('qos', text, _QOS_WARNING)

    def _look(self) -> None:
        """See what keeps frames from being answered, and say so."""
        if self._image_subscribers is not None:
            for matter, text in self._image_subscribers.look().items():
                self._notices.put(matter, text)
        next_step = 'configure' if self._predictor is None else 'activate'
        ends = self._finalized or self._process_ends.is_set()
        if self._idle.is_due('' if self._image_subscribers or ends else next_step):
            self.get_logger().warning(
                'nothing is answered before '
                f"'ros2 lifecycle set {self.get_fully_qualified_name()} {next_step}'"
            )

    def _status(self) -> DiagnosticStatus:
        state = 'unconfigured' if self._predictor is None else 'inactive'
        if self._finalized:
            state = 'finalized'
        elif self._image_subscribers is not None:
            state = 'active'
        self._look()
        facts = describe(self._settings, self._predictor, self._image_subscribers)
        condition = Condition(state, self._fault, self._notices.text(), facts)
        name = f'{self.get_fully_qualified_name()}: depth'
        return build_status(name, condition, self._statistics.snapshot())


def _trace_of(error: Exception) -> str:
    """The traceback, for the log, of an error that nobody expects; '' for the others."""
    expected = isinstance(error, (ValueError, OSError))
    return '' if expected else '\n' + ''.join(traceback.format_exception(error))

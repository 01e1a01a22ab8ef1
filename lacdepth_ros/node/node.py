# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node: camera image and camera_info in, metric depth and point cloud out.

Subscribes image (or image/compressed) and camera_info; publishes depth/image_rect,
depth/image_raw, depth/camera_info, depth/uncertainty, depth/image_color, depth/image_rgb, points
and /diagnostics.
With several cameras their names stand before all of these: front/image, front/depth/image_rect.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from lacdepth_ros.core.runtime import release_memory
from lacdepth_ros.node import parameter_access
from lacdepth_ros.node.bond import ManagerBond
from lacdepth_ros.node.camera_stream import CameraStream, trace_of
from lacdepth_ros.node.dds_profile import describe_dds_profile
from lacdepth_ros.node.diagnostics import DiagnosticsReporter
from lacdepth_ros.node.loading import describe_loading, load
from lacdepth_ros.node.notices import NEXT_STEPS, Idleness
from lacdepth_ros.node.qos_overrides import unused_overrides, wrong_overrides
from lacdepth_ros.node.unknown_parameters import unknown_parameters
from lacdepth_ros.node.worker import NewestFrameWorker, network_thread, run_unless

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from diagnostic_msgs.msg import DiagnosticStatus
    from rclpy.callback_groups import CallbackGroup
    from rclpy.parameter import Parameter

    from lacdepth_ros.models.predictor import DepthPredictor
    from lacdepth_ros.node.sync import FramePair

_LOOK_PERIOD = 1.0  # seconds between two looks at what keeps frames from being answered
_PATIENCE = 0.5  # seconds for which the frame in flight is waited for when the process ends


class DepthNode(LifecycleNode):
    """Metric depth from one camera, or from several by one network, as a managed node.

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
        self._values = parameter_access.read(self)
        self._settings = self._values.shared
        self._cameras = {
            name: CameraStream(self, name, self._values.of(name))
            for name in self._settings.cameras
        }
        self._thread: ThreadPoolExecutor | None = None
        self._worker: NewestFrameWorker[FramePair] | None = None
        self._predictor: DepthPredictor | None = None
        self._fault = ''
        self._idle = Idleness()
        self._bond = ManagerBond(self)
        self._finalized = False
        self._diagnostics = DiagnosticsReporter(
            self, self._settings.diagnostics_period, self._statuses
        )
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(_LOOK_PERIOD, self._look, clock=steady)
        # A value that was refused asks for it as well: configure then says what is wrong with it.
        if self._settings.autostart or 'autostart' in self._refused_overrides:
            self._autostart = self.create_timer(0.0, self._start_up, clock=steady)
        self.add_on_set_parameters_callback(self._on_set)
        self.add_post_set_parameters_callback(self._after_set)

    def _start_up(self) -> None:
        """Configure and activate, once: a node that fails to is left to its user."""
        self.destroy_timer(self._autostart)
        if self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

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
                self.get_logger().error(self._fault + trace_of(error))
            if undo is not None:
                undo()
            self._diagnostics.report()
            return TransitionCallbackReturn.FAILURE if undo else TransitionCallbackReturn.ERROR
        self._fault = ''
        return TransitionCallbackReturn.SUCCESS

    def _configure(self) -> None:
        self._check_parameters()
        settings = self._settings
        self.get_logger().info(describe_loading(settings))
        self._thread, self._fault = network_thread(), ''  # that of the attempt before is over
        self._predictor = run_unless(
            self._process_ends,
            self._thread,
            partial(load, self._predictor_factory, settings, [c.settings for c in self._each()]),
            meanwhile=self._diagnostics.report_when_due,
        )
        for camera in self._each():
            camera.configure()
        self.get_logger().info(
            f'configured {self._predictor.config.name} on {self._predictor.device} with engine '
            f'{self._predictor.choice}; Fast DDS profile {describe_dds_profile()}'
        )
        for camera in self._each():
            camera.tell_height(self._predictor)

    def _check_parameters(self) -> None:
        problems = [*self._refused_overrides.values(), *wrong_overrides(self)]
        if problem := self._values.problem():
            problems.append(problem)
        if problems:
            raise ValueError('; '.join(problems) + '. Set valid parameters and configure again')

    def _start(self) -> None:
        assert self._thread and self._predictor, 'configured first'
        _forget_destroyed(self.default_callback_group)
        self._bond.form(self._settings.bond_timeout)
        self._worker = NewestFrameWorker(self._thread)
        for camera in self._each():
            camera.start(self._predictor, self._worker)
        topics = ', '.join(camera.topics for camera in self._each())
        self.get_logger().info(f'active: {topics}')
        for line in unused_overrides(self):
            self.get_logger().warning(line)

    def _stop(self) -> None:
        self._bond.dissolve()
        for camera in self._each():
            camera.stop()
        if self._worker is not None:
            self._worker.wait(_PATIENCE if self._process_ends.is_set() else None)
        self._worker = None
        for camera in self._each():
            camera.forget()

    def _release(self) -> None:
        """Give back all that configure and activate took; idempotent."""
        self._stop()
        for camera in self._each():
            camera.release()
        if self._thread is not None:
            self._thread.shutdown(wait=not self._process_ends.is_set())
            self._thread = None
        if self._predictor is not None and not self._process_ends.is_set():
            self._predictor.close()
            release_memory()
        self._predictor = None

    def _each(self) -> Iterable[CameraStream]:
        return self._cameras.values()

    def _on_set(self, changes: list[Parameter[Any]]) -> SetParametersResult:
        reason = self._values.rejection(
            {change.name: change.value for change in changes},
            configured=self._predictor is not None,
        )
        return SetParametersResult(successful=not reason, reason=reason)

    def _after_set(self, changes: list[Parameter[Any]]) -> None:
        for change in changes:
            self._refused_overrides.pop(change.name, None)
        period = self._settings.diagnostics_period
        self._values = parameter_access.read(self)
        self._settings = self._values.shared
        for name, camera in self._cameras.items():
            camera.settings = self._values.of(name)
        if self._settings.diagnostics_period != period:
            self._diagnostics.set_period(self._settings.diagnostics_period)

    def _look(self) -> None:
        """See what keeps frames from being answered, and say so."""
        for camera in self._each():
            camera.look()
        next_step = '' if self._process_ends.is_set() else NEXT_STEPS.get(self._phase(), '')
        if self._idle.is_due(next_step):
            self.get_logger().warning(
                'nothing is answered before '
                f"'ros2 lifecycle set {self.get_fully_qualified_name()} {next_step}'"
                f'{"" if self._settings.autostart else " (autostart: true does it at the start)"}'
            )

    def _phase(self) -> str:
        if self._finalized:
            return 'finalized'
        if self._predictor is None:
            return 'unconfigured' if self._thread is None else 'configuring'
        return 'inactive' if self._worker is None else 'active'

    def _statuses(self) -> list[DiagnosticStatus]:
        state = self._phase()
        self._look()
        return [camera.status(state, self._fault, self._predictor) for camera in self._each()]


def _forget_destroyed(group: CallbackGroup) -> None:
    """Drop what rclpy keeps of entities that are gone: twenty weak references a round.

    An rclpy that keeps the entities themselves, in a WeakSet, has dropped them already.
    """
    kept = list(group.entities)
    group.entities.difference_update(
        [entity for entity in kept if isinstance(entity, weakref.ref) and entity() is None]
    )

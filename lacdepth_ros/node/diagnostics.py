# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node's message on /diagnostics: is it well, and if not, why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock
from rclpy.clock_type import ClockType

from lacdepth_ros.core.percentiles import PERCENTILES
from lacdepth_ros.node.frame_statistics import StatisticsSnapshot

if TYPE_CHECKING:
    from rclpy.node import Node

FATES = ('received', 'answered', 'replaced', 'failed', 'unpaired', 'unwanted', 'dropped')


@dataclass(frozen=True, slots=True)
class Condition:
    """What the node knows about itself beside the frame statistics.

    Attributes:
        state: Lifecycle state.
        fault: Why the latest transition failed, '' when it did not.
        warning: What keeps frames from flowing, '' when nothing does.
        facts: Further lines, {key: value}.
    """

    state: str
    fault: str
    warning: str
    facts: dict[str, str]


def build_status(
    name: str, condition: Condition, snapshot: StatisticsSnapshot
) -> DiagnosticStatus:
    """Put condition and statistics into one DiagnosticStatus."""
    level, message = _verdict(condition, snapshot)
    values = {'state': condition.state, **condition.facts}
    values |= {f'frames {fate}': str(snapshot.counts.get(fate, 0)) for fate in FATES}
    values['last error'] = snapshot.last_error
    values |= snapshot.findings
    for stage, milliseconds in snapshot.latencies_ms.items():
        for percentile, value in zip(PERCENTILES, milliseconds, strict=True):
            values[f'{stage} p{percentile} [ms]'] = f'{value:.1f}'
    return DiagnosticStatus(
        level=level,
        name=name,
        message=message,
        hardware_id=condition.facts.get('device', ''),
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )


def _verdict(condition: Condition, snapshot: StatisticsSnapshot) -> tuple[bytes, str]:
    if condition.fault:
        return DiagnosticStatus.ERROR, condition.fault
    if snapshot.new_failures:
        return DiagnosticStatus.ERROR, snapshot.last_error
    if condition.warning:
        return DiagnosticStatus.WARN, condition.warning
    return DiagnosticStatus.OK, condition.state


class DiagnosticsReporter:
    """Publishes statuses periodically, in every lifecycle state and in wall-clock time."""

    def __init__(
        self, node: Node, period: float, statuses: Callable[[], list[DiagnosticStatus]]
    ) -> None:
        self._node = node
        self._statuses = statuses
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 1)
        self._timer = node.create_timer(
            period, self.report, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def set_period(self, seconds: float) -> None:
        """Change the time between two reports [s]."""
        self._timer.timer_period_ns = int(seconds * 1e9)
        self._timer.reset()

    def report_when_due(self) -> None:
        """Do what the timer does, while its executor is kept busy."""
        if self._timer.is_ready():
            self._timer.reset()
            self.report()

    def report(self) -> None:
        """Publish the statuses now."""
        message = DiagnosticArray(status=self._statuses())
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

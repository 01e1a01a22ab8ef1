# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The bond with a lifecycle manager (Nav2's), by which either notices that the other is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rclpy.node import Node

TOPIC = 'bond'
DISABLED = '/bond_disable_heartbeat_timeout'
"""Parameter that bondpy declares when a bond breaks, and could not declare a second time."""
HEARTBEAT_PERIOD = 0.1
"""Seconds between two signs of life, as in Nav2's own nodes."""


class ManagerBond:
    """Exists while the node is active, as Nav2's lifecycle manager expects it of its nodes.

    Its topic is in the manager's namespace, its id what the manager calls the node there. Both
    are this node's own where they share a namespace; elsewhere `bond` is to be remapped. A broken
    bond is the manager's to act on: this node goes on.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._bond: Any = None

    def form(self, timeout: float) -> None:
        """Begin to send signs of life, and to wait for those of the manager.

        Args:
            timeout: Seconds without the manager's after which the bond counts as broken; 0 = none.

        Raises:
            ValueError: bondpy is not installed.
        """
        if not timeout:
            return
        try:
            from bondpy.bondpy import Bond
        except ImportError as error:
            raise ValueError(
                f'bond_timeout is {timeout:g} s, but bondpy is not installed; apt install '
                'ros-$ROS_DISTRO-bondpy, or set bond_timeout to 0.0 and the same for the manager'
            ) from error
        if self._node.has_parameter(DISABLED):
            self._node.undeclare_parameter(DISABLED)
        self._bond = Bond(
            node=self._node,
            topic=TOPIC,
            bond_id=_name_below(self._node.resolve_topic_name(TOPIC), self._node),
            on_broken=self._on_broken,
        )
        self._bond.heartbeat_period = HEARTBEAT_PERIOD
        self._bond.heartbeat_timeout = timeout
        self._bond.start()

    def dissolve(self) -> None:
        """Tell the manager that this ends in order. Idempotent."""
        bond, self._bond = self._bond, None
        if bond is not None:
            bond.on_broken = None
            # bondpy destroys both behind the node's back: the executor would fail on what is left.
            self._node.destroy_subscription(bond.sub)
            bond.shutdown()
            self._node.destroy_publisher(bond.pub)

    def _on_broken(self) -> None:
        self._node.get_logger().warning('the bond with the lifecycle manager is broken')


def _name_below(topic: str, node: Node) -> str:
    """The node's name relative to the topic's namespace; its full name if it lies elsewhere."""
    return node.get_fully_qualified_name().removeprefix(f'{topic.rpartition("/")[0]}/')

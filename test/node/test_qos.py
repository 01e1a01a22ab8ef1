# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What publishers and subscribers are called in warnings."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip('rclpy')

from lacdepth_ros.node.qos import name_of

pytestmark = pytest.mark.ros


@pytest.mark.parametrize(
    ('namespace', 'name', 'called'),
    [
        ('/', 'driver', '/driver'),
        ('/front', 'driver', '/front/driver'),
        # As rcl fills them in where an endpoint was found, but not the node that it belongs to.
        ('_NODE_NAMESPACE_UNKNOWN_', '_NODE_NAME_UNKNOWN_', 'somebody whose name did not arrive'),
    ],
)
def test_an_endpoint_is_called_by_its_node(namespace: str, name: str, called: str) -> None:
    assert name_of(SimpleNamespace(node_namespace=namespace, node_name=name)) == called

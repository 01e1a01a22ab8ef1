# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The bond with a lifecycle manager, by a stand-in for bondpy that behaves as it does."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

pytest.importorskip('rclpy')

import rclpy
from rclpy.node import Node
from std_msgs.msg import String

from lacdepth_ros.node.bond import ManagerBond

pytestmark = pytest.mark.ros


class Bond:
    """Signature, topics and parameter of bondpy.bondpy.Bond, and what it would have been asked."""

    made: list = []  # noqa: RUF012

    def __init__(self, node, topic, bond_id, on_broken=None, on_formed=None):
        self.topic, self.id, self.node, self.on_broken = topic, bond_id, node, on_broken
        self.calls = []
        self.pub = node.create_publisher(String, topic, 1)
        Bond.made.append(self)

    def start(self):
        self.sub = self.node.create_subscription(String, self.topic, lambda message: None, 1)
        self.calls.append(('start', self.heartbeat_period, self.heartbeat_timeout))

    def lose(self):
        self.node.declare_parameter('/bond_disable_heartbeat_timeout', False)
        self.on_broken()

    def shutdown(self):
        self.sub.destroy()  # without the node, as bondpy does it
        self.pub.destroy()
        self.calls.append(('shutdown',))


@pytest.fixture
def bondpy(monkeypatch):
    Bond.made = []
    package, module = ModuleType('bondpy'), ModuleType('bondpy.bondpy')
    package.bondpy, module.Bond = module, Bond
    monkeypatch.setitem(sys.modules, 'bondpy', package)
    monkeypatch.setitem(sys.modules, 'bondpy.bondpy', module)


def test_bond_exists_while_the_node_is_active(make_bench, bondpy):
    bench = make_bench(bond_timeout=4.0)
    assert bench.transition('configure') and Bond.made == []
    assert bench.transition('activate')
    [bond] = Bond.made
    assert (bond.topic, bond.id, bond.node) == ('bond', 'depth_node', bench.node)
    assert bond.calls == [('start', 0.1, 4.0)]
    bond.lose()
    assert bench.logged('the bond with the lifecycle manager is broken')
    assert bench.state() == 'active'
    assert bench.transition('deactivate')
    assert bond.calls[1:] == [('shutdown',)] and bond.on_broken is None
    assert bench.transition('activate') and len(Bond.made) == 2
    bond = Bond.made[1]
    bond.lose()
    assert bench.transition('deactivate') and bench.state() == 'inactive'
    own = [e.topic_name for e in (*bench.node.publishers, *bench.node.subscriptions)]
    assert '/bond' not in own


@pytest.mark.parametrize(
    ('remapped', 'called'),
    [
        (None, 'depth_node'),
        ('bond', 'depth_node'),
        ('/bond', 'robot/camera/depth_node'),
        ('/robot/bond', 'camera/depth_node'),
        ('/robot/camera/bond', 'depth_node'),
        ('/nav/bond', '/robot/camera/depth_node'),
    ],
)
def test_a_manager_in_another_namespace_calls_the_node_as_seen_from_there(
    ros_domain, bondpy, remapped, called
):
    """Nav2's manager: topic 'bond' of its own namespace, id as in its node_names."""
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    rules = ['--ros-args', '-r', f'bond:={remapped}'] if remapped else []
    node = Node('depth_node', namespace='/robot/camera', context=context, cli_args=rules)
    bond = ManagerBond(node)
    bond.form(4.0)
    [made] = Bond.made
    topic = '/robot/camera/bond' if remapped in (None, 'bond') else remapped
    assert (made.id, made.pub.topic_name, made.sub.topic_name) == (called, topic, topic)
    bond.dissolve()
    node.destroy_node()
    context.try_shutdown()


def test_without_a_timeout_there_is_no_bond(bench, bondpy):
    bench.activate()
    assert Bond.made == []


def test_bond_without_bondpy_fails_activate_with_what_to_do(make_bench, monkeypatch):
    monkeypatch.setitem(sys.modules, 'bondpy', None)
    monkeypatch.setitem(sys.modules, 'bondpy.bondpy', None)
    bench = make_bench(bond_timeout=4.0)
    assert bench.transition('configure')
    assert not bench.transition('activate')
    assert bench.state() == 'inactive'
    assert 'bondpy is not installed; apt install' in bench.status_with('activate failed').message

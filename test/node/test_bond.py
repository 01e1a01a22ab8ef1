# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The bond with a lifecycle manager, by a stand-in for bondpy."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

pytest.importorskip('rclpy')

pytestmark = pytest.mark.ros


class Bond:
    """Remembers what bondpy.bondpy.Bond would have been asked."""

    made: list = []  # noqa: RUF012

    def __init__(self, topic, id, node, on_broken=None, on_formed=None):
        self.topic, self.id, self.node, self.on_broken = topic, id, node, on_broken
        self.calls = []
        Bond.made.append(self)

    def start(self):
        self.calls.append(('start', self.heartbeat_period, self.heartbeat_timeout))

    def shutdown(self):
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
    bond.on_broken()
    assert bench.logged('the bond with the lifecycle manager is broken')
    assert bench.state() == 'active'
    assert bench.transition('deactivate')
    assert bond.calls[1:] == [('shutdown',)] and bond.on_broken is None
    assert bench.transition('activate') and len(Bond.made) == 2


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

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The SROS 2 policy allows what the node does, and nothing else."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip('rclpy')

pytestmark = pytest.mark.ros
POLICY = Path(__file__).parents[2] / 'config' / 'sros2_policy.xml'


def allowed(kind, access):
    """Full names in the policy, of a node in the root namespace."""
    root = ElementTree.parse(POLICY).getroot()
    [group] = [g for g in root.iter(kind) if g.get(access) == 'ALLOW']
    return {'/' + (element.text or '').lstrip('/') for element in group}


def test_policy_is_that_of_the_running_node(make_bench):
    bench = make_bench(depth_encoding='16UC1', use_sim_time=True)
    assert bench.transition('configure') and bench.transition('activate')

    def names(get):
        return {name for name, _ in get('depth_node', '/')}

    client = bench.client
    publishers = names(client.get_publisher_names_and_types_by_node)
    assert allowed('topics', 'publish') == publishers | {'/bond'}  # by bondpy
    subscribers = names(client.get_subscriber_names_and_types_by_node)
    assert allowed('topics', 'subscribe') == subscribers | {'/image/compressed', '/bond'}
    assert allowed('services', 'reply') >= names(client.get_service_names_and_types_by_node)

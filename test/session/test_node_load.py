# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The real node at the pace of two cameras."""

from __future__ import annotations

import os

import pytest
from tiny_networks import tiny_network

pytest.importorskip('rclpy')

from lacdepth_ros.messages.topics import DEPTH
from lacdepth_ros.models.checkpoint import save_checkpoint
from lacdepth_ros.session.node_load import load_node
from lacdepth_ros.session.node_process import use_domain

pytestmark = [pytest.mark.ros, pytest.mark.slow]


def test_answers_of_every_camera_are_counted_with_their_cost(tmp_path):
    checkpoint = tmp_path / 'tiny.safetensors'
    save_checkpoint(checkpoint, tiny_network(), {})
    use_domain(int(os.environ['ROS_DOMAIN_ID']))
    parameters = {
        'checkpoint': str(checkpoint),
        'engine': 'eager',
        'precision': 'fp32',
        'input_width': 64,
        'input_height': 32,
    }
    figures = load_node(parameters, (DEPTH,), cameras=2, rate=4.0, seconds=2.0)
    assert (figures.cameras, figures.rate, figures.sent) == (2, 4.0, 16)
    assert 0 < figures.fewest_answered <= figures.answered <= 1
    p50, p95, p99 = figures.latency_ms
    assert 0 < p50 <= p95 <= p99
    assert figures.cpu_percent > 0 and figures.resident_mb > 50
    assert figures.engine == 'eager fp32'

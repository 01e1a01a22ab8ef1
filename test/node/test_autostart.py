# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A node that configures and activates itself, for those who have neither launch nor ros2cli."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip('rclpy')

from lacdepth_ros.messages.depth import depth_from_message

pytestmark = pytest.mark.ros
ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_depth_comes_out_of_the_module_alone(client, tmp_path):
    """The command of the documents, with a small network; nobody asks for a transition."""
    from tiny_networks import tiny_network

    from lacdepth_ros.models.checkpoint import save_checkpoint

    checkpoint = tmp_path / 'tiny.safetensors'
    save_checkpoint(checkpoint, tiny_network(), {'source': 'test'})
    values = {'autostart': 'true', 'checkpoint': str(checkpoint), 'engine': 'eager'}
    given = [word for name, value in values.items() for word in ('-p', f'{name}:={value}')]
    process = subprocess.Popen(
        [sys.executable, '-m', 'lacdepth_ros.node.entry', '--ros-args', *given],
        env=os.environ | {'PYTHONPATH': str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        client.subscribe('depth/image_rect')
        message = client.answer('depth/image_rect', 5)
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    depth = depth_from_message(message)
    assert depth.shape == (48, 64) and np.isfinite(depth).any()
    assert process.returncode == 0, output


def test_it_happens_once(make_bench):
    bench = make_bench(autostart=True)
    assert bench.spin_until(lambda: bench.node._worker is not None)
    assert bench.state() == 'active'
    assert bench.transition('deactivate') and bench.transition('cleanup')
    bench.spin_for(0.3)
    assert bench.state() == 'unconfigured'
    assert len(bench.factory.predictors) == 1


def test_it_waits_for_no_clock(make_bench):
    bench = make_bench(autostart=True, use_sim_time=True)
    assert bench.spin_until(lambda: bench.node._worker is not None)


@pytest.mark.parametrize(
    ('values', 'reason'), [({'device': 'cpu', 'max_depth': 'far'}, 'max_depth'), ({}, 'autostart')]
)
def test_what_keeps_it_from_starting_is_said(make_bench, values, reason):
    """A value of autostart that is none is a wish that must not pass unheard."""
    bench = make_bench(autostart=True if values else 'yes', **values)
    status = bench.status_with('configure failed')
    assert reason in status.message
    assert bench.state() == 'unconfigured'


def test_a_node_without_it_waits_and_says_how_to_have_it(make_bench, monkeypatch):
    monkeypatch.setattr('lacdepth_ros.node.notices.IDLE_SECONDS', 0.5)
    bench = make_bench()
    assert bench.logged("depth_node configure' (autostart: true does it at the start)")
    assert bench.state() == 'unconfigured' and bench.factory.predictors == []


def test_a_node_that_loads_its_network_is_not_told_to_configure(make_bench, monkeypatch):
    """A first start on a slow processor takes longer than the patience with an idle node."""
    bench = make_bench(diagnostics_period=0.1)
    looks = []
    look = bench.node._look
    monkeypatch.setattr(bench.node, '_look', lambda: (look(), looks.append(time.monotonic())))

    def slow(*args, **options):
        monkeypatch.setattr('lacdepth_ros.node.notices.IDLE_SECONDS', 0.3)
        before = time.monotonic()
        while not looks or looks[-1] < before + 0.6:
            time.sleep(0.01)
        return bench.factory(*args, **options)

    monkeypatch.setattr(bench.node, '_predictor_factory', slow)
    assert bench.transition('configure')
    assert bench.logged("depth_node activate'")
    assert not [entry.msg for entry in bench.log if "depth_node configure'" in entry.msg]

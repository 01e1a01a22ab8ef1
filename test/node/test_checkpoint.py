# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The node with real networks and with checkpoints and devices that cannot be used."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip('rclpy')

import torch
from diagnostic_msgs.msg import DiagnosticStatus
from ros_fakes import HEIGHT, WIDTH
from safetensors.torch import save_file

from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.models.checkpoint import save_checkpoint
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.node.main import load_predictor

pytestmark = pytest.mark.ros


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """Return a checkpoint of an untrained, very small network."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = ModelConfig(name='tiny', widths=(8, 8, 8, 8, 8), embedding=8, num_bins=16)
    path = tmp_path_factory.mktemp('checkpoint') / 'tiny.safetensors'
    save_checkpoint(path, LacDepth(config), {'source': 'test'})
    return path


@pytest.fixture
def make_real(make_bench):
    """Return a function that builds a bench whose node loads real networks."""

    def make(checkpoint, **overrides):
        size = {'warm_up_width': WIDTH, 'warm_up_height': HEIGHT}
        engine = {'engine': 'eager', 'precision': 'fp32'}
        return make_bench(
            load_predictor, checkpoint=str(checkpoint), **engine, **size, **overrides
        )

    return make


def corrupt(path, good):
    path.write_bytes(good.read_bytes()[:5000])


def foreign(path, good):
    save_file({'weight': torch.zeros(3)}, path)


def missing(path, good):
    pass


@pytest.mark.parametrize(
    ('spoil', 'reason'),
    [
        (missing, 'does not exist'),
        (corrupt, 'not a readable safetensors file'),
        (foreign, 'only checkpoints written by `lacdepth train`'),
    ],
)
def test_unusable_checkpoint_fails_configure_until_fixed(
    make_real, checkpoint, tmp_path, spoil, reason
):
    bad = tmp_path / 'bad.safetensors'
    spoil(bad, checkpoint)
    bench = make_real(bad)
    bench.spin_for(0.2)
    assert not bench.transition('configure')
    assert bench.state() == 'unconfigured' and bench.leftovers() == []
    status = bench.status_with(reason)
    assert status.level == DiagnosticStatus.ERROR and str(bad) in status.message
    assert bench.logged(reason)
    assert bench.set(checkpoint=str(checkpoint)) == ['']
    bench.activate('depth/image_rect', 'depth/uncertainty')
    depth = depth_from_message(bench.answer('depth/image_rect', 1))
    assert depth.shape == (HEIGHT, WIDTH) and np.isfinite(depth).all() and (depth > 0).all()


@pytest.mark.parametrize('device', ['cuda:7', 'quantum'])
def test_impossible_device_fails_configure_and_is_never_replaced(make_real, checkpoint, device):
    bench = make_real(checkpoint, device=device)
    bench.spin_for(0.2)
    assert not bench.transition('configure')
    assert bench.state() == 'unconfigured' and bench.leftovers() == []
    assert device in bench.status_with('not available on this machine; use one of').message
    assert bench.set(device='cpu') == ['']
    assert bench.transition('configure')


def test_focal_scaling_acts_at_run_time(make_real, checkpoint):
    bench = make_real(checkpoint, max_depth=1000.0)
    bench.activate('depth/image_rect')
    scaled = depth_from_message(bench.answer('depth/image_rect', 1))
    assert bench.set(focal_scaling=False) == ['']
    unscaled = depth_from_message(bench.answer('depth/image_rect', 2))
    ratio = scaled / unscaled
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-3)
    assert abs(ratio[0, 0] - 1) > 0.1

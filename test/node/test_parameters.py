# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Parameters: what may change when, what is refused and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('rclpy')

from lacdepth_ros.messages.clouds import cloud_from_message
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.node.parameter_set import ParameterSet
from lacdepth_ros.node.parameters import NodeParameters

pytestmark = pytest.mark.ros


def test_every_parameter_is_described(bench):
    names = [name for name in bench.node._parameters if name in LIVE | FIXED]
    assert len(names) == len(LIVE | FIXED)
    for descriptor in bench.node.describe_parameters(names):
        assert descriptor.description
        live = 'changes at run time' in descriptor.additional_constraints
        assert live == (descriptor.name in LIVE), descriptor.name


LIVE = {
    'focal_scaling',
    'camera_height',
    'depth_scale',
    'min_depth',
    'max_depth',
    'preview.min_depth',
    'preview.max_depth',
    'pointcloud.enable',
    'pointcloud.ordered_pc',
    'pointcloud.stride',
    'pointcloud.max_std',
    'diagnostics_period',
}
FIXED = {
    'checkpoint',
    'device',
    'precision',
    'engine',
    'input_width',
    'input_height',
    'input_scale',
    'warm_up_width',
    'warm_up_height',
    'image_transport',
    'image_reliability',
    'cache_camera_info',
    'sync_tolerance',
    'sync_queue_size',
    'rectify',
    'image_is_rectified',
    'depth_encoding',
}


def test_camera_height_and_depth_scale_act_on_the_next_frame(bench):
    """The predictor is told the height; the factor multiplies depth and its std."""
    bench.activate('depth/image_rect', 'depth/uncertainty')
    first = depth_from_message(bench.answer('depth/image_rect', 1, red=50))
    assert bench.predictor.heights == [None]
    assert bench.set(camera_height=0.4, depth_scale=2.0) == ['', '']
    second = depth_from_message(bench.answer('depth/image_rect', 2, red=50))
    assert bench.predictor.heights[-1] == 0.4
    np.testing.assert_allclose(second, 2 * first)
    std = depth_from_message(bench.answer('depth/uncertainty', 3, red=50))
    np.testing.assert_allclose(std, 0.1 * second, rtol=1e-6)
    assert '0.05 or more [m]' in bench.set(camera_height=0.01)[0]


def test_live_parameters_act_on_the_next_frame(bench):
    bench.activate('depth/image_rect', 'points')
    bench.answer('points', 1, red=50)
    assert bench.set(max_depth=5.0, focal_scaling=False) == ['', '']
    depth = bench.answer('depth/image_rect', 2, red=50)
    assert np.isposinf(np.frombuffer(depth.data, np.float32)).all()
    assert bench.predictor.focal_scaling is False
    assert bench.set(max_depth=80.0, pointcloud__stride=4, pointcloud__ordered_pc=False)
    assert bench.answer('points', 3, red=50).height == 1
    assert bench.set(pointcloud__max_std=0.1, pointcloud__ordered_pc=True)
    cloud = bench.answer('points', 4, red=50)
    assert (cloud.height, cloud.width) == (12, 16)
    assert np.isnan(cloud_from_message(cloud)[0]).all()
    assert bench.set(pointcloud__enable=False) == ['']
    bench.answer('depth/image_rect', 5)
    bench.spin_for(0.2)
    assert len(bench.received['points']) == 4 or bench.received['points'][-1] is cloud


@pytest.mark.parametrize('steps', [('configure',), ('configure', 'activate')])
def test_others_are_rejected_with_the_reason_while_configured(bench, steps):
    for label in steps:
        assert bench.transition(label)
    for change in ({'checkpoint': 'other'}, {'device': 'cuda'}, {'sync_tolerance': 0.5}):
        [reason] = bench.set(**change)
        assert 'deactivate and clean up first' in reason
    assert bench.set(device='cpu') == [''], 'the same value is no change'


def test_checkpoint_is_swapped_by_cleanup_set_configure(bench):
    bench.activate('depth/image_rect')
    assert bench.transition('deactivate') and bench.transition('cleanup')
    assert bench.set(checkpoint='second.safetensors', sync_tolerance=0.01) == ['', '']
    assert bench.transition('configure') and bench.transition('activate')
    assert str(bench.factory.requests[-1][0]) == 'second.safetensors'
    assert bench.spin_until(bench.images.get_subscription_count)
    bench.answer('depth/image_rect', 1)


NUMBERS = {
    'input_width': (0, 0, 4096),
    'input_height': (0, 0, 4096),
    'input_scale': (1.0, 0.5, 1.0),
    'warm_up_width': (1242, 32, 8192),
    'warm_up_height': (375, 32, 8192),
    'camera_height': (0.0, 0.0, 50.0),
    'depth_scale': (1.0, 0.01, 100.0),
    'sync_tolerance': (0.0, 0.0, 1.0),
    'sync_queue_size': (5, 1, 100),
    'min_depth': (0.0, 0.0, 1000.0),
    'max_depth': (80.0, 0.1, 1000.0),
    'preview.min_depth': (2.0, 0.01, 1000.0),
    'preview.max_depth': (80.0, 0.1, 1000.0),
    'pointcloud.stride': (1, 1, 64),
    'pointcloud.max_std': (0.0, 0.0, 1000.0),
    'pointcloud.min_surface_angle': (0.0, 0.0, 45.0),
    'pointcloud.voxel_size': (0.1, 0.01, 10.0),
    'pointcloud.max_range': (20.0, 0.1, 1000.0),
    'pointcloud.max_relative_std': (0.3, 0.0, 10.0),
    'pointcloud.obstacle_angle': (3.0, 0.0, 45.0),
    'temporal_filter.weight': (1.0, 0.05, 1.0),
    'temporal_filter.max_change': (1.0, 0.0, 10.0),
    'bond_timeout': (0.0, 0.0, 60.0),
    'diagnostics_period': (1.0, 0.1, 60.0),
}
"""Default, smallest and largest value of every parameter with limits."""


def test_numbers_have_these_defaults_and_limits(make_bench):
    bench = make_bench(diagnostics_period=1.0)
    found = {}
    for name, value in bench.node._parameters.items():
        [descriptor] = bench.node.describe_parameters([name])
        for span in (*descriptor.floating_point_range, *descriptor.integer_range):
            found[name] = (value.value, span.from_value, span.to_value)
    assert found == NUMBERS


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        ({'max_depth': -1.0}, 'out of range'),
        ({'max_depth': float('nan')}, 'out of range'),
        ({'pointcloud__stride': 0}, 'out of range'),
        ({'diagnostics_period': 0.0}, 'out of range'),
        ({'min_depth': 90.0}, 'min_depth 90.0 must be below max_depth 80.0'),
        ({'preview__min_depth': 90.0}, 'preview.min_depth 90.0 must be below'),
        ({'image_transport': 'theora'}, "'theora'; choose one of raw, compressed"),
        ({'input_width': 640}, 'set both, or both to 0'),
        ({'input_scale': 0.4}, 'out of range'),
        ({'max_depth': 'far'}, "max_depth is 'far'; a number is needed"),
        ({'max_depth': True}, 'max_depth is True; a number is needed'),
        ({'max_depth': 2000}, 'max_depth is 2000, out of range 0.1 .. 1000'),
        ({'rotate': 45}, 'rotate is 45; choose one of 0, 90, 180, 270'),
        ({'image_bits': 9}, 'image_bits is 9; choose one of 0, 8, 10'),
    ],
)
def test_impossible_values_are_rejected(bench, change, reason):
    [answer] = bench.set(**change)
    assert reason in answer
    assert bench.node._settings == replace(NodeParameters(), diagnostics_period=0.1)


@pytest.mark.parametrize(
    ('override', 'name'),
    [
        ({'max_depth': 'far'}, 'max_depth'),
        ({'max_depth': 2000}, 'max_depth'),
        ({'max_depth': -3.0}, 'max_depth'),
        ({'checkpoint': 7}, 'checkpoint'),
        ({'image_transport': 'theora'}, 'image_transport'),
    ],
)
def test_bad_override_fails_configure_until_it_is_fixed(make_bench, override, name):
    bench = make_bench(**override)
    bench.spin_for(0.2)
    assert not bench.transition('configure')
    assert bench.state() == 'unconfigured'
    assert name in bench.status_with('configure failed').message
    default = getattr(NodeParameters(), name)
    assert bench.set(**{name: default}) == ['']
    assert bench.transition('configure')


def test_a_fixed_size_of_the_input_leaves_nothing_to_scale(make_bench):
    bench = make_bench(input_width=640, input_height=192, input_scale=0.8)
    bench.spin_for(0.2)
    assert not bench.transition('configure')
    assert 'input_scale 0.8 has no effect' in bench.status_with('configure failed').message


def test_qos_can_be_overridden(make_bench):
    topic = 'qos_overrides./points.publisher.reliability'
    bench = make_bench(**{topic: 'best_effort'})
    assert bench.transition('configure')
    [endpoint] = bench.client.get_publishers_info_by_topic('/points')
    assert endpoint.qos_profile.reliability.name == 'BEST_EFFORT'
    assert bench.transition('cleanup') and bench.transition('configure')


@pytest.mark.parametrize(
    ('policy', 'value', 'possible'),
    [
        ('depth', -1, 'from 0 on'),
        ('depth', 'five', 'from 0 on'),
        ('reliability', 'nonsense', 'system_default, reliable, best_effort, best_available'),
        ('durability', 'keep_all', 'system_default, transient_local, volatile, best_available'),
        ('history', 3, 'system_default, keep_last, keep_all'),
    ],
)
def test_a_qos_that_there_is_not_fails_configure(make_bench, policy, value, possible):
    name = f'qos_overrides./image.subscription.{policy}'
    bench = make_bench(**{name: value})
    assert not bench.transition('configure')
    said = bench.status_with('configure failed').message
    assert f'{name} is {value!r}; ' in said and possible in said


def test_an_override_of_no_topic_is_named_when_the_node_is_active(make_bench):
    bench = make_bench(
        **{
            'qos_overrides./image.subscription.depth': 0,
            'qos_overrides./image.subscriber.reliability': 'reliable',
            'qos_overrides./points.publisher.depth': 2,
        }
    )
    bench.spin_for(0.2)
    assert bench.transition('configure') and bench.transition('activate')
    assert bench.logged('qos_overrides./image.subscriber.reliability has no effect')
    [line] = [entry.msg for entry in bench.log if 'has no effect' in entry.msg]
    assert 'did you mean qos_overrides./image.subscription.reliability?' in line


def test_diagnostics_period_changes_at_once(make_bench):
    bench = make_bench(diagnostics_period=60.0)
    bench.spin_for(0.3)
    assert bench.diagnostics == []
    assert bench.set(diagnostics_period=0.1) == ['']
    assert bench.spin_until(lambda: len(bench.diagnostics) >= 2, timeout=30.0), 'half the period'


def test_unknown_names_are_left_to_ros():
    values = ParameterSet(NodeParameters())
    assert values.rejection({'qos_overrides./x.depth': 3}, configured=True) == ''


def test_a_whole_number_is_a_number(make_bench):
    bench = make_bench(max_depth=40)
    assert bench.node._settings.max_depth == 40.0
    bench.activate('depth/image_rect')
    assert bench.set(max_depth=5, min_depth=0) == ['', '']
    assert isinstance(bench.node._settings.max_depth, float)
    depth = bench.answer('depth/image_rect', 2, red=50)
    assert np.isposinf(np.frombuffer(depth.data, np.float32)).all()

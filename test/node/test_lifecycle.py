# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every transition of the node, good and bad."""

from __future__ import annotations

import gc
import threading
import weakref
from types import SimpleNamespace

import pytest

pytest.importorskip('rclpy')

from lacdepth_ros.node import pipeline
from lacdepth_ros.node.node import _forget_destroyed
from lacdepth_ros.node.subscribers import Subscribers

pytestmark = pytest.mark.ros


def test_transitions_lead_through_all_states(bench):
    assert bench.state() == 'unconfigured'
    for label, state in (
        ('configure', 'inactive'),
        ('activate', 'active'),
        ('deactivate', 'inactive'),
        ('cleanup', 'unconfigured'),
        ('shutdown', 'finalized'),
    ):
        assert bench.transition(label), label
        assert bench.state() == state
    assert bench.leftovers() == []


@pytest.mark.parametrize('steps', [(), ('configure',), ('configure', 'activate')])
def test_shutdown_releases_in_every_state(bench, steps):
    for label in steps:
        assert bench.transition(label)
    assert bench.transition('shutdown')
    assert bench.state() == 'finalized'
    assert bench.leftovers() == []
    assert all(predictor.closed for predictor in bench.factory.predictors)


def test_configure_asks_for_what_the_parameters_say_and_warms_up(make_bench):
    bench = make_bench(
        checkpoint='some.safetensors',
        input_width=640,
        input_height=192,
        warm_up_width=1242,
        warm_up_height=375,
        focal_scaling=False,
    )
    assert bench.transition('configure')
    checkpoint, options = bench.factory.requests[0]
    assert str(checkpoint) == 'some.safetensors'
    assert options == {
        'device': 'cpu',
        'precision': 'auto',
        'engine': 'auto',
        'input_size': (192, 640),
        'input_scale': 1.0,
        'focal_scaling': False,
    }
    assert bench.predictor.warmed_up == (375, 1242)


def test_network_is_loaded_warmed_up_and_run_in_one_thread_also_after_a_pause(bench):
    for stamp in (1, 2):
        bench.activate('depth/image_rect')
        bench.answer('depth/image_rect', stamp)
        assert len(bench.predictor.threads) == 1
        assert bench.transition('deactivate') and bench.transition('cleanup')
        assert bench.predictor.threads != {threading.get_ident()}


def test_without_a_checkpoint_the_shipped_one_is_asked_for(bench):
    assert bench.transition('configure')
    assert bench.factory.requests[0][0] is None
    assert bench.factory.requests[0][1]['input_size'] is None


def test_a_smaller_input_is_asked_for_by_its_scale(make_bench):
    bench = make_bench(input_scale=0.65)
    assert bench.transition('configure')
    assert bench.factory.requests[0][1]['input_scale'] == 0.65


def test_failed_configure_leaves_nothing_and_says_what_to_do(bench):
    bench.factory.failure = FileNotFoundError('no checkpoint at x; set the parameter checkpoint')
    bench.spin_for(0.2)
    assert not bench.transition('configure')
    assert bench.state() == 'unconfigured'
    assert bench.leftovers() == []
    assert bench.logged('configure failed: no checkpoint at x; set the parameter checkpoint')
    bench.status_with('configure failed: no checkpoint at x')
    bench.factory.failure = None
    assert bench.transition('configure')
    bench.status_with('inactive')


def test_unexpected_failure_is_logged_with_its_traceback(bench):
    bench.factory.failure = RuntimeError('out of device memory')
    bench.spin_for(0.2)
    assert not bench.transition('configure')
    assert bench.state() == 'unconfigured'
    assert bench.logged('Traceback')


def test_configure_that_fails_late_releases_the_publishers(bench, monkeypatch):
    create = bench.node.create_lifecycle_publisher

    def fail_at_points(message_type, topic, *args, **kwargs):
        if topic == 'points':
            raise ValueError('no points today')
        return create(message_type, topic, *args, **kwargs)

    monkeypatch.setattr(bench.node, 'create_lifecycle_publisher', fail_at_points)
    assert not bench.transition('configure')
    assert bench.state() == 'unconfigured'
    assert bench.leftovers() == []
    network = weakref.ref(bench.factory.predictors.pop())
    gc.collect()
    assert network() is None


def test_rounds_leave_nothing_of_their_entities_in_the_callback_group(bench):
    """What rclpy keeps is a weak reference of each subscription and event handler ever made."""

    def entities_after_rounds(count):
        for _ in range(count):
            for label in ('configure', 'activate', 'deactivate', 'cleanup'):
                assert bench.transition(label)
        gc.collect()
        return len(bench.node.default_callback_group.entities)

    once = entities_after_rounds(1)
    assert entities_after_rounds(3) == once


def test_a_callback_group_that_keeps_the_entities_themselves_is_left_alone():
    class Entity:
        pass

    there = [Entity(), Entity()]
    group = SimpleNamespace(entities=weakref.WeakSet(there))
    _forget_destroyed(group)
    assert set(group.entities) == set(there)
    group.entities = set(map(weakref.ref, there))
    there.pop()
    _forget_destroyed(group)
    assert [reference() for reference in group.entities] == there


def test_ten_rounds_answer_frames_and_leave_nothing(bench):
    networks = []
    bench.subscribe('depth/image_rect')
    for stamp in range(1, 11):
        bench.activate()
        assert bench.spin_until(
            lambda: (
                bench.node.count_subscribers('/depth/image_rect')
                and bench.client.count_publishers('/depth/image_rect')
            )
        )
        assert bench.answer('depth/image_rect', stamp).header.stamp.nanosec == stamp
        assert bench.transition('deactivate') and bench.transition('cleanup')
        assert bench.leftovers() == []
        networks.append(weakref.ref(bench.factory.predictors.pop()))
        gc.collect()
    assert [network() for network in networks] == [None] * 10


def test_deactivate_waits_for_the_frame_in_flight(bench):
    bench.activate('depth/image_rect')
    bench.predictor.release.clear()
    bench.send(1)
    assert bench.spin_until(bench.predictor.started.is_set)
    bench.send(2)
    bench.spin_for(0.2)
    threading.Timer(0.3, bench.predictor.release.set).start()
    assert bench.transition('deactivate')
    assert bench.state() == 'inactive'
    assert bench.predictor.calls == 1, 'the waiting frame must be dropped'
    bench.send(3)
    bench.spin_for(0.2)
    assert bench.predictor.calls == 1, 'an inactive node must not predict'
    assert bench.transition('activate')
    assert bench.spin_until(bench.images.get_subscription_count)
    bench.answer('depth/image_rect', 4)


def test_what_the_last_frame_was_warned_of_ends_with_it(bench, monkeypatch):
    monkeypatch.setattr(pipeline.NoveltyWatch, 'warning', lambda self: 'unlike the training')
    bench.activate('depth/image_rect')
    bench.predictor.release.clear()
    bench.send(1)
    assert bench.spin_until(bench.predictor.started.is_set)
    threading.Timer(0.3, bench.predictor.release.set).start()
    assert bench.transition('deactivate')
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: bench.diagnostics)
    assert bench.diagnostics[-1].message == 'inactive'


@pytest.mark.parametrize('label', ['activate', 'deactivate', 'cleanup', 'nonsense'])
def test_illegal_transition_is_refused_and_the_node_goes_on(bench, label):
    assert not bench.transition(label)
    assert bench.state() == 'unconfigured'
    assert bench.transition('configure')


def test_failed_activate_returns_to_inactive(bench, monkeypatch):
    assert bench.transition('configure')

    def refuse(*args, **kwargs):
        raise ValueError('no subscription today')

    monkeypatch.setattr(bench.node, 'create_subscription', refuse)
    assert not bench.transition('activate')
    assert bench.state() == 'inactive'
    assert '/image' not in bench.leftovers()
    bench.status_with('activate failed: no subscription today')
    monkeypatch.undo()
    bench.subscribe('depth/image_rect')
    assert bench.transition('activate')


def test_failed_deactivate_releases_everything(bench, monkeypatch):
    bench.activate()
    stop, failures = Subscribers.stop, iter([RuntimeError('stuck')])

    def stop_at_the_second_attempt(subscribers):
        for failure in failures:
            raise failure
        stop(subscribers)

    monkeypatch.setattr(Subscribers, 'stop', stop_at_the_second_attempt)
    assert not bench.transition('deactivate')
    assert bench.state() == 'unconfigured'
    assert bench.leftovers() == []
    bench.diagnostics.clear()
    bench.status_with('deactivate failed: stuck')  # what the release went on to say is no news
    assert bench.transition('configure')


def test_failed_error_processing_finalizes(bench, monkeypatch):
    bench.activate()
    stop = Subscribers.stop

    def fail(subscribers):
        raise RuntimeError('stuck for good')

    monkeypatch.setattr(Subscribers, 'stop', fail)
    assert not bench.transition('deactivate')
    assert bench.state() == 'finalized'
    assert bench.logged('stuck for good')
    stop(bench.camera._subscribers)

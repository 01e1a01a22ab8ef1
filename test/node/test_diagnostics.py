# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the node tells about itself on /diagnostics."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus
from ros_fakes import image_message, info_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from lacdepth_ros.node import frame_statistics, qos
from lacdepth_ros.node.diagnostics import Condition, build_status
from lacdepth_ros.node.frame_statistics import FrameStatistics

pytestmark = pytest.mark.ros


def facts(status):
    return {item.key: item.value for item in status.values}


@pytest.fixture
def bench_by_clock(make_bench):
    """A bench whose stamps are times."""
    return make_bench(use_sim_time=False)


def test_status_holds_counters_and_latencies(bench_by_clock):
    bench = bench_by_clock
    bench.activate('depth/image_rect')
    for _ in range(3):
        bench.answer('depth/image_rect', time.time_ns())
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: bench.diagnostics)
    status = bench.diagnostics[-1]
    assert (status.level, status.message) == (DiagnosticStatus.OK, 'active')
    assert status.name == '/depth_node: depth' and status.hardware_id == 'cpu'
    values = facts(status)
    assert values['frames received'] == values['frames answered'] == '3'
    assert values['frames failed'] == '0'
    assert values['checkpoint'] == 'shipped' and values['dds profile']
    assert values['checkpoint sha256'] == '0123456789abcdef'
    for stage in ('decode', 'predict', 'publish', 'network', 'stamp_to_depth/image_rect'):
        p50, p95, p99 = (float(values[f'{stage} p{p} [ms]']) for p in (50, 95, 99))
        assert p99 >= p95 >= p50 >= 0
    assert not any(key.startswith('cloud') for key in values)


def test_making_clouds_is_a_stage_of_its_own(bench):
    start = time.monotonic()
    bench.activate('depth/image_rect', 'points')
    for _ in range(2):
        bench.answer('points', time.time_ns())
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: bench.diagnostics)
    values = facts(bench.diagnostics[-1])
    stages = [float(value) for name, value in values.items() if name.endswith('p50 [ms]')]
    assert {'cloud p50 [ms]', 'publish p50 [ms]'} < set(values)
    assert min(stages) >= 0 and max(stages) < 1e3 * (time.monotonic() - start)


def test_statistics_end_with_the_network_they_are_of(bench):
    bench.activate('depth/image_rect')
    bench.answer('depth/image_rect', 1)
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: bench.diagnostics)
    assert 'predict p50 [ms]' in facts(bench.diagnostics[-1])
    for transition in ('deactivate', 'cleanup', 'configure'):
        assert bench.transition(transition)
        bench.diagnostics.clear()
        assert bench.spin_until(lambda: len(bench.diagnostics) > 1)
        values = facts(bench.diagnostics[-1])
        kept = transition == 'deactivate'
        assert ('predict p50 [ms]' in values) is kept
        assert values['frames answered'] == ('1' if kept else '0')


def test_stamps_of_another_clock_are_warned_of_and_give_no_latency(bench_by_clock):
    bench = bench_by_clock
    bench.activate('depth/image_rect')
    bench.answer('depth/image_rect', time.time_ns() - 3600 * 10**9)
    status = bench.status_with('s behind the clock of this node: latencies')
    assert status.level == DiagnosticStatus.WARN and 'synchronize the clocks' in status.message
    assert 'predict p50 [ms]' in facts(status)
    assert not any('stamp_to' in key for key in facts(status))
    assert bench.logged('s behind the clock of this node')
    bench.answer('depth/image_rect', time.time_ns())
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: len(bench.diagnostics) > 1)
    assert 'clock of this node' not in bench.diagnostics[-1].message
    assert float(facts(bench.diagnostics[-1])['stamp_to_depth/image_rect p99 [ms]']) < 1e5


def test_a_bag_that_plays_with_its_clock_asks_for_use_sim_time(bench_by_clock):
    bench = bench_by_clock
    bench.client.create_publisher(Clock, '/clock', 1)
    assert bench.spin_until(lambda: bench.node.count_publishers('/clock'))
    bench.activate('depth/image_rect')
    bench.answer('depth/image_rect', 1)
    message = bench.status_with('/clock is published').message
    assert 'set use_sim_time' in message and 'synchronize' not in message


@pytest.mark.parametrize('while_active', [False, True])
def test_latency_against_stamps_is_left_out_in_simulated_time(make_bench, while_active):
    bench = make_bench(use_sim_time=not while_active)
    bench.activate('depth/image_rect')
    if while_active:
        assert bench.set(use_sim_time=True) == ['']
    bench.answer('depth/image_rect', 1)
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: bench.diagnostics), 'reports must not wait for /clock'
    values = facts(bench.diagnostics[-1])
    assert 'predict p50 [ms]' in values
    assert not any('stamp_to' in key for key in values)
    assert 'clock' not in bench.diagnostics[-1].message


@pytest.mark.parametrize(
    ('images', 'infos', 'advice'),
    [
        ((), (), 'though /bench/bench publishes images: does it send?'),
        ((), (1, 2, 3), 'above 512 KB, start the camera driver with the Fast DDS profile'),
        ((1, 2, 3), (), 'no camera_info on /camera_info'),
        ((1, 2, 3), (7, 8, 9), 'set sync_tolerance or cache_camera_info'),
        (
            (1, 2, 3),
            (0,),
            'stamps of /camera_info are 0, so images find no camera_info',
        ),
    ],
)
def test_missing_input_is_named_with_what_to_check(bench, monkeypatch, images, infos, advice):
    monkeypatch.setattr('lacdepth_ros.node.watch.SILENCE', 0.4)
    bench.activate('depth/image_rect')

    def warned():
        for stamp in images:
            bench.images.publish(image_message(stamp))
        for stamp in infos:
            bench.infos.publish(info_message(stamp))
        return any(advice in status.message for status in bench.diagnostics)

    assert bench.spin_until(warned), [status.message for status in bench.diagnostics]
    assert bench.status_with(advice).level == DiagnosticStatus.WARN
    assert bench.logged(advice), 'and the log says so, too'


def test_images_that_find_no_camera_info_are_told_with_both_rates(bench):
    bench.activate('depth/image_rect')
    stamps = itertools.count(1)

    def warned():
        stamp = next(stamps)
        bench.images.publish(image_message(stamp))
        if stamp % 3 == 0:
            bench.infos.publish(info_message(stamp))
        return any('find no camera_info' in status.message for status in bench.diagnostics)

    assert bench.spin_until(warned), [status.message for status in bench.diagnostics]
    status = bench.status_with('of the images find no camera_info and are not answered: /image c')
    assert status.level == DiagnosticStatus.WARN
    assert 'or set cache_camera_info: every image then takes the newest' in status.message
    assert bench.logged('find no camera_info and are not answered')


def test_camera_info_that_is_kept_for_late_subscribers_is_asked_for(bench, monkeypatch):
    monkeypatch.setattr('lacdepth_ros.node.watch.SILENCE', 0.4)
    once = bench.client.create_publisher(CameraInfo, '/camera_info', qos.latched_qos())
    once.publish(info_message(1))
    bench.activate('depth/image_rect')

    def warned():
        bench.images.publish(image_message(2))
        return any('which keeps its latest' in status.message for status in bench.diagnostics)

    assert bench.spin_until(warned), [status.message for status in bench.diagnostics]
    bench.status_with('/bench/bench, which keeps its latest: set cache_camera_info')


def test_camera_infos_of_other_frames_are_not_blamed_on_the_stamps(bench, monkeypatch):
    monkeypatch.setattr('lacdepth_ros.node.watch.SILENCE', 0.4)
    bench.activate('depth/image_rect')
    stamps = itertools.count(1)

    def warned():
        stamp = next(stamps)
        info = info_message(stamp)
        info.header.frame_id = ('lens', 'left')[stamp % 2]
        bench.infos.publish(info)
        bench.images.publish(image_message(stamp))
        bench.spin_for(0.03)  # faster, best effort drops all of one of the two
        return any('their frame_ids do not' in status.message for status in bench.diagnostics)

    assert bench.spin_until(warned), [status.message for status in bench.diagnostics]
    told = bench.status_with('their frame_ids do not').message
    assert "are of frame 'camera_optical_frame' but camera_info of 'left', 'lens': none is" in told
    assert not any('never agree' in status.message for status in bench.diagnostics)


def test_a_leading_slash_is_warned_of_once(bench):
    bench.activate('depth/image_rect')
    for stamp in range(1, 4):
        image, info = image_message(stamp), info_message(stamp)
        image.header.frame_id = info.header.frame_id = '/camera'
        answer = bench.answer('depth/image_rect', stamp, image=image, info=info)
        assert answer.header.frame_id == '/camera', 'the header goes out as it came'
    status = bench.status_with("'/camera' begins with a slash")
    assert status.level == DiagnosticStatus.WARN and "set frame_id to 'camera'" in status.message
    bench.spin_for(1.0)  # of many looks one has told it
    assert sum("'/camera' begins with" in entry.msg for entry in bench.log) == 1
    bench.answer('depth/image_rect', 9)
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: len(bench.diagnostics) > 1)
    assert 'slash' not in bench.diagnostics[-1].message


def test_images_that_come_compressed_only_are_asked_for_so(bench, monkeypatch):
    monkeypatch.setattr('lacdepth_ros.node.watch.SILENCE', 0.4)
    bench.client.create_publisher(CompressedImage, '/image/compressed', 1)
    bench.activate('depth/image_rect')
    bench.client.destroy_publisher(bench.images)
    advice = 'but /image/compressed is: set image_transport: compressed'
    assert bench.spin_until(lambda: any(advice in s.message for s in bench.diagnostics))


def test_a_camera_on_other_topics_is_named(bench, monkeypatch):
    monkeypatch.setattr('lacdepth_ros.node.watch.SILENCE', 0.4)
    bench.activate('depth/image_rect', 'depth/camera_info')  # the node's own are no camera's
    bench.client.destroy_publisher(bench.images)
    bench.client.destroy_publisher(bench.infos)
    nobody = '/camera_info is published by nobody, and there is no other CameraInfo: metres need'
    bench.status_with('/image and /camera_info: is the camera on')
    bench.client.create_publisher(Image, '/front/image_raw', 1)
    bench.status_with(nobody)
    bench.client.create_publisher(CameraInfo, '/front/camera_info', 1)
    told = bench.status_with('nobody, but there is CameraInfo of /front/camera_info').message
    assert '/image is published by nobody, but there is Image of /front/image_raw: remap' in told


def test_fault_outranks_failures_and_failures_outrank_warnings():
    statistics = FrameStatistics()
    statistics.fail('bad frame')

    def verdict(fault, warning):
        status = build_status('n', Condition('active', fault, warning, {}), statistics.snapshot())
        return status.level, status.message

    assert verdict('configure failed', 'silence') == (DiagnosticStatus.ERROR, 'configure failed')
    statistics.fail('bad frame')
    assert verdict('', 'silence') == (DiagnosticStatus.ERROR, 'bad frame')
    assert verdict('', 'silence') == (DiagnosticStatus.WARN, 'silence')
    assert verdict('', '') == (DiagnosticStatus.OK, 'active')


def test_a_stage_takes_what_the_clock_says_and_nothing_when_it_fails(monkeypatch):
    clock = iter((100.0, 100.25, 200.0))
    monkeypatch.setattr(frame_statistics.time, 'perf_counter', lambda: next(clock))
    statistics = FrameStatistics()
    with statistics.timed('network'):
        pass
    with pytest.raises(ValueError), statistics.timed('cloud'):
        raise ValueError
    monkeypatch.undo()
    latencies = statistics.snapshot().latencies_ms
    assert list(latencies) == ['network'] and latencies['network'] == pytest.approx((250.0,) * 3)


def test_percentiles_are_those_of_the_window():
    statistics = FrameStatistics()
    for milliseconds in range(1, 102):
        statistics.record('decode', float(milliseconds))
    assert statistics.snapshot().latencies_ms == {'decode': (51.0, 96.0, 100.0)}


def test_diagnostics_go_on_while_the_network_is_loaded(bench, monkeypatch):
    """An aggregator calls a node stale that says nothing for five seconds; a first start may."""
    reporter, told = bench.node._diagnostics, threading.Event()
    report = reporter.report
    monkeypatch.setattr(reporter, 'report', lambda: (report(), told.set()))

    def fails(*args, **options):
        raise ValueError('no checkpoint')

    def slow(*args, **options):
        assert told.wait(10)
        return bench.factory(*args, **options)

    monkeypatch.setattr(bench.node, '_predictor_factory', fails)
    assert not bench.transition('configure')
    bench.status_with('configure failed')
    bench.diagnostics.clear()
    told.clear()
    monkeypatch.setattr(bench.node, '_predictor_factory', slow)
    assert bench.transition('configure')
    bench.status_with('inactive')
    states = {facts(status)['state'] for status in bench.diagnostics}
    assert 'configuring' in states and states <= {'unconfigured', 'configuring', 'inactive'}
    levels = {s.level for s in bench.diagnostics if facts(s)['state'] == 'configuring'}
    assert levels == {DiagnosticStatus.OK}

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Several cameras that share one network: each gets its own depth, and its share of it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.qos import QoSProfile, ReliabilityPolicy
from ros_fakes import image_message, info_message, stamp_of
from sensor_msgs.msg import CameraInfo, Image
from tiny_networks import tiny_network

from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.messages.clouds import cloud_from_message
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.messages.images import image_from_message
from lacdepth_ros.models.engines.engine import MAX_SHAPES
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.node.parameter_set import MAX_CAMERAS
from lacdepth_ros.node.publishers import TOPICS

pytestmark = pytest.mark.ros
SIZES = {'front': (48, 64), 'left': (32, 64), 'right': (48, 80)}
"""Height and width of each camera's images; the field of view is one, so intrinsics differ."""
DEPTH = 'depth/image_rect'


class Driver:
    """What publishes one of the node's cameras, and who listens to its answers."""

    def __init__(self, bench, name):
        self.client, self.name = bench.client, name
        self.stream = bench.node._cameras[name]
        self.received = {topic: [] for topic in TOPICS}
        best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
        self.images = self.client.create_publisher(Image, f'/{name}/image', best_effort)
        self.infos = self.client.create_publisher(CameraInfo, f'/{name}/camera_info', best_effort)

    def subscribe(self, *topics):
        for topic in topics:
            self.client.create_subscription(
                TOPICS[topic], f'/{self.name}/{topic}', self.received[topic].append, 10
            )

    def matched(self, topics):
        inputs = self.images.get_subscription_count() and self.infos.get_subscription_count()
        wanted = self.stream._publishers.wanted(self.stream.settings)
        heard = all(self.client.count_publishers(f'/{self.name}/{topic}') for topic in topics)
        return inputs and heard and wanted == set(topics)

    def messages(self, stamp, red=50):
        height, width = SIZES[self.name]
        messages = (
            info_message(stamp, height=height, width=width),
            image_message(stamp, red=red, height=height, width=width),
        )
        for message in messages:
            message.header.frame_id = f'{self.name}_optical_frame'
        return messages

    def send(self, stamp, red=50):
        info, image = self.messages(stamp, red)
        self.infos.publish(info)
        self.images.publish(image)

    def find(self, topic, stamp):
        return [message for message in self.received[topic] if stamp_of(message) == stamp]

    @property
    def counts(self):
        return self.stream.statistics._counts


@pytest.fixture
def make_cameras(make_bench):
    """Return a function that brings up a node with three cameras and listeners to each."""

    def make(*topics, factory=None, **overrides):
        bench = make_bench(factory, cameras=list(SIZES), **overrides)
        drivers = [Driver(bench, name) for name in SIZES]
        assert bench.transition('configure') and bench.transition('activate')
        for driver in drivers:
            driver.subscribe(*topics)
        assert bench.spin_until(lambda: all(driver.matched(topics) for driver in drivers))
        return bench, drivers

    return make


def facts(bench, name):
    """The latest report on a camera: status and values."""
    ours = f'/depth_node: {name}/depth'
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: [s for s in bench.diagnostics if s.name == ours])
    status = [s for s in bench.diagnostics if s.name == ours][-1]
    return status, {item.key: item.value for item in status.values}


def test_each_camera_gets_the_depth_of_its_own_pixels_and_intrinsics(make_cameras):
    """Against the predictor itself, without ROS between."""
    bench, drivers = make_cameras(
        *(DEPTH, 'depth/camera_info', 'points'),
        factory=lambda _, **options: DepthPredictor(tiny_network()),
        left__camera_height=0.4,
    )
    reference = DepthPredictor(tiny_network())
    rng = np.random.default_rng(0)
    for driver, height in zip(drivers, (None, 0.4, None), strict=True):
        info, image = driver.messages(7)
        noise = rng.integers(0, 255, len(image.data), np.uint8)
        image.data = image.data[:0]
        image.data.frombytes(noise.tobytes())
        driver.infos.publish(info)
        driver.images.publish(image)
        camera = camera_from_info(info, rectified=False)
        expected = reference.predict(image_from_message(image), camera, camera_height=height)
        topics = (DEPTH, 'depth/camera_info', 'points')
        assert bench.spin_until(
            lambda driver=driver, topics=topics: all(driver.find(topic, 7) for topic in topics)
        )
        answers = [driver.find(topic, 7)[0] for topic in topics]
        assert {a.header.frame_id for a in answers} == {f'{driver.name}_optical_frame'}
        depth, (points, _) = depth_from_message(answers[0]), cloud_from_message(answers[2])
        np.testing.assert_array_equal(depth, expected.depth)
        np.testing.assert_array_equal(answers[1].k, info.k)
        rows, columns = np.indices(depth.shape)
        np.testing.assert_allclose(
            points[..., 0], (columns - camera.cx) / camera.fx * depth, rtol=1e-5, atol=1e-5
        )
        np.testing.assert_allclose(
            points[..., 1], (rows - camera.cy) / camera.fy * depth, rtol=1e-5, atol=1e-5
        )


def test_silent_camera_delays_no_other_and_is_the_one_that_is_warned_of(make_cameras, monkeypatch):
    monkeypatch.setattr('lacdepth_ros.node.watch.SILENCE', 0.4)
    bench, (front, left, right) = make_cameras(DEPTH)
    for stamp in range(1, 6):
        for driver in (front, right):
            driver.send(stamp)
            assert bench.spin_until(
                lambda driver=driver, stamp=stamp: driver.find(DEPTH, stamp)
            ), f'{driver.name} waits'
    assert bench.spin_until(lambda: right.counts['answered'] == 5)  # counted once published
    assert [driver.counts['answered'] for driver in (front, left, right)] == [5, 0, 5]

    def silent():
        front.send(9)
        status, _ = facts(bench, 'left')
        return 'does it send?' in status.message

    assert bench.spin_until(silent)
    assert facts(bench, 'front')[0].level == DiagnosticStatus.OK
    assert bench.logged(
        'left: no message on /left/image and /left/camera_info, though /bench/bench publishes'
    )


class Turns:
    """Holds a fake predictor until it may take so many frames more."""

    def __init__(self):
        self._semaphore = threading.Semaphore(0)
        self.wait = self._semaphore.acquire

    def set(self, frames=10**6):
        self._semaphore.release(frames)


def test_under_overload_cameras_take_turns_however_often_one_publishes(make_cameras):
    """Front publishes three frames for each of the others; all are answered as often."""
    bench, drivers = make_cameras(DEPTH)
    front, left, right = drivers
    turns = bench.predictor.release = Turns()
    rounds, stamp = 6, 1
    front.send(stamp)
    assert bench.spin_until(bench.predictor.started.is_set)

    def answered():
        return [driver.counts['answered'] for driver in drivers]

    for number in range(1, rounds + 1):
        for driver in (front, front, left, right, front):
            stamp, before = stamp + 1, driver.counts['received']
            driver.send(stamp)
            assert bench.spin_until(
                lambda driver=driver, before=before: driver.counts['received'] > before
            )
        turns.set(3)  # the network takes three frames while these five come
        assert bench.spin_until(lambda number=number: sum(answered()) == 3 * number)
    turns.set()
    assert bench.spin_until(lambda: sum(answered()) == 3 * rounds + 1)
    assert answered() == [rounds + 1, rounds, rounds]
    assert [driver.counts['replaced'] for driver in drivers] == [2 * rounds, 0, 0]


def test_report_on_each_camera_holds_its_own_counters_and_failures(make_cameras):
    bench, (front, left, _) = make_cameras(DEPTH, right__camera_height=2.5)
    front.send(1)
    info, image = left.messages(1)
    info.width += 8
    left.infos.publish(info)
    left.images.publish(image)
    bench.status_with('image is 64x32')
    assert bench.spin_until(lambda: front.find(DEPTH, 1))
    assert bench.logged('left: frame refused: image is 64x32')
    values = [facts(bench, name)[1] for name in SIZES]
    assert [v['frames answered'] for v in values] == ['1', '0', '0']
    assert [v['frames failed'] for v in values] == ['0', '1', '0']
    assert [v['camera height [m]'] for v in values] == ['1.65 (assumed)', '1.65 (assumed)', '2.5']
    assert ['predict p50 [ms]' in v for v in values] == [True, False, False]
    assert bench.logged('front: camera height assumed 1.65 m')
    assert bench.logged("'ros2 param set /depth_node left.camera_height METERS'")
    assert bench.logged('right: camera height 2.5 m')
    assert bench.logged('active: /front/image and /front/camera_info, /left/image and')


def test_a_camera_without_listeners_costs_nothing(make_bench):
    bench = make_bench(cameras=list(SIZES))
    front, left = Driver(bench, 'front'), Driver(bench, 'left')
    assert bench.transition('configure') and bench.transition('activate')
    front.subscribe(DEPTH)
    assert bench.spin_until(lambda: front.matched({DEPTH}) and left.matched(()))
    left.send(1)
    front.send(2)
    assert bench.spin_until(lambda: front.find(DEPTH, 2) and left.counts['unwanted'] == 1)
    assert bench.predictor.calls == 1


def test_values_of_one_camera_count_for_it_alone(make_cameras):
    bench, (front, left, _) = make_cameras(DEPTH, left__depth_scale=3)

    def depth(driver, stamp):
        driver.send(stamp, red=50)
        assert bench.spin_until(lambda: driver.find(DEPTH, stamp))
        return depth_from_message(driver.find(DEPTH, stamp)[0])[0, 0]

    assert [depth(front, 1), depth(left, 1)] == pytest.approx([6.0, 18.0])
    assert bench.set(depth_scale=2.0, front__camera_height=0.5) == ['', '']
    assert [depth(front, 2), depth(left, 2)] == pytest.approx([12.0, 18.0])
    assert bench.predictor.heights[-2:] == [0.5, None]
    assert bench.set(left__depth_scale=1) == ['']
    assert depth(left, 3) == pytest.approx(6.0)
    for change, reason in (
        ({'left__camera_height': 0.01}, 'left: camera_height 0.01 must be 0.05 or more'),
        ({'left__camera_height': 'high'}, "left.camera_height is 'high'; a number is needed"),
        ({'left__depth_scale': None}, 'cannot be unset while the node runs'),
        ({'left__depth_scale': 1e9}, 'left.depth_scale out of range'),
        ({'left__rotate': 90}, 'deactivate and clean up first'),
        ({'cameras': ['rear']}, 'read-only'),
    ):
        [answer] = bench.set(**change)
        assert reason in answer, answer


def test_images_are_turned_for_one_camera_and_its_size_is_warmed_up(make_bench):
    bench = make_bench(cameras=['front', 'left', 'rear'], left__rotate=90, rear__warm_up_width=640)
    sizes = []
    bench.factory.predictors = Warmed(sizes)
    assert bench.transition('configure')
    assert sizes == [(375, 1242), (1242, 375), (375, 640)]


class Warmed(list):
    """A list of fake predictors that tell what they were warmed up with."""

    def __init__(self, sizes):
        self.sizes = sizes

    def append(self, predictor):
        predictor.warm_up = lambda height, width: self.sizes.append((height, width))
        super().append(predictor)


@pytest.mark.parametrize(
    ('cameras', 'reason'),
    [
        (['front', 'front'], 'has a name twice'),
        (['front', ''], 'no names of cameras'),
        (['front/left'], 'no names of cameras'),
        ([f'c{index}' for index in range(9)], '9 cameras; 1 to 8 are possible'),
    ],
)
def test_impossible_names_fail_configure(make_bench, cameras, reason):
    bench = make_bench(cameras=cameras)
    bench.spin_for(0.2)
    assert not bench.transition('configure')
    assert reason in bench.status_with('configure failed').message


def test_engines_keep_a_network_for_each_of_the_most_cameras():
    """Else, of cameras in turn, every frame would have its network made anew."""
    assert MAX_CAMERAS == MAX_SHAPES


@pytest.mark.parametrize('nothing', ['null', '~'])
def test_what_a_dump_leaves_unset_is_not_set(make_bench, nothing):
    """`ros2 param dump` writes null for it, and rcl, which knows no null, reads a text."""
    overrides = {'front__camera_height': nothing, 'front__image_transport': nothing}
    bench = make_bench(cameras=['front', 'left'], camera_height=0.7, **overrides)
    assert bench.transition('configure')
    front = bench.node._values.of('front')
    assert (front.camera_height, front.image_transport) == (0.7, 'raw')
    assert bench.set(front__camera_height=0.4) == ['']
    assert bench.node._values.of('front').camera_height == 0.4


def test_wrong_value_of_one_camera_fails_configure_until_it_is_fixed(make_bench):
    bench = make_bench(cameras=['front', 'left'], left__rotate='90')
    bench.spin_for(0.2)
    assert not bench.transition('configure')
    assert "left.rotate is '90'; a int is needed" in bench.status_with('configure failed').message
    assert bench.set(left__rotate=90) == ['']
    assert bench.transition('configure')


def test_rounds_through_the_states_leave_nothing_of_any_camera(make_cameras):
    bench, drivers = make_cameras(DEPTH)

    def names():
        topics = {f'/{name}/{topic}' for name in SIZES for topic in (*TOPICS, 'image')}
        own = (*bench.node.publishers, *bench.node.subscriptions)
        return {endpoint.topic_name for endpoint in own} & topics

    assert names()
    for stamp in (1, 2):
        for driver in drivers:
            driver.send(stamp)
            assert bench.spin_until(lambda driver=driver, s=stamp: driver.find(DEPTH, s))
        assert bench.transition('deactivate') and bench.transition('cleanup')
        assert names() == set() and bench.leftovers() == []
        assert bench.transition('configure') and bench.transition('activate')
        assert bench.spin_until(lambda: all(driver.matched({DEPTH}) for driver in drivers))


def test_a_camera_whose_size_the_network_does_not_know_delays_no_other(make_cameras):
    bench, (front, left, _) = make_cameras(DEPTH)
    width = SIZES['left'][1]
    bench.predictor.preparations[width] = 'the first takes seconds'
    bench.predictor.preparing.clear()
    left.send(1)
    assert bench.spin_until(lambda: bench.predictor.prepared)
    for stamp in (2, 3):
        front.send(stamp)
        assert bench.spin_until(lambda stamp=stamp: front.find(DEPTH, stamp))
    left.send(4)
    assert bench.spin_until(lambda: left.counts['replaced'] == 1)
    assert not left.received[DEPTH]
    bench.predictor.preparing.set()
    assert bench.spin_until(lambda: left.find(DEPTH, 4))
    assert bench.spin_until(lambda: left.counts['answered'] == 1)  # counted once published
    assert not left.find(DEPTH, 1)

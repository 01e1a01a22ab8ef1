# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames in, depth and its companions out."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy')

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.qos import QoSProfile, ReliabilityPolicy
from ros_fakes import HEIGHT, WIDTH, image_message, info_message, stamped
from sensor_msgs.msg import CameraInfo, CompressedImage

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.messages import bit_depth
from lacdepth_ros.messages.clouds import cloud_from_message
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.messages.images import image_from_message
from lacdepth_ros.node import camera_stream

pytestmark = pytest.mark.ros
STAMP = 1_700_000_000_123_456_789
NETWORK_TOPICS = (
    'depth/image_rect',
    'depth/image_raw',
    'depth/camera_info',
    'depth/uncertainty',
    'depth/image_color',
    'depth/image_rgb',
    'points',
)


def test_frame_is_answered_on_every_topic_with_its_own_header(make_bench):
    bench = make_bench(depth_encoding='16UC1')
    bench.activate(*NETWORK_TOPICS)
    bench.send(STAMP, red=50)
    assert bench.spin_until(lambda: all(bench.received[topic] for topic in NETWORK_TOPICS))
    answers = {topic: bench.received[topic][0] for topic in NETWORK_TOPICS}
    for topic, message in answers.items():
        stamp = message.header.stamp
        assert stamp.sec * 10**9 + stamp.nanosec == STAMP, topic
        assert message.header.frame_id == 'camera_optical_frame'
    assert [answers[topic].encoding for topic in NETWORK_TOPICS[:2]] == ['32FC1', '16UC1']
    np.testing.assert_allclose(depth_from_message(answers['depth/image_rect']), 6.0, rtol=1e-6)
    np.testing.assert_allclose(depth_from_message(answers['depth/image_raw']), 6.0, atol=1e-3)
    np.testing.assert_allclose(depth_from_message(answers['depth/uncertainty']), 0.6, rtol=1e-6)
    assert answers['depth/image_color'].height == HEIGHT
    points, colors = cloud_from_message(answers['points'])
    assert points.shape == (HEIGHT, WIDTH, 3) and answers['points'].point_step == 16
    np.testing.assert_allclose(points[..., 2], 6.0, rtol=1e-6)
    np.testing.assert_array_equal(colors[0, 0], (50, 0, 0))


def bare_points(message):
    assert (message.point_step, message.height) == (12, 1)
    return np.frombuffer(message.data, np.float32).reshape(-1, 3)


def test_depth_is_averaged_over_time_where_it_changes_little(bench):
    bench.activate('depth/image_rect')
    assert bench.set(temporal_filter__weight=0.25) == ['']
    step = 100_000_000
    for index, (red, expected) in enumerate([(50, 6.0), (52, 6.05), (90, 10.0), (94, 10.1)]):
        answer = bench.answer('depth/image_rect', STAMP + index * step, red=red)
        np.testing.assert_allclose(depth_from_message(answer), expected, rtol=1e-6)
    assert bench.set(temporal_filter__weight=1.0) == ['']
    answer = bench.answer('depth/image_rect', STAMP + 4 * step, red=90)
    np.testing.assert_allclose(depth_from_message(answer), 10.0, rtol=1e-6)


def clearing_at(bench, stamp):
    assert bench.spin_until(lambda: bench.find('points_clearing', stamp))
    return bare_points(bench.find('points_clearing', stamp)[0])


def test_clouds_for_costmaps_mark_the_wall_and_clear_up_to_it_or_to_the_range(bench):
    bench.activate('points_obstacles', 'points_clearing')
    assert bench.set(pointcloud__voxel_size=0.5) == ['']
    marking = bare_points(bench.answer('points_obstacles', STAMP, red=50))
    np.testing.assert_allclose(marking[:, 2], 6.0, rtol=1e-6)
    assert len({tuple(voxel) for voxel in np.floor(marking / 0.5).astype(int)}) == len(marking)
    clearing = clearing_at(bench, STAMP)
    assert len(clearing) == HEIGHT * WIDTH
    np.testing.assert_allclose(clearing[:, 2], 6.0, rtol=1e-5)

    assert bench.set(pointcloud__max_range=4.0) == ['']
    assert not len(bare_points(bench.answer('points_obstacles', STAMP + 1, red=50)))
    ends = clearing_at(bench, STAMP + 1)
    np.testing.assert_allclose(np.linalg.norm(ends, axis=1), 4.0, rtol=1e-5)

    assert bench.set(pointcloud__max_relative_std=0.05) == ['']
    bench.answer('points_obstacles', STAMP + 2, red=50)
    assert not len(clearing_at(bench, STAMP + 2))


def test_camera_info_of_the_depth_is_that_of_its_pixels(bench):
    bench.activate('depth/camera_info')
    info = bench.answer('depth/camera_info', STAMP)
    sent = info_message(STAMP)
    assert (info.width, info.height) == (WIDTH, HEIGHT)
    np.testing.assert_array_equal(info.k, sent.k)
    np.testing.assert_array_equal(info.p, sent.p)
    assert not any(info.d)


def test_millimeters_are_absent_unless_asked_for(bench):
    assert bench.transition('configure')
    assert '/depth/image_raw' not in bench.leftovers()


def test_without_subscribers_nothing_is_computed(bench):
    bench.activate()
    for stamp in range(5):
        bench.send(stamp)
        bench.took(stamp + 1)
    assert bench.spin_until(lambda: bench.counts['unwanted'] + bench.counts['replaced'] == 5)
    assert bench.predictor.calls == 0


def test_camera_info_alone_needs_no_network(bench):
    bench.activate('depth/camera_info')
    bench.answer('depth/camera_info', STAMP)
    assert bench.predictor.calls == 0


def test_cloud_is_made_only_for_subscribers(bench, monkeypatch):
    made = []
    monkeypatch.setattr(
        'lacdepth_ros.node.publishers.colored_points',
        lambda *a, **k: made.append(a) or (None, None),
    )
    bench.activate('depth/image_rect')
    bench.answer('depth/image_rect', STAMP)
    assert made == []


def test_range_follows_rep_117(make_bench):
    bench = make_bench(min_depth=2.0, max_depth=20.0)
    bench.activate('depth/image_rect', 'points')
    for stamp, red, expected in ((1, 5, -np.inf), (2, 255, np.inf), (3, 100, 11.0)):
        depth = bench.answer('depth/image_rect', stamp, red=red)
        raw = np.frombuffer(depth.data, np.float32)
        np.testing.assert_allclose(raw, expected, rtol=1e-6)
    assert bench.spin_until(lambda: len(bench.received['points']) == 3)
    assert [
        bool(np.isnan(cloud_from_message(cloud)[0]).all()) for cloud in bench.received['points']
    ] == [True, True, False]


def test_distorted_image_is_rectified_with_its_camera_info(bench):
    bench.activate('depth/image_rect', 'depth/camera_info', 'depth/image_rgb', 'points')
    distorted = info_message(STAMP, d=(-0.3, 0.1, 0.0, 0.0, 0.0))
    distorted.p[0], distorted.p[5] = 50.0, 45.0
    image = image_message(STAMP, red=0)
    ramp = np.tile(np.arange(WIDTH, dtype=np.uint8) * 3, (HEIGHT, 1))
    pixels = np.dstack([ramp, ramp * 0, ramp * 0])
    image.data = image.data[:0]
    image.data.frombytes(pixels.tobytes())
    depth = depth_from_message(
        bench.answer('depth/image_rect', STAMP, image=image, info=distorted)
    )
    assert bench.spin_until(lambda: bench.received['points'])
    info = bench.received['depth/camera_info'][0]
    assert (info.k[0], info.k[4]) == (50.0, 45.0) and not any(info.d)
    assert np.isnan(depth[0, 0]), 'this pixel sees nothing of the raw image'
    center = depth[HEIGHT // 2]
    assert np.isfinite(center[WIDTH // 2]) and (np.diff(center[np.isfinite(center)]) >= 0).all()
    points, colors = cloud_from_message(bench.received['points'][0])
    seen = np.isfinite(points[..., 2])
    np.testing.assert_allclose(points[seen][:, 2], 1 + 0.1 * colors[seen][:, 0], rtol=1e-5)
    [rgb] = bench.received['depth/image_rgb']
    k, p = np.reshape(distorted.k, (3, 3)), np.reshape(info.p, (3, 4))[:, :3]
    undistorted = cv2.undistort(pixels, k, np.array(distorted.d), None, p)
    shown = image_from_message(rgb)
    np.testing.assert_allclose(shown[seen].astype(int), undistorted[seen], atol=1)


def test_distortion_is_refused_when_rectify_is_off(make_bench):
    bench = make_bench(rectify=False)
    bench.activate('depth/image_rect')
    bench.send(STAMP, info=info_message(STAMP, d=(-0.3, 0.1, 0.0, 0.0, 0.0)))
    bench.status_with('rectify is false')
    bench.answer('depth/image_rect', STAMP + 1)
    assert not bench.find('depth/image_rect', STAMP)


def test_rectified_topic_uses_p_whatever_d_says(make_bench):
    bench = make_bench(image_is_rectified=True)
    bench.activate('depth/image_rect')
    info = info_message(STAMP, d=(-0.3, 0.1, 0.0, 0.0, 0.0))
    info.p[0] = 99.0
    bench.answer('depth/image_rect', STAMP, info=info, red=50)
    assert bench.predictor.cameras[-1].fx == 99.0


@pytest.mark.parametrize('rectified', [False, True])
def test_a_rectified_topic_that_is_taken_for_raw_is_warned_of(make_bench, monkeypatch, rectified):
    monkeypatch.setattr(camera_stream, 'image_topic', lambda *names: '/camera/image_rect')
    bench = make_bench(image_is_rectified=rectified)
    bench.activate('depth/image_rect')
    info = info_message(STAMP, d=(-0.3, 0.1, 0.0, 0.0, 0.0))
    bench.answer('depth/image_rect', STAMP, info=info)
    warning = '/camera/image_rect is rectified by its name and taken for raw'
    assert (warning in bench.camera._notices.text()) is not rectified
    if not rectified:
        assert bench.logged(warning)
        assert bench.status_with(warning).level == DiagnosticStatus.WARN


def test_changed_calibration_is_followed(bench):
    bench.activate('depth/image_rect')
    bench.answer('depth/image_rect', 1)
    bench.answer(
        'depth/image_rect', 2, image=image_message(2, width=32), info=info_message(2, width=32)
    )
    assert [camera.width for camera in bench.predictor.cameras] == [WIDTH, 32]


def answer_to_compressed(bench, text, values):
    """Depth of a picture that comes as image/compressed, of format `text`."""
    best_effort = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
    images = bench.client.create_publisher(CompressedImage, '/image/compressed', best_effort)
    assert bench.transition('configure') and bench.transition('activate')
    bench.subscribe('depth/image_rect')
    assert bench.spin_until(images.get_subscription_count)
    assert bench.spin_until(lambda: bench.camera._publishers.wanted(bench.camera.settings))
    _, file = cv2.imencode('.jpg' if 'jpeg' in text else '.png', values)
    message = CompressedImage(format=text)
    message.data.frombytes(file.tobytes())
    bench.infos.publish(info_message(STAMP))
    images.publish(stamped(message, STAMP))
    assert bench.spin_until(lambda: bench.received['depth/image_rect'])
    return depth_from_message(bench.received['depth/image_rect'][0])


def test_compressed_images_are_decoded(make_bench):
    bench = make_bench(image_transport='compressed')
    red = np.full((HEIGHT, WIDTH, 3), (0, 0, 50), np.uint8)
    depth = answer_to_compressed(bench, 'rgb8; png compressed bgr8', red)
    np.testing.assert_allclose(depth, 6.0, rtol=1e-6)


def test_jpegs_of_few_bits_are_warned_of(make_bench):
    """12 bits are 16 of 255 in a JPEG of image_transport."""
    bench = make_bench(image_transport='compressed')
    gray = np.full((HEIGHT, WIDTH), 16, np.uint8)
    depth = answer_to_compressed(bench, 'mono16; jpeg compressed mono8', gray)
    np.testing.assert_allclose(depth, 2.6, rtol=1e-6)
    assert bench.status_with('compressed.format').level == DiagnosticStatus.WARN


def test_cached_camera_info_serves_other_stamps(make_bench):
    bench = make_bench(cache_camera_info=True)
    bench.activate('depth/image_rect')
    bench.infos.publish(info_message(5))
    bench.spin_for(0.1)
    for stamp in (100, 200):
        bench.images.publish(image_message(stamp))
        assert bench.spin_until(
            lambda stamp=stamp: (
                bench.received['depth/image_rect']
                and bench.received['depth/image_rect'][-1].header.stamp.nanosec == stamp
            )
        )


def test_slow_network_answers_the_newest_frame(bench):
    bench.activate('depth/image_rect')
    bench.predictor.release.clear()
    bench.send(1)
    assert bench.spin_until(bench.predictor.started.is_set)
    for stamp in range(2, 8):
        bench.send(stamp)
        bench.took(stamp)
    bench.predictor.release.set()
    assert bench.spin_until(lambda: len(bench.received['depth/image_rect']) == 2)
    stamps = [depth.header.stamp.nanosec for depth in bench.received['depth/image_rect']]
    assert stamps == [1, 7]


def test_camera_info_is_the_sibling_of_a_remapped_image(ros_domain):
    from rclpy.node import Node

    from lacdepth_ros.node.subscribers import camera_info_topic, image_topic

    for remaps, expected in (
        ([], '/robot/camera_info'),
        (['-r', 'image:=/front/image_raw'], '/front/camera_info'),
        (['-r', 'image:=/front/image_raw', '-r', 'camera_info:=/x/info'], '/x/info'),
        (
            ['-r', 'image:=/front/image_raw', '-r', '/front/camera_info:=/robot/camera_info'],
            '/robot/camera_info',
        ),
    ):
        node = Node('remapped', namespace='robot', cli_args=['--ros-args', *remaps])
        assert camera_info_topic(node) == expected
        assert image_topic(node, 'compressed').endswith('/compressed')
        node.destroy_node()


def test_camera_info_is_found_beside_compressed_images_that_were_remapped_themselves(ros_domain):
    from rclpy.node import Node

    from lacdepth_ros.node.subscribers import camera_info_topic, image_topic

    rule = 'image/compressed:=/front/image_raw/compressed'
    node = Node('remapped', namespace='robot', cli_args=['--ros-args', '-r', rule])
    assert image_topic(node, 'compressed') == '/front/image_raw/compressed'
    assert camera_info_topic(node, 'compressed') == '/front/camera_info'
    assert camera_info_topic(node) == '/robot/camera_info'
    node.destroy_node()


def test_incompatible_qos_is_reported_with_both_sides(make_bench):
    bench = make_bench(image_reliability='reliable')
    assert bench.transition('configure') and bench.transition('activate')
    status = bench.status_with('incompatible QoS')
    for word in ('RELIABILITY', '/image', 'we subscribe reliable', '/bench/bench best_effort'):
        assert word in status.message


def test_incompatible_subscriber_is_reported_with_both_sides(bench):
    from rclpy.qos import DurabilityPolicy

    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    bench.client.create_subscription(CameraInfo, '/depth/camera_info', lambda _: None, latched)
    assert bench.transition('configure')
    status = bench.status_with('incompatible QoS')
    for word in ('DURABILITY', '/depth/camera_info', 'we publish reliable, volatile'):
        assert word in status.message


def test_camera_info_that_was_published_once_serves(make_bench):
    """Latched, before the node is active, beside drivers that publish it all the time."""
    from rclpy.qos import DurabilityPolicy

    bench = make_bench(cache_camera_info=True)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    publisher = bench.client.create_publisher(CameraInfo, '/camera_info', latched)
    publisher.publish(info_message(5))
    assert bench.transition('configure') and bench.transition('activate')
    bench.subscribe('depth/image_rect')
    assert bench.spin_until(lambda: publisher.get_subscription_count() == 2)
    assert bench.spin_until(lambda: bench.camera._publishers.wanted(bench.camera.settings))
    for stamp in (100, 200, 300):
        bench.images.publish(image_message(stamp))
        assert bench.spin_until(lambda stamp=stamp: bench.find('depth/image_rect', stamp))
    bench.infos.publish(info_message(6, width=32))
    for stamp in range(400, 430):  # refused until it has come
        bench.images.publish(image_message(stamp, width=32))
        if bench.spin_until(lambda stamp=stamp: bench.find('depth/image_rect', stamp), timeout=1):
            break
    else:
        raise AssertionError('the newest camera_info does not serve')


def test_two_cameras_on_one_topic_are_kept_apart_and_named(bench):
    bench.activate('depth/image_rect')
    for stamp in range(1, 9):
        other = info_message(stamp)
        other.header.frame_id, other.k[0] = 'other_optical_frame', 99.0
        bench.infos.publish(other)
        bench.answer('depth/image_rect', stamp)
    assert {camera.fx for camera in bench.predictor.cameras} == {70.0}
    status = bench.status_with('several frames on one topic')
    assert '/bench/bench' in status.message and "'other_optical_frame'" in status.message
    assert bench.logged('several frames on one topic')


def test_doubtful_calibration_is_answered_with_a_warning(bench):
    bench.activate('depth/image_rect')
    info = info_message(STAMP)
    info.k[4] = 40.0
    bench.answer('depth/image_rect', STAMP, info=info)
    assert bench.status_with('fx / fy = 70 / 40 = 1.75').level == DiagnosticStatus.WARN
    assert bench.logged('fx / fy = 70 / 40 = 1.75')
    bench.diagnostics.clear()
    bench.answer('depth/image_rect', STAMP + 1)
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: bench.diagnostics)
    assert bench.diagnostics[-1].level == DiagnosticStatus.OK


def test_input_that_the_network_is_not_made_for_is_warned_of(bench):
    bench.activate('depth/image_rect')
    bench.predictor.doubts[WIDTH] = 'metres are off'
    bench.answer('depth/image_rect', STAMP)
    assert bench.status_with('metres are off').level == DiagnosticStatus.WARN


def test_wait_for_a_network_of_a_new_size_is_announced(bench):
    bench.activate('depth/image_rect')
    bench.predictor.preparations[WIDTH] = 'the first takes seconds'
    bench.answer('depth/image_rect', STAMP)
    assert bench.logged('the first takes seconds')
    assert [camera.width for camera in bench.predictor.prepared] == [WIDTH]


def gray_of_16_bits(stamp, value):
    image = image_message(stamp)
    image.encoding, image.step = 'mono16', 2 * WIDTH
    image.data = image.data[:0]
    image.data.frombytes(np.full((HEIGHT, WIDTH), value, np.uint16).tobytes())
    return image


def test_bits_of_16_bit_images_are_logged_once_for_each_change(bench):
    bench.activate('depth/image_rect')
    for stamp, value in ((1, 100), (2, 3000), (3, 50), (4, 3000)):
        image = gray_of_16_bits(stamp, value)
        depth = depth_from_message(bench.answer('depth/image_rect', stamp, image=image))
        scale = 255 / (255 if stamp == 1 else 4095)
        np.testing.assert_allclose(depth, 1 + 0.1 * np.rint(value * scale), rtol=1e-6)
    assert bench.logged('16-bit images hold 12 bits')
    assert sum('16-bit images hold' in entry.msg for entry in bench.log) == 2
    assert not any('times as dark' in entry.msg for entry in bench.log)


def test_bits_that_grow_late_are_warned_of(bench, monkeypatch):
    monkeypatch.setattr(bit_depth, 'SETTLED', 2)
    bench.activate('depth/image_rect')
    for stamp, value in ((1, 3000), (2, 3000), (3, 60000)):
        bench.answer('depth/image_rect', stamp, image=gray_of_16_bits(stamp, value))
    assert bench.logged('held 12 bits until one needed 16: all since are 16 times as dark')
    assert bench.status_with('set image_bits to the bits').level == DiagnosticStatus.WARN


def test_message_of_another_type_on_the_topic_is_named(bench, monkeypatch):
    from rclpy.context import Context
    from rclpy.node import Node

    monkeypatch.setattr('lacdepth_ros.node.watch.SILENCE', 0.4)
    context = Context()  # one participant of DDS has one type for a topic
    context.init(domain_id=int(os.environ['ROS_DOMAIN_ID']))
    driver = Node('driver', context=context)
    driver.create_publisher(CompressedImage, '/image', 1)
    assert bench.transition('configure') and bench.transition('activate')
    status = bench.status_with('/driver as sensor_msgs/msg/CompressedImage, not sensor_msgs/msg/I')
    assert 'image_transport: compressed' in status.message
    driver.destroy_node()
    context.destroy()


def test_every_image_has_a_fate(bench):
    """Answered, replaced, failed, without camera_info, dropped by deactivation."""
    bench.activate('depth/image_rect')
    bench.answer('depth/image_rect', 1)
    bench.send(2, info=info_message(2, width=32))
    bench.status_with('image is 64x48')
    for number, stamp in enumerate((3, 3, 3, 4, 5, 6, 7, 8), start=3):  # no camera_info
        bench.images.publish(image_message(stamp))
        bench.took(number)
    bench.predictor.started.clear()
    bench.predictor.release.clear()
    for number, stamp in enumerate(range(10, 14), start=11):
        bench.send(stamp)
        bench.took(number)
    assert bench.spin_until(bench.predictor.started.is_set)
    bench.predictor.release.set()
    assert bench.transition('deactivate')
    counts = bench.camera.statistics.snapshot().counts
    received = counts.pop('received')
    assert received == sum(counts.values()), counts
    assert counts['unpaired'] == 8 and counts['failed'] == 1
    assert set(counts) <= {'answered', 'replaced', 'failed', 'unpaired', 'unwanted', 'dropped'}


def test_engine_and_profile_are_told_once_and_topics_by_activation(bench):
    bench.activate()
    assert bench.logged('active: /image and /camera_info')
    lines = [entry.msg for entry in bench.log if entry.name == 'depth_node']
    [configured] = [line for line in lines if 'fake fp32' in line]
    assert configured.startswith('configured fake on cpu with engine fake fp32; Fast DDS profile ')
    before = lines[: lines.index(configured)]
    assert any(line.startswith('loading checkpoint shipped on cpu. The first') for line in before)


@pytest.mark.parametrize('degrees', [0, 90, 180, 270])
def test_images_are_turned_for_the_network_and_depth_is_turned_back(make_bench, degrees):
    bench = make_bench(rotate=degrees)
    bench.activate('depth/image_rect', 'depth/uncertainty', 'depth/camera_info', 'points')
    pixels = np.random.default_rng(4).integers(0, 200, (HEIGHT, WIDTH, 3), np.uint8)
    image = image_message(STAMP)
    image.data = image.data[:0]
    image.data.frombytes(pixels.tobytes())
    depth = depth_from_message(bench.answer('depth/image_rect', STAMP, image=image))
    np.testing.assert_allclose(depth, 1 + 0.1 * pixels[..., 0], rtol=1e-6)
    names = ('points', 'depth/uncertainty', 'depth/camera_info')
    assert bench.spin_until(lambda: all(bench.received[name] for name in names))
    std = depth_from_message(bench.received['depth/uncertainty'][0])
    np.testing.assert_allclose(std, 0.1 * depth, rtol=1e-6)
    info = bench.received['depth/camera_info'][0]
    np.testing.assert_array_equal(info.k, info_message(STAMP).k)
    upright = degrees in (0, 180)
    assert bench.predictor.cameras[0] == Camera.from_K(
        np.reshape(info.k, (3, 3)), width=WIDTH, height=HEIGHT
    ).rotated(degrees // 90)
    assert bench.predictor.warmed_up == ((375, 1242) if upright else (1242, 375))
    points, colors = cloud_from_message(bench.received['points'][0])
    np.testing.assert_allclose(points[..., 2], depth, rtol=1e-6)
    np.testing.assert_array_equal(colors, pixels)


def test_sky_of_a_low_camera_is_beyond_range_not_a_wall(make_bench):
    """The network's range ends at 12 m there: what it puts at 13.5 m may be anywhere beyond."""
    bench = make_bench(camera_height=0.2, depth_scale=2.0)
    bench.activate('depth/image_rect', 'points')
    bench.predictor.farthest = 12.0
    for stamp, red, expected in ((1, 125, np.inf), (2, 105, 23.0)):
        raw = np.frombuffer(bench.answer('depth/image_rect', stamp, red=red).data, np.float32)
        np.testing.assert_allclose(raw, expected, rtol=1e-6)
    assert bench.spin_until(lambda: len(bench.received['points']) == 2)
    sky, wall = (cloud_from_message(cloud)[0] for cloud in bench.received['points'])
    assert np.isnan(sky).all() and np.isfinite(wall).all()

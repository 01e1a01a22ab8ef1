# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is missing or gets lost, told from arrivals alone."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.node.delivery import Delivery, delivery
from lacdepth_ros.node.loss import LossMeter
from lacdepth_ros.node.pairing import Pairing, PairingMeter
from lacdepth_ros.node.watch import InputWatch

RATE = 10
PERIOD_NS = 10**9 // RATE


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def watch(*, caches_info=False, other='', publishers=''):
    clock = Clock()
    watched = InputWatch(
        '/image',
        '/camera_info',
        caches_info=caches_info,
        other_types=lambda topic: other if topic == '/image' else '',
        publishers=lambda topic: publishers if topic == '/image' else '',
        delivery=Delivery('use /share/fastdds.xml', 'share its /dev/shm', 'is the camera on?'),
        clock=clock,
    )
    return watched, clock


def play(seconds, *, image=lambda frame: True, info=lambda frame: True, caches_info=False):
    """Frames of a camera of RATE Hz; which of image and camera_info arrive is up to the caller."""
    watched, clock = watch(caches_info=caches_info)
    for frame in range(int(seconds * RATE)):
        clock.now = 100 + frame / RATE
        stamp = 5 * 10**9 + frame * PERIOD_NS
        if image(frame):
            watched.saw_image(stamp)
        if info(frame):
            watched.saw_info(stamp, of_image=True)
        if image(frame) and (info(frame) or caches_info):
            watched.saw_pair()
        elif image(frame):
            watched.saw_unpaired()
        if frame % RATE == 0:
            watched.unpaired()
    return watched


@pytest.mark.parametrize('kept', [0.24, 0.53, 0.7, 1.0])
def test_loss_against_camera_info(kept):
    arrives = np.random.default_rng(1).random(80) < kept
    watched = play(8, image=lambda frame: arrives[frame])
    assert watched.lost() == pytest.approx(1 - arrives.mean(), abs=1e-6)
    assert bool(watched.loss()) == (kept < 0.8)
    if kept < 0.8:
        assert f'{100 * (1 - arrives.mean()):.0f} % of the images get lost' in watched.loss()
        assert '/share/fastdds.xml' in watched.loss()


@pytest.mark.parametrize('kept', [0.24, 0.5, 1.0])
def test_loss_against_the_period_when_camera_info_comes_once(kept):
    arrives = np.random.default_rng(3).random(90) < kept
    arrives[[0, -1]] = True
    watched = play(9, image=lambda f: arrives[f], info=lambda f: f == 0, caches_info=True)
    assert watched.lost() == pytest.approx(1 - arrives.mean(), abs=0.02)
    assert watched.silence() == ''


def test_stamps_that_jitter_are_no_loss():
    rng, meter = np.random.default_rng(2), LossMeter()
    for frame in range(90):
        jitter = int(rng.normal(0, 0.05 * PERIOD_NS))
        meter.add_image(frame / RATE, frame * PERIOD_NS + jitter)
    assert meter.share(9.0) < 0.2


def test_period_and_span_are_counted_exactly():
    """Stamps 0 .. 39 but for every fourth: 30 of 40 arrived."""
    meter = LossMeter()
    for frame in range(40):
        if frame % 4 != 2:
            meter.add_image(frame / RATE, frame * PERIOD_NS)
    assert meter.share(4.0) == pytest.approx(0.25)
    few = LossMeter()
    for frame in range(9):
        few.add_image(frame, frame * 20 * PERIOD_NS)
    assert few.share(9.0) == 0.0


def test_little_is_no_evidence():
    assert play(1.5, image=lambda frame: frame % 2 == 0).lost() == 0.0
    assert LossMeter().share(1.0) == 0.0


def test_loss_is_forgotten_when_all_arrives_again():
    assert play(24, image=lambda frame: frame > 120 or frame % 3 == 0).lost() == 0.0


def test_camera_info_that_comes_twice_is_no_loss():
    """Once by the subscription for all, once by that for publishers that keep their last."""
    meter = LossMeter()
    for frame in range(90):
        for _ in range(2):
            meter.add_info(frame / RATE, frame * PERIOD_NS)
        if frame % 3:
            meter.add_image(frame / RATE, frame * PERIOD_NS)
    assert meter.share(9.0) == pytest.approx(1 / 3)


def test_of_images_without_stamps_no_loss_is_told():
    watched, clock = watch(caches_info=True)
    for frame in range(90):
        clock.now = 100 + frame / RATE
        watched.saw_image(0)
        watched.saw_info(0, of_image=True)
    assert watched.lost() == 0.0


@pytest.mark.parametrize('infos', [False, True])
@pytest.mark.parametrize('jump', [-15, -4, 40])
def test_a_recording_that_jumps_has_lost_nothing(infos, jump):
    """Stamps go on `jump` seconds from where they would be, 4 s before the end."""
    meter = LossMeter()
    for frame in range(160):
        stamp = 10**11 + frame * PERIOD_NS + (jump * 10**9 if frame >= 120 else 0)
        if infos:
            meter.add_info(frame / RATE, stamp)
        meter.add_image(frame / RATE, stamp)
        assert meter.share(frame / RATE) == 0.0
    lost_since = LossMeter()
    for frame in range(160):
        stamp = 10**11 + frame * PERIOD_NS + (jump * 10**9 if frame >= 80 else 0)
        if infos:
            lost_since.add_info(frame / RATE, stamp)
        if frame < 80 or frame % 2:
            lost_since.add_image(frame / RATE, stamp)
    assert lost_since.share(15.9) == pytest.approx(0.0 if not infos else 0.5, abs=0.02)


def test_ten_seconds_count_and_no_more_is_kept():
    meter = LossMeter()
    for frame in range(300):
        meter.add_info(frame / 16, frame)
        if frame % 2 == 0:
            meter.add_image(frame / 16, frame)
    assert (len(meter._infos), len(meter._images)) == (161, 81)  # 10 s before the last, and it
    assert meter.share(299 / 16) == pytest.approx(1 - 80 / 161)
    assert meter.share(299 / 16 + 10.0 + 1 / 16) == 0.0


@pytest.mark.parametrize(
    ('arrivals', 'words'),
    [
        ({}, 'no message on /image and /camera_info: is the camera on?'),
        ({'image': True}, 'images arrive but no camera_info on /camera_info'),
        ({'info': True}, 'camera_info arrives but no image on /image'),
        ({'image': True, 'info': True}, 'never agree: set sync_tolerance or cache_camera_info'),
        ({'image': True, 'info': True, 'pair': True}, ''),
    ],
)
def test_silence(arrivals, words):
    watched, clock = watch()
    for _ in range(30):
        clock.now += 0.1
        if 'image' in arrivals:
            watched.saw_image(3)
        if 'info' in arrivals:
            watched.saw_info(9, of_image=True)
        if 'pair' in arrivals:
            watched.saw_pair()
    assert words in watched.silence() and bool(words) == bool(watched.silence())


@pytest.mark.parametrize(
    ('there', 'words'),
    [
        ({}, ': is the camera on?'),
        ({'other': 'nobody'}, ': is the camera on?'),
        ({'other': 'nobody, but there is Image of /a'}, '; /image is published by nobody, but'),
        ({'publishers': '/driver'}, ', though /driver publishes images: share its /dev/shm'),
        ({'publishers': '/driver', 'other': '/driver as Foo'}, '; /image is published by /driver'),
    ],
)
def test_silence_tells_a_driver_that_is_not_there_from_one_that_is_not_heard(there, words):
    watched, clock = watch(**there)
    clock.now += 3
    assert f'no message on /image and /camera_info{words}' in watched.silence()


@pytest.mark.parametrize(
    ('name', 'large', 'found', 'unfound'),
    [
        ('', 'Fast DDS profile', '--ipc host', 'ROS_DOMAIN_ID 7'),
        ('rmw_fastrtps_cpp', 'Fast DDS profile', '--ipc host', 'ROS_DOMAIN_ID 7'),
        ('rmw_cyclonedds_cpp', 'net.core.rmem_max', 'does it send?', 'ROS_DOMAIN_ID 7'),
        ('rmw_zenoh_cpp', 'what rmw_zenoh_cpp needs', 'does it send?', 'rmw_zenohd'),
    ],
)
def test_remedies_are_those_of_the_middleware(monkeypatch, name, large, found, unfound):
    monkeypatch.setenv('RMW_IMPLEMENTATION', name)
    monkeypatch.setenv('ROS_DOMAIN_ID', '7')
    asked = delivery()
    assert large in asked.large_images and found in asked.found and unfound in asked.unfound
    fast = not name or 'fastrtps' in name
    assert ('Fast DDS' in asked.large_images, '/dev/shm' in asked.found) == (fast, fast)


def test_silence_begins_after_two_seconds():
    watched, clock = watch()
    clock.now += 1.9
    assert watched.silence() == ''
    clock.now += 0.2
    assert watched.silence()


def test_a_camera_info_of_exactly_two_seconds_ago_still_counts():
    watched, clock = watch()
    clock.now += 1
    watched.saw_info(5, of_image=True)
    clock.now += 2
    watched.saw_image(6)
    assert 'never agree' in watched.silence()
    clock.now += 0.1
    watched.saw_image(7)
    assert 'the last camera_info on /camera_info was more than 2 s ago' in watched.silence()
    assert 'set cache_camera_info' in watched.silence()


@pytest.mark.parametrize(
    ('image', 'info', 'topics'),
    [(0, 5, '/image are 0'), (5, 0, '/camera_info are 0'), (0, 0, '/camera_info and /image are')],
)
def test_stamps_of_zero_are_named(image, info, topics):
    watched, clock = watch()
    for _ in range(30):
        clock.now += 0.1
        watched.saw_image(image)
        watched.saw_info(info, of_image=True)
    assert f'stamps of {topics}' in watched.silence()
    assert 'cache_camera_info' in watched.silence()


def test_publishers_of_another_type_are_named():
    watched, clock = watch(other='/driver as sensor_msgs/msg/CompressedImage')
    clock.now += 3
    assert '/image is published by /driver as sensor_msgs/msg/CompressedI' in watched.silence()


def test_images_that_stopped_are_missing_and_not_lost():
    watched, clock = watch()
    for frame in range(60):
        clock.now = 100 + frame / RATE
        if frame < 30:
            watched.saw_image(frame + 1)
        watched.saw_info(frame + 1, of_image=True)
    assert watched.lost() == pytest.approx(0.5) and watched.loss() == ''
    assert 'camera_info arrives but no image' in watched.silence()


@pytest.mark.parametrize(
    ('every', 'share', 'hertz'), [(2, 50, '5.0'), (3, 67, '3.3'), (10, 90, '1.0')]
)
def test_camera_info_at_a_lower_rate_leaves_images_without(every, share, hertz):
    said = play(20.1, info=lambda frame: frame % every == 0).unpaired()  # 100 in the window
    assert said.startswith(f'{share} % of the images find no camera_info')
    assert f'/image comes with 10.0 Hz, /camera_info with {hertz} Hz' in said
    assert 'send one with every image, or set cache_camera_info: every image then takes' in said


@pytest.mark.parametrize('every', [10, 20])
def test_images_without_camera_info_now_and_then_are_tolerated(every):
    assert play(21, info=lambda frame: frame % every > 0).unpaired() == ''


def test_images_before_the_first_camera_info_do_not_count():
    assert play(6, info=lambda frame: frame > 15).unpaired() == ''


def test_images_that_find_none_at_all_are_for_silence_to_tell():
    watched = play(6, info=lambda frame: frame < 10)
    assert watched.unpaired() == '' and 'last camera_info' in watched.silence()


def test_cached_camera_info_leaves_no_image_without():
    assert play(21, info=lambda frame: frame % 10 == 0, caches_info=True).unpaired() == ''


def drive(pair, info_stamp, seconds=12):
    """Images and camera_infos at one rate, with stamps as told; which pair is told, too."""
    watched, clock = watch()
    for frame in range(seconds * RATE):
        clock.now += 1 / RATE
        watched.saw_image(10**10 + frame * PERIOD_NS)
        watched.saw_info(10**10 + info_stamp(frame), of_image=True)
        (watched.saw_pair if pair(frame) else watched.saw_unpaired)()
        said = watched.unpaired()
    return said, watched.silence()


def test_stamps_that_seldom_agree_are_told_from_few_camera_infos():
    said, _ = drive(lambda f: f % 4 == 0, lambda f: f * PERIOD_NS + (f % 4))
    assert said.startswith('75 % of the images') and '/camera_info with 10.0 Hz' in said
    assert 'set sync_tolerance, or cache_camera_info: every' in said


def test_camera_info_that_comes_too_late_asks_for_a_longer_queue():
    """By six frames, where five wait: the stamps agree, and neither tolerance nor cache is due."""
    some, _ = drive(lambda f: f % 4 == 0, lambda f: (f - 6) * PERIOD_NS)
    assert 'set sync_queue_size' in some and 'sync_tolerance' not in some
    _, none = drive(lambda f: False, lambda f: (f - 6) * PERIOD_NS)
    assert 'set sync_queue_size' in none and 'never agree' not in none


def test_what_agreed_before_the_last_pair_says_nothing_of_the_images_after_it():
    def stamp(frame):
        return frame * PERIOD_NS + (7 if frame > 80 else 0)

    assert 'never agree: set sync_tolerance' in drive(lambda f: f <= 80, stamp)[1]


def test_frame_ids_that_differ_are_not_blamed_on_the_stamps():
    watched, clock = watch()
    for frame in range(30):
        clock.now += 0.1
        watched.saw_image(frame + 1)
        watched.saw_info(frame + 1, of_image=False)
    assert 'frame_ids do not' in watched.silence(frames_differ=True)
    assert 'never agree' not in watched.silence(frames_differ=True)


def test_looks_that_are_too_old_are_not_kept():
    meter = PairingMeter()
    for look in range(200):
        meter.images, meter.infos, meter.unpaired = 10 * look, 5 * look, 2 * look
        seen = meter.look(look / 4)
    assert len(meter._looks) == 41
    assert seen == Pairing(0.2, 40.0, 20.0)
    meter.restart()
    assert meter.look(60.0) is None

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairing by stamp, without ROS."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lacdepth_ros.core.stamps import stamp_ns
from lacdepth_ros.node.sync import FramePair, PairBuffer


class Dropped:
    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1


def message(stamp, frame='camera'):
    sec, nanosec = divmod(stamp, 10**9)
    stamp = SimpleNamespace(sec=sec, nanosec=nanosec)
    return SimpleNamespace(header=SimpleNamespace(stamp=stamp, frame_id=frame))


def buffer(tolerance_ns=0, queue_size=3, cache_info=False, on_unpaired=lambda: None):
    return PairBuffer(
        tolerance_ns=tolerance_ns,
        queue_size=queue_size,
        cache_info=cache_info,
        on_unpaired=on_unpaired,
    )


def test_stamp_is_exact_in_nanoseconds():
    assert stamp_ns(message(1_700_000_000_123_456_789)) == 1_700_000_000_123_456_789


@pytest.mark.parametrize('info_first', [True, False])
def test_pairs_equal_stamps_in_any_order(info_first):
    pairs, image, info = buffer(), message(5), message(5)
    if info_first:
        assert pairs.add_info(info) is None
        assert pairs.add_image(image) == FramePair(image, info)
    else:
        assert pairs.add_image(image) is None
        assert pairs.add_info(info) == FramePair(image, info)


def test_late_infos_find_their_own_images():
    pairs, images = buffer(), [message(stamp) for stamp in (1, 2, 3)]
    for image in images:
        assert pairs.add_image(image) is None
    for image in images:
        pair = pairs.add_info(message(stamp_ns(image)))
        assert pair is not None and pair.image is image


def test_other_stamp_does_not_pair_without_tolerance():
    pairs = buffer()
    pairs.add_info(message(5))
    assert pairs.add_image(message(6)) is None


def test_tolerance_takes_the_nearest_within():
    pairs = buffer(tolerance_ns=10)
    near, far = message(98), message(91)
    pairs.add_info(far)
    pairs.add_info(near)
    assert pairs.add_image(message(100)).info is near
    assert pairs.add_image(message(109)) is None


def test_cached_info_serves_every_image_and_the_newest_waiting_one():
    pairs, info = buffer(cache_info=True), message(1)
    waiting = [message(10), message(20)]
    for image in waiting:
        assert pairs.add_image(image) is None
    assert pairs.add_info(info).image is waiting[1]
    assert pairs.add_image(message(999)).info is info
    newer = message(2)
    pairs.add_info(newer)
    assert pairs.add_image(message(1000)).info is newer


def test_images_older_than_the_first_cached_info_are_given_up_and_counted():
    dropped = Dropped()
    pairs = buffer(cache_info=True, on_unpaired=dropped)
    waiting = [message(stamp) for stamp in (10, 20, 30)]
    for image in waiting:
        assert pairs.add_image(image) is None
    assert pairs.add_info(message(1)).image is waiting[2]
    assert dropped.count == 2
    assert pairs.add_info(message(2)) is None, 'nothing older may follow'
    assert dropped.count == 2


def test_oldest_waiting_image_is_given_up_and_counted():
    dropped = Dropped()
    pairs = buffer(queue_size=2, on_unpaired=dropped)
    for stamp in (1, 2, 3):
        pairs.add_image(message(stamp))
    assert dropped.count == 1
    assert pairs.add_info(message(1)) is None
    assert pairs.add_info(message(2)) is not None


def test_clock_that_jumps_back_still_pairs():
    pairs = buffer(queue_size=2)
    for stamp in (100, 101, 102, 1, 2, 3):
        pairs.add_image(message(stamp))
    assert pairs.add_info(message(3)) is not None


@pytest.mark.parametrize('cache_info', [False, True])
@pytest.mark.parametrize('order', ['left right image', 'right left image', 'image left right'])
def test_two_cameras_on_one_topic_are_not_mixed_up(order, cache_info):
    """Stamps and sizes of both are equal; only the frame tells them apart."""
    pairs, paired = buffer(cache_info=cache_info), []
    for stamp in range(20):
        for name in order.split():
            if name == 'image':
                paired.append(pairs.add_image(message(stamp, 'left')))
            else:
                paired.append(pairs.add_info(message(stamp, name)))
    frames = [pair.info.header.frame_id for pair in paired if pair]
    assert frames == ['left'] * len(frames)
    assert len(frames) >= 19
    said = pairs.doubt()
    assert 'several frames on one topic' in said and "'left', 'right'" in said


def test_another_frame_is_taken_after_a_while_when_it_is_the_only_one():
    pairs, answered = buffer(), []
    for stamp in range(6):
        pairs.add_info(message(stamp, 'camera_link'))
        answered.append(pairs.add_image(message(stamp, 'camera_optical')) is not None)
    assert answered == [False, False, True, True, True, True]
    said = pairs.doubt()
    assert "frame 'camera_optical' but their camera_info of 'camera_link': taken to" in said


def test_the_only_cached_info_serves_at_once_whatever_its_frame():
    pairs, info = buffer(cache_info=True), message(1, 'camera_link')
    pairs.add_info(info)
    assert pairs.add_image(message(9, 'camera_optical')).info is info
    assert 'taken to belong together' in pairs.doubt()


def test_two_other_frames_are_never_taken():
    pairs = buffer()
    for stamp in range(30):
        for frame in ('left', 'right'):
            assert pairs.add_info(message(stamp, frame)) is None
        assert pairs.add_image(message(stamp, 'front')) is None
    assert "of frame 'front' but camera_info of 'left', 'right': none is used" in pairs.doubt()


def test_nothing_is_doubtful_about_equal_frames():
    pairs = buffer()
    assert pairs.doubt() == ''
    pairs.add_info(message(1))
    pairs.add_image(message(1))
    assert pairs.doubt() == ''


def test_images_of_one_stamp_are_all_accounted_for():
    dropped = Dropped()
    pairs = buffer(queue_size=3, on_unpaired=dropped)
    images = [message(7) for _ in range(5)]
    for image in images:
        pairs.add_image(image)
    assert dropped.count == 2
    assert pairs.add_info(message(7)).image is images[-1]
    pairs.give_up()
    assert dropped.count == 4
    pairs.give_up()
    assert dropped.count == 4


def test_hostile_frame_ids_are_cut_and_escaped():
    pairs = buffer()
    pairs.add_info(message(1, '\n' + 'x' * 10**6))
    pairs.add_image(message(1, 'camera'))
    assert len(pairs.doubt()) < 400 and pairs.doubt().isprintable()


def test_an_info_that_comes_again_takes_no_place_of_another():
    pairs, first = buffer(queue_size=2), message(1)
    pairs.add_info(first)
    for _ in range(4):
        again = message(2)
        pairs.add_info(again)
    image = message(1)
    assert pairs.add_image(image) == FramePair(image, first)
    assert pairs.add_image(message(2)).info is again


def run_of(frames, pairs, start=0):
    """Frames of a camera whose image and camera_info are of the frames told; how many pair."""
    paired = 0
    for stamp, (image, info) in enumerate(frames, start):
        pairs.add_info(message(stamp, info))
        paired += pairs.add_image(message(stamp, image)) is not None
    return paired


def test_a_camera_restarted_under_another_frame_is_answered_and_not_doubted():
    pairs = buffer()
    assert run_of([('front', 'front')] * 30 + [('lens', 'lens')] * 10, pairs) == 40
    assert pairs.doubt() == '' and not pairs.frames_differ()


def test_camera_info_that_changes_its_frame_alone_is_told_with_the_fix():
    pairs = buffer()
    run_of([('front', 'front')] * 30, pairs)
    assert run_of([('front', 'lens')] * 10, pairs, 30) == 0
    assert pairs.frames_differ()
    said = pairs.doubt()
    assert said.startswith(
        "camera_info is of frame 'lens' now (before: 'front'), images are of 'f"
    )
    assert 'give both the same frame_id' in said and 'remap' not in said
    assert run_of([('front', 'lens')] * 20, pairs, 40) >= 10
    assert not pairs.frames_differ() and 'taken to belong together' in pairs.doubt()


def test_frames_differ_only_where_nothing_else_keeps_messages_apart():
    pairs = buffer()
    pairs.add_info(message(1, 'other'))
    assert not pairs.frames_differ()
    pairs.add_image(message(2, 'camera'))
    assert not pairs.frames_differ(), 'their stamps differ as well'
    pairs.add_info(message(2, 'other'))
    assert pairs.frames_differ()
    near = buffer(tolerance_ns=5)
    near.add_info(message(1, 'other'))
    near.add_image(message(4, 'camera'))
    assert near.frames_differ()


def test_camera_infos_that_serve_the_image_are_those_it_takes():
    pairs = buffer()
    assert not pairs.takes('camera'), 'there is no image yet'
    pairs.add_image(message(1, 'camera'))
    assert pairs.takes('camera') and not pairs.takes('other')
    run_of([('camera', 'other')] * 3, pairs, 2)
    assert pairs.takes('other')

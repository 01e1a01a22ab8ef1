# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairing by stamp, without ROS."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lacdepth_ros.node.sync import FramePair, PairBuffer, stamp_ns


class Dropped:
    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1


def message(stamp):
    sec, nanosec = divmod(stamp, 10**9)
    return SimpleNamespace(header=SimpleNamespace(stamp=SimpleNamespace(sec=sec, nanosec=nanosec)))


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

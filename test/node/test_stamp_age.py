# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The age of frames, and stamps that are of another clock than the node's."""

from __future__ import annotations

import pytest

from lacdepth_ros.node.stamp_age import MAX_AGE, MAX_AHEAD, StampAge

NOW = 1_800_000_000 * 10**9


class Ages:
    """The age of frames at a time of our own; `told` is what was doubted, in its order."""

    def __init__(self, *, clock_is_published=False):
        self.now, self.elapsed, self.told = NOW, 100.0, []
        self.age = StampAge(
            lambda: self.now,
            lambda: clock_is_published,
            self.told.append,
            lambda: self.elapsed,
        )

    def of(self, seconds):
        """The age of a frame that is so old when its turn comes."""
        self.age.begin(NOW - round(seconds * 1e9))
        return self.age.seconds()


def test_age_goes_on_while_the_frame_is_computed():
    ages = Ages()
    assert ages.of(0.025) == pytest.approx(0.025)
    ages.elapsed += 0.5
    assert ages.age.seconds() == pytest.approx(0.525)
    assert ages.of(0.03) == pytest.approx(0.03)
    assert ages.told == []


def test_a_network_that_takes_long_is_no_other_clock():
    ages = Ages()
    ages.of(0.1)
    ages.elapsed += 300
    assert ages.age.seconds() == pytest.approx(300.1) and ages.told == []


@pytest.mark.parametrize(
    ('seconds', 'words'),
    [
        (3600, '3,600.0 s behind the clock'),
        (MAX_AGE + 0.1, '10.1 s behind the clock'),
        (-MAX_AHEAD - 0.1, '0.2 s ahead of the clock'),
        (-86400, '86,400.0 s ahead of the clock'),
    ],
)
def test_stamps_of_another_clock_are_told_once_and_give_no_age(seconds, words):
    ages = Ages()
    assert [ages.of(seconds), ages.of(seconds), ages.of(seconds)] == [None] * 3
    [text] = ages.told
    assert words in text and 'set use_sim_time' in text and 'synchronize the clocks' in text
    assert ages.of(0.02) == pytest.approx(0.02)
    assert ages.told == [text, '']


@pytest.mark.parametrize('seconds', [MAX_AGE, 0.0])
def test_the_limits_themselves_are_of_the_clock(seconds):
    ages = Ages()
    assert ages.of(seconds) == seconds and ages.told == []


def test_an_age_is_never_negative():
    """A little ahead is no other clock, yet no latency either until it has passed."""
    ages = Ages()
    assert ages.of(-MAX_AHEAD / 2) is None and ages.told == []
    ages.elapsed += 1
    assert ages.age.seconds() == pytest.approx(1 - MAX_AHEAD / 2)


def test_images_without_a_stamp_are_told_as_such():
    ages = Ages()
    ages.age.begin(0)
    assert ages.age.seconds() is None
    assert 'images have no stamp' in ages.told[0] and 'set it in the camera driver' in ages.told[0]


def test_a_published_clock_is_the_one_to_follow():
    ages = Ages(clock_is_published=True)
    ages.of(1e6)
    assert '/clock is published' in ages.told[0] and ages.told[0].endswith('set use_sim_time')


def test_simulated_time_tells_no_age_and_doubts_nothing():
    ages = Ages()
    ages.of(3600)
    ages.now = None
    assert ages.of(3600) is None
    assert len(ages.told) == 2 and ages.told[1] == ''

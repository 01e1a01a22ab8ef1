# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is logged how often, and what is shown how long."""

from __future__ import annotations

from lacdepth_ros.node.notices import Idleness, Notices, ThrottledLog


class Clock:
    now = 10.0

    def __call__(self):
        return self.now


def test_each_text_has_its_own_throttle():
    clock, lines = Clock(), []
    log = ThrottledLog(clock)
    for _ in range(20):
        clock.now += 0.25
        log.say(lines.append, f'frame {clock.now} truncated')
        log.say(lines.append, 'no camera_info')
    assert lines == ['frame 10.25 truncated', 'no camera_info']
    clock.now += 5
    log.say(lines.append, 'no camera_info')
    assert len(lines) == 3


def test_a_flood_of_different_texts_is_bounded_and_ends():
    clock, lines = Clock(), []
    log = ThrottledLog(clock)
    for index in range(10_000):
        log.say(lines.append, f'encoding {"abcdefghij"[index % 10] * (index // 10)}')
    assert len(lines) <= 64
    clock.now += 5
    log.say(lines.append, 'as before')
    assert lines[-1] == 'as before'


def test_notices_are_replaced_by_matter_and_taken_back():
    lines = []
    notices = Notices(lines.append, Clock())
    notices.put('silence', 'no image')
    notices.put('calibration', 'D is missing')
    assert notices.text() == 'no image; D is missing'
    notices.put('silence', '')
    assert notices.text() == 'D is missing'
    notices.put('calibration', 'fx is odd')
    assert notices.text() == 'fx is odd'
    notices.clear()
    assert notices.text() == ''
    assert lines == ['no image', 'D is missing', 'fx is odd']


def test_notices_with_an_end_are_forgotten():
    clock = Clock()
    notices = Notices(lambda text: None, clock)
    notices.put('qos', 'incompatible', seconds=10)
    clock.now += 9
    assert notices.text() == 'incompatible'
    clock.now += 1
    assert notices.text() == ''


def test_waiting_for_a_transition_is_said_once():
    clock = Clock()
    idle = Idleness(clock)
    assert not idle.is_due('configure')
    clock.now += 4.9
    assert not idle.is_due('configure')
    clock.now += 0.2
    assert idle.is_due('configure')
    clock.now += 100
    assert not idle.is_due('configure')
    assert not idle.is_due('activate')
    clock.now += 6
    assert idle.is_due('activate')
    assert not idle.is_due('')
    clock.now += 6
    assert not idle.is_due('')


def test_idleness_is_due_after_exactly_five_seconds():
    clock = Clock()
    idle = Idleness(clock)
    assert not idle.is_due('configure')
    clock.now += 5
    assert idle.is_due('configure')

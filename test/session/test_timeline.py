# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""When frames are due whose clock was set in between."""

from __future__ import annotations

from lacdepth_ros.session.timeline import LONGEST_GAP, Timeline, describe_closed

SECOND = 10**9


def test_frames_are_as_far_apart_as_their_stamps() -> None:
    closed: list[float] = []
    timeline, start = Timeline(closed), 1_700_000_000_123_456_789
    steps = [0, 33_333_333, 0, 100_000_000, round(LONGEST_GAP * SECOND), 5]
    due = [timeline.due(start := start + step) for step in steps]
    assert due == [0, 33_333_333, 33_333_333, 133_333_333, 10_133_333_333, 10_133_333_338]
    assert closed == [] and describe_closed(closed) == ''


def test_every_step_of_the_clock_is_closed_by_the_period_before_it() -> None:
    closed: list[float] = []
    timeline = Timeline(closed)
    stamps = [0, 4, 3600, 3602, 100, 101, 99, 110]  # seconds
    assert [timeline.due(stamp * SECOND) // SECOND for stamp in stamps] == [
        0, 4, 8, 10, 12, 13, 14, 15,
    ]  # fmt: skip
    assert closed == [3596.0, -3502.0, -2.0, 11.0]
    assert '4 times (first by +3596.0 s)' in describe_closed(closed)


def test_a_step_right_after_the_first_frame_costs_no_time() -> None:
    timeline = Timeline([])
    assert [timeline.due(stamp * SECOND) for stamp in (0, 10**9, 10**9 + 1)] == [0, 0, SECOND]

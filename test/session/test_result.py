# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a session counts and measures, from messages made here."""

from __future__ import annotations

import numpy as np
import pytest
from fake_messages import FakeImage

from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.messages.topics import DEPTH, UNCERTAINTY
from lacdepth_ros.session.frames import Frame
from lacdepth_ros.session.result import AnsweredFrame, SessionResult, percentiles

HEIGHT, WIDTH = 30, 40
PROTOCOL = EvaluationProtocol(crop='none', flip_average=False)


def wall(meters: float, size: tuple[int, int] = (HEIGHT, WIDTH)) -> np.ndarray:
    return np.full(size, meters, np.float32)


def take(
    result: SessionResult,
    id: str,
    depth: float | None,
    ground_truth: np.ndarray | None,
    *,
    latency: float = 5.0,
) -> None:
    """Send a frame; answer it with a wall at `depth` metres (None: not at all)."""
    index = len(result.records)
    load = None if ground_truth is None else lambda: ground_truth
    result.sent(Frame(id, index, index + 1, np.zeros((HEIGHT, WIDTH, 3), np.uint8), None, load))
    messages = {} if depth is None else {DEPTH: depth_to_message(FakeImage, wall(depth), None)}
    result.answered(index, messages, dict.fromkeys(messages, latency))


def test_errors_are_the_mean_over_frames_with_ground_truth() -> None:
    result = SessionResult(PROTOCOL)
    take(result, 'a/0', 11.0, wall(10.0), latency=5.0)
    take(result, 'b/1', 13.0, wall(10.0), latency=7.0)
    take(result, 'b/2', 99.0, None, latency=9.0)
    take(result, 'b/3', None, wall(10.0))
    assert result.report.frames == 2
    assert result.report.overall['abs_rel'] == pytest.approx((0.1 + 0.3) / 2)
    assert set(result.report.groups) == {'a', 'b'}
    errors = [record.errors.get('abs_rel') for record in result.records]
    assert errors == [pytest.approx(0.1), pytest.approx(0.3), None, None]
    assert (result.unanswered, result.without_ground_truth) == (['b/3'], ['b/2'])
    assert result.share_answered == 0.75
    assert percentiles(result.latencies()) == {'p50': 7.0, 'p95': 8.8, 'max': 9.0}
    assert percentiles([]) is None


def test_report_is_averaged_anew_only_after_another_answer() -> None:
    result = SessionResult(PROTOCOL)
    take(result, 'a/0', 11.0, wall(10.0))
    report = result.report
    assert result.report is report
    take(result, 'a/1', 13.0, wall(10.0))
    assert (report.frames, result.report.frames) == (1, 2)


@pytest.mark.parametrize(('depth', 'abs_rel'), [(np.inf, 1.0), (-np.inf, 0.99997)])
def test_out_of_range_depth_counts_as_the_cap(depth: float, abs_rel: float) -> None:
    result = SessionResult(PROTOCOL)
    take(result, 'a/0', depth, wall(40.0))
    assert result.report.overall['abs_rel'] == pytest.approx(abs_rel, abs=1e-4)


def test_answers_that_cannot_be_scored_say_why() -> None:
    result = SessionResult(PROTOCOL)
    take(result, 'a/0', np.nan, wall(40.0))
    take(result, 'a/1', 5.0, wall(40.0, (HEIGHT, WIDTH + 1)))
    (first, why_first), (second, why_second) = result.unscored
    assert (first, second) == ('a/0', 'a/1')
    assert 'invalid' in why_first and f'{WIDTH}x{HEIGHT}' in why_second
    assert result.report.frames == 0


def test_answers_are_shown_to_the_observer_as_arrays() -> None:
    seen: list[AnsweredFrame] = []
    result = SessionResult(PROTOCOL, observe=seen.append)
    take(result, 'a/0', 11.0, wall(10.0))
    take(result, 'a/1', None, None)
    result.sent(Frame('a/2', 2, 3, np.zeros((HEIGHT, WIDTH, 3), np.uint8), None))
    messages = {
        DEPTH: depth_to_message(FakeImage, wall(7.0), None),
        UNCERTAINTY: depth_to_message(FakeImage, wall(0.5), None),
    }
    result.answered(2, messages, dict.fromkeys(messages, 4.0))
    assert [answer.record.id for answer in seen] == ['a/0', 'a/2']
    np.testing.assert_array_equal(seen[0].depth, wall(11.0))
    np.testing.assert_array_equal(seen[0].ground_truth, wall(10.0))
    assert seen[0].std is None and seen[1].ground_truth is None
    np.testing.assert_array_equal(seen[1].std, wall(0.5))


def test_flip_averaging_is_refused() -> None:
    with pytest.raises(ValueError, match='flip_average must be off'):
        SessionResult(EvaluationProtocol())

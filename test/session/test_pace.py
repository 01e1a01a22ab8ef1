# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames sent at a camera's pace: when each goes out, and what /clock says then."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy')

from replay_bags import PERIOD, START, stamps, write_replay_bag

from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.messages.topics import DEPTH
from lacdepth_ros.session import pace
from lacdepth_ros.session.bag_frames import bag_frames
from lacdepth_ros.session.client import Answer
from lacdepth_ros.session.frames import Frame
from lacdepth_ros.session.ground_truth import no_ground_truth
from lacdepth_ros.session.pace import send_at_pace
from lacdepth_ros.session.replay_report import as_dict, describe
from lacdepth_ros.session.result import SessionResult

pytestmark = pytest.mark.ros
PROTOCOL = EvaluationProtocol(crop='none', flip_average=False)
REDS = [10, 60, 120, 200, 250]


class FakeTime:
    """Time that passes only while somebody sleeps, a minute of it at most."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += max(seconds, 1e-6)  # less might be rounded away
        assert self.now < 60


class StubClient:
    """A client whose node answers some frames; time passes only while it spins."""

    def __init__(self, answers: set[int]) -> None:
        self.answers = answers
        self.clock: list[int] = []
        self.asked: list[int] = []
        self.forgotten: list[int] = []

    def set_clock(self, time_ns: int) -> None:
        self.clock.append(time_ns)

    def spin_for(self, seconds: float) -> None:
        pace.time.sleep(seconds)

    def send(self, message: object, info: object) -> Answer:
        index = len(self.asked)
        self.asked.append(index)
        answer = Answer((DEPTH,))
        if index in self.answers:
            depth = depth_to_message(SimpleNamespace, np.ones((1, 1), np.float32), None)
            answer.messages[DEPTH] = depth
            answer.latency_ms[DEPTH] = 5.0
        return answer

    def forget(self, stamp: int) -> None:
        self.forgotten.append(stamp)


def frames(bag: Path) -> list[Frame]:
    return list(bag_frames(BagImages(bag), 'bag', no_ground_truth()))


@pytest.mark.parametrize('rate', [2.0, 8.0])
def test_pace_and_clock_follow_the_stamps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    monkeypatch.setattr(pace, 'SILENCE', 0.0)
    monkeypatch.setattr(pace, 'LEAD', 0.05)
    result, client = SessionResult(PROTOCOL), StubClient({0, 1, 3})
    items = frames(write_replay_bag(tmp_path / 'bag', REDS))
    begin = pace.time.monotonic()
    send_at_pace(client, items, result, rate=rate)
    assert pace.time.monotonic() - begin >= 4 * PERIOD / 1e9 / rate
    assert client.clock == sorted(client.clock), 'time never goes back'
    assert set(stamps(5)) <= set(client.clock)
    assert [r.index for r in result.records if r.latency_ms] == [0, 1, 3]
    assert client.forgotten == [stamps(5)[i] for i in (0, 1, 3)]
    assert result.without_ground_truth == ['bag/000000', 'bag/000001', 'bag/000003']


@pytest.mark.parametrize('first', [5 * 10**9, START - 9000 * 10**9])  # 1970, and 2.5 h too early
def test_a_clock_that_was_set_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    at = [first, first + PERIOD, *stamps(3)]
    step = (START - first - PERIOD) / 1e9
    time, sent = FakeTime(), []
    monkeypatch.setattr(pace, 'time', time)
    client = StubClient(set(range(5)))
    monkeypatch.setattr(
        client, 'send', lambda *message: sent.append(time.now) or StubClient.send(client, *message)
    )
    result = SessionResult(PROTOCOL)
    items = frames(write_replay_bag(tmp_path / 'bag', REDS, at=at))
    send_at_pace(client, items, result, rate=1.0)
    due = [pace.LEAD + index * PERIOD / 1e9 for index in range(5)]
    assert sent == pytest.approx(due, abs=1e-4)
    assert client.clock == sorted(client.clock) and set(at) <= set(client.clock)
    assert result.closed_steps == [pytest.approx(step)]
    facts = {'rate': 1.0, 'truth': 'none', 'bag': 'bag'}
    assert f'ahead by more than 10 s, once (first by +{step:.1f} s)' in describe(result, facts)
    assert as_dict(result, facts)['closed_steps_s'] == result.closed_steps

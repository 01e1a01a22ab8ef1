# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The clock of a training against times laid down by hand."""

from __future__ import annotations

import pytest

from lacdepth_ros.training.clock import Speed, StepClock


class Hands:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_waits_and_batches_are_told_apart() -> None:
    hands = Hands()
    clock = StepClock(hands)
    clock.wait()
    for wait, work, steps in ((1.0, 3.0, 0), (0.5, 3.5, 1)):  # two batches, one step
        hands.time += wait
        clock.begin_batch()
        hands.time += work
        clock.end_batch(steps=steps, images=4)
        hands.time += 10  # logging: neither
        clock.wait()
    first = clock.read()
    assert first == Speed(steps=1, images=8, seconds=8.0, waiting=1.5)
    assert (first.images_per_s, first.steps_per_s) == (1.0, 0.125)
    assert first.data_wait_share == pytest.approx(1.5 / 8)
    clock.pause()
    hands.time += 50  # a validation
    clock.wait()
    hands.time += 1
    clock.begin_batch()
    hands.time += 1
    clock.end_batch(steps=1, images=4)
    assert clock.read() - first == Speed(steps=1, images=4, seconds=2.0, waiting=1.0)


def test_clock_that_never_ran() -> None:
    speed = StepClock().read()
    assert (speed.images_per_s, speed.steps_per_s, speed.data_wait_share) == (0.0, 0.0, 0.0)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A camera that stands elsewhere than told is noticed after ten seconds, and not before."""

from __future__ import annotations

import math

import pytest
import torch
from std_calibrations import calibration

from lacdepth_ros.models.height_cue import HeightCue
from lacdepth_ros.models.std_calibration import StdCalibration
from lacdepth_ros.node.height_watch import HeightWatch


def knowing(error: float = 0.01) -> StdCalibration:
    return calibration(height=HeightCue(torch.zeros(3), 0.0, error))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def watched(
    heights: float, told: float, *, seconds: float = 12.0, error: float = 0.01
) -> HeightWatch:
    clock = Clock()
    watch = HeightWatch(knowing(error), clock)
    while clock.now < seconds:
        watch.see(heights, told)
        clock.now += 0.1
    return watch


@pytest.mark.parametrize('rate', [1, 30, 80, 200])
def test_warns_at_every_rate_of_pictures(rate: int) -> None:
    clock = Clock()
    watch = HeightWatch(knowing(), clock)
    for frame in range(12 * rate + 1):
        clock.now = frame / rate
        watch.see(0.4, 1.65)
    assert 'from 0.40 m above the ground, but depth assumes 1.65 m' in watch.warning()


@pytest.mark.parametrize(
    ('told', 'warns'), [(1.65, True), (0.55, True), (0.45, False), (0.4, False), (0.3, True)]
)
def test_warns_from_15_percent_on(told: float, warns: bool) -> None:
    watch = watched(0.4, told)
    assert bool(watch.warning()) is warns
    assert watch.describe(familiar=True) == f'0.40 (depth assumes {told:.2f})'


def test_tolerates_what_the_cue_itself_errs_by() -> None:
    assert watched(0.6, 0.4, error=0.1).warning() != ''
    assert watched(0.6, 0.4, error=0.2).warning() == '', 'tolerance is exp(2.5 * 0.2) - 1 = 65 %'


def test_waits_for_ten_seconds_and_after_every_change() -> None:
    assert watched(0.4, 1.65, seconds=7.0).warning() == ''
    clock = Clock()
    watch = HeightWatch(knowing(), clock)
    warnings = []
    for step in range(300):
        watch.see(0.4, 1.65 if step < 150 else 1.0)
        clock.now += 0.1
        warnings.append(bool(watch.warning()))
    assert not any(warnings[:90]) and warnings[120]
    assert not any(warnings[151:240]) and warnings[-1]


def test_a_few_odd_pictures_change_nothing() -> None:
    clock = Clock()
    watch = HeightWatch(knowing(), clock)
    for step in range(120):
        watch.see(9.0 if step % 3 == 0 else 0.4, 0.4)
        clock.now += 0.1
    assert watch.median() == 0.4 and watch.warning() == ''


@pytest.mark.ros
def test_pictures_unlike_the_training_tell_no_height(bench, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """A real camera 0.4 m above a meadow was read as 3 m: worse than nothing."""
    pytest.importorskip('rclpy')
    bench.factory.calibration = knowing()
    monkeypatch.setattr(HeightWatch, 'warning', lambda self: 'it stands elsewhere')
    bench.activate('depth/image_rect')
    bench.predictor.height_seen, bench.predictor.novelty = 3.1, 4.6
    bench.answer('depth/image_rect', 1)
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: bench.diagnostics)
    values = {item.key: item.value for item in bench.diagnostics[-1].values}
    assert 'unknown, from pictures unlike the training' in values['camera height seen [m]']
    assert 'it stands elsewhere' not in bench.diagnostics[-1].message


def test_says_nothing_where_nothing_was_learned() -> None:
    watch = HeightWatch(calibration(), Clock())
    watch.see(math.nan, 1.65)
    assert watch.warning() == '' and 'not learned' in watch.describe(familiar=True)


@pytest.mark.ros
def test_diagnostics_show_both_heights(bench) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip('rclpy')
    bench.factory.calibration = knowing()
    bench.activate('depth/image_rect')
    bench.predictor.height_seen = 0.42
    bench.answer('depth/image_rect', 1)
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: bench.diagnostics)
    values = {item.key: item.value for item in bench.diagnostics[-1].values}
    assert values['camera height seen [m]'] == '0.42 (depth assumes 1.65)'


def test_warns_after_exactly_ten_seconds() -> None:
    clock = Clock()
    watch = HeightWatch(knowing(), clock)
    warnings = []
    for second in range(11):
        clock.now = float(second)
        watch.see(0.4, 1.65)
        warnings.append(bool(watch.warning()))
    assert warnings == [False] * 10 + [True]

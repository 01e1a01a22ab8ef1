# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures unlike the training's are noticed, a single odd one is not; the diagnostics say it."""

from __future__ import annotations

import math

import pytest
from std_calibrations import calibration

from lacdepth_ros.node.novelty import UNKNOWN, NoveltyWatch


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 0.1
        return self.now


def test_the_pictures_of_ten_seconds_count_at_every_rate() -> None:
    clock = Clock()
    watch = NoveltyWatch(calibration(limit=3.0), lambda: clock.now)
    for picture in range(2401):  # 120 a second for 20 seconds
        clock.now = picture / 120
        watch.see(float(picture))
    assert watch.median() == (1200 + 2400) / 2


def test_warns_when_most_pictures_are_unlike_the_known() -> None:
    watch = NoveltyWatch(calibration(limit=3.0), Clock())
    for _ in range(10):
        watch.see(1.2)
    watch.see(500.0)
    assert watch.warning() == '' and watch.median() == 1.2
    for _ in range(11):
        watch.see(10.0)
    assert watch.median() == 10.0
    assert 'novelty 10.0, usual up to 3.0' in watch.warning()
    assert 'its std 3.2 times larger' in watch.warning(), '10 ** (ln 10 / ln 100)'
    assert not watch.familiar(), '4.5 is one and a half times the limit'
    watch = NoveltyWatch(calibration(limit=3.0), Clock())
    watch.see(10.0)
    assert watch.describe() == '10.00 (usual: up to 3.00)'


@pytest.mark.parametrize(('novelty', 'familiar'), [(4.4, True), (4.6, False), (math.nan, True)])
def test_pictures_half_again_as_new_as_usual_are_still_familiar(
    novelty: float, familiar: bool
) -> None:
    watch = NoveltyWatch(calibration(limit=3.0), Clock())
    watch.see(novelty)
    assert watch.familiar() is familiar
    assert NoveltyWatch(None, Clock()).familiar()


def test_forgets_after_ten_seconds() -> None:
    clock = Clock()
    watch = NoveltyWatch(calibration(limit=3.0), clock)
    for _ in range(50):
        watch.see(10.0)
    assert watch.warning()
    clock.now += 11
    watch.see(1.0)
    assert watch.median() == 1.0 and watch.warning() == ''


def test_says_nothing_without_a_calibration() -> None:
    watch = NoveltyWatch(None, Clock())
    watch.see(math.nan)
    assert watch.warning() == '' and watch.describe() == UNKNOWN
    assert NoveltyWatch(calibration(), Clock()).warning() == '', 'nor before the first picture'


@pytest.mark.ros
def test_diagnostics_show_it_and_warn(bench) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip('rclpy')
    from diagnostic_msgs.msg import DiagnosticStatus

    bench.factory.calibration = calibration(limit=3.0)
    bench.activate('depth/image_rect')
    bench.predictor.novelty = 10.0
    bench.answer('depth/image_rect', 1)
    bench.diagnostics.clear()
    assert bench.spin_until(lambda: bench.diagnostics)
    status = bench.diagnostics[-1]
    assert {item.key: item.value for item in status.values}['novelty'].startswith('10.00')
    assert status.level == DiagnosticStatus.WARN and 'unlike those' in status.message


@pytest.mark.ros
def test_an_unfamiliar_picture_frees_nothing_beyond_the_range(bench) -> None:  # type: ignore[no-untyped-def]
    """A white wall that fills the picture comes out at the end of the range with a small std."""
    pytest.importorskip('rclpy')
    bench.factory.calibration = calibration(limit=3.0)
    bench.activate('points_clearing')
    assert bench.set(pointcloud__max_range=4.0) == ['']  # the bench's wall stands at 6 m
    bench.predictor.novelty = 4.4
    assert bench.answer('points_clearing', 1, red=50).width > 0
    bench.predictor.novelty = 4.6
    assert bench.answer('points_clearing', 2, red=50).width == 0

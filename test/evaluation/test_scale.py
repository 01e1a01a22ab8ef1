# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The factor and the bend that a fit finds, where both are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scaled_predictor import Ramp, ScaledPredictor

from lacdepth_ros.evaluation.readings import Readings, frame_readings, read_frames, tape_readings
from lacdepth_ros.evaluation.scale import ScaleFit, _student, fit_scale


def fit(*pairs: tuple[float, float]) -> ScaleFit:
    predicted, true = np.array(pairs, np.float64).T
    return fit_scale(Readings(predicted, true, np.zeros(true.size, np.int64)))


def fit_of(predictor: ScaledPredictor, *frames: Ramp, **options: float) -> ScaleFit:
    readings, skipped = read_frames(predictor, frames, **options)
    assert not skipped
    return fit_scale(readings)


@pytest.mark.parametrize('factor', [0.24, 1.0, 1.8])
def test_finds_the_factor_and_no_bend(factor: float) -> None:
    found = fit_of(ScaledPredictor(factor), *(Ramp(f'a/{i}') for i in range(3)))
    assert found.factor == pytest.approx(factor, rel=0.005)
    assert found.slope == pytest.approx(0, abs=0.003)
    assert not found.bends and found.halves is None
    assert found.best is found and found.is_right == (factor == 1)
    assert found.error_before == pytest.approx(abs(1 / factor - 1), abs=0.01)
    assert found.error_after < 0.005
    assert found.frames == 3
    assert (found.nearest, found.farthest) == pytest.approx((3.5, 50), rel=0.1)


@pytest.mark.parametrize('bend', [-0.2, 0.15])
def test_says_when_errors_depend_on_distance(bend: float) -> None:
    found = fit_of(ScaledPredictor(0.5, bend), *(Ramp(f'a/{i}') for i in range(3)))
    assert found.slope == pytest.approx(bend, abs=0.01)
    assert found.bends
    assert found.halves is not None
    # Rows at equal ratios: the halves meet at 13.4 m, their middles lie at 6.34 and 28.4 m.
    factors = [half.factor for half in found.halves]
    assert factors == pytest.approx([0.5 * 0.634**bend, 0.5 * 2.84**bend], rel=0.02)
    assert found.best is found.halves[0]
    assert not found.best.is_right


def test_a_network_that_errs_on_what_is_far_alone_is_right_near() -> None:
    true = np.geomspace(3, 60, 24)
    seen = np.where(true < 15, true, 15 * (true / 15) ** 0.5)
    found = fit(*zip(seen * 1.02 ** np.resize([1, -1], 24), true, strict=True))
    assert found.factor > 1.1, 'what is far draws the factor of all'
    assert found.best.factor == pytest.approx(1, abs=0.02)
    assert found.best.is_right
    assert found.best.farthest < 15


def test_halves_are_told_apart_where_most_readings_are_at_one_distance() -> None:
    found = fit((3.0, 3.0), (3.01, 3.0), *[(20.0 + 0.01 * i, 30.0) for i in range(5)])
    assert found.halves is not None
    near, far = found.halves
    assert (near.readings, far.readings) == (2, 5)
    assert (near.factor, far.factor) == pytest.approx((1, 1.5), rel=0.01)


def test_too_few_readings_say_of_nothing_that_it_is_right() -> None:
    found = fit((3.1, 3.0), (5.0, 5.1), (20.0, 30.0), (25.0, 42.0))
    assert found.halves is not None
    assert found.best.factor == pytest.approx(1, abs=0.03)
    assert not found.best.is_right


def test_a_bend_too_small_to_matter_is_none() -> None:
    found = fit_of(ScaledPredictor(1.0, 0.02), *(Ramp(f'a/{i}') for i in range(9)))
    assert found.slope == pytest.approx(0.02, abs=0.005)
    assert not found.bends


def test_a_third_of_nonsense_in_the_ground_truth_changes_little() -> None:
    found = fit_of(ScaledPredictor(0.5), *(Ramp(f'a/{i}', outliers=0.3) for i in range(4)))
    assert found.factor == pytest.approx(0.5, rel=0.01)
    assert not found.bends


def test_one_wrong_reading_of_the_tape_changes_little() -> None:
    true = np.geomspace(2, 30, 8)
    pairs = [(t / 0.8, t) for t in true]
    pairs[3] = (true[3] / 0.8, 4 * true[3])
    found = fit(*pairs)
    assert found.factor == pytest.approx(0.8, rel=0.02)
    assert not found.bends


def test_the_height_of_a_camera_comes_out_of_the_height_told() -> None:
    for told in (1.65, 0.8):  # the camera stands at 0.4 m
        predictor = ScaledPredictor(factor=0.4 / 1.65)
        found = fit_of(predictor, Ramp('a/0'), Ramp('a/1'), camera_height=told)
        assert told * found.factor == pytest.approx(0.4, rel=0.005)


def test_the_height_of_a_frame_counts_where_none_is_told() -> None:
    found = fit_of(
        ScaledPredictor(), Ramp('a/0', camera_height=3.3), Ramp('a/1', camera_height=3.3)
    )
    assert found.factor == pytest.approx(0.5, rel=0.005)


@pytest.mark.slow
def test_ranges_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    held = {'factor': 0, 'slope': 0}
    for _ in range(400):
        frame = np.repeat(np.arange(10), 6)
        true = np.exp(rng.uniform(math.log(3), math.log(60), 60))
        error = rng.normal(0, 0.1, 10)[frame] + rng.normal(0, 0.05, 60)
        found = fit_scale(Readings(true * np.exp(error), true, frame))
        assert found.factor_range is not None and found.slope_range is not None
        held['factor'] += found.factor_range[0] < 1 < found.factor_range[1]
        held['slope'] += found.slope_range[0] < 0 < found.slope_range[1]
    assert held == pytest.approx({'factor': 380, 'slope': 380}, abs=20)


def test_says_nothing_of_distance_where_nothing_can_be_said() -> None:
    near = fit((2.0, 1.0), (2.2, 1.1), (2.1, 1.05), (2.0, 1.02))
    few = fit((2.0, 1.0), (20.0, 10.0), (30.0, 15.0))
    assert near.slope is None and few.slope is None
    assert not near.bends and not few.bends


def test_one_reading_gives_a_factor_without_a_range() -> None:
    found = fit((4.0, 1.0))
    assert (found.factor, found.factor_range, found.slope) == (0.25, None, None)


def test_readings_of_a_frame_are_medians_by_distance() -> None:
    true = np.repeat(np.array([0.0, 2.0, 30.0]), 40).reshape(3, 40)
    predicted = np.repeat(np.array([9.0, 1.0, 60.0]), 40).reshape(3, 40)
    predicted[1, :5] = np.nan
    predicted[2, :7] = 1e3
    p, t = frame_readings(predicted, true)
    np.testing.assert_allclose(t, [2, 30])
    np.testing.assert_allclose(p, [1, 60])


def test_a_frame_without_enough_true_depth_is_named() -> None:
    class Empty(Ramp):
        def depth(self) -> np.ndarray:
            return np.full((48, 64), 200, np.float32)

    readings, skipped = read_frames(ScaledPredictor(), [Empty('b/0'), Ramp('a/1')])
    assert [frame.id for frame in skipped] == ['b/0']
    assert set(readings.frame) == {1}
    with pytest.raises(ValueError, match=r'b/0: fewer than 20 true depths below 80 m'):
        read_frames(ScaledPredictor(), [Empty('b/0')])


def test_the_tape_reads_the_pixels_around_a_point() -> None:
    depth = np.full((10, 20), 5.0, np.float32)
    depth[4:9, 6:11] = 8.0
    depth[6, 8] = np.nan
    readings = tape_readings(depth, [(8, 6, 4.0), (0, 0, 2.5)])
    np.testing.assert_allclose(readings.predicted, [8, 5])
    np.testing.assert_allclose(readings.true, [4, 2.5])
    for point, reason in {
        (20, 3, 1.0): 'outside the 20x10 image',
        (3, -1, 1.0): 'outside the 20x10 image',
        (3, 3, 0.0): 'true depths must be positive metres',
    }.items():
        with pytest.raises(ValueError, match=reason):
            tape_readings(depth, [point])
    depth[:] = np.nan
    with pytest.raises(ValueError, match='nothing is predicted at point 3 3'):
        tape_readings(depth, [(3, 3, 1.0)])


@pytest.mark.parametrize(
    ('freedom', 'exact'),
    [(1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042)],
)
def test_students_quantile(freedom: int, exact: float) -> None:
    assert _student(freedom) == pytest.approx(exact, rel=0.01)

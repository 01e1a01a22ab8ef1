# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Small changes are averaged, large ones, gaps and invalid pixels are not."""

from __future__ import annotations

import numpy as np

from lacdepth_ros.core.temporal import TemporalFilter

STEP = 100_000_000


def run(*frames: np.ndarray, std=1.0, weight=0.25, max_change=1.0, stamps=None) -> list:
    steady = TemporalFilter()
    stamps = stamps or [STEP * index for index in range(len(frames))]
    return [
        steady.apply(frame, np.full_like(frame, std), stamp, weight=weight, max_change=max_change)
        for frame, stamp in zip(frames, stamps, strict=True)
    ]


def flat(value: float, shape=(3, 4)) -> np.ndarray:
    return np.full(shape, value, np.float32)


def test_noise_is_averaged_exponentially() -> None:
    random = np.random.default_rng(1)
    frames = [flat(10) + random.normal(0, 0.1, (3, 4)).astype(np.float32) for _ in range(6)]
    expected = frames[0].astype(np.float64)
    for frame in frames[1:]:
        expected = 0.75 * expected + 0.25 * frame
    result = run(*frames)[-1]
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_a_change_beyond_the_std_is_the_scenes() -> None:
    before, after = flat(10.0), flat(10.0)
    after[0], after[1] = 10.8, 11.2
    result = run(before, after, std=1.0)[1]
    np.testing.assert_allclose(result[0], 10.2, rtol=1e-6)
    np.testing.assert_array_equal(result[1], after[1])
    np.testing.assert_array_equal(run(before, after, std=1.0, max_change=0.5)[1][0], after[0])


def test_what_is_not_finite_is_taken_as_it_is_and_forgotten_as_soon() -> None:
    hole = flat(10.0)
    hole[0, 0], hole[0, 1], hole[0, 2] = np.nan, np.inf, -np.inf
    before, during, after = run(flat(10.0), hole, flat(10.4))
    np.testing.assert_array_equal(during, hole)
    np.testing.assert_array_equal(after[0, :3], flat(10.4)[0, :3])
    np.testing.assert_allclose(after[1:], 10.1, rtol=1e-6)
    np.testing.assert_array_equal(before, flat(10.0))


def test_a_gap_a_step_back_and_another_size_start_anew() -> None:
    for stamps in ([STEP, 7 * STEP], [STEP, 0]):
        np.testing.assert_array_equal(run(flat(10), flat(10.4), stamps=stamps)[1], flat(10.4))
    other = flat(10.4, (4, 4))
    np.testing.assert_array_equal(run(flat(10), other)[1], other)


def test_the_input_is_not_changed() -> None:
    frames = [flat(10.0), flat(10.4)]
    run(*frames)
    np.testing.assert_array_equal(frames[1], flat(10.4))

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Flicker and drift of depth whose changes are known."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.evaluation.stability import StabilityMeter, depth_change

CAMERA = Camera(fx=100.0, fy=105.0, cx=60.2, cy=30.7, width=120, height=64)
STEP = 100_000_000


def corridor(forward: float, side: float = 0.0) -> np.ndarray:
    """Exact depth of a corridor's walls, floor and end from a place in it."""
    x = (np.arange(120) - CAMERA.cx)[None] / CAMERA.fx
    y = (np.arange(64) - CAMERA.cy)[:, None] / CAMERA.fy
    with np.errstate(divide='ignore'):
        walls = np.where(x > 0, (2 - side) / x, (-2 - side) / x)
        floor = np.where(y > 0, 1.5 / y, np.inf)
    return np.minimum(np.minimum(walls, floor), 30 - forward).astype(np.float32)


def moved(forward: float, side: float = 0.0) -> np.ndarray:
    motion = np.eye(4)
    motion[:3, 3] = (-side, 0, -forward)
    return motion


def test_exact_depth_does_not_flicker_once_the_motion_is_taken_out() -> None:
    before, after = corridor(0), corridor(3.0, 0.4)
    change = depth_change(before, after, CAMERA, moved(3.0, 0.4))
    assert change.flicker < 0.01  # a point falls between pixels
    assert abs(change.scale) < 0.002
    still = depth_change(before, after, CAMERA, None)
    assert still.flicker > 5 * change.flicker


def test_a_change_of_scale_is_measured_whole() -> None:
    change = depth_change(corridor(0), 1.05 * corridor(2.0), CAMERA, moved(2.0))
    assert change.scale == pytest.approx(np.log(1.05), abs=0.002)
    assert change.flicker == pytest.approx(np.log(1.05), abs=0.004)


def test_flicker_without_motion_is_the_median_size_of_the_change() -> None:
    random = np.random.default_rng(2)
    ratio = np.exp(random.normal(0, 0.1, (64, 120))).astype(np.float32)
    change = depth_change(corridor(0), corridor(0) * ratio, CAMERA, None)
    assert change.flicker == pytest.approx(np.median(np.abs(np.log(ratio))), rel=1e-4)


def test_moving_objects_and_invalid_pixels_do_not_count() -> None:
    after = corridor(0)
    after[20:40, 20:50] = 3.0
    after[:5] = np.nan
    after[5:8] = np.inf
    change = depth_change(corridor(0), after, CAMERA, np.eye(4))
    assert change.flicker < 1e-6
    assert depth_change(corridor(0), np.full((64, 120), np.nan, np.float32), CAMERA, None) is None
    assert depth_change(corridor(0), after, CAMERA, moved(99.0)) is None


def test_the_meter_averages_pairs_and_leaves_out_gaps() -> None:
    factors = {0: 1.0, 1: 1.1, 2: 1.0, 9: 2.0, 10: 2.0}
    meter = StabilityMeter(CAMERA)
    for step, factor in factors.items():
        meter.add(STEP * step, np.float32(factor) * corridor(0))
    summary = meter.summary()
    assert summary['pairs'] == 3
    assert summary['camera_motion'] == 'included'
    assert summary['flicker'] == pytest.approx(2 * np.log(1.1) / 3, rel=1e-4)
    assert summary['scale_flicker'] == pytest.approx(2 * np.log(1.1) / 3, rel=1e-4)
    assert summary['scale'] is summary['scale_std'] is summary['scale_drift'] is None


def test_pairs_without_recorded_motion_are_counted_and_not_compared() -> None:
    meter = StabilityMeter(CAMERA, lambda start, _: None if start == 0 else np.eye(4))
    for step in range(3):
        meter.add(STEP * step, corridor(0))
    summary = meter.summary()
    assert (summary['pairs'], summary['pairs_without_motion']) == (1, 1)
    assert summary['camera_motion'] == 'taken out'
    assert summary['flicker'] == 0.0


def test_scale_and_its_drift_are_those_against_ground_truth() -> None:
    ground_truth = corridor(0)
    ground_truth[::2] = 0  # unknown
    meter, logs = StabilityMeter(CAMERA), []
    for step in range(11):
        logs.append(0.1 + 0.02 * step + 0.01 * (-1) ** step)
        meter.add(STEP * step, np.float32(np.exp(logs[-1])) * corridor(0), ground_truth)
    summary = meter.summary()
    assert summary['scale'] == pytest.approx(np.exp(np.mean(logs)), rel=1e-5)
    assert summary['scale_std'] == pytest.approx(np.std(logs), rel=1e-4)
    slope = np.polyfit(np.arange(11), logs, 1)[0]
    assert summary['scale_drift'] == pytest.approx(10 * slope, rel=1e-4)


def test_nothing_measured_is_none() -> None:
    summary = StabilityMeter(CAMERA).summary()
    assert summary['pairs'] == 0
    assert summary['flicker'] is None

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A calibration of the std finds the gains that errors were made with."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from lacdepth_ros.evaluation.calibration import COVERAGE
from lacdepth_ros.evaluation.std_fit import calibrated_std, fit_std, novelty_of
from lacdepth_ros.evaluation.std_frames import CLEAN, KnownPictures, SpreadFrame
from lacdepth_ros.evaluation.std_table import std_table

CHANNELS = 6
NIGHT = 3.0
"""Shift of every channel in pictures by night, in their standard deviations."""


def picture(rng: np.random.Generator, shift: float = 0.0) -> np.ndarray:
    """A summary; channels are alike in pairs."""
    pairs = np.repeat(rng.normal(size=CHANNELS // 2), 2)
    return (pairs + 0.5 * rng.normal(size=CHANNELS) + shift).astype(np.float32)


def frame(seed: int, kind: str = CLEAN, group: str = 'street') -> SpreadFrame:
    """Errors of 1.5 times the spread near, 0.75 far, and of twice that by night; Gaussian."""
    rng = np.random.default_rng((seed, len(kind)))
    depth = np.exp(rng.uniform(math.log(4), math.log(60), 800))
    spread = rng.uniform(0.03, 0.12, 800) * depth
    gain = np.exp(np.interp(np.log(depth), np.log((4, 60)), np.log((1.5, 0.75))))
    gain = 2 * gain if kind == 'night' else gain
    true = depth * np.exp(-gain * spread / depth * rng.normal(size=800))
    summary = picture(rng, NIGHT if kind == 'night' else 0.0)
    return SpreadFrame(f'{group}/{seed}', group, kind, summary, depth, spread, true)


def known() -> KnownPictures:
    rng = np.random.default_rng(7)
    pictures = np.stack([picture(rng) for _ in range(150)])
    return KnownPictures(pictures, ['drive'] * 100 + ['places'] * 50, [1.65] * 150)


def frames(count: int = 40) -> list[SpreadFrame]:
    return [frame(seed, kind) for seed in range(count) for kind in (CLEAN, 'night')]


def coverage(calibration: object, members: Sequence[SpreadFrame]) -> list[float]:
    shares = []
    for width in (calibration.intervals[share] for share in COVERAGE):  # type: ignore[attr-defined]
        inside = [
            np.mean(np.abs(f.depth - f.true) <= width * calibrated_std(calibration, f))  # type: ignore[arg-type]
            for f in members
        ]
        shares.append(float(np.mean(inside)))
    return shares


def test_pictures_like_the_known_have_a_novelty_of_one() -> None:
    calibration = fit_std(known(), frames())
    rng = np.random.default_rng(9)
    fresh = [frame(seed) for seed in rng.integers(100, 999, 50)]
    assert np.mean([novelty_of(calibration, f) for f in fresh]) == pytest.approx(1, abs=0.25)
    assert np.mean([novelty_of(calibration, frame(s, 'night')) for s in range(20)]) > 3


def test_covers_the_errors_of_frames_it_never_saw() -> None:
    calibration = fit_std(known(), frames())
    for kind in (CLEAN, 'night'):
        fresh = [frame(seed, kind) for seed in range(500, 540)]
        assert coverage(calibration, fresh) == pytest.approx(COVERAGE, abs=0.03)


def test_finds_the_gain_by_depth() -> None:
    calibration = fit_std(known(), frames())
    log_gain = [float(calibration.by_depth.log_gain(_tensor(d))) for d in (4.0, 60.0)]
    assert log_gain[0] - log_gain[1] == pytest.approx(math.log(2), abs=0.12)


def test_one_std_holds_68_percent_and_tails_are_those_of_the_errors() -> None:
    intervals = fit_std(known(), frames()).intervals
    assert intervals[0.68] == pytest.approx(1, abs=0.01)
    assert intervals[0.95] / intervals[0.68] == pytest.approx(1.96 / 0.994, rel=0.05)


def test_works_without_corrupted_frames() -> None:
    clean = [f for f in frames() if f.kind == CLEAN]
    calibration = fit_std(known(), clean)
    assert coverage(calibration, clean) == pytest.approx(COVERAGE, abs=0.03)


def test_too_few_frames_are_refused() -> None:
    with pytest.raises(ValueError, match='3 held-out frames and 150 known pictures: at least 8'):
        fit_std(known(), frames(3))


def test_the_table_judges_frames_by_others() -> None:
    fitted = frames(20)
    rest = [frame(seed, group='elsewhere') for seed in range(900, 910)]
    pictures = known()
    calibration = fit_std(pictures, fitted)
    table = std_table(pictures, [*fitted, *rest], fitted, calibration)
    names = [row[0] for row in table.rows if row[0]]
    assert names == ['street', 'elsewhere', '(night)']
    # A fitted frame's own errors must not have set its std: give one frame huge errors.
    wild = frame(3)
    wild.true[:] = wild.depth * 50
    others = [wild if f.id == wild.id and f.kind == CLEAN else f for f in fitted]
    shown = std_table(pictures, others, others, fit_std(pictures, others))
    before, after = (float(row[7]) for row in shown.rows[:2])
    assert before > 60 and after < 70
    assert '| street |' in table.markdown() and 'street' in table.text()


def _tensor(value: float):  # type: ignore[no-untyped-def]
    import torch

    return torch.tensor([value])

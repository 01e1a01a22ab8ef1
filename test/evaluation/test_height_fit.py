# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The height that pictures seem to be taken from, where it can be learned and where not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lacdepth_ros.evaluation.height_fit import fit_height
from lacdepth_ros.evaluation.std_frames import KnownPictures
from lacdepth_ros.models.height_cue import HeightCue


def pictures(count: int, seed: int = 0, *, seen: float = 1.0) -> KnownPictures:
    """Two of eight channels vary with ln(height), all vary for other reasons as well."""
    rng = np.random.default_rng(seed)
    heights = np.exp(rng.uniform(np.log(0.3), np.log(3), count))
    summaries = rng.normal(0, 0.2, (count, 8))
    summaries[:, 2] += seen * np.log(heights)
    summaries[:, 5] -= 0.5 * seen * np.log(heights)
    return KnownPictures(summaries.astype(np.float32), ['streets'] * count, heights.tolist())


def test_tells_the_height_of_pictures_it_never_saw() -> None:
    cue = fit_height(pictures(150))
    assert cue is not None
    fresh = pictures(200, seed=1)
    seen = np.array([cue.height(torch.from_numpy(x)) for x in fresh.summaries])
    misses = np.log(seen / fresh.heights)
    assert abs(misses.mean()) < 0.03
    assert np.sqrt(np.mean(misses**2)) == pytest.approx(cue.error, rel=0.2), 'it knows how well'
    assert cue.error < 0.25
    assert cue.tolerance == pytest.approx(np.exp(2.5 * cue.error) - 1)


def test_knows_that_it_knows_nothing() -> None:
    cue = fit_height(pictures(150, seen=0.0))
    assert cue is not None and cue.error > 0.5


def test_frames_of_a_drive_do_not_tell_each_others_height() -> None:
    """Twenty drives of forty frames, each of one look and one height, that have no bearing."""
    rng = np.random.default_rng(3)
    logs = rng.uniform(np.log(0.3), np.log(3), 20)
    summaries = (rng.normal(0, 1, (20, 1, 30)) + rng.normal(0, 0.05, (20, 40, 30))).reshape(-1, 30)
    groups = [f'drive{i // 40}' for i in range(800)]
    known = KnownPictures(summaries.astype(np.float32), groups, np.exp(logs.repeat(40)).tolist())
    cue = fit_height(known)
    assert cue is not None and cue.error > 0.8 * logs.std()


def test_one_height_teaches_nothing() -> None:
    known = pictures(150)
    assert fit_height(KnownPictures(known.summaries, known.groups, [1.65] * 150)) is None
    assert fit_height(pictures(10)) is None


def test_comes_back_from_plain_values() -> None:
    cue = HeightCue(torch.tensor([0.5, -1.0]), 0.25, 0.01)
    again = HeightCue.from_dict(cue.to_dict())
    summary = torch.tensor([1.0, 2.0])
    assert again.height(summary) == pytest.approx(np.exp(0.5 - 2 + 0.25))
    assert again.tolerance == 0.15, 'never less'
    assert again.height(torch.tensor([1e9, 0.0])) < 1e9, 'a damaged summary gives no infinity'
    for changes, reason in (
        ({'error': 0.0}, 'above 0'),
        ({'bias': float('nan')}, 'finite'),
        ({'weights': [[1.0]]}, 'finite'),
        ({'more': 1}, 'more'),
    ):
        with pytest.raises(ValueError, match=reason):
            HeightCue.from_dict({**cue.to_dict(), **changes})

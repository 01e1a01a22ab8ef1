# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Scores over groups and processes against plain means."""

from __future__ import annotations

import numpy as np
import pytest
import torch

pytest.importorskip('torchmetrics')
from lacdepth_ros.evaluation.metrics import METRICS
from lacdepth_ros.training.validation import FrameScores

GROUPS = ['road', 'road', 'room', 'road', 'room']
VALUES = np.random.default_rng(0).uniform(size=(len(GROUPS), len(METRICS)))


def metrics(number: int) -> dict[str, float]:
    return dict(zip(METRICS, VALUES[number].tolist(), strict=True))


def test_means_by_group_and_the_score() -> None:
    scores = FrameScores(GROUPS)
    for number in (3, 0, 4, 2):
        scores.update(number, metrics(number))
    scores.update(1, None)
    result = scores.result()
    assert (result.frames, result.skipped) == (4, 1)
    column = list(METRICS).index('abs_rel')
    road, room = VALUES[[0, 3], column].mean(), VALUES[[2, 4], column].mean()
    assert result.groups['road']['abs_rel'] == pytest.approx(road)
    assert result.groups['room']['frames'] == 2
    assert result.score == pytest.approx((road + room) / 2)
    for name, value in zip(METRICS, VALUES[[0, 2, 3, 4]].mean(axis=0), strict=True):
        assert result.overall[name] == pytest.approx(value)


def test_frame_of_two_processes_counts_once() -> None:
    """What torchmetrics does over processes: the states of all of them, one after the other."""
    whole, first, second = FrameScores(GROUPS), FrameScores(GROUPS), FrameScores(GROUPS)
    for number in range(5):
        whole.update(number, metrics(number))
    for number in (0, 2, 4):
        first.update(number, metrics(number))
    for number in (1, 3, 0):  # a sampler that fills up shares would repeat frame 0
        second.update(number, metrics(number))
    together = FrameScores(GROUPS)
    together.rows = [torch.cat([*second.rows, *first.rows])]
    assert together.result() == whole.result()


def test_nothing_measured() -> None:
    scores = FrameScores(GROUPS)
    scores.update(0, None)
    with pytest.raises(ValueError, match='no validation frame could be measured'):
        scores.result()

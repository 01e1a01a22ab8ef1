# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Boundary F1: step scenes with known answers, and Depth Pro's definition written out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from lacdepth_ros.evaluation.boundary import boundary_f1

Array = npt.NDArray[np.float32]
THRESHOLDS = np.linspace(1.05, 1.25, 10)


def reference_f1(pred: Array, target: Array) -> float:
    """Dense ground truth, four kinds of boundary looked for one threshold at a time."""

    def kinds(d: Array, t: float) -> list[npt.NDArray[np.bool_]]:
        left, right, above, below = d[:, :-1], d[:, 1:], d[:-1], d[1:]
        return [right / left > t, left / right > t, below / above > t, above / below > t]

    scores = []
    for t in THRESHOLDS:
        pairs = list(zip(kinds(pred, t), kinds(target, t), strict=True))
        precision = np.mean([(p & q).sum() / max(p.sum(), 1) for p, q in pairs])
        recall = np.mean([(p & q).sum() / max(q.sum(), 1) for p, q in pairs])
        scores.append(2 * precision * recall / (precision + recall) if precision + recall else 0.0)
    return float(np.average(scores, weights=THRESHOLDS))


def box(*, top: int = 4, left: int = 5, near: float = 5.0, far: float = 10.0) -> Array:
    """A near box, 6 high and 8 wide, before a wall."""
    depth = np.full((20, 30), far, np.float32)
    depth[top : top + 6, left : left + 8] = near
    return depth


def everywhere(depth: Array) -> npt.NDArray[np.bool_]:
    return np.ones(depth.shape, np.bool_)


def score(pred: Array, target: Array) -> float | None:
    return boundary_f1(pred=pred, target=target, valid_mask=everywhere(target))


@pytest.mark.parametrize('scale', [1.0, 0.1, 3.0])
def test_right_boundaries_at_any_scale(scale: float) -> None:
    assert score(scale * box(), box()) == pytest.approx(1.0)


def test_flat_prediction_finds_nothing() -> None:
    assert score(np.full((20, 30), 7.0, np.float32), box()) == 0.0


def test_boundaries_one_pixel_off_count_for_nothing_there() -> None:
    # Shifted to the right by one: the upper and lower edges still share 7 of 8 columns, the
    # left and right edges nothing. Precision and recall are both (0 + 0 + 7/8 + 7/8) / 4.
    assert score(box(left=6), box()) == pytest.approx(7 / 16)


def test_a_step_counts_at_the_thresholds_it_exceeds() -> None:
    # A prediction with steps of 1.12 finds a box of 2.0 only below that.
    weak = box(near=10 / 1.12)
    expected = THRESHOLDS[THRESHOLDS < 1.12].sum() / THRESHOLDS.sum()
    assert score(weak, box()) == pytest.approx(expected)


def test_a_step_the_wrong_way_round_is_wrong() -> None:
    assert score(box(near=20.0), box()) == 0.0


@pytest.mark.parametrize('seed', range(3))
def test_equals_the_definition_on_dense_ground_truth(seed: int) -> None:
    rng = np.random.default_rng(seed)
    target = np.exp(rng.normal(2, 0.1, (17, 23))).astype(np.float32)
    pred = target * np.exp(rng.normal(0, 0.05, target.shape)).astype(np.float32)
    assert score(pred, target) == pytest.approx(reference_f1(pred, target), rel=1e-6)


def test_only_neighbors_with_ground_truth_count() -> None:
    target, pred = box(), box()
    pred[15:, 20:] = 1.0  # a wrong box, where there is no ground truth
    valid = everywhere(target)
    valid[15:, 20:] = False
    target[15:, 20:] = 0.0
    pred[16, 22] = np.nan
    assert boundary_f1(pred=pred, target=target, valid_mask=valid) == pytest.approx(1.0)
    assert boundary_f1(pred=pred, target=target, valid_mask=valid) != score(
        np.where(np.isnan(pred), 1, pred), box()
    )


def test_sparse_ground_truth_means_nothing() -> None:
    valid = np.zeros((20, 30), np.bool_)
    valid[::2] = True  # half the pixels, a quarter of the pairs
    assert boundary_f1(pred=box(), target=box(), valid_mask=valid) is None


def test_ground_truth_without_boundary_means_nothing() -> None:
    assert score(box(), np.full((20, 30), 7.0, np.float32)) is None

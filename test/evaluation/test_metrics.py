# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Every metric against a few lines of NumPy of its own, and scenes with known answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from lacdepth_ros.evaluation.metrics import (
    METRICS,
    depth_metrics,
    error_sums,
    metrics_from_sums,
    pixel_count,
    pooled,
    ratio_from_sums,
)

Array = npt.NDArray[np.float64]
NAMES = ['abs_rel', 'sq_rel', 'rmse', 'rmse_log', 'log10', 'silog', 'delta1', 'delta2', 'delta3']


def reference_delta(p: Array, t: Array, power: int) -> float:
    within = 0
    for a, b in zip(p, t, strict=True):
        within += max(a / b, b / a) < 1.25**power
    return within / len(p)


def reference_silog(p: Array, t: Array) -> float:
    d = np.log(p / t)
    return 100 * math.sqrt((d * d).sum() / d.size - (d.sum() / d.size) ** 2)


REFERENCES: dict[str, Callable[[Array, Array], float]] = {
    'abs_rel': lambda p, t: (abs(t - p) / t).sum() / t.size,
    'sq_rel': lambda p, t: ((t - p) * (t - p) / t).sum() / t.size,
    'rmse': lambda p, t: math.sqrt(((t - p) * (t - p)).sum() / t.size),
    'rmse_log': lambda p, t: math.sqrt((np.log(t / p) ** 2).sum() / t.size),
    'log10': lambda p, t: (abs(np.log(t / p)) / math.log(10)).sum() / t.size,
    'silog': reference_silog,
    'delta1': lambda p, t: reference_delta(p, t, 1),
    'delta2': lambda p, t: reference_delta(p, t, 2),
    'delta3': lambda p, t: reference_delta(p, t, 3),
}


def random_scene(seed: int) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    target = rng.uniform(1.0, 80.0, (13, 29))
    pred = target * np.exp(rng.normal(0.1, 0.4, target.shape))
    valid_mask = rng.random(target.shape) < 0.3
    target[~valid_mask] = 0.0  # what must not be looked at: no ground truth, no prediction
    pred[~valid_mask] = np.nan
    return pred, target, valid_mask


def random_pixels(seed: int, count: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    target = rng.uniform(1.0, 80.0, count)
    return target * np.exp(rng.normal(-0.2, 0.3, count)), target


def test_every_metric_is_there_in_order() -> None:
    assert list(METRICS) == NAMES
    assert {name for name, unit in METRICS.items() if unit == 'm'} == {'sq_rel', 'rmse'}


@pytest.mark.parametrize('name', NAMES)
@pytest.mark.parametrize('seed', [0, 1])
def test_metric_equals_its_reference(name: str, seed: int) -> None:
    pred, target, valid_mask = random_scene(seed)
    value = depth_metrics(pred=pred, target=target, valid_mask=valid_mask)[name]
    expected = REFERENCES[name](pred[valid_mask], target[valid_mask])
    assert value == pytest.approx(expected, rel=1e-12)


def test_float32_input_is_averaged_in_float64() -> None:
    target = np.full((375, 1242), 3.3, np.float32)
    pred = np.full_like(target, 3.63)
    everywhere = np.ones(target.shape, np.bool_)
    value = depth_metrics(pred=pred, target=target, valid_mask=everywhere)['abs_rel']
    assert value == pytest.approx(float(pred[0, 0]) / float(target[0, 0]) - 1, rel=1e-11)


def test_perfect_prediction() -> None:
    _, target, valid_mask = random_scene(0)
    metrics = depth_metrics(pred=target, target=target, valid_mask=valid_mask)
    for name in NAMES:
        assert metrics[name] == (1.0 if name.startswith('delta') else 0.0)


def test_factor_two() -> None:
    target = np.full((4, 6), 10.0)
    valid_mask = np.ones(target.shape, np.bool_)
    metrics = depth_metrics(pred=2 * target, target=target, valid_mask=valid_mask)
    assert metrics['abs_rel'] == 1.0
    assert metrics['sq_rel'] == 10.0
    assert metrics['rmse'] == 10.0
    assert metrics['rmse_log'] == pytest.approx(math.log(2))
    assert metrics['log10'] == pytest.approx(math.log10(2))
    assert metrics['silog'] == pytest.approx(0.0, abs=1e-12)  # a pure scale costs nothing
    assert metrics['delta1'] == metrics['delta2'] == metrics['delta3'] == 0.0


@pytest.mark.parametrize(('factor', 'deltas'), [(1.2, 3), (1.3, 2), (1.6, 1), (1.25, 2), (2, 0)])
def test_deltas_are_strict_and_nested(factor: float, deltas: int) -> None:
    target = np.full((2, 2), 4.0)
    valid_mask = np.ones(target.shape, np.bool_)
    for pred in (target * factor, target / factor):
        metrics = depth_metrics(pred=pred, target=target, valid_mask=valid_mask)
        found = [metrics[f'delta{order}'] for order in (1, 2, 3)]
        assert sum(found) == deltas
        assert found == sorted(found)


@pytest.mark.parametrize('seed', range(20))
def test_deltas_never_fall_with_their_order(seed: int) -> None:
    pred, target, valid_mask = random_scene(seed)
    metrics = depth_metrics(pred=pred, target=target, valid_mask=valid_mask)
    assert metrics['delta1'] <= metrics['delta2'] <= metrics['delta3']


def test_empty_mask_raises() -> None:
    target = np.ones((2, 3))
    with pytest.raises(ValueError, match='no pixel'):
        depth_metrics(pred=target, target=target, valid_mask=np.zeros((2, 3), np.bool_))


@pytest.mark.parametrize('bad', [np.nan, np.inf, 0.0, -1.0])
def test_impossible_depth_at_a_valid_pixel_raises(bad: float) -> None:
    target = np.ones((2, 3))
    pred = target.copy()
    pred[0, 0] = bad
    valid_mask = np.ones((2, 3), np.bool_)
    with pytest.raises(ValueError, match='pred must be finite'):
        depth_metrics(pred=pred, target=target, valid_mask=valid_mask)
    with pytest.raises(ValueError, match='target must be finite'):
        depth_metrics(pred=target, target=pred, valid_mask=valid_mask)


def test_shape_and_mask_type_are_checked() -> None:
    target = np.ones((2, 3))
    with pytest.raises(ValueError, match=r'\(3, 2\)'):
        depth_metrics(pred=np.ones((3, 2)), target=target, valid_mask=target > 0)
    with pytest.raises(ValueError, match='must be bool'):
        depth_metrics(pred=target, target=target, valid_mask=np.ones((2, 3), np.uint8))  # type: ignore[arg-type]


def test_pooled_sums_are_those_of_all_pixels_together() -> None:
    parts = [random_pixels(seed, count) for seed, count in ((0, 3), (1, 400), (2, 50))]
    together = pooled(np.concatenate([error_sums(p, t) for p, t in parts]))
    p, t = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    assert pixel_count(together) == 453
    for name, value in metrics_from_sums(together).items():
        assert value == pytest.approx(REFERENCES[name](p, t), rel=1e-12)
    assert ratio_from_sums(together) == pytest.approx(math.exp(np.log(p / t).mean()))


def test_a_pure_scale_costs_no_silog_after_pooling() -> None:
    target = np.linspace(1, 80, 1000)
    sums = [error_sums(1.7 * part, part) for part in np.split(target, 10)]
    assert metrics_from_sums(pooled(np.concatenate(sums)))['silog'] < 1e-12


def test_parts_by_true_depth() -> None:
    p, t = random_pixels(3, 500)
    t[:3] = [10.0, 40.0, 0.5]  # a part holds its lower edge, not its upper one
    p[:3] = t[:3]
    edges = np.array([1.0, 10.0, 20.0, 40.0, 40.5, 60.0])
    sums = error_sums(p, t, edges=edges)
    for part, (low, high) in enumerate(pairwise(edges)):
        inside = (t >= low) & (t < high)
        assert pixel_count(sums[part]) == inside.sum()
        expected = REFERENCES['rmse_log'](p[inside], t[inside])
        assert metrics_from_sums(sums[part])['rmse_log'] == pytest.approx(expected, rel=1e-12)


def test_empty_part_has_no_metrics() -> None:
    sums = error_sums(np.array([5.0]), np.array([5.0]), edges=np.array([0.0, 4.0, 6.0]))
    assert [pixel_count(part) for part in sums] == [0, 1]
    np.testing.assert_array_equal(pooled(sums), sums[1])
    with pytest.raises(ValueError, match='no pixel'):
        metrics_from_sums(sums[0])

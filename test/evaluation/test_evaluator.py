# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The evaluator: averages, bands, scaling, infinite depth, merging, what cannot be measured."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest

from lacdepth_ros.evaluation.evaluator import DepthEvaluator
from lacdepth_ros.evaluation.protocol import EvaluationProtocol

Array = npt.NDArray[np.float32]
WHOLE = EvaluationProtocol(crop='none', flip_average=False)


def plane(depth: float, height: int = 6, width: int = 8) -> Array:
    return np.full((height, width), depth, np.float32)


def ramp() -> Array:
    """(1, 79): 1, 2, ... 79 m."""
    return np.arange(1, 80, dtype=np.float32)[None]


def test_mean_over_images_or_over_pixels() -> None:
    for averaging, expected in (('image', (0.1 + 0.4) / 2), ('pixel', (0.1 * 3 + 0.4) / 4)):
        protocol = EvaluationProtocol(crop='none', averaging=averaging)  # type: ignore[arg-type]
        evaluator = DepthEvaluator(protocol)
        evaluator.add(id='a/0', group='a', pred=plane(11, 3, 10), target=plane(10, 3, 10))
        metrics = evaluator.add(
            id='b/0', group='b', pred=plane(14, 1, 10), target=plane(10, 1, 10)
        )
        assert metrics['abs_rel'] == pytest.approx(0.4)
        report = evaluator.report()
        assert report.overall['abs_rel'] == pytest.approx(expected)
        assert report.groups['a']['abs_rel'] == pytest.approx(0.1)
        assert report.frames == 2


def test_bands_pool_the_pixels_of_all_frames() -> None:
    evaluator = DepthEvaluator(WHOLE)
    evaluator.add(id='a/0', group='a', pred=1.1 * ramp(), target=ramp())
    evaluator.add(id='b/0', group='b', pred=1.3 * ramp()[:, :15], target=ramp()[:, :15])
    report = evaluator.report()
    found = {(row['from'], row['to']): row for row in report.bands}
    assert list(found) == [(0, 10), (10, 20), (20, 40), (40, 80)]
    near, far = found[0, 10], found[40, 80]
    assert (near['frames'], near['pixels']) == (2, 18)
    assert near['abs_rel'] == pytest.approx(0.2)
    assert near['ratio'] == pytest.approx((1.1 * 1.3) ** 0.5)
    assert (found[10, 20]['pixels'], far['frames'], far['pixels']) == (16, 1, 40)
    assert sum(row['pixels'] for row in report.distance) == 94
    assert [row['to'] for row in report.by_group['b']['bands']] == [10, 20]


def test_bands_follow_the_cap_or_the_caller() -> None:
    evaluator = DepthEvaluator(EvaluationProtocol(crop='none', max_depth_eval=10))
    evaluator.add(id='a/0', group='a', pred=ramp(), target=ramp())
    assert [row['from'] for row in evaluator.report().bands] == [0, 1.25, 2.5, 5]
    evaluator = DepthEvaluator(WHOLE, bands=[3, 33.3, 50])
    evaluator.add(id='a/0', group='a', pred=ramp(), target=ramp())
    assert [row['pixels'] for row in evaluator.report().bands] == [31, 16]
    for bands in ([5], [5, 5], [10, 5], [-1, 5], [5, 81]):
        with pytest.raises(ValueError, match='bands'):
            DepthEvaluator(WHOLE, bands=bands)


def test_median_scaling_forgives_any_scale() -> None:
    protocol = EvaluationProtocol(crop='none', median_scaling=True)
    evaluator = DepthEvaluator(protocol)
    pred, std = 0.02 * ramp(), 0.02 * ramp()
    metrics = evaluator.add(id='a/0', group='a', pred=pred, target=ramp(), std=std)
    assert metrics['abs_rel'] == pytest.approx(0, abs=1e-6)
    (frame,) = evaluator.report().per_frame
    assert frame.scale == pytest.approx(50)
    assert frame.calibration is not None
    assert frame.calibration.relative_std == pytest.approx(1.0)
    with pytest.raises(ValueError, match='no scale can be found'):
        evaluator.add(id='a/1', group='a', pred=0 * ramp(), target=ramp())


def test_infinite_depth_counts_as_the_caps_and_nan_as_missing() -> None:
    pred, target = plane(10), plane(10)
    pred[0], pred[1], pred[2] = np.inf, -np.inf, np.nan
    evaluator = DepthEvaluator(EvaluationProtocol(5.0, 20.0, 'none'))
    metrics = evaluator.add(id='a/0', group='a', pred=pred, target=target, std=plane(1))
    assert metrics['abs_rel'] == pytest.approx((1.0 + 0.5 + 0 + 0 + 0) / 5)
    (frame,) = evaluator.report().per_frame
    assert (frame.pixels, frame.unpredicted) == (40, 8)
    assert frame.calibration is not None
    assert frame.calibration.pixels == 24  # an infinite depth has no std


@pytest.mark.parametrize('std', [None, plane(np.nan)])
def test_without_std_there_is_no_calibration(std: Array | None) -> None:
    evaluator = DepthEvaluator(WHOLE)
    evaluator.add(id='a/0', group='a', pred=plane(5), target=plane(5), std=std)
    assert evaluator.report().calibration is None


def test_calibration_is_given_by_group() -> None:
    evaluator = DepthEvaluator(WHOLE)
    evaluator.add(id='a/0', group='a', pred=plane(5), target=plane(6), std=plane(100))
    evaluator.add(id='b/0', group='b', pred=plane(5), target=plane(6), std=plane(0.1))
    evaluator.add(id='c/0', group='c', pred=plane(5), target=plane(6))
    calibration = evaluator.report().calibration
    assert calibration is not None
    assert calibration['frames'] == 2
    assert calibration['coverage']['68'] == 0.5
    assert {name: row['coverage']['68'] for name, row in calibration['groups'].items()} == {
        'a': 1.0,
        'b': 0.0,
    }


def test_boundary_f1_is_the_mean_where_it_means_something() -> None:
    step = plane(5)
    step[:, 4:] = 10
    evaluator = DepthEvaluator(WHOLE)
    evaluator.add(id='a/0', group='a', pred=2 * step, target=step)
    evaluator.add(id='a/1', group='a', pred=plane(5), target=plane(5))
    sparse = step.copy()
    sparse[::2] = 0
    evaluator.add(id='b/0', group='b', pred=step, target=sparse)
    boundary = evaluator.report().boundary
    assert boundary['frames'] == 1
    # One of the four kinds of boundary is there: Depth Pro counts the others as not found.
    assert boundary['f1'] == boundary['groups']['a']['f1'] == pytest.approx(0.25)
    assert boundary['groups']['b'] == {'frames': 0, 'f1': None}


def test_what_cannot_be_measured_raises_and_is_not_added() -> None:
    evaluator = DepthEvaluator(WHOLE)
    cases = {
        'the prediction is 8x5 but the ground truth is 8x6': (plane(5, height=5), plane(5)),
        'no true depth inside': (plane(5), plane(0)),
        'invalid wherever there is ground truth': (plane(np.nan), plane(5)),
    }
    for message, (pred, target) in cases.items():
        with pytest.raises(ValueError, match=message):
            evaluator.add(id='a/0', group='a', pred=pred, target=target)
    with pytest.raises(ValueError, match='the std is 9x6'):
        evaluator.add(id='a/0', group='a', pred=plane(5), target=plane(5), std=plane(1, width=9))
    evaluator.skip('a/0', 'no luck')
    report = evaluator.report()
    assert (report.frames, report.overall, report.bands) == (0, {}, ())
    assert report.to_dict()['skipped'] == [{'id': 'a/0', 'reason': 'no luck'}]


def test_merged_evaluators_are_one_evaluator() -> None:
    rng = np.random.default_rng(0)
    whole, parts = DepthEvaluator(WHOLE), [DepthEvaluator(WHOLE), DepthEvaluator(WHOLE)]
    for index in range(6):
        pred = (ramp() * rng.uniform(0.8, 1.3)).astype(np.float32)
        for evaluator in (whole, parts[index // 3]):
            frame = f'{index % 2}/{index}'
            evaluator.add(id=frame, group=frame[0], pred=pred, target=ramp(), std=0.1 * pred)
    parts[1].skip('x', 'y')
    whole.skip('x', 'y')
    parts[0].merge(parts[1])
    assert parts[0].report().to_dict() == whole.report().to_dict()
    with pytest.raises(ValueError, match='one protocol'):
        whole.merge(DepthEvaluator())


def test_per_frame_values_in_json_and_csv() -> None:
    evaluator = DepthEvaluator(WHOLE)
    evaluator.add(id='a/0', group='a', pred=plane(11), target=plane(10), std=plane(2))
    evaluator.add(id='a/1', group='a', pred=plane(11), target=plane(10))
    report = evaluator.report()
    first, second = json.loads(json.dumps(report.to_dict(), allow_nan=False))['per_frame']
    assert (first['id'], first['group'], first['pixels']) == ('a/0', 'a', 48)
    assert first['abs_rel'] == pytest.approx(0.1)
    assert first['coverage_68'] == 1.0
    assert second['coverage_68'] is second['ause_rmse'] is second['boundary_f1'] is None
    lines = report.to_csv().splitlines()
    assert lines[0].split(',') == list(first)
    assert lines[2].startswith('a/1,a,48,0,1.0,0.0999')
    assert DepthEvaluator(WHOLE).report().to_csv() == ''


def test_coverage_takes_the_widths_of_the_checkpoint() -> None:
    rng = np.random.default_rng(0)
    target = np.full((60, 80), 20.0, np.float32)
    pred = (target + rng.laplace(0, 1, target.shape)).astype(np.float32)
    std = np.full_like(target, -np.log(0.32), np.float32)  # holds 68 % of a Laplace distribution
    shares = np.array([0.05, 0.5, 0.68, 0.9, 0.95, 0.99])
    widths = dict(zip(shares.tolist(), (np.log(1 - shares) / np.log(0.32)).tolist(), strict=True))
    coverage = []
    for intervals in (widths, None):
        evaluator = DepthEvaluator(EvaluationProtocol(crop='none'), intervals=intervals)
        evaluator.add(id='a/0', group='a', pred=pred, target=target, std=std)
        calibration = evaluator.report().calibration
        assert calibration is not None
        coverage.append(calibration['coverage'])
        assert calibration['intervals'][0.9] == pytest.approx(
            2.02 if intervals else 1.645, abs=0.01
        )
    assert list(coverage[0].values()) == pytest.approx([0.5, 0.68, 0.9, 0.95], abs=0.02)
    assert coverage[1]['50'] > 0.52 and coverage[1]['95'] < 0.92
    with pytest.raises(ValueError, match='intervals can be merged'):
        DepthEvaluator(intervals=widths).merge(DepthEvaluator())

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The evaluation loop: protocol applied, groups averaged, skipped frames named."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from fake_predictor import FakePredictor

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.evaluation.evaluate import evaluate
from lacdepth_ros.evaluation.evaluator import DepthEvaluator
from lacdepth_ros.evaluation.protocol import EvaluationProtocol

WIDTH, HEIGHT = 30, 20
NO_CROP = EvaluationProtocol(crop='none')


@dataclass
class FakeEntry:
    id: str
    ground_truth: float = 10.0
    red: int = 10
    error: Exception | None = None

    def load(self) -> Sample:
        if self.error:
            raise self.error
        image = np.full((HEIGHT, WIDTH, 3), self.red, np.uint8)
        depth = np.full((HEIGHT, WIDTH), self.ground_truth, np.float32)
        return Sample(image, depth, Camera(9, 9, 5, 5, WIDTH, HEIGHT), self.id)


def test_groups_and_overall_weigh_every_frame_the_same() -> None:
    entries = [FakeEntry('a/0', red=11), FakeEntry('b/0', red=13), FakeEntry('a/1', red=12)]
    report = evaluate(FakePredictor(), entries, NO_CROP)
    assert report.frames == 3
    assert report.overall['abs_rel'] == pytest.approx(0.2)
    assert list(report.groups) == ['a', 'b']
    assert report.groups['a']['frames'] == 2
    assert report.groups['a']['abs_rel'] == pytest.approx(0.15)
    assert report.groups['b']['abs_rel'] == pytest.approx(0.3)
    assert report.skipped == ()


def test_default_protocol_crops_flips_and_clamps() -> None:
    predictor = FakePredictor()
    entry = FakeEntry('a/0', ground_truth=40.0, red=200)
    report = evaluate(predictor, [entry])
    assert report.protocol == EvaluationProtocol()
    assert predictor.flips == [True]
    assert report.overall['abs_rel'] == pytest.approx(1.0)  # 200 m counts as 80 m
    far = evaluate(predictor, [FakeEntry('a/0', ground_truth=80.0)])
    assert far.frames == 0


def test_only_ground_truth_inside_the_crop_counts() -> None:
    class Outside(FakeEntry):
        def load(self) -> Sample:
            sample = super().load()
            sample.depth[: int(0.40810811 * HEIGHT)] = 1.0  # wrong ground truth above the crop
            return sample

    assert evaluate(FakePredictor(), [Outside('a/0')]).overall['abs_rel'] == 0.0


def test_unmeasurable_frames_are_named() -> None:
    entries = [
        FakeEntry('a/0', error=FileNotFoundError('a.png: no such file')),
        FakeEntry('a/1', error=ValueError('depth is uint8')),
        FakeEntry('a/2', ground_truth=0.0),
        FakeEntry('a/3', red=0),
        FakeEntry('a/4'),
    ]
    steps: list[tuple[int, int]] = []
    report = evaluate(
        FakePredictor(), entries, NO_CROP, progress=lambda done, total: steps.append((done, total))
    )
    assert report.frames == 1
    assert {frame.id: frame.reason for frame in report.skipped} == {
        'a/0': 'a.png: no such file',
        'a/1': 'depth is uint8',
        'a/2': 'no true depth inside the none crop and 0.001 .. 80 m',
        'a/3': 'the prediction is invalid wherever there is ground truth',
    }
    assert steps == [(done, 5) for done in range(1, 6)]


def test_pixels_without_prediction_are_counted() -> None:
    class Patchy(FakeEntry):
        def load(self) -> Sample:
            sample = super().load()
            sample.image[:5] = 0
            return sample

    report = evaluate(FakePredictor(), [Patchy('a/0'), FakeEntry('a/1')], NO_CROP)
    assert report.overall['abs_rel'] == 0.0
    assert report.unpredicted == pytest.approx(5 / (2 * HEIGHT))


def test_pixels_of_a_frame_without_any_prediction_are_counted() -> None:
    entries = [FakeEntry('a/0', red=11), FakeEntry('a/1', red=0)]  # 0: nothing predicted
    report = evaluate(FakePredictor(), entries, NO_CROP)
    assert (report.frames, report.unpredicted) == (1, 0.5)
    assert evaluate(FakePredictor(), entries[1:], NO_CROP).figures()['unpredicted'] == 1.0
    assert evaluate(FakePredictor(), [], NO_CROP).figures()['unpredicted'] is None
    merged = DepthEvaluator(NO_CROP)
    with pytest.raises(ValueError, match='invalid wherever'):
        merged.add(id='a', group='a', pred=np.full((3, 4), np.nan), target=np.ones((3, 4)))
    total = DepthEvaluator(NO_CROP)
    total.merge(merged)
    assert total.report().unpredicted == 1.0


def test_a_defect_of_the_program_is_not_swallowed() -> None:
    with pytest.raises(RuntimeError, match='out of memory'):
        evaluate(FakePredictor(), [FakeEntry('a/0', error=RuntimeError('out of memory'))])


def test_json_form() -> None:
    errors = ['abs_rel', 'sq_rel', 'rmse', 'rmse_log', 'log10', 'silog']
    names = [*errors, 'delta1', 'delta2', 'delta3']
    report = json.loads(json.dumps(evaluate(FakePredictor(), [FakeEntry('a/0')]).to_dict()))
    assert list(report) == [
        'protocol', 'assumed', 'frames', 'overall', 'groups', 'skipped', 'unpredicted',
        'bands', 'distance', 'by_group', 'boundary', 'calibration', 'per_frame',
    ]  # fmt: skip
    assert list(report['overall']) == names
    assert list(report['groups']['a']) == ['frames', *names]
    assert report['protocol']['crop'] == 'garg'
    empty = evaluate(FakePredictor(), []).to_dict()
    assert (empty['frames'], empty['groups']) == (0, {})
    assert empty['overall'] == dict.fromkeys(names)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Variants of a frame reach the predictor with their own cameras and come back to its pixels."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Any

import numpy as np
import pytest
from fake_predictor import FakePrediction

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.evaluation.robustness import (
    PARTS,
    Variant,
    measure_robustness,
    predict_variant,
    variants,
)

CAMERA = Camera(100.0, 100.0, 79.5, 39.5, 160, 80)


@dataclasses.dataclass
class Floor:
    """Knows only its camera: the floor 1.5 m below it; ten percent too far in a small input."""

    input_size: tuple[int, int] | None = None
    sizes: list[Any] = dataclasses.field(default_factory=list)

    def predict(self, image: np.ndarray, camera: Camera, **_: Any) -> FakePrediction:
        assert image.shape[:2] == (camera.height, camera.width)
        self.sizes.append(self.input_size)
        factor = 1.1 if self.input_size and self.input_size[0] < 60 else 1.0
        return FakePrediction(factor * floor(camera))


def floor(camera: Camera) -> np.ndarray:
    rows = (np.arange(camera.height) - camera.cy) / camera.fy
    depth = np.where(rows > 0.02, 1.5 / np.maximum(rows, 0.02), np.nan)
    return np.repeat(depth[:, None], camera.width, axis=1).astype(np.float32)


@dataclasses.dataclass
class Entry:
    id: str = 'street/0'
    damaged: bool = False
    seen_rows: int = 80

    def load(self) -> Sample:
        if self.damaged:
            raise ValueError('damaged')
        image = np.zeros((80, 160, 3), np.uint8)
        depth = np.nan_to_num(floor(CAMERA))
        depth[self.seen_rows :] = 0
        return Sample(image, depth, CAMERA, self.id)


def test_every_variant_of_a_right_prediction_is_right() -> None:
    found = measure_robustness(
        partial(predict_variant, Floor()),  # type: ignore[arg-type]
        [Entry()],  # type: ignore[list-item]
        EvaluationProtocol(crop='none', flip_average=False),
        variants((), (60.0, 150.0)),
        lambda *_: None,
    )
    assert next(iter(found)) == 'as it is'
    for name, values in found.items():
        limit = 0.03 if 'focal' in name else 1e-5  # enlarged and shrunk, rows fall between others
        assert values['overall'] == values['street'] < limit, name


def test_rows_are_those_of_the_network_for_this_variant_only() -> None:
    predictor = Floor(input_size=(70, 140))
    sample = Entry().load()
    depth = predict_variant(predictor, sample, Variant('few', rows=50))  # type: ignore[arg-type]
    assert predictor.sizes == [(50, 100)] and predictor.input_size == (70, 140)
    np.testing.assert_allclose(depth[60:], 1.1 * floor(CAMERA)[60:], rtol=1e-5)


@pytest.mark.parametrize('name', PARTS)
def test_a_part_is_compared_with_the_same_part_of_the_whole(name: str) -> None:
    sample = Entry().load()
    alone, whole = (
        predict_variant(Floor(), sample, Variant(name, window=PARTS[name], of_whole=w))  # type: ignore[arg-type]
        for w in (False, True)
    )
    top, bottom, left, right = (PARTS[name][i] * (80 if i < 2 else 160) for i in range(4))
    outside = np.ones((80, 160), bool)
    outside[round(top) : round(bottom), round(left) : round(right)] = False
    assert np.isnan(alone[outside]).all() and np.isnan(whole[outside]).all()
    np.testing.assert_allclose(alone, whole, rtol=1e-5)


def test_a_corrupted_picture_is_predicted_with_the_frame_s_camera() -> None:
    sample = Entry().load()
    sample.image[:] = 100

    class Eye(Floor):
        def predict(self, image: np.ndarray, camera: Camera, **_: Any) -> FakePrediction:
            assert camera == CAMERA
            return FakePrediction(np.float32(image[..., 1]))

    seen = predict_variant(Eye(), sample, Variant('foggy', corruption='foggy'))  # type: ignore[arg-type]
    assert np.abs(seen - (0.25 * 100 + 0.75 * 190)).max() <= 1
    assert (sample.image == 100).all()
    noise = [predict_variant(Eye(), sample, Variant('n', corruption='noisy')) for _ in range(2)]  # type: ignore[arg-type]
    np.testing.assert_array_equal(*noise)
    assert noise[0].std() == pytest.approx(40, rel=0.05)


def test_a_frame_that_fails_as_one_variant_counts_in_none() -> None:
    """Else the means of the others would be over more frames than its own."""
    skipped: list[tuple[str, str]] = []

    def predict(sample: Sample, variant: Variant) -> np.ndarray:
        return (2.0 if sample.id == 'street/1' else 1.0) * sample.depth

    cut = Entry(id='street/1', seen_rows=45)  # nothing of it lies in the lower 70 %'s end
    found = measure_robustness(
        predict,
        [Entry(), cut],  # type: ignore[list-item]
        EvaluationProtocol(crop='none', flip_average=False),
        [Variant('as it is'), Variant('end', window=(0.6, 1.0, 0.0, 1.0))],
        lambda *what: skipped.append(what),
    )
    assert [id for id, _ in skipped] == ['street/1']
    assert [values['overall'] for values in found.values()] == [0.0, 0.0]


def test_a_frame_that_cannot_be_read_is_named() -> None:
    skipped: list[tuple[str, str]] = []
    found = measure_robustness(
        partial(predict_variant, Floor()),  # type: ignore[arg-type]
        [Entry(id='street/1', damaged=True)],  # type: ignore[list-item]
        EvaluationProtocol(crop='none', flip_average=False),
        variants((50,), ()),
        lambda *what: skipped.append(what),
    )
    assert skipped == [('street/1', 'damaged')]
    assert not any(found.values())

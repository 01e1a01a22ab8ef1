# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The checkpoint that ships with the package: size, honesty, and metres for any camera."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.preprocessing import resize_image
from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.evaluation.evaluate import evaluate
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.models.shipped import default_checkpoint
from lacdepth_ros.synthetic.sample import KITTI_CAMERA, synthetic_sample

REFERENCE: dict[str, str] = {'engine': 'eager', 'precision': 'fp32'}
UNSEEN_STREET = 90_001
"""Seed of a synthetic street that no training run draws."""


@lru_cache
def predictor() -> DepthPredictor:
    return DepthPredictor.from_checkpoint(**REFERENCE)


@lru_cache
def street() -> Sample:
    return synthetic_sample(UNSEEN_STREET, 5, camera=KITTI_CAMERA)


def depth_of(image: np.ndarray, camera: Camera) -> np.ndarray:
    return predictor().predict(np.ascontiguousarray(image), camera).depth


def ratio(depth: np.ndarray, reference: np.ndarray) -> float:
    """Median of depth / reference where the scene has ground truth."""
    return float(np.median(depth / reference))


def test_is_small_and_carries_its_card() -> None:
    path = default_checkpoint()
    assert path.stat().st_size <= 16 * 2**20
    model, provenance = load_checkpoint(path)
    assert sum(p.numel() for p in model.parameters()) <= 9_800_000
    assert model.config.name == 'lacdepth-lite'
    assert {'data', 'licence', 'val_abs_rel'} <= provenance.keys()
    assert float(provenance['focal_per_width']) == pytest.approx(721.5 / 1242, rel=0.01), 'KITTI'
    assert provenance['val_abs_rel'] in path.with_suffix('.md').read_text()


def test_sees_depth_in_a_street_it_never_saw() -> None:
    sample = street()
    depth = depth_of(sample.image, sample.camera)
    valid = (sample.depth > 0) & (sample.depth < 80)
    error = np.abs(depth[valid] - sample.depth[valid]) / sample.depth[valid]
    constant = np.abs(np.median(sample.depth[valid]) - sample.depth[valid]) / sample.depth[valid]
    assert error.mean() < 0.25 < constant.mean()


@pytest.mark.parametrize('scale', [0.6, 0.75, 1.5])
def test_resized_view_keeps_its_meters(scale: float) -> None:
    sample = street()
    camera = sample.camera.resized(round(1242 * scale), round(375 * scale))
    depth = depth_of(resize_image(sample.image, camera.width, camera.height), camera)
    reference = depth_of(sample.image, sample.camera)
    rows = np.linspace(0, 374, camera.height).round().astype(int)
    columns = np.linspace(0, 1241, camera.width).round().astype(int)
    error = ratio(depth, reference[np.ix_(rows, columns)])
    assert error == pytest.approx(1, abs=0.08)


def test_cropped_view_keeps_its_meters() -> None:
    sample = street()
    window = (slice(60, 360), slice(200, 1100))
    camera = sample.camera.cropped(200, 60, 900, 300)
    depth = depth_of(sample.image[window], camera)
    reference = depth_of(sample.image, sample.camera)[window]
    assert ratio(depth, reference) == pytest.approx(1, abs=0.08)


def test_zoomed_view_would_be_wrong_without_focal_scaling() -> None:
    """A crop shown at network size looks nearer; only the focal length tells it is not."""
    sample = street()
    window = (slice(100, 300), slice(300, 940))
    zoomed = sample.camera.cropped(300, 100, 640, 200)
    size = (round(200 * 1.3), round(640 * 1.3))
    reference = depth_of(sample.image, sample.camera)[window]
    aware = DepthPredictor.from_checkpoint(input_size=size, **REFERENCE)
    blind = DepthPredictor.from_checkpoint(input_size=size, focal_scaling=False, **REFERENCE)
    image = np.ascontiguousarray(sample.image[window])
    right = ratio(aware.predict(image, zoomed).depth, reference)
    wrong = ratio(blind.predict(image, zoomed).depth, reference)
    assert abs(np.log(right)) < 0.25
    assert wrong < 0.75 * right


DATA = os.environ.get('LACDEPTH_DATA')


@pytest.mark.skipif(DATA is None, reason='LACDEPTH_DATA names no folder with val/manifest.jsonl')
def test_is_as_good_on_real_frames_as_its_card_says() -> None:
    entries = read_manifest(Path(str(DATA)) / 'val' / 'manifest.jsonl')
    driving = [entry for entry in entries if entry.tags.get('domain') == 'driving']
    report = evaluate(predictor(), driving)
    groups = [group['abs_rel'] for group in report.groups.values()]
    assert np.mean(groups) == pytest.approx(float(predictor().provenance['val_abs_rel']), abs=2e-3)

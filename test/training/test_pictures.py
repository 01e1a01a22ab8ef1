# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""TensorBoard gets pictures, curves and bin centers; people get a line that says all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from miniature import HEIGHT, WIDTH, write_recipe

pytest.importorskip('lightning')
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.models.checkpoint import load_checkpoint
from lacdepth_ros.models.predictor import DepthPredictor
from lacdepth_ros.training.clock import Speed
from lacdepth_ros.training.run import train
from lacdepth_ros.training.runlog import progress_line


def test_tensorboard_shows_pictures_and_curves(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path / 'data', **{'trainer.max_steps': 1})
    train(['--config', str(recipe), '--pictures.frames', '1'], tmp_path / 'run')
    events = EventAccumulator(str(tmp_path / 'run' / 'tensorboard')).Reload()
    tags = events.Tags()
    assert tags['images'] == ['val/road/8']
    picture = events.Images('val/road/8')[0]
    assert (picture.step, picture.height, picture.width) == (1, 3 * HEIGHT, WIDTH)
    assert {'loss/loss', 'loss/silog', 'lr/encoder', 'lr/decoder', 'val/score'} <= set(
        tags['scalars']
    )


@pytest.mark.parametrize('strategy', ['attractor', 'splitter'])
def test_bin_centers_are_shown_in_meters(tmp_path: Path, strategy: str) -> None:
    low, high = 2.0, 90.0
    changes = {'bin_strategy': strategy, 'min_depth': low, 'max_depth': high}
    recipe = write_recipe(
        tmp_path / 'data',
        **{f'model.network.architecture.{name}': value for name, value in changes.items()},
        **{'trainer.max_steps': 1, 'pictures.frames': 1},
    )
    train(['--config', str(recipe)], tmp_path / 'run')
    events = EventAccumulator(str(tmp_path / 'run' / 'tensorboard')).Reload()
    (shown,) = events.Histograms('bins/centers [m]')
    network, _ = load_checkpoint(tmp_path / 'run' / 'best.safetensors')
    seen = []
    network.bins.register_forward_hook(lambda _module, _inputs, output: seen.append(output[0]))
    sample = read_manifest(tmp_path / 'data' / 'val' / 'manifest.jsonl')[0].load()
    DepthPredictor(network).predict(sample.image, sample.camera)
    bins = seen[0].numpy().astype(np.float64)
    if strategy == 'splitter':  # widths
        bins = np.cumsum(bins, axis=1) - bins / 2
    centers = (low + (high - low) * bins).mean(axis=(0, 2, 3))
    assert shown.histogram_value.num == len(centers)
    assert shown.histogram_value.min == pytest.approx(centers.min(), rel=1e-3)
    assert shown.histogram_value.max == pytest.approx(centers.max(), rel=1e-3)
    assert shown.histogram_value.sum == pytest.approx(centers.sum(), rel=1e-3)


def test_line_for_people() -> None:
    speed = Speed(steps=30, images=120, seconds=60.0, waiting=0.6)
    line = progress_line(400, 1000, {'loss': 2.5, 'silog': 2.0}, {'decoder': 6e-4}, speed, 0)
    assert line == (
        'step 400/1000  loss 2.500 silog 2.000  lr 6.00e-04  0.50 it/s  2.0 img/s  '
        '1.0 % waiting for data  20 min left'
    )
    stopped = progress_line(4, 10, {}, {}, Speed(0, 0, 0.0, 0.0), 3)
    assert stopped.endswith('inf min left  3 unreadable frames replaced')
    assert np.isinf(float(stopped.split()[-7]))

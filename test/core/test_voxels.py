# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One mean point a voxel, against a dictionary of voxels."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.core.voxels import voxel_downsample


def reference(points: np.ndarray, size: float) -> dict[tuple[int, ...], np.ndarray]:
    voxels: dict[tuple[int, ...], list[np.ndarray]] = {}
    for point in points.astype(np.float64):
        voxels.setdefault(tuple(np.floor(point / size).astype(int)), []).append(point)
    return {voxel: np.mean(inside, axis=0) for voxel, inside in voxels.items()}


@pytest.mark.parametrize('size', [0.25, 1.0, 50.0])
def test_each_voxel_keeps_the_mean_of_its_points(size: float) -> None:
    random = np.random.default_rng(3)
    points = random.uniform((-9, -2, 0.5), (7, 3, 20), (3000, 3)).astype(np.float32)
    thinned = voxel_downsample(points, size)
    expected = reference(points, size)
    assert thinned.dtype == np.float32
    assert len(thinned) == len(expected)
    for point in thinned:
        near = expected[tuple(np.floor(point / size).astype(int))]
        np.testing.assert_allclose(point, near, rtol=1e-5, atol=1e-5)


def test_the_order_of_the_points_does_not_matter() -> None:
    random = np.random.default_rng(4)
    points = random.normal(0, 5, (500, 3)).astype(np.float32)
    shuffled = random.permutation(points)
    np.testing.assert_allclose(
        voxel_downsample(points, 0.7), voxel_downsample(shuffled, 0.7), rtol=1e-6
    )


def test_no_points_stay_no_points() -> None:
    assert voxel_downsample(np.empty((0, 3), np.float32), 0.1).shape == (0, 3)


@pytest.mark.parametrize('size', [0.0, -1.0, float('nan'), float('inf')])
def test_an_impossible_voxel_size_is_refused(size: float) -> None:
    with pytest.raises(ValueError, match='voxel_size'):
        voxel_downsample(np.zeros((2, 3), np.float32), size)


def test_voxels_too_many_to_number_are_refused() -> None:
    points = np.array([[0, 0, 0], [80, 80, 80]], np.float32)
    with pytest.raises(ValueError, match='too small'):
        voxel_downsample(points, 1e-6)

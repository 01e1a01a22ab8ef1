# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Points hidden from the camera, in a scene where what the camera sees is known."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from lacdepth_ros.bags.occlusion import hidden_points
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import points_to_depth

CAMERA = Camera(700.0, 700.0, 320.0, 120.0, width=640, height=300)
LIDAR = np.array([0.1, -0.5, -0.3])  # above and behind the camera
ROAD, WALL = 1.6, 40.0  # y of the road below the camera, z of the wall [m]
# Boxes: x, y, z of the nearest face, which stands on the road; a car, and a pole.
BOXES = ((-1.0, 1.0, 0.1, 8.0), (3.0, 3.15, -3.0, 12.0))


def distance(origin: npt.NDArray, rays: npt.NDArray) -> npt.NDArray:
    """How many times each ray (N, 3) fits between the origin and the first surface it hits."""
    with np.errstate(divide='ignore', invalid='ignore'):
        road = (ROAD - origin[1]) / rays[:, 1]
        best = (WALL - origin[2]) / rays[:, 2]
        best = np.where((road > 0) & (road < best), road, best)
        for left, right, top, near in BOXES:
            t = (near - origin[2]) / rays[:, 2]
            x, y = origin[0] + t * rays[:, 0], origin[1] + t * rays[:, 1]
            hit = (x > left) & (x < right) & (y > top) & (y < ROAD)
            best = np.where(hit & (t < best), t, best)
    return best


def scan() -> npt.NDArray:
    """Points of a LiDAR with rows 0.4 degrees apart and columns 0.15 degrees apart."""
    up, turn = np.meshgrid(
        np.deg2rad(np.arange(-20, 4, 0.4)), np.deg2rad(np.arange(-26, 26, 0.15)), indexing='ij'
    )
    rays = np.stack([np.sin(turn) * np.cos(up), -np.sin(up), np.cos(turn) * np.cos(up)], axis=-1)
    rays = rays.reshape(-1, 3)
    return LIDAR + distance(LIDAR, rays)[:, None] * rays


@pytest.fixture(scope='module')
def sparse() -> npt.NDArray:
    return points_to_depth(scan(), CAMERA)


@pytest.fixture(scope='module')
def truly_hidden(sparse: npt.NDArray) -> npt.NDArray:
    """Points with a surface more than 5 % nearer at their own pixel."""
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width].reshape(2, -1)
    rays = np.stack(
        [(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, np.ones(u.shape)], axis=-1
    )
    seen = distance(np.zeros(3), rays).reshape(sparse.shape)
    return np.isfinite(sparse) & (sparse > 1.05 * seen)


def test_shining_through_is_found_and_little_else_is_lost(
    sparse: npt.NDArray, truly_hidden: npt.NDArray
) -> None:
    hidden = hidden_points(sparse, CAMERA)
    points = np.isfinite(sparse)
    assert truly_hidden.sum() > 100
    assert np.mean(hidden[truly_hidden]) > 0.98
    good = points & ~truly_hidden
    assert np.mean(hidden[good]) < 0.005
    left = (truly_hidden & ~hidden).sum() / (points & ~hidden).sum()
    assert left < 0.1 * truly_hidden.sum() / points.sum()


def test_a_reach_shorter_than_the_gap_between_rows_finds_less(
    sparse: npt.NDArray, truly_hidden: npt.NDArray
) -> None:
    found = [np.mean(hidden_points(sparse, CAMERA, reach=r)[truly_hidden]) for r in (0.1, 0.6)]
    assert found[0] < 0.5 < 0.9 < found[1]


@pytest.mark.parametrize('slope', [(0.0, 1 / 1.6), (1 / 1.5, 0.0), (0.0, 0.0)])
def test_planes_hide_nothing_of_themselves(slope: tuple[float, float]) -> None:
    """Road, wall beside the road, wall ahead: however slanted, nothing is left out."""
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width].astype(np.float32)
    inverse = (u - 1) / CAMERA.fx * slope[0] + (v - 1) / CAMERA.fy * slope[1] + 1 / 80
    rng = np.random.default_rng(0)
    depth = np.where(rng.random(u.shape) < 0.1, 1 / np.maximum(inverse, 1e-3), np.nan)
    assert not hidden_points(depth.astype(np.float32), CAMERA).any()


def test_points_beside_an_edge_stay_and_those_within_go() -> None:
    camera = Camera(700.0, 700.0, 20.0, 20.0, width=41, height=41)
    depth = np.full((41, 41), np.nan, np.float32)
    depth[10:31:2, 10:21:2] = 5.0
    depth[20, 15] = depth[20, 24] = 30.0  # within the near object, and next to it
    hidden = hidden_points(depth, camera)
    assert (hidden[20, 15], hidden[20, 24], hidden.sum()) == (True, False, 1)
    assert not hidden_points(np.full((41, 41), np.nan, np.float32), camera).any()

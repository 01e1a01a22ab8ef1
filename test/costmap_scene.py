# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A rendered street as a robot's costmap sees it, and how right that costmap is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from voxel_layer import FREE, LETHAL, VoxelLayer

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.geometry import depth_to_points, depth_to_ray_length, ray_lengths
from lacdepth_ros.core.obstacles import (
    ObstacleSettings,
    clearing_points,
    obstacle_points,
    trusted_depth,
)
from lacdepth_ros.synthetic.layout import street
from lacdepth_ros.synthetic.sample import KITTI_CAMERA, synthetic_sample

SETTINGS = ObstacleSettings(voxel_size=0.1, max_range=20.0, max_relative_std=0.0, min_angle=3.0)
"""The node's, without the gate by std: true depth has none."""
TOLERANCE = 0.3
"""A marked cell this near a true obstacle is not false, and finds it [m]."""


@dataclass(frozen=True, eq=False)
class View:
    """One frame of a street: image, true depth (+Inf in the sky), camera, and its pose."""

    image: np.ndarray
    depth: np.ndarray
    camera: Camera
    height: float
    rotation: np.ndarray


@dataclass(frozen=True)
class Seen:
    """What a costmap gets, in its frame: the sensor, points that mark, points that clear."""

    sensor: np.ndarray
    marking: np.ndarray
    clearing: np.ndarray


@dataclass(frozen=True)
class Figures:
    """Shares: of true obstacle cells found, of free cells cleared, of marked cells false."""

    found: float
    cleared: float
    false: float


@lru_cache(maxsize=4)
def street_view(seed: int, frame: int) -> View:
    sample, eye = synthetic_sample(seed, frame), street(seed).eye(frame)
    depth = np.where(sample.depth > 0, sample.depth, np.float32(np.inf))
    return View(sample.image, depth, KITTI_CAMERA, -float(eye.position[1]), eye.rotation)


def see(
    depth: np.ndarray,
    std: np.ndarray,
    camera: Camera,
    height: float,
    rotation: np.ndarray | None = None,
    settings: ObstacleSettings = SETTINGS,
) -> Seen:
    """The node's clouds of a depth image, in a frame with x forward, z up, ground at 0."""
    trusted = trusted_depth(depth, std, camera, settings, farthest=80.0)
    turn = np.eye(3) if rotation is None else rotation
    clouds = (
        obstacle_points(trusted, camera, settings),
        clearing_points(trusted, camera, settings, 80.0),
    )
    return Seen(
        np.array([0.0, 0.0, height]), *(upright(points, height, turn) for points in clouds)
    )


def upright(points: np.ndarray, height: float, rotation: np.ndarray) -> np.ndarray:
    """Points of the optical frame with x forward, y left, z up, the ground at 0; (N, 3)."""
    x, y, z = (points.reshape(-1, 3).astype(np.float64) @ rotation.T).T
    return np.stack([z, -x, height - y], axis=1)


@lru_cache(maxsize=4)
def true_costmap(view: View) -> VoxelLayer:
    """The costmap of exact depth, marked and cleared by every pixel; not to be changed."""
    lengths = depth_to_ray_length(view.depth, view.camera)
    ends = depth_to_points(np.minimum(lengths, 20.0) / ray_lengths(view.camera), view.camera)
    marking, clearing = (
        upright(points, view.height, view.rotation) for points in (ends[lengths < 20.0], ends)
    )
    return costmap_of(Seen(np.array([0.0, 0.0, view.height]), marking, clearing))


def costmap_of(seen: Seen) -> VoxelLayer:
    layer = VoxelLayer()
    layer.update(seen.sensor, seen.marking, seen.clearing)
    return layer


def figures(seen: Seen, view: View, tolerance: float = TOLERANCE) -> Figures:
    """Compare a costmap with the true one."""
    true, ours = true_costmap(view), costmap_of(seen)
    obstacle, marked = true.cost == LETHAL, ours.cost == LETHAL
    reach = round(tolerance / ours.resolution)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    near = [cv2.dilate(cells.astype(np.uint8), disc) > 0 for cells in (obstacle, marked)]
    free = (true.cost == FREE) & ~near[0]
    return Figures(
        found=float(near[1][obstacle].mean()),
        cleared=float((ours.cost == FREE)[free].mean()),
        false=float((~near[0])[marked].mean()) if marked.any() else 0.0,
    )

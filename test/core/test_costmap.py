# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Our clouds in a simulated voxel layer: obstacles found, free space cleared, few false ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from costmap_scene import SETTINGS, Seen, figures, see, street_view
from voxel_layer import FREE, LETHAL, UNKNOWN, VoxelLayer

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.obstacles import clearing_points, obstacle_points

CAMERA = Camera(fx=180.0, fy=180.0, cx=159.5, cy=59.5, width=320, height=120)
HEIGHT = 1.65


def boxes(*solids: tuple[float, float, float, float, float]) -> np.ndarray:
    """Depth of level ground below the open with boxes (near, far, left, right, top) on it."""
    u, v = np.meshgrid(np.arange(CAMERA.width), np.arange(CAMERA.height))
    x, y = (u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy
    depth = np.full(x.shape, np.inf)
    np.divide(HEIGHT, y, out=depth, where=y > 1e-9)
    for near, far, left, right, top in solids:
        # The box between three pairs of planes, in the optical frame.
        with np.errstate(divide='ignore', invalid='ignore'):
            across = np.sort(np.stack([left / x, right / x]), axis=0)
            down = np.sort(np.stack([(HEIGHT - top) / y, HEIGHT / y]), axis=0)
        enter = np.maximum(near, np.maximum(across[0], down[0]))
        leave = np.minimum(far, np.minimum(across[1], down[1]))
        depth = np.where((enter < leave) & (enter > 0), np.minimum(depth, enter), depth)
    return depth.astype(np.float32)


def costmap(*frames: np.ndarray, clear: bool = True) -> VoxelLayer:
    layer = VoxelLayer()
    for depth in frames:
        seen = see(depth, depth, CAMERA, HEIGHT)
        layer.update(seen.sensor, seen.marking, seen.clearing if clear else np.empty((0, 3)))
    return layer


def cost_at(layer: VoxelLayer, x: float, y: float) -> int:
    column, row, _ = layer.cells(np.array([[x, y, 0.5]]))[0].astype(int)
    return int(layer.cost[column, row])


BOX = (8.0, 10.0, -1.0, 1.0, 2.6)


def test_a_box_is_marked_its_fore_is_free_and_its_shadow_unknown() -> None:
    layer = costmap(boxes(BOX))
    assert cost_at(layer, 8.05, 0.0) == LETHAL
    assert [cost_at(layer, x, 0.0) for x in (4.55, 5.0, 6.0, 7.0)] == [FREE] * 4
    assert cost_at(layer, 9.5, 0.0) == UNKNOWN
    assert [cost_at(layer, 15.0, y) for y in (-5.0, 5.0)] == [FREE] * 2


def test_what_drove_away_is_cleared_and_only_by_the_clearing_cloud() -> None:
    gone = [boxes(BOX), boxes()]
    assert cost_at(costmap(*gone), 8.05, 0.0) == FREE
    assert cost_at(costmap(*gone, clear=False), 8.05, 0.0) == LETHAL


def test_a_kerb_below_the_marking_height_is_no_obstacle() -> None:
    layer = costmap(boxes((6.0, 9.0, -2.0, 2.0, 0.2)))
    assert not (layer.cost == LETHAL).any()


@pytest.mark.slow
def test_a_rendered_street_with_its_true_depth_is_mapped_without_errors() -> None:
    view = street_view(1014, 0)
    result = figures(see(view.depth, view.depth, view.camera, view.height, view.rotation), view)
    assert result.found > 0.95, 'all but car roofs, seen too flat to be believed'
    assert result.false == 0.0
    assert result.cleared > 0.97


def blurred(depth: np.ndarray) -> np.ndarray:
    """Depth as networks blur it: averaged over 9 columns, so that edges become ramps."""
    wide = np.pad(np.minimum(depth, 80.0), ((0, 0), (4, 4)), mode='edge')
    return np.mean([wide[:, i : i + depth.shape[1]] for i in range(9)], axis=0, dtype=np.float32)


@pytest.mark.slow
def test_ramps_at_edges_make_false_obstacles_that_the_filter_takes_away() -> None:
    view = street_view(1014, 0)
    soft = blurred(view.depth)

    def false_share(angle: float) -> tuple[float, float]:
        seen = see(
            soft,
            view.depth,
            view.camera,
            view.height,
            view.rotation,
            replace(SETTINGS, min_angle=angle),
        )
        result = figures(seen, view)
        return result.false, result.found

    (raw, raw_found), (filtered, found) = false_share(0.0), false_share(3.0)
    assert raw > 0.1
    assert filtered < raw / 4
    assert found > raw_found - 0.12


def test_both_clouds_stay_small_on_the_street() -> None:
    view = street_view(1014, 0)
    marking = obstacle_points(view.depth, view.camera, SETTINGS)
    clearing = clearing_points(view.depth, view.camera, SETTINGS, 80.0)
    assert all(2_000 < len(points) <= 20_000 for points in (marking, clearing))
    assert isinstance(see(view.depth, view.depth, view.camera, view.height), Seen)

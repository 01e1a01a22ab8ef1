# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Nav2's voxel layer in NumPy: clears along rays, then marks points, and tells cells apart.

Written down from nav2_costmap_2d's voxel_layer.cpp (updateBounds, raytraceFreespace) and
nav2_voxel_grid's voxel_grid.hpp (main, a3a97043). Rays are sampled once a cell where Nav2 walks
them by Bresenham. Parameters are those of config/nav2_costmap.yaml.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml
from depth_readers import nav2_buffered

CONFIG = Path(__file__).resolve().parents[1] / 'config' / 'nav2_costmap.yaml'
UNKNOWN, FREE, LETHAL = 255, 0, 254


def configuration() -> dict:
    """Parameters of the local costmap."""
    return yaml.safe_load(CONFIG.read_text())['local_costmap']['local_costmap']['ros__parameters']


class VoxelLayer:
    """A costmap of its own around the robot, which stands in its middle and does not move.

    Frame: x forward, y left, z up, the robot's ground at 0. `cost` is (size, size), first index x.
    """

    def __init__(self) -> None:
        costmap = configuration()
        layer = costmap['voxel_layer']
        self.mark, self.clear = layer['mark'], layer['clear']
        self.resolution, self.z_resolution = costmap['resolution'], layer['z_resolution']
        self.size, self.layers = round(costmap['width'] / self.resolution), layer['z_voxels']
        self.origin = np.array([-costmap['width'] / 2, -costmap['height'] / 2, layer['origin_z']])
        self.cost = np.full((self.size, self.size), UNKNOWN, np.uint8)
        self.marked = np.zeros((self.size, self.size, self.layers), bool)
        self.known = np.zeros_like(self.marked)

    def update(self, sensor: np.ndarray, marking: np.ndarray, clearing: np.ndarray) -> None:
        """One update with the newest cloud of either source, (N, 3) in the map's frame."""
        heights = ('min_obstacle_height', 'max_obstacle_height')
        self._clear(sensor, nav2_buffered(clearing, *(self.clear[name] for name in heights)))
        self._mark(sensor, nav2_buffered(marking, *(self.mark[name] for name in heights)))

    def cells(self, points: np.ndarray) -> np.ndarray:
        """Cell coordinates (N, 3) of points, as floats."""
        scale = np.array([self.resolution, self.resolution, self.z_resolution])
        return (points - self.origin) / scale

    def inside(self, cells: np.ndarray) -> np.ndarray:
        return ((cells >= 0) & (cells < self.marked.shape)).all(axis=1)

    def _clear(self, sensor: np.ndarray, points: np.ndarray) -> None:
        start = self.cells(sensor[None])
        if not len(points) or not self.inside(start)[0]:
            return
        distance = np.linalg.norm(points - sensor, axis=1, keepdims=True)
        reach = np.minimum(distance - 2 * self.resolution, self.clear['raytrace_max_range'])
        ends = sensor + (points - sensor) * np.maximum(reach / distance, 0)
        ways = self.cells(ends) - start
        steps = int(np.ceil(np.abs(ways).max()))
        touched = np.zeros((self.size, self.size), bool)
        for share in np.linspace(0, 1, steps + 1):
            cells = start + share * ways
            x, y, z = cells[self.inside(cells)].astype(int).T
            self.marked[x, y, z], self.known[x, y, z] = False, True
            touched[x, y] = True
        self.cost[touched & ~self.marked.any(axis=2)] = FREE

    def _mark(self, sensor: np.ndarray, points: np.ndarray) -> None:
        distance = np.linalg.norm(points - sensor, axis=1)
        near = distance < self.mark['obstacle_max_range']
        cells = self.cells(points[near & (distance >= self.mark['obstacle_min_range'])])
        x, y, z = cells[self.inside(cells)].astype(int).T
        self.marked[x, y, z] = self.known[x, y, z] = True
        self.cost[x, y] = LETHAL

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The road and what lies along it: exact intersection and paint."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from lacdepth_ros.synthetic.eye import Eye, Rays
from lacdepth_ros.synthetic.noise import Floats, fractal, grid_line, hash01, stripe
from lacdepth_ros.synthetic.solids import Color
from lacdepth_ros.synthetic.surface import cover, inside
from lacdepth_ros.synthetic.terrain import FARTHEST, LEVEL, Numbers, Terrain, first_meeting

_STEEPEST = 0.8  # m for each metre of depth; rays that rise more meet no land


class Zone(IntEnum):
    """Part of the ground."""

    NONE = 0
    ROAD = 1
    KERB = 2
    BESIDE = 3


@dataclass(frozen=True, slots=True)
class Road:
    """Cross-section, course and look of a road; lateral distances count from its centre line.

    Attributes:
        lane_width: Width of one lane [m].
        lanes: Lanes (left of the centre line, right of it); without any on one side there is no
            centre line to be seen.
        parking: Width of the parking strip (left, right) [m]; 0 for none.
        kerb: Height of the ground beside the road above it [m].
        walk: Width of the pavement (left, right) [m]; 0 for none.
        paved: Whether the ground behind the pavement is paved (left, right), else grass.
        sway: Amplitude of the road's sideways swing [m].
        period: Length of one swing [m].
        tone: Linear reflectance of the asphalt.
        grass: Linear reflectance of the grass.
        dashed: Centre line dashed rather than solid.
        edge_lines: Lines along both edges.
        phase: Whole number of its random details.
        terrain: How the land rises and falls.
    """

    lane_width: float = 3.4
    lanes: tuple[int, int] = (1, 1)
    parking: tuple[float, float] = (0.0, 0.0)
    kerb: float = 0.12
    walk: tuple[float, float] = (2.0, 2.0)
    paved: tuple[bool, bool] = (False, False)
    sway: float = 0.0
    period: float = 400.0
    tone: float = 0.13
    grass: Color = (0.10, 0.14, 0.035)
    dashed: bool = True
    edge_lines: bool = True
    phase: int = 0
    terrain: Terrain = LEVEL

    @property
    def edges(self) -> tuple[float, float]:
        """Lateral distances of the left (negative) and the right kerb [m]."""
        left = self.lanes[0] * self.lane_width + self.parking[0]
        right = self.lanes[1] * self.lane_width + self.parking[1]
        return -left, right

    def center(self, z: float) -> float:
        """Street x of the centre line at z [m]."""
        return self.sway * math.sin(2 * math.pi * z / self.period + self.phase)

    def heading(self, z: float) -> float:
        """Yaw of the road at z [rad]."""
        wave = 2 * math.pi / self.period
        return math.atan(self.sway * wave * math.cos(wave * z + self.phase))

    def lateral(self, x: Floats, z: Floats) -> Floats:
        """Distance to the right of the centre line [m]."""
        if self.sway == 0:
            return x
        wave = np.float32(2 * math.pi / self.period)
        return x - np.float32(self.sway) * np.sin(wave * z + np.float32(self.phase))

    def rise(self, x: Floats, z: Floats) -> Floats:
        """Rise of the land at street points above the plane [m], kerbs not counted."""
        left, right = self.edges
        lateral = self.lateral(x, z)
        beyond = np.minimum(lateral - np.float32(left), 0)
        beyond += np.maximum(lateral - np.float32(right), 0)
        return self.terrain.rise(beyond, z)

    def rise_at(self, x: float, z: float) -> float:
        """Rise of the land at one street point [m]."""
        return float(self.rise(np.array([x]), np.array([z]))[0])

    def ground_at(self, x: float, z: float) -> float:
        """Height of what one stands on at a street point, the kerb included [m]."""
        lateral = self.lateral(np.array([x]), np.array([z]))[0]
        return self.rise_at(x, z) + self.kerb * (not self.edges[0] <= lateral <= self.edges[1])

    def normals(self, x: Floats, z: Floats) -> Floats:
        """(N, 3) upward unit normals of the land at street points."""
        step = np.float32(0.05)
        across = (self.rise(x + step, z) - self.rise(x - step, z)) / (2 * step)
        along = (self.rise(x, z + step) - self.rise(x, z - step)) / (2 * step)
        normal = np.stack([-across, np.full_like(across, -1.0), -along], axis=-1)
        return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True), np.float32)


@dataclass(frozen=True, slots=True)
class VisibleGround:
    """What each pixel would see of the ground alone: (H, W) inverse depth [1/m] and zone."""

    inverse_depth: Floats
    zone: npt.NDArray[np.uint8]


def cast_ground(road: Road, rays: Rays, eye: Eye) -> VisibleGround:
    """Intersect all rays with the road, its kerbs and the raised ground behind them.

    Raises:
        ValueError: The eye does not stand above the ground.
    """
    _check_above(road, eye)
    shape = (rays.camera.height, rays.camera.width)
    down = rays.linear(eye.rotation[1], (0, shape[0], 0, shape[1]))
    steepest = 0.0 if road.terrain.level else _STEEPEST
    horizon = int(np.argmax((down > -steepest).any(axis=1)))
    part = (horizon, shape[0], 0, shape[1])
    seen = VisibleGround(np.zeros(shape, np.float32), np.zeros(shape, np.uint8))
    down = down[horizon:]
    right, ahead = rays.linear(eye.rotation[0], part), rays.linear(eye.rotation[2], part)
    x0, z0 = np.float32(eye.position[0]), np.float32(eye.position[2])

    def lateral(depth: Floats) -> Floats:
        return road.lateral(x0 + depth * right, z0 + depth * ahead)

    if road.terrain.level:
        low, high = _meet_plane(road, eye, down)
    else:
        low, high = _meet_land(road, eye, right, down, ahead)
    reached = high < FARTHEST
    high = np.minimum(high, np.float32(10 * FARTHEST))
    low = np.minimum(low, np.float32(10 * FARTHEST))
    on_low, on_high = lateral(low), lateral(high)
    left, right_edge = road.edges
    beside = (on_high < left) | (on_high > right_edge)
    on_road = ~beside & (on_low >= left) & (on_low <= right_edge)
    edge = np.where(on_low > 0, right_edge, left)
    run = on_low - on_high
    share = (edge - on_high) / np.where(np.abs(run) < 1e-9, 1e-9, run)
    on_kerb = high + np.clip(share, 0.0, 1.0) * (low - high)
    depth = np.where(beside, high, np.where(on_road, low, on_kerb))
    zone = np.where(beside, Zone.BESIDE, np.where(on_road, Zone.ROAD, Zone.KERB))
    valid = reached & (depth < FARTHEST)
    seen.inverse_depth[horizon:] = np.where(valid, 1.0 / depth, 0.0)
    seen.zone[horizon:] = np.where(valid, zone, Zone.NONE)
    return seen


def _check_above(road: Road, eye: Eye) -> None:
    x, y, z = (float(value) for value in eye.position)
    if (below := y + road.ground_at(x, z)) >= 0:
        raise ValueError(f'the camera lies {below:.3g} m below the ground; it must be above it')


def _meet_plane(road: Road, eye: Eye, down: Floats) -> tuple[Floats, Floats]:
    """Depths where rays meet the level of the road, and the level above its kerbs."""
    height = -float(eye.position[1])
    falls = np.maximum(down, np.float32(1e-6))
    return height / falls, (height - road.kerb) / falls


def _meet_land(
    road: Road, eye: Eye, right: Floats, down: Floats, ahead: Floats
) -> tuple[Floats, Floats]:
    """The same on land that rises and falls."""
    x0, y0, z0 = (np.float32(value) for value in eye.position)
    r, d, a = right.reshape(-1), down.reshape(-1), ahead.reshape(-1)

    def gap(which: Numbers, depth: Floats) -> Floats:
        """Height above the land behind the kerbs."""
        land = road.rise(x0 + depth * r[which], z0 + depth * a[which]) + np.float32(road.kerb)
        return -y0 - depth * d[which] - land

    top = road.terrain.highest + road.kerb - float(-y0)
    high = first_meeting(gap, d, top)
    reach = np.minimum(high, np.float32(FARTHEST))
    lateral = road.lateral(x0 + reach * r, z0 + reach * a)
    inside_kerbs = (lateral >= road.edges[0]) & (lateral <= road.edges[1])
    over_road = np.flatnonzero(inside_kerbs & (road.kerb > 0))

    low = high.copy()
    kerb = np.float32(road.kerb)
    low[over_road] = first_meeting(lambda n, t: gap(over_road[n], t) + kerb, d[over_road], top)
    return low.reshape(down.shape), high.reshape(down.shape)


def paint_ground(
    road: Road, points: Floats, zone: npt.NDArray[np.uint8], depth: Floats, focal: float
) -> Floats:
    """(N, 3) linear reflectance at (N, 3) street points of the ground.

    Args:
        road: The road.
        points: (N, 3) visible points [m].
        zone: (N,) zone of each.
        depth: (N,) depth of each [m].
        focal: Focal length [px].
    """
    lateral = road.lateral(points[:, 0], points[:, 2])
    across = depth / focal
    along = np.minimum(np.maximum(across, depth * across / 1.65), 30.0)
    albedo = np.empty((points.shape[0], 3), np.float32)
    on_road = np.flatnonzero(zone == Zone.ROAD)
    rest = np.flatnonzero(zone != Zone.ROAD)
    for where, paint in ((on_road, _paint_road), (rest, _paint_beside)):
        if where.size:
            albedo[where] = paint(
                road, lateral[where], points[where, 2], across[where], along[where]
            )
    kerb = np.flatnonzero(zone == Zone.KERB)
    albedo[kerb] = 0.30
    return albedo


def _paint_road(road: Road, lateral: Floats, z: Floats, across: Floats, along: Floats) -> Floats:
    blend = np.sqrt(across * along)
    octaves = ((7.0, 0.35), (1.6, 0.25), (0.4, 0.25), (0.1, 0.35), (0.025, 0.7))
    tone = 1.0 + 0.22 * fractal(lateral, 0.35 * z, blend, octaves[:2])
    tone += 0.30 * fractal(lateral, z, blend, octaves[2:])
    lane = np.mod(lateral, road.lane_width) / road.lane_width
    tone -= 0.07 * np.cos(4 * np.pi * lane)
    patch = hash01(np.floor(lateral / 1.7), np.floor(z / 6.5), road.phase)
    tone *= np.where(patch > 0.94, 0.72, 1.0)
    crack = np.abs(fractal(lateral, 0.6 * z, blend, ((2.3, 1.0), (0.3, 0.12))))
    tone -= 0.35 * (crack < 0.012) * (blend < 0.05)
    left, right = road.edges
    gutter = np.minimum(lateral - left, right - lateral)
    tone *= 1.0 - 0.25 * np.exp(-4.0 * gutter)
    albedo = (road.tone * np.clip(tone, 0.25, 2.0))[:, None] * np.array(
        [1.0, 0.985, 0.95], np.float32
    )
    wear = np.clip(0.85 + 0.9 * fractal(lateral, z, blend, ((0.7, 0.4), (0.1, 0.8))), 0.15, 1.0)
    return cover(albedo, _markings(road, lateral, z, across, along) * wear, 0.62)


def _markings(road: Road, lateral: Floats, z: Floats, across: Floats, along: Floats) -> Floats:
    """Coverage 0..1 of white lines: centre, lane, edge and parking lines, a few crossings."""
    dash = inside(np.mod(z, 9.0), 0.0, 3.6, along)
    lines = stripe(lateral, 0.0, 0.13, across) * (dash if road.dashed else 1.0) * all(road.lanes)
    left, right = road.edges
    for side, lanes in ((-1, road.lanes[0]), (1, road.lanes[1])):
        for lane in range(1, lanes):
            lines += stripe(lateral, side * lane * road.lane_width, 0.13, across) * dash
        parking = road.parking[0 if side < 0 else 1]
        inner = side * lanes * road.lane_width
        if parking > 0:
            bay = grid_line(z, 6.0, 0.1, along) * (side * lateral > side * inner)
            lines += np.maximum(stripe(lateral, inner, 0.1, across), bay)
        elif road.edge_lines:
            lines += stripe(lateral, inner - side * 0.3, 0.15, across)
    cell = np.floor(z / 60.0)
    place = z - (cell + 0.5) * 60.0
    crossing = inside(np.abs(place), -1.0, 1.6, along) * (hash01(cell, 1, road.phase) > 0.8)
    bars = inside(np.mod(lateral, 1.0), 0.25, 0.75, across)
    within = inside(lateral, left + 0.3, right - 0.3, across)
    return np.clip(lines + crossing * bars * within, 0.0, 1.0)


def _paint_beside(road: Road, lateral: Floats, z: Floats, across: Floats, along: Floats) -> Floats:
    left, right = road.edges
    beyond = np.where(lateral < 0, left - lateral, lateral - right)
    blend = np.sqrt(across * along)
    walk = np.where(lateral < 0, road.walk[0], road.walk[1])
    paved = np.where(lateral < 0, road.paved[0], road.paved[1])
    rough = fractal(lateral, z, blend, ((9.0, 0.4), (2.0, 0.4), (0.5, 0.4)))
    fine = fractal(lateral, z, blend, ((0.16, 0.5), (0.05, 0.6), (0.018, 0.6)))
    green = np.asarray(road.grass, np.float32)
    dry = np.array([0.20, 0.17, 0.09], np.float32)
    grass = cover(np.broadcast_to(green, (lateral.size, 3)), np.clip(rough + 0.1, 0, 0.7), dry)
    grass = grass * np.clip(1.0 + 0.35 * rough + 0.7 * fine, 0.25, 2.2)[:, None]
    slab = 0.5 + 0.5 * (road.phase % 2)
    joints = np.maximum(grid_line(lateral, slab, 0.02, across), grid_line(z, slab, 0.02, along))
    tile = hash01(np.floor(lateral / slab), np.floor(z / slab), road.phase) - 0.5
    tile = np.where(along < slab, tile, 0.0)
    stone = 0.27 * (1.0 + 0.15 * tile + 0.14 * rough + 0.22 * fine - 0.45 * joints)
    paving = np.maximum(stone, 0.03)[:, None] * np.array([1.0, 0.96, 0.90], np.float32)
    edge = inside(beyond, walk, 1e6, across) * (1.0 - paved)
    albedo = cover(paving, edge, grass)
    curb = inside(beyond, -1.0, 0.14, across) * (walk > 0)
    return cover(albedo, curb, 0.34 * (1.0 + 0.2 * fine)[:, None])

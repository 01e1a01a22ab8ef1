# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Hilly land against independent references: where rays meet it, and what stands on it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from slow_values import first_is_fast

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.synthetic import render as rendering
from lacdepth_ros.synthetic.eye import Eye, Mount
from lacdepth_ros.synthetic.ground import Road
from lacdepth_ros.synthetic.layout import street
from lacdepth_ros.synthetic.light import Light
from lacdepth_ros.synthetic.render import random_street
from lacdepth_ros.synthetic.sample import synthetic_sample
from lacdepth_ros.synthetic.scene import Scene, render
from lacdepth_ros.synthetic.terrain import Bank, Terrain, random_terrain

CAMERA = Camera(60.0, 60.0, 31.5, 17.25, 64, 40)
HEIGHT = 1.6
SWELL = Terrain(swell=2.0, length=150.0, phase=0.7)
FALLING = Terrain(banks=(Bank(-3.0, 1.0, 40.0), Bank(-2.0, 2.0, 15.0, roll=0.4, length=35.0)))
RISING = Terrain(swell=1.0, length=220.0, banks=(Bank(3.0, 1.0, 12.0, wave=0.4), Bank(5.0, 4.0)))


def smooth(share: np.ndarray) -> np.ndarray:
    """The cubic with level ends, written as an integral: 6 s (1 - s) from 0 to the share."""
    share = np.clip(share, 0, 1)
    return 3 * share**2 - 2 * share**3


def bank_height(bank: Bank, beyond: np.ndarray, z: np.ndarray) -> np.ndarray:
    share = smooth((beyond - bank.start) / bank.width)
    comes = 1 + bank.wave * np.sin(2 * np.pi * z / bank.length + bank.phase)
    rolls = np.sin(2 * np.pi * (beyond + 0.4 * z) / bank.length + bank.phase)
    return share * (bank.rise * comes + bank.roll * rolls)


def land(terrain: Terrain, x: np.ndarray, z: np.ndarray, edge: float) -> np.ndarray:
    """Height of the land in float64, for a straight road whose kerbs lie at -edge and edge."""
    height = terrain.swell * np.sin(2 * np.pi * z / terrain.length + terrain.phase)
    left, right = terrain.banks
    height = height + bank_height(left, np.maximum(-x - edge, 0), z)
    return height + bank_height(right, np.maximum(x - edge, 0), z)


def marched(terrain: Terrain, eye: Eye, edge: float) -> np.ndarray:
    """Depth of the land by steps of 5 mm to 1 % along every ray; NaN beyond 300 m."""
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width]
    rays = np.stack([(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, np.ones(u.shape)])
    x, y, z = np.tensordot(eye.rotation, rays, axes=1)
    depth = np.full(u.shape, np.nan)
    for here in np.geomspace(0.5, 300.0, 2600):
        at_x, at_z = eye.position[0] + here * x, eye.position[2] + here * z
        under = -(eye.position[1] + here * y) <= land(terrain, at_x, at_z, edge)
        depth[under & np.isnan(depth)] = here
    return depth


@pytest.mark.parametrize('terrain', [SWELL, FALLING, RISING])
@pytest.mark.parametrize('yaw', first_is_fast([0.0, 70.0, -100.0]))
def test_depth_is_where_each_ray_meets_the_land_first(terrain: Terrain, yaw: float) -> None:
    edge = 3.4
    road = Road(lanes=(1, 1), kerb=0.0, terrain=terrain)
    ground = float(land(terrain, np.array(1.7), np.array(40.0), edge))
    eye = Eye.looking((1.7, -ground - HEIGHT, 40.0), yaw=math.radians(yaw))
    depth = render(Scene((), road, Light(), eye), CAMERA)[1].astype(np.float64)
    expected = marched(terrain, eye, edge)
    known = np.isfinite(expected) & (expected < 250)
    assert known.mean() > 0.35
    wrong = np.abs(depth[known] / expected[known] - 1) > 0.004
    # A crest that a ray all but touches can fall between the steps of either search.
    assert wrong.mean() < 0.01


def test_kerb_stands_above_a_road_that_climbs() -> None:
    """Road points lie on the swell, points outside the kerbs one kerb height above it."""
    road = Road(lanes=(1, 1), kerb=0.15, walk=(0.0, 0.0), terrain=SWELL)
    ground = float(land(SWELL, np.array(0.0), np.array(0.0), 3.4))
    eye = Eye.looking((0.0, -ground - HEIGHT, 0.0), pitch=0.15)
    depth = render(Scene((), road, Light(), eye), CAMERA)[1].astype(np.float64)
    v, u = np.mgrid[: CAMERA.height, : CAMERA.width]
    rays = np.stack([(u - CAMERA.cx) / CAMERA.fx, (v - CAMERA.cy) / CAMERA.fy, np.ones(u.shape)])
    x, y, z = np.tensordot(eye.rotation, rays * depth, axes=1) + eye.position[:, None, None]
    near = (depth > 0) & (depth < 40)
    above = -y - land(SWELL, x, z, 3.4)
    on_road, beside = near & (np.abs(x) < 3.35), near & (np.abs(x) > 3.45)
    assert on_road.sum() > 200 and beside.sum() > 200
    np.testing.assert_allclose(above[on_road], 0.0, atol=0.01)
    np.testing.assert_allclose(above[beside], 0.15, atol=0.01)


def test_no_road_hangs_in_the_air_behind_a_crest() -> None:
    """A ray that passes a crest within a kerb's height meets the road far behind it."""
    terrain = Terrain(swell=2.0, length=150.0, phase=2.0)
    road = Road(lanes=(1, 1), kerb=0.15, terrain=terrain)
    ground = float(land(terrain, np.array(0.0), np.array(0.0), 3.4))
    eye = Eye.looking((0.0, -ground - 0.5, 0.0))
    camera = Camera(500.0, 500.0, 159.5, 79.5, 320, 160)
    depth = render(Scene((), road, Light(), eye), camera)[1].astype(np.float64)
    v, u = np.mgrid[: camera.height, : camera.width]
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)])
    x, y, z = np.tensordot(eye.rotation, rays * depth, axes=1) + eye.position[:, None, None]
    on_road = (depth > 5) & (depth < 300) & (np.abs(x) < 3.35)
    assert on_road.sum() > 1000 and (depth[on_road] > 80).sum() > 20
    height = -y - land(terrain, x, z, 3.4)
    np.testing.assert_allclose(height[on_road], 0.0, atol=0.02)


def test_camera_below_the_land_is_refused() -> None:
    road = Road(kerb=0.12)
    for x, height in ((0.0, 0.0), (9.0, 0.1)):
        with pytest.raises(ValueError, match='m below the ground'):
            render(Scene((), road, Light(), Eye.looking((x, -height, 0.0))), CAMERA)


def test_normals_of_a_bank() -> None:
    """Normals by which the sun shines: of a bank on the right, and of the level land behind."""
    road = Road(walk=(0.0, 0.0), kerb=0.0, terrain=Terrain(banks=(Bank(), Bank(2.0, 0.0, 8.0))))
    x, z = np.array([9.0, 60.0]), np.array([5.0, 5.0])
    normals = road.normals(x, z)
    edge = road.edges[1]
    share = (9.0 - edge) / 8.0
    slope = 2.0 * 6 * share * (1 - share) / 8.0
    expected = np.array([-slope, -1.0, 0.0]) / math.hypot(slope, 1.0)
    np.testing.assert_allclose(normals[0], expected, atol=2e-3)
    np.testing.assert_allclose(normals[1], [0.0, -1.0, 0.0], atol=1e-6)


@pytest.mark.parametrize('seed', [6, 21, 27, 29])
def test_everything_stands_on_the_land(seed: int) -> None:
    """Against the same street on flat land: lifted by its rise, wide things a little less."""
    flat, hilly = street(seed), street(seed, hilly=True)
    assert flat.styles == hilly.styles, 'a seed whose sides stay the same'
    before, after = (plan.scene(0, Mount(1.6, yaw=1.5)).solids for plan in (flat, hilly))
    assert len(before) == len(after) > 300
    road = hilly.road
    rises = np.array([a.pose.y - b.pose.y for a, b in zip(before, after, strict=True)])
    places = np.array([(b.pose.x, b.pose.z) for b in after])
    lateral = places[:, 0] - np.array([road.center(z) for z in places[:, 1]])
    left, right = road.edges
    terrain, z = road.terrain, places[:, 1]
    expected = terrain.swell * np.sin(2 * np.pi * z / terrain.length + terrain.phase)
    expected += bank_height(terrain.banks[0], np.maximum(left - lateral, 0), z)
    expected += bank_height(terrain.banks[1], np.maximum(lateral - right, 0), z)
    assert np.ptp(expected) > 1.0
    sunk = expected - rises
    assert np.median(np.abs(sunk)) < 0.08  # crowns, wheels: parts of what stands half a metre off
    assert np.percentile(sunk, 2) > -0.5, 'something floats'
    assert np.percentile(sunk, 98) < 5.0


def test_camera_on_a_hill_knows_its_height_above_the_road() -> None:
    camera = Camera(200.0, 200.0, 120.0, 40.0, 240, 130)
    for seed in (27, 51):
        plan = street(seed, hilly=True)
        grade = plan.road.terrain.grade(plan.drive.speed * 0.3)
        sample = synthetic_sample(seed, 3, camera=camera, mount=Mount(1.2), hilly=True)
        assert sample.camera_height == 1.2 and 0.03 < abs(grade) < 0.061
        rows = np.arange(110, 130)[:, None]
        below = sample.depth[110:, 100:140] * (rows - camera.cy) / camera.fy
        # The vehicle tilts with the road, so the road ahead of the bonnet lies as on level land.
        assert np.median(below) == pytest.approx(1.2, rel=0.04)


def test_draws_of_the_land() -> None:
    """Four in ten sides fall, four rise, none steeper than what rays are searched for."""
    terrains = [random_terrain(np.random.default_rng(seed)) for seed in range(300)]
    banks = [bank for terrain in terrains for bank in terrain.banks]
    rises = np.array([bank.rise for bank in banks])
    assert (rises < 0).mean() == pytest.approx(0.4, abs=0.06)
    assert (rises > 0).mean() == pytest.approx(0.4, abs=0.06)
    assert rises.min() < -4 and rises.max() > 4
    grades = [max(abs(t.grade(z)) for z in np.arange(0, t.length, 5.0)) for t in terrains]
    assert 0.05 < max(grades) <= 0.06 and np.mean(np.array(grades) == 0) == pytest.approx(
        0.3, abs=0.08
    )
    x = np.arange(0.0, 120.0, 0.25)
    steepest = [np.abs(np.diff(bank_height(b, x, 0 * x + 20.0)) / 0.25).max() for b in banks]
    assert 0.25 < max(steepest) < 0.45


def test_six_in_ten_streets_are_hilly(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the small picture that is looked at first shows the same land as the large one."""
    drawn: list[tuple[int, bool]] = []

    def drawing(seed: int, frame: int, *, hilly: bool, **_: object) -> Sample:
        drawn.append((seed, hilly))
        size = (CAMERA.height, CAMERA.width)
        image, depth = np.zeros((*size, 3), np.uint8), np.full(size, 9.0, np.float32)
        return Sample(image, depth, CAMERA, '')

    monkeypatch.setattr(rendering, 'synthetic_sample', drawing)
    for seed in range(200):
        random_street(seed)
    first, second = drawn[::2], drawn[1::2]
    assert first == second and [seed for seed, _ in first] == list(range(200))
    assert np.mean([hilly for _, hilly in first]) == pytest.approx(0.6, abs=0.08)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth of known scenes against closed forms: ground, box, cylinder, ellipsoid, kerb, motion."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.synthetic.eye import Eye
from lacdepth_ros.synthetic.ground import FARTHEST, Road
from lacdepth_ros.synthetic.light import Light
from lacdepth_ros.synthetic.scene import Scene, render
from lacdepth_ros.synthetic.solids import (
    Material,
    Paint,
    Pose,
    box,
    cylinder,
    disc,
    ellipsoid,
    prism,
)

CAMERA = Camera(120.0, 110.0, 63.5, 30.25, 130, 70)
GRAY = Paint(Material.MATTE, (0.4, 0.4, 0.4))
FLAT = Road(lanes=(40, 40), kerb=0.0)  # wide enough to be all there is
HEIGHT = 1.6


def depth_of(*solids, eye=None, road=FLAT, camera=CAMERA):
    eye = Eye.looking((0.0, -HEIGHT, 0.0)) if eye is None else eye
    return render(Scene(solids, road, Light(), eye), camera)[1]


def rays(camera=CAMERA):
    v, u = np.mgrid[: camera.height, : camera.width].astype(np.float64)
    return np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones_like(u)])


def ground_truth(height=HEIGHT, camera=CAMERA):
    v = np.arange(camera.height, dtype=np.float64)
    below = v > camera.cy
    depth = np.zeros(camera.height)
    depth[below] = height * camera.fy / (v[below] - camera.cy)
    depth[depth > FARTHEST] = 0.0
    return np.repeat(depth[:, None], camera.width, axis=1)


def test_level_ground_plane():
    np.testing.assert_allclose(depth_of(), ground_truth(), rtol=1e-5)


def test_ground_plane_of_a_turned_camera():
    angles = {'yaw': 0.2, 'pitch': 0.025, 'roll': -0.017}
    eye = Eye.looking((0.3, -HEIGHT, 5.0), **angles)
    down = np.tensordot(eye.rotation[1], rays(), axes=1)
    expected = np.where(down > HEIGHT / FARTHEST, HEIGHT / np.where(down > 0, down, 1), 0)
    np.testing.assert_allclose(depth_of(eye=eye), expected, rtol=1e-4)


def test_signs_of_pitch_yaw_and_roll():
    assert Eye.looking((0, 0, 0), pitch=0.1).rotation[1, 2] > 0, 'pitch looks down'
    assert Eye.looking((0, 0, 0), yaw=0.1).rotation[0, 2] > 0, 'yaw looks right'
    assert Eye.looking((0, 0, 0), roll=0.1).rotation[1, 0] > 0, 'roll lowers the right side'


def test_fronto_parallel_box():
    depth = depth_of(box(Pose(1.0, 0.0, 11.0), 2.0, 3.0, 2.0, GRAY))
    x, y, _ = rays()
    front = (x * 10 >= 0) & (x * 10 <= 2) & (y * 10 >= HEIGHT - 3) & (y * 10 <= HEIGHT)
    assert front.sum() > 500
    np.testing.assert_allclose(depth[front], 10.0, rtol=1e-5)
    side = ground_truth()
    np.testing.assert_allclose(depth[~front & (x > 0.22)], side[~front & (x > 0.22)], rtol=1e-5)


def test_turned_box_against_slabs():
    pose = Pose(-0.7, 0.0, 9.0, yaw=0.5)
    depth = depth_of(box(pose, 1.8, 1.5, 4.2, GRAY))
    turn = pose.to_local
    origin = turn @ (np.array([0.0, -HEIGHT, 0.0]) - (pose.x, pose.y, pose.z))
    direction = np.tensordot(turn, rays(), axes=1)
    low, high = np.array([-0.9, -1.5, -2.1]), np.array([0.9, 0.0, 2.1])
    with np.errstate(divide='ignore'):
        a = (low - origin)[:, None, None] / direction
        b = (high - origin)[:, None, None] / direction
    enter, leave = np.minimum(a, b).max(axis=0), np.maximum(a, b).min(axis=0)
    hit = (enter <= leave) & (enter > 0)
    assert hit.sum() > 500
    np.testing.assert_allclose(depth, np.where(hit, enter, ground_truth()), rtol=1e-4)


def quadratic(a, b, c):
    discriminant = b * b - a * c
    hit = discriminant >= 0
    return np.where(hit, (-b - np.sqrt(np.where(hit, discriminant, 0))) / a, np.inf)


def test_ellipsoid():
    depth = depth_of(ellipsoid(Pose(0.5, -2.0, 8.0), (1.5, 0.8, 2.0), GRAY))
    scale = 1 / np.array([1.5, 0.8, 2.0])
    origin = (np.array([0.0, -HEIGHT, 0.0]) - (0.5, -2.0, 8.0)) * scale
    direction = rays() * scale[:, None, None]
    b = np.tensordot(origin, direction, axes=1)
    found = quadratic((direction**2).sum(axis=0), b, origin @ origin - 1)
    ground = np.where(ground_truth() > 0, ground_truth(), np.inf)
    nearest = np.minimum(found, ground)
    close = np.isclose(depth, np.where(np.isinf(nearest), 0, nearest), rtol=1e-4)
    assert np.isfinite(found).sum() > 300
    assert close.mean() > 0.999  # single pixels on the outline may round either way


def test_pole_is_nearest_on_its_axis():
    depth = depth_of(cylinder(Pose(0.0, 0.0, 6.0), 0.15, 5.0, GRAY))
    x, _, _ = rays()
    d = np.hypot(x, 1.0)
    found = quadratic(d**2, -6.0 * np.ones_like(x), 36.0 - 0.15**2)
    hit = np.isfinite(found) & (ground_truth() == 0)
    assert hit.sum() > 50
    np.testing.assert_allclose(depth[hit], found[hit], rtol=1e-4)


@pytest.mark.parametrize('axle', [True, False])
def test_disc_faces_along_its_axis(axle):
    pose = Pose(0.0, -HEIGHT, 5.0, yaw=np.pi / 2 if axle else 0.0)
    depth = depth_of(disc(pose, 0.6, 0.2, GRAY, axle=axle))
    x, y, _ = rays()
    face = np.hypot(x, y) * 4.9 < 0.58
    np.testing.assert_allclose(depth[face], 4.9, rtol=1e-5)


def test_prism_slope():
    # A ramp that rises 1 m over 2 m: its face is the plane height = (z - 9) / 2.
    ramp = prism(Pose(0.0, 0.0, 10.0), [(-1.0, 0.0), (1.0, 0.0), (1.0, 1.0)], 6.0, GRAY)
    x, y, _ = rays()
    found = (HEIGHT + 4.5) / (y + 0.5)
    hit = (np.abs(x * found) < 2.9) & (found > 9.05) & (found < 10.95)
    assert hit.sum() > 100
    np.testing.assert_allclose(depth_of(ramp)[hit], found[hit], rtol=1e-4)


def test_kerb_step_and_raised_ground():
    road = Road(lane_width=4.0, kerb=0.2)
    depth = depth_of(road=road)
    x, y, _ = rays()
    below = y > 0.05
    low = HEIGHT / np.where(below, y, 1)
    high = (HEIGHT - 0.2) / np.where(below, y, 1)
    on_road = below & (np.abs(x * low) < 4.0)
    beside = below & (np.abs(x * high) > 4.0)
    face = below & ~on_road & ~beside
    np.testing.assert_allclose(depth[on_road], low[on_road], rtol=1e-5)
    np.testing.assert_allclose(depth[beside], high[beside], rtol=1e-5)
    assert face.sum() > 20
    np.testing.assert_allclose(depth[face], 4.0 / np.abs(x[face]), rtol=1e-4)


def test_driving_brings_a_box_nearer_by_the_way_driven():
    obstacle = box(Pose(0.0, 0.0, 21.0), 3.0, 3.0, 2.0, GRAY)
    before = depth_of(obstacle)
    after = depth_of(obstacle, eye=Eye.looking((0.0, -HEIGHT, 1.1)))
    row, column = 28, 63
    assert before[row, column] == pytest.approx(20.0, rel=1e-5)
    assert before[row, column] - after[row, column] == pytest.approx(1.1, abs=1e-4)


def test_object_cut_by_the_near_plane():
    # A wall that runs past the camera: depth is lateral distance over the ray's slope.
    depth = depth_of(box(Pose(3.0, 0.0, 10.0), 2.0, 6.0, 60.0, GRAY))
    x, y, _ = rays()
    wall = (x > 0.1) & (y < 0) & (y > -0.2)
    np.testing.assert_allclose(depth[wall], 2.0 / x[wall], rtol=1e-4)


def test_shadow_falls_away_from_the_sun():
    light = Light(azimuth=-np.pi / 2, elevation=0.7, noise=0.0)  # the sun stands on the left
    eye = Eye.looking((0.0, -HEIGHT, 0.0))
    bare, _ = render(Scene((), FLAT, light, eye), CAMERA)
    post = box(Pose(0.0, 0.0, 8.0), 0.6, 1.2, 0.6, GRAY)
    shaded, _ = render(Scene((post,), FLAT, light, eye), CAMERA)
    row = round(CAMERA.cy + CAMERA.fy * HEIGHT / 8.0)
    left, right = (round(CAMERA.cx + CAMERA.fx * x / 8.0) for x in (-0.9, 0.9))
    change = shaded.astype(float).mean(axis=2) / bare.mean(axis=2)
    assert change[row, right] < 0.6 < 0.9 < change[row, left]


def test_leaves_have_holes_and_measure_their_surface():
    crown = ellipsoid(
        Pose(0.0, -HEIGHT, 10.0), (1.5, 1.5, 1.5), Paint(Material.FOLIAGE, (0.1,) * 3)
    )
    camera = Camera(500.0, 500.0, 99.5, 99.5, 200, 200)
    depth = depth_of(crown, camera=camera)
    solid = depth_of(ellipsoid(crown.pose, (1.5, 1.5, 1.5), GRAY), camera=camera)
    behind = depth_of(camera=camera)
    ball = (solid < 10.0) & (solid > 0)
    leaf = np.isclose(depth, solid, rtol=1e-5)
    assert 0.4 < leaf[ball].mean() < 0.99
    np.testing.assert_allclose(depth[~leaf], behind[~leaf], rtol=1e-5)

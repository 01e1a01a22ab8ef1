# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Turning a camera: pixels and depth follow the scene, held against planes seen analytically."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.transforms.geometric import rotate_camera

CAMERA = Camera(310.0, 290.0, 140.0, 85.0, 320, 200)


def plane_depth(camera: Camera, normal: np.ndarray, distance: float) -> np.ndarray:
    """Depth of the plane normal . X = distance in a camera's frame; 0 where it is not seen."""
    v, u = np.mgrid[: camera.height, : camera.width]
    rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)])
    along = np.tensordot(normal, rays, 1)
    with np.errstate(divide='ignore'):
        depth = np.where(along * distance > 0, distance / along, 0)
    return depth.astype(np.float32)


def turn(pitch: float, roll: float, yaw: float) -> np.ndarray:
    """From the old optical frame into that of a camera turned right, nodding down, then rolled."""
    p, r, y = math.radians(pitch), math.radians(roll), math.radians(yaw)
    # The new axes in the old frame, as rows: right of the new view, down, ahead.
    aside = np.array([[math.cos(y), 0, -math.sin(y)], [0, 1, 0], [math.sin(y), 0, math.cos(y)]])
    nod = np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
    lean = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    return lean @ nod @ aside


@pytest.mark.parametrize(
    ('pitch', 'roll', 'yaw'),
    [(6, 0, 0), (-4, 0, 0), (0, 7, 0), (5, -8, 0), (0, 0, 25), (0, 0, -12), (3, -4, 18)],
)
@pytest.mark.parametrize('normal', [(0.0, 1.0, 0.02), (0.1, -0.2, 1.0)])
def test_a_plane_stays_the_plane_of_the_turned_camera(
    pitch: float, roll: float, yaw: float, normal: tuple[float, float, float]
) -> None:
    old = np.array(normal) / np.linalg.norm(normal)
    image = np.zeros((200, 320, 3), np.uint8)
    before = plane_depth(CAMERA, old, 1.65 if normal[1] == 1 else 12.0)
    before[before > 100] = 0
    sample = Sample(image, before, CAMERA, 'a/b', dense=before)
    after = rotate_camera(sample, pitch=pitch, roll=roll, yaw=yaw)
    camera = replace(CAMERA, cx=CAMERA.cx + CAMERA.fx * math.tan(math.radians(yaw)))
    turned = turn(pitch, roll, yaw) @ old
    expected = plane_depth(camera, turned, 1.65 if normal[1] == 1 else 12.0)
    both = (after.depth > 0) & (expected > 0)
    assert both.mean() > 0.25
    # A pixel takes the depth of the nearest old pixel: off by what half a pixel is worth there.
    slope = np.abs(np.gradient(expected, axis=0)) + np.abs(np.gradient(expected, axis=1))
    assert np.all(np.abs(after.depth - expected)[both] < (1.5 * slope + 0.02)[both])
    assert after.dense is not None
    smooth = (after.dense > 0) & (expected > 0) & (expected < 30)
    np.testing.assert_allclose(after.dense[smooth], expected[smooth], rtol=2e-2)
    assert after.camera == camera


def test_a_yaw_keeps_the_old_axis_at_its_pixel_and_points_where_their_camera_says() -> None:
    """A mark ahead stays where it is; one aside moves by the tangents, and depth grows with it."""
    image, depth = np.zeros((200, 320, 3), np.uint8), np.zeros((200, 320), np.float32)
    for column in (140, 260):
        image[84:87, column - 1 : column + 2] = 255
        depth[85, column] = 10.0
    view = rotate_camera(Sample(image, depth, CAMERA, 'a/b'), yaw=20.0)
    aside = math.atan(120 / 310)  # of the second mark, to the right of the old axis
    angles = np.array([-math.radians(20), aside - math.radians(20)])
    shown = np.argwhere(view.image[..., 0] > 200)
    for angle, distance in zip(angles, (10.0, 10.0 / math.cos(aside)), strict=True):
        column = 310 * math.tan(angle) + view.camera.cx
        assert np.abs(shown[:, 1] - column).min() < 1
        measured = view.depth[80:90, round(column) - 2 : round(column) + 3]
        assert measured.max() == pytest.approx(distance * math.cos(angle), rel=1e-4)
    assert view.camera.cx == pytest.approx(140 + 310 * math.tan(math.radians(20)))


def test_looking_down_moves_the_scene_up_and_rolling_turns_it_clockwise() -> None:
    image = np.zeros((200, 320, 3), np.uint8)
    image[84:87, 239:242] = 255  # right of the axis
    sample = Sample(image, np.zeros((200, 320), np.float32), CAMERA, 'a/b')

    def spot(turned: Sample) -> np.ndarray:
        return np.argwhere(turned.image[..., 0] > 128).mean(0)

    down = spot(rotate_camera(sample, pitch=5.0))
    assert down[0] == pytest.approx(85 - 290 * math.tan(math.radians(5)), abs=2.5)
    lean = spot(rotate_camera(sample, roll=10.0))
    assert lean[0] > 85 + 10 and lean[1] < 241


def test_no_turn_changes_nothing() -> None:
    sample = Sample(
        np.zeros((200, 320, 3), np.uint8), np.zeros((200, 320), np.float32), CAMERA, 'a/b'
    )
    assert rotate_camera(sample) is sample

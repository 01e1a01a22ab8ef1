# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Shadows on the ground: the solids' hulls projected along the sun, and darkness beneath."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.synthetic.eye import Eye
from lacdepth_ros.synthetic.ground import Road
from lacdepth_ros.synthetic.light import Light
from lacdepth_ros.synthetic.noise import Floats
from lacdepth_ros.synthetic.outlines import Outlines, clip_near, project, windows
from lacdepth_ros.synthetic.solids import F64, Material, Solid

_SHIFT = 4  # fractional bits of polygon corners
_REACH = 90.0  # m; shadows of farther solids are not drawn


_CONTACT = 0.3  # m; what ends below that keeps sky light off the ground beneath


def ground_light(
    solids: Sequence[Solid],
    outlines: Outlines,
    light: Light,
    camera: Camera,
    eye: Eye,
    road: Road,
) -> tuple[Floats, Floats]:
    """Light that reaches the ground at each pixel.

    Returns:
        (H, W) share of direct sun and (H, W) share of sky light, both 0..1.
    """
    hard, leafy, under = (np.zeros((camera.height, camera.width), np.uint8) for _ in range(3))
    points, sun = _above_its_land(solids, outlines, road), light.to_sun
    fallen = Outlines(_laid(points - points[:, 1:2] / sun[1] * sun, road), outlines.first)
    for index, *_ in windows(fallen, camera, eye):
        if _within_reach(fallen[index], eye):
            leaves = solids[index].paint.material is Material.FOLIAGE
            _fill(leafy if leaves else hard, fallen[index], camera, eye)
    standing = Outlines(points, outlines.first)
    flat = Outlines(_laid(points, road), outlines.first)
    for index, *_ in windows(flat, camera, eye):
        lowest = -float(standing[index][:, 1].max())
        if lowest < _CONTACT and _within_reach(flat[index], eye):
            _fill(under, flat[index], camera, eye)
    size = camera.width / 1242
    blurred = [cv2.GaussianBlur(a, (0, 0), s * size + 0.3) for a, s in ((hard, 0.8), (under, 4.0))]
    sky = 1.0 - blurred[1].astype(np.float32) * np.float32(0.75 / 255)
    direct = 1.0 - blurred[0].astype(np.float32) * np.float32(1 / 255)
    dapple = cv2.GaussianBlur(leafy, (0, 0), 3.0 * size + 0.3).astype(np.float32) / np.float32(255)
    return np.asarray(direct * (1.0 - 0.85 * dapple), np.float32), np.asarray(sky, np.float32)


def _above_its_land(solids: Sequence[Solid], outlines: Outlines, road: Road) -> F64:
    """Points of all hulls as if the land at each solid lay at 0."""
    places = np.array([(s.pose.x, s.pose.z) for s in solids]).reshape(-1, 2)
    land = np.repeat(road.rise(places[:, 0], places[:, 1]), np.diff(outlines.first))
    return outlines.points + land[:, None] * (0.0, 1.0, 0.0)


def _laid(points: F64, road: Road) -> F64:
    """Points dropped or lifted onto the land."""
    land = road.rise(points[:, 0], points[:, 2])
    return np.stack([points[:, 0], -np.asarray(land, np.float64), points[:, 2]], axis=1)


def _within_reach(points: F64, eye: Eye) -> bool:
    away = points.mean(axis=0) - eye.position
    return float(away @ away) < _REACH**2


def _fill(layer: npt.NDArray[np.uint8], ground: F64, camera: Camera, eye: Eye) -> None:
    """Draw the convex hull of (N, 3) points on the ground into the picture."""
    optical = clip_near((ground - eye.position) @ eye.rotation)
    if len(optical) < 3:
        return
    pixels = project(optical, camera)
    corners = cv2.convexHull(np.clip(pixels, -30000, 30000).astype(np.float32))
    fixed = np.round(corners * (1 << _SHIFT)).astype(np.int32)
    cv2.fillConvexPoly(layer, fixed, (255,), cv2.LINE_AA, _SHIFT)

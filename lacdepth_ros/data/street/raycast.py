# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Exact intersection of a camera's rays with convex solids, in inverse depth.

A ray is p = eye + d / w with the optical direction d = (x, y, 1), so w = 1 / depth. A half-space
n . p <= c becomes n . d <= k w with k = c - n . eye: a linear function q = n . d / k of the pixel.
Planes that face the eye (k < 0) demand w <= q, the others w >= q, so the visible inverse depth is
the least q of the facing planes where that exceeds every q of the others. A quadric gives its
two bounds in closed form. Nothing is divided per pixel and no ray needs a special case.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.camera import Camera
from lacdepth_ros.data.street.materials import holes
from lacdepth_ros.data.street.noise import Floats
from lacdepth_ros.data.street.solids import F64, POROUS, Solid

NEAR = 0.3  # m; nothing nearer is drawn
QUADRIC_FACE = 14  # face number of the first quadric; planes count from 0

Window = tuple[int, int, int, int]  # first row, last row + 1, first column, last column + 1


@dataclass(frozen=True, slots=True)
class Eye:
    """Where the camera stands in the street.

    Attributes:
        position: (3,) optical centre in the street frame [m].
        rotation: (3, 3) from the optical frame into the street frame.
    """

    position: F64
    rotation: F64

    @classmethod
    def looking(
        cls, position: Sequence[float], *, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0
    ) -> Eye:
        """Eye turned by yaw (to the right), pitch (down) and roll (clockwise) [rad]."""
        cy, sy = math.cos(yaw), math.sin(yaw)
        cp, sp = math.cos(pitch), math.sin(pitch)
        cr, sr = math.cos(roll), math.sin(roll)
        turn = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
        nod = np.array([[1.0, 0.0, 0.0], [0.0, cp, sp], [0.0, -sp, cp]])
        tilt = np.array([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]])
        return cls(np.asarray(position, np.float64), turn @ nod @ tilt)


@dataclass(frozen=True, slots=True)
class Rays:
    """Rays of a camera's pixels: direction (x[column], y[row], 1) in the optical frame."""

    camera: Camera
    x: Floats
    y: Floats

    @classmethod
    def of(cls, camera: Camera) -> Rays:
        """Rays through the pixel centres."""
        x = (np.arange(camera.width) - camera.cx) / camera.fx
        y = (np.arange(camera.height) - camera.cy) / camera.fy
        return cls(camera, x.astype(np.float32), y.astype(np.float32))

    def linear(self, coefficients: npt.ArrayLike, window: Window) -> Floats:
        """(rows, columns) values of a x + b y + c over a window of pixels."""
        a, b, c = np.asarray(coefficients, np.float32)
        top, bottom, left, right = window
        return (a * self.x[left:right])[None, :] + (b * self.y[top:bottom] + c)[:, None]

    def points(self, eye: Eye, pixels: npt.NDArray[np.intp], inverse_depth: Floats) -> Floats:
        """(N, 3) street points seen at flat pixel indices."""
        rows, columns = np.divmod(pixels, self.camera.width)
        depth = 1.0 / inverse_depth
        local = np.stack([self.x[columns] * depth, self.y[rows] * depth, depth], axis=1)
        return local @ eye.rotation.T.astype(np.float32) + eye.position.astype(np.float32)


@dataclass(frozen=True, slots=True)
class VisibleSolids:
    """What each pixel sees of the solids.

    Attributes:
        inverse_depth: (H, W) float32 [1/m]; 0 where no solid is seen.
        index: (H, W) int32 number of the solid; -1 for none.
        face: (H, W) uint8 number of the plane, or QUADRIC_FACE + number of the quadric.
    """

    inverse_depth: Floats
    index: npt.NDArray[np.int32]
    face: npt.NDArray[np.uint8]


def cast(solids: Sequence[Solid], rays: Rays, eye: Eye) -> VisibleSolids:
    """Find the nearest solid of every pixel."""
    shape = (rays.camera.height, rays.camera.width)
    seen = VisibleSolids(
        np.zeros(shape, np.float32), np.full(shape, -1, np.int32), np.zeros(shape, np.uint8)
    )
    for index, window in _windows(solids, rays.camera, eye):
        found = _intersect(solids[index], rays, eye, window)
        if found is None:
            continue
        inverse_depth, face = found
        top, bottom, left, right = window
        area = (slice(top, bottom), slice(left, right))
        hit = inverse_depth > seen.inverse_depth[area]
        if solids[index].paint.material in POROUS:
            _open_holes(hit, solids[index], rays, eye, window, inverse_depth)
        np.copyto(seen.inverse_depth[area], inverse_depth, where=hit)
        np.copyto(seen.face[area], face, where=hit)
        np.copyto(seen.index[area], np.int32(index), where=hit)
    return seen


def _windows(solids: Sequence[Solid], camera: Camera, eye: Eye) -> list[tuple[int, Window]]:
    """Visible solids with the pixel window that encloses each, nearest first."""
    found = []
    for index, solid in enumerate(solids):
        pose = solid.pose
        offset = np.array([pose.x, pose.y, pose.z]) - eye.position
        points = (solid.hull @ pose.to_local + offset) @ eye.rotation
        window = project_window(points, camera)
        if window is not None:
            found.append((float(points[:, 2].min()), index, window))
    found.sort(key=lambda entry: entry[:2])
    return [(index, window) for _, index, window in found]


def project_window(points: F64, camera: Camera) -> Window | None:
    """Pixel window around the convex hull of (N, 3) optical points; None when out of view."""
    points = clip_near(points)
    if not len(points):
        return None
    u = points[:, 0] / points[:, 2] * camera.fx + camera.cx
    v = points[:, 1] / points[:, 2] * camera.fy + camera.cy
    left, right = max(0, math.floor(u.min())), min(camera.width, math.ceil(u.max()) + 1)
    top, bottom = max(0, math.floor(v.min())), min(camera.height, math.ceil(v.max()) + 1)
    return (top, bottom, left, right) if top < bottom and left < right else None


def clip_near(points: F64) -> F64:
    """Points whose hull is the part beyond the near plane of the hull of (N, 3) points."""
    z = points[:, 2]
    if z.min() >= NEAR:
        return points
    front, back = points[z >= NEAR], points[z < NEAR]
    if not len(front):
        return front
    share = (front[:, None, 2] - NEAR) / (front[:, None, 2] - back[None, :, 2])
    cut = front[:, None] + share[..., None] * (back[None] - front[:, None])
    return np.concatenate([front, cut.reshape(-1, 3)])


def _intersect(
    solid: Solid, rays: Rays, eye: Eye, window: Window
) -> tuple[Floats, npt.NDArray[np.uint8]] | None:
    """Inverse depth (0 = missed) and face over a window; None when the eye is inside."""
    to_local = solid.pose.to_local
    origin = to_local @ (eye.position - (solid.pose.x, solid.pose.y, solid.pose.z))
    turn = to_local @ eye.rotation
    face = np.zeros((window[1] - window[0], window[3] - window[2]), np.uint8)
    upper: Floats | None = None
    lower: Floats | None = None
    for number, above, below in _bounds(solid, rays, origin, turn, window):
        if above is not None:
            if upper is None:
                upper = above
                face[...] = number
            else:
                np.copyto(face, np.uint8(number), where=above < upper)
                np.minimum(upper, above, out=upper)
        if below is not None:
            lower = below if lower is None else np.maximum(lower, below, out=lower)
    if upper is None:
        return None
    missed = (upper > 1 / NEAR) | (upper < 1e-4)
    if lower is not None:
        missed |= upper < lower
    upper[missed] = 0.0
    return upper, face


def _bounds(
    solid: Solid, rays: Rays, origin: F64, turn: F64, window: Window
) -> Iterator[tuple[int, Floats | None, Floats | None]]:
    """Face number, upper and lower bound of w (None: no such bound) of every constraint."""
    slack = solid.planes[:, 3] - solid.planes[:, :3] @ origin
    slack = np.where(np.abs(slack) < 1e-9, 1e-9, slack)
    linear = solid.planes[:, :3] @ turn / slack[:, None]
    for number, room in enumerate(slack):
        bound = rays.linear(linear[number], window)
        yield (number, bound, None) if room < 0 else (number, None, bound)
    for number, (shape, middle) in enumerate(solid.quadrics):
        scale = np.sqrt(shape)
        start = scale * (origin - middle)
        yield (
            QUADRIC_FACE + number,
            *_quadric_bounds(start, scale[:, None] * turn, rays, window),
        )


def _quadric_bounds(
    start: F64, axes: F64, rays: Rays, window: Window
) -> tuple[Floats | None, Floats]:
    """Bounds of w where A + 2 B w + C w^2 <= 0: the unit ball seen from start along axes d."""
    C = float(start @ start) - 1.0
    C = C if abs(C) > 1e-9 else 1e-9
    B = -rays.linear(start @ axes / C, window)
    A = np.zeros_like(B)
    for row in axes[np.any(axes != 0, axis=1)]:
        A += np.square(rays.linear(row, window))
    root = B * B - A * np.float32(1.0 / C)
    missed = root < 0
    np.sqrt(np.maximum(root, 0.0, out=root), out=root)
    if C < 0:  # the eye is within the infinite surface, as behind a lying tank: only an exit
        return None, B + root
    upper, lower = B + root, B - root
    upper[missed] = 0.0
    return upper, lower


def _open_holes(
    hit: npt.NDArray[np.bool_],
    solid: Solid,
    rays: Rays,
    eye: Eye,
    window: Window,
    inverse_depth: Floats,
) -> None:
    """Remove from hit the pixels that look through a hole of a porous solid."""
    top, _, left, _ = window
    rows, columns = np.nonzero(hit)
    if not rows.size:
        return
    pixels = (rows + top) * rays.camera.width + columns + left
    points = rays.points(eye, pixels, inverse_depth[rows, columns])
    origin = np.array([solid.pose.x, solid.pose.y, solid.pose.z], np.float32)
    turn = solid.pose.to_local.astype(np.float32)
    local = (points - origin) @ turn.T
    open_ = holes(solid, local, turn @ (eye.position.astype(np.float32) - origin))
    hit[rows[open_], columns[open_]] = False

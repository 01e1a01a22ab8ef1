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

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.synthetic.eye import Eye, Rays, Window
from lacdepth_ros.synthetic.materials import holes
from lacdepth_ros.synthetic.noise import Floats
from lacdepth_ros.synthetic.outlines import NEAR, Outlines, windows
from lacdepth_ros.synthetic.solids import F64, POROUS, Solid

QUADRIC_FACE = 14  # face number of the first quadric; planes count from 0


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


def cast(solids: Sequence[Solid], outlines: Outlines, rays: Rays, eye: Eye) -> VisibleSolids:
    """Find the nearest solid of every pixel."""
    shape = (rays.camera.height, rays.camera.width)
    seen = VisibleSolids(
        np.zeros(shape, np.float32), np.full(shape, -1, np.int32), np.zeros(shape, np.uint8)
    )
    for index, window, nearest in windows(outlines, rays.camera, eye):
        top, bottom, left, right = window
        area = (slice(top, bottom), slice(left, right))
        if nearest > NEAR and seen.inverse_depth[area].min() > 1 / nearest:
            continue  # hidden altogether
        found = _intersect(solids[index], rays, eye, window)
        if found is None:
            continue
        inverse_depth, face = found
        hit = inverse_depth > seen.inverse_depth[area]
        if solids[index].paint.material in POROUS:
            _open_holes(hit, solids[index], rays, eye, window, inverse_depth)
        np.copyto(seen.inverse_depth[area], inverse_depth, where=hit)
        np.copyto(seen.face[area], face, where=hit)
        np.copyto(seen.index[area], np.int32(index), where=hit)
    return seen


def _intersect(
    solid: Solid, rays: Rays, eye: Eye, window: Window
) -> tuple[Floats, npt.NDArray[np.uint8]] | None:
    """Inverse depth (0 = missed) and face over a window; None when the eye is inside."""
    to_local = solid.pose.to_local
    origin = to_local @ (eye.position - (solid.pose.x, solid.pose.y, solid.pose.z))
    turn = to_local @ eye.rotation
    slack = solid.planes[:, 3] - solid.planes[:, :3] @ origin
    slack = np.where(np.abs(slack) < 1e-9, 1e-9, slack)
    bounds = rays.linear(solid.planes[:, :3] @ turn / slack[:, None], window)
    uppers = [(int(number), bounds[number]) for number in np.flatnonzero(slack < 0)]
    lowers = [bounds[number] for number in np.flatnonzero(slack > 0)]
    for number, (shape, middle) in enumerate(solid.quadrics):
        scale = np.sqrt(shape)
        start = scale * (origin - middle)
        above, below = _quadric_bounds(start, scale[:, None] * turn, rays, window)
        lowers.append(below)
        if above is not None:
            uppers.append((QUADRIC_FACE + number, above))
    if not uppers:
        return None
    first, upper = uppers[0]
    face = np.full(upper.shape, first, np.uint8)
    for number, bound in uppers[1:]:
        np.copyto(face, np.uint8(number), where=bound < upper)
        np.minimum(upper, bound, out=upper)
    missed = (upper > 1 / NEAR) | (upper < 1e-4)
    for bound in lowers:
        missed |= upper < bound
    upper[missed] = 0.0
    return upper, face


def _quadric_bounds(
    start: F64, axes: F64, rays: Rays, window: Window
) -> tuple[Floats | None, Floats]:
    """Bounds of w where A + 2 B w + C w^2 <= 0: the unit ball seen from start along axes d."""
    C = float(start @ start) - 1.0
    C = C if abs(C) > 1e-9 else 1e-9
    B = -rays.linear(start @ axes / C, window)
    A = np.square(rays.linear(axes[np.any(axes != 0, axis=1)], window)).sum(axis=0)
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

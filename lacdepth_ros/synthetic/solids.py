# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Convex solids, the only primitive of a street: half-spaces cut with quadrics.

The street frame is x right, y down, z forward along the road [m]; the road surface is y = 0, so
what stands on it has y < 0. A solid has its own frame, turned by yaw about y: yaw 0 looks along
+z and a positive yaw turns towards +x. Builders speak of heights (upwards) for readability.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import cv2
import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
Color = tuple[float, float, float]

_CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 0) for z in (-1, 1)], np.float64)
_BOX_NORMALS = np.array(
    [[1, 0, 0], [-1, 0, 0], [0, 0, 1], [0, 0, -1], [0, -1, 0], [0, 1, 0]], np.float64
)
_NO_PLANES = np.zeros((0, 4))
_NO_QUADRICS = np.zeros((0, 2, 3))


class Material(IntEnum):
    """How a solid is painted; materials.py holds one shader for each."""

    MATTE = 0
    CAR_BODY = 1
    CABIN = 2
    WHEEL = 3
    FACADE = 4
    ROOF = 5
    FOLIAGE = 6
    BARK = 7
    SIGN = 8
    FENCE = 9
    MASONRY = 10
    CARGO = 11


POROUS = frozenset({Material.FOLIAGE, Material.FENCE})
"""Materials with holes, through which what lies behind is seen (and measured)."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Place of a frame in the street: position [m] and yaw [rad] about the vertical."""

    x: float
    y: float
    z: float
    yaw: float = 0.0

    def moved(self, right: float = 0.0, up: float = 0.0, forward: float = 0.0) -> Pose:
        """Pose shifted along its own axes [m]."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        x, z = self.x + c * right + s * forward, self.z - s * right + c * forward
        return Pose(x, self.y - up, z, self.yaw)

    @property
    def to_local(self) -> F64:
        """(3, 3) rotation from the street frame into this frame."""
        c, s = math.cos(self.yaw), math.sin(self.yaw)
        return np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])


@dataclass(frozen=True, slots=True)
class Paint:
    """Look of a solid.

    Attributes:
        material: Which shader paints it.
        color: Main linear reflectance, RGB 0..1.
        accent: Second reflectance: window frames, door, border; each shader says what for.
        phase: Whole number that makes this solid's random details its own.
    """

    material: Material
    color: Color
    accent: Color = (0.1, 0.1, 0.1)
    phase: int = 0


@dataclass(frozen=True, slots=True)
class Solid:
    """One convex body in the street: all points p of its frame that satisfy every constraint.

    Attributes:
        pose: Its frame; the origin is the middle of its base.
        planes: (P, 4) rows (n, c): n . p <= c with unit outward normals n.
        quadrics: (Q, 2, 3) rows (diagonal q, center m): sum(q (p - m)^2) <= 1 each.
        hull: (N, 3) points whose convex hull encloses the body.
        half: Half extents (x, height / 2, z) [m]; shaders place their details by them.
        paint: Look.
    """

    pose: Pose
    planes: F64
    quadrics: F64
    hull: F64
    half: tuple[float, float, float]
    paint: Paint


def box(pose: Pose, width: float, height: float, length: float, paint: Paint) -> Solid:
    """Box standing on its pose: width along x, length along z [m]."""
    half = np.array([width / 2, height, length / 2])
    offsets = np.array([half[0], half[0], half[2], half[2], height, 0.0])
    planes = np.column_stack([_BOX_NORMALS, offsets])
    return Solid(
        pose, planes, _NO_QUADRICS, _CORNERS * half, (width / 2, height / 2, length / 2), paint
    )


def prism(
    pose: Pose,
    profile: Sequence[tuple[float, float]],
    width: float,
    paint: Paint,
    *,
    top_width: float | None = None,
    rounded: bool = False,
) -> Solid:
    """Convex outline in the (forward, up) plane, drawn out to a width along x.

    Planes 0 and 1 are the right and left sides; the others follow the outline.

    Args:
        pose: Frame; heights count from its origin.
        profile: Points (forward, up) [m]; their convex hull is the outline.
        width: Width at the lowest point [m].
        top_width: Width at the highest point [m]; the sides lean in between. None: width.
        rounded: Round the four vertical corners, as of a car's body.
        paint: Look.
    """
    outline = cv2.convexHull(np.asarray(profile, np.float32)).reshape(-1, 2).astype(np.float64)
    low, high = outline[:, 1].min(), outline[:, 1].max()
    lean = (width - (width if top_width is None else top_width)) / 2 / (high - low)
    norm = math.hypot(1.0, lean)
    side = (width / 2 + lean * low) / norm
    normals = _outline_normals(outline)
    planes = np.zeros((len(outline) + 2, 4))
    planes[0] = (1 / norm, -lean / norm, 0.0, side)
    planes[1] = (-1 / norm, -lean / norm, 0.0, side)
    planes[2:, 2] = normals[:, 0]
    planes[2:, 1] = -normals[:, 1]
    planes[2:, 3] = np.sum(normals * outline, axis=1)
    across = width / 2 - lean * (outline[:, 1] - low)
    hull = np.concatenate(
        [np.column_stack([s * across, -outline[:, 1], outline[:, 0]]) for s in (-1, 1)]
    )
    half_length = float(np.abs(outline[:, 0]).max())
    half = (width / 2, float(high) / 2, half_length)
    quadrics = _car_rounding(half, float(low + high) / 2) if rounded else _NO_QUADRICS
    return Solid(pose, planes, quadrics, hull, half, paint)


def _outline_normals(outline: F64) -> F64:
    """(N, 2) unit outward normals of the edges that start at each corner of a convex outline."""
    edges = np.roll(outline, -1, axis=0) - outline
    normals = np.column_stack([edges[:, 1], -edges[:, 0]]) / np.linalg.norm(edges, axis=1)[:, None]
    outward = np.sum(normals * (outline - outline.mean(axis=0)), axis=1)
    turned: F64 = normals * np.sign(outward)[:, None]
    return turned


def _car_rounding(half: tuple[float, float, float], middle: float) -> F64:
    """Quadrics that round a car: its corners in plan, and the bulge of its sides."""
    quadrics = np.zeros((2, 2, 3))
    square = np.square(half)
    # through (half width, 0.85 half length) and (0.8 half width, half length)
    quadrics[0, 0] = (0.516, 0.0, 0.670) / square
    quadrics[1, 0] = (1.0, 0.12, 0.14) / square
    quadrics[1, 1, 1] = -middle
    return quadrics


def cylinder(pose: Pose, radius: float, height: float, paint: Paint) -> Solid:
    """Upright cylinder standing on its pose [m]."""
    planes = np.array([[0.0, -1.0, 0.0, height], [0.0, 1.0, 0.0, 0.0]])
    quadrics = np.array([[[radius**-2, 0.0, radius**-2], [0.0, 0.0, 0.0]]])
    hull = _CORNERS * (radius, height, radius)
    return Solid(pose, planes, quadrics, hull, (radius, height / 2, radius), paint)


def disc(pose: Pose, radius: float, thickness: float, paint: Paint, *, axle: bool) -> Solid:
    """Disc around its pose: its axis lies along x (an axle: wheels) or along z (signs) [m]."""
    axis, other = (0, 2) if axle else (2, 0)
    planes = np.zeros((2, 4))
    planes[0, axis], planes[1, axis] = 1.0, -1.0
    planes[:, 3] = thickness / 2
    quadrics = np.zeros((1, 2, 3))
    quadrics[0, 0, [1, other]] = radius**-2
    half = [radius, radius, radius]
    half[axis] = thickness / 2
    hull = (_CORNERS * (1.0, 2.0, 1.0) + (0.0, 1.0, 0.0)) * half
    return Solid(pose, planes, quadrics, hull, (half[0], half[1], half[2]), paint)


def ellipsoid(pose: Pose, radii: tuple[float, float, float], paint: Paint) -> Solid:
    """Ellipsoid around its pose with semi-axes (x, y, z) [m]."""
    quadrics = np.zeros((1, 2, 3))
    quadrics[0, 0] = np.asarray(radii) ** -2.0
    hull = (_CORNERS * (1.0, 2.0, 1.0) + (0.0, 1.0, 0.0)) * radii
    return Solid(pose, _NO_PLANES, quadrics, hull, radii, paint)

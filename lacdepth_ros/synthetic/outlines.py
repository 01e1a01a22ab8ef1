# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Points around every solid of a street, and the pixel windows that enclose them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.synthetic.eye import Eye, Window
from lacdepth_ros.synthetic.solids import F64, Solid

NEAR = 0.3
"""Nothing nearer than that is drawn [m]."""


@dataclass(frozen=True, slots=True)
class Outlines:
    """Hull points of S solids in one array.

    Attributes:
        points: (M, 3) points in the street frame [m].
        first: (S + 1,) where each solid's points begin; M at the end.
    """

    points: F64
    first: npt.NDArray[np.intp]

    @classmethod
    def of(cls, solids: Sequence[Solid]) -> Outlines:
        """Hulls of these solids."""
        counts = np.array([0, *(len(solid.hull) for solid in solids)])
        first = np.cumsum(counts)
        if not solids:
            return cls(np.zeros((0, 3)), first)
        local = np.concatenate([solid.hull for solid in solids])
        poses = np.array([(s.pose.x, s.pose.y, s.pose.z, s.pose.yaw) for s in solids])
        poses = np.repeat(poses, counts[1:], axis=0)
        c, s = np.cos(poses[:, 3]), np.sin(poses[:, 3])
        points = poses[:, :3].copy()
        points[:, 0] += c * local[:, 0] + s * local[:, 2]
        points[:, 1] += local[:, 1]
        points[:, 2] += c * local[:, 2] - s * local[:, 0]
        return cls(points, first)

    def __getitem__(self, index: int) -> F64:
        """(N, 3) points of one solid."""
        return self.points[self.first[index] : self.first[index + 1]]


def windows(outlines: Outlines, camera: Camera, eye: Eye) -> list[tuple[int, Window, float]]:
    """Solids in view, nearest first: number, pixels that enclose it, least depth [m]."""
    if len(outlines.first) < 2:
        return []
    optical = (outlines.points - eye.position) @ eye.rotation
    starts = outlines.first[:-1]
    nearest = np.minimum.reduceat(optical[:, 2], starts)
    farthest = np.maximum.reduceat(optical[:, 2], starts)
    pixels = project(np.maximum(optical, (-np.inf, -np.inf, NEAR)), camera)
    low = np.floor(np.minimum.reduceat(pixels, starts, axis=0))
    high = np.ceil(np.maximum.reduceat(pixels, starts, axis=0)) + 1
    for index in np.flatnonzero((nearest < NEAR) & (farthest >= NEAR)):
        begin, end = outlines.first[index : index + 2]
        pixels = project(clip_near(optical[begin:end]), camera)
        low[index], high[index] = np.floor(pixels.min(axis=0)), np.ceil(pixels.max(axis=0)) + 1
    size = np.array([camera.width, camera.height])
    low, high = np.clip(low, 0, size).astype(int), np.clip(high, 0, size).astype(int)
    visible = np.flatnonzero((farthest >= NEAR) & np.all(low < high, axis=1))
    visible = visible[np.argsort(nearest[visible], kind='stable')]
    return [
        (int(i), (int(y0), int(y1), int(x0), int(x1)), float(nearest[i]))
        for i, (x0, y0), (x1, y1) in zip(visible, low[visible], high[visible], strict=True)
    ]


def project(optical: F64, camera: Camera) -> F64:
    """(N, 2) pixel coordinates (u, v) of (N, 3) points of the optical frame, z > 0."""
    pixels: F64 = optical[:, :2] / optical[:, 2:] * (camera.fx, camera.fy) + (camera.cx, camera.cy)
    return pixels


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

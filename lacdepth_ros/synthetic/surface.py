# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a shader sees of a surface, what it answers, and the helpers all shaders share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.synthetic.noise import Floats


@dataclass(frozen=True, slots=True)
class Surface:
    """N visible points of solids of one material, in each solid's own frame.

    Attributes:
        local: (N, 3) points (x right, y down, z forward) [m].
        normal: (N, 3) unit outward normals.
        half: (N, 3) half extents of the solids [m].
        color: (N, 3) main reflectance.
        accent: (N, 3) second reflectance.
        phase: (N,) int32 number of the solid's random details.
        footprint: (N,) size of one pixel on the surface [m].
    """

    local: Floats
    normal: Floats
    half: Floats
    color: Floats
    accent: Floats
    phase: npt.NDArray[np.int32]
    footprint: Floats

    @property
    def up(self) -> Floats:
        """(N,) height above the solid's origin [m]."""
        return -self.local[:, 1]

    @property
    def faces_side(self) -> npt.NDArray[np.bool_]:
        """(N,) the surface looks along x rather than z."""
        return np.abs(self.normal[:, 0]) > np.abs(self.normal[:, 2])

    @property
    def along(self) -> Floats:
        """(N,) horizontal coordinate along the surface [m]."""
        return np.where(self.faces_side, self.local[:, 2], self.local[:, 0])

    @property
    def half_along(self) -> Floats:
        """(N,) half extent of the surface along that coordinate [m]."""
        return np.where(self.faces_side, self.half[:, 2], self.half[:, 0])


Finish = tuple[Floats, Floats]
"""(N, 3) linear reflectance and (N,) gloss 0..1: the share of a mirror in the surface."""


def matte(albedo: Floats) -> Finish:
    """Finish without gloss."""
    return albedo, np.zeros(albedo.shape[0], np.float32)


def cover(base: Floats, mask: Floats, color: npt.ArrayLike) -> Floats:
    """(N, 3) base painted over with a colour where the (N,) mask says so, 0..1."""
    return base + mask[:, None] * (np.asarray(color, np.float32) - base)


def inside(value: Floats, low: Floats | float, high: Floats | float, footprint: Floats) -> Floats:
    """Anti-aliased (N,) membership 0..1 of low <= value <= high."""
    soft = 1.0 / np.maximum(footprint, 1e-3)
    below = np.clip((value - low) * soft + 0.5, 0.0, 1.0)
    above = np.clip((high - value) * soft + 0.5, 0.0, 1.0)
    return (below * above).astype(np.float32)

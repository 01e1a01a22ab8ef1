# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A lot: one block of one side of a street, where things are placed on its land."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lacdepth_ros.synthetic import roadside
from lacdepth_ros.synthetic.ground import Road
from lacdepth_ros.synthetic.solids import Pose, Solid

BLOCK = 24.0
"""Length of a block along the road [m]."""
ROW = (0.5, BLOCK / 2)
"""Footing (half across, half along) of what runs along a whole block [m]."""


@dataclass(frozen=True, slots=True)
class Lot:
    """One side of one block.

    Attributes:
        road: The road it lies at.
        side: -1 left, +1 right.
        start: Where the block begins [m along z].
        setback: Distance from the kerb to the facades [m].
        avenue: Trees stand in a row along the kerb.
        rng: Source of all its chance.
    """

    road: Road
    side: int
    start: float
    setback: float
    avenue: bool
    rng: np.random.Generator

    def place(
        self, beyond: float, along: float, footing: tuple[float, float] = (0.0, 0.0)
    ) -> Pose:
        """Pose on the land at a distance beyond the kerb and along the block, facing along z [m].

        The footing is half of what stands there, across and along: it stands as low as the lowest
        of its corners [m].
        """
        z = self.start + along
        edge = self.road.edges[0 if self.side < 0 else 1]
        lateral = edge + self.side * beyond
        half, ahead = footing
        corners = [(u, v) for u in {-half, half} for v in {-ahead, ahead}]
        land = min(
            self.road.rise_at(self.road.center(z + v) + lateral + u, z + v) for u, v in corners
        )
        y = -self.road.kerb - land
        return Pose(self.road.center(z) + lateral, y, z, self.road.heading(z))

    @property
    def walk(self) -> float:
        """Width of the pavement [m]."""
        return self.road.walk[0 if self.side < 0 else 1]

    def chance(self, probability: float) -> bool:
        """Whether an event of that probability happens."""
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """Uniform draw."""
        return float(self.rng.uniform(low, high))


def building(lot: Lot, along: float, length: float, setback: float, storeys: int) -> list[Solid]:
    """House of so many storeys whose front lies at a distance from the kerb [m]."""
    depth = lot.between(8.0, 12.0)
    pose = lot.place(setback + depth / 2, along, (depth / 2, length / 2))
    height = storeys * lot.between(2.9, 3.2) + 0.6
    gabled = lot.chance(0.75) if storeys <= 4 else False
    return roadside.house(pose, lot.rng, depth=depth, height=height, length=length, gabled=gabled)


def some_tree(lot: Lot, pose: Pose, height: float) -> list[Solid]:
    """Tree away from the kerb: one in five is a conifer."""
    grow = roadside.conifer if lot.chance(0.2) else roadside.tree
    return grow(pose, lot.rng, height=height)

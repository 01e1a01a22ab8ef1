# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Land that is not flat: roads that climb and dip, banks that rise and lawns that fall away."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.synthetic.noise import Floats

Numbers = npt.NDArray[np.intp]
Gap = Callable[[Numbers, Floats], Floats]
"""Height of points above the land [m], from the numbers of their rays and their depths [m]."""

FARTHEST = 1000.0
"""Ground beyond that is drawn as horizon, without ground truth [m]."""

_NEAREST = 0.4  # m; where the search along a ray begins
_SAMPLES = 72  # of that search: each 12 % farther than the one before
_REFINEMENTS = 7  # by false position: to about 1e-6 of the depth


@dataclass(frozen=True, slots=True)
class Bank:
    """How the land beside a road rises (or falls, below 0) to the level of the land behind.

    Attributes:
        rise: Of the land behind above the road [m].
        start: Where the slope begins, beyond the kerb [m].
        width: Of the slope [m].
        wave: Share of the rise that comes and goes along the road.
        roll: Amplitude of the rolling of the land behind [m].
        length: Of one wave of either [m].
        phase: Of both [rad].
    """

    rise: float = 0.0
    start: float = 1.0
    width: float = 10.0
    wave: float = 0.0
    roll: float = 0.0
    length: float = 60.0
    phase: float = 0.0

    def __call__(self, beyond: Floats, z: Floats) -> Floats:
        """Rise [m] that far beyond the kerb [m, 0 or more], at z [m] along the road."""
        share = np.clip((beyond - np.float32(self.start)) / np.float32(self.width), 0.0, 1.0)
        turn = np.float32(2 * math.pi / self.length)
        waves = np.float32(self.wave) * np.sin(turn * z + np.float32(self.phase))
        rolls = np.sin(turn * (beyond + np.float32(0.4) * z) + np.float32(self.phase))
        slope = share * share * (3 - 2 * share)
        return np.asarray(slope * (np.float32(self.rise) * (1 + waves) + self.roll * rolls))


@dataclass(frozen=True, slots=True)
class Terrain:
    """Rise of the land above a plane.

    Attributes:
        swell: Amplitude of the road's climbing and dipping [m].
        length: Of one such wave [m].
        phase: Of it [rad].
        banks: Of the land to the left and to the right of the road.
    """

    swell: float = 0.0
    length: float = 300.0
    phase: float = 0.0
    banks: tuple[Bank, Bank] = (Bank(), Bank())

    @property
    def level(self) -> bool:
        """Whether all land lies in the plane."""
        return not self.swell and not any(bank.rise or bank.roll for bank in self.banks)

    @property
    def highest(self) -> float:
        """No land rises higher above the plane [m]."""
        sides = (abs(b.rise) * (1 + b.wave) + b.roll for b in self.banks)
        return self.swell + max(sides)

    def rise(self, beyond: Floats, z: Floats) -> Floats:
        """Rise of the land [m].

        Args:
            beyond: Distance from the road [m]: below 0 to its left, above 0 to its right, 0 on it.
            z: Place along the road [m].
        """
        along = np.float32(2 * math.pi / self.length) * z + np.float32(self.phase)
        left, right = self.banks
        sides = left(np.maximum(-beyond, 0), z) + right(np.maximum(beyond, 0), z)
        return np.asarray(np.float32(self.swell) * np.sin(along) + sides)

    def grade(self, z: float) -> float:
        """Slope of the road at z: rise [m] for each metre along."""
        turn = 2 * math.pi / self.length
        return self.swell * turn * math.cos(turn * z + self.phase)


LEVEL = Terrain()


def random_terrain(rng: np.random.Generator) -> Terrain:
    """Draw the land of a hilly street: grades up to 6 %, slopes beside the road up to 45 %."""
    length = _spread(rng, 120.0, 600.0)
    grade = float(rng.uniform(0.0, 0.06)) if rng.random() < 0.7 else 0.0
    return Terrain(
        swell=grade * length / (2 * math.pi),
        length=length,
        phase=float(rng.uniform(0, 2 * math.pi)),
        banks=(_random_bank(rng), _random_bank(rng)),
    )


def _random_bank(rng: np.random.Generator) -> Bank:
    """Four in ten fall away from the road, four in ten rise, the others only roll."""
    width, length = _spread(rng, 5.0, 60.0), _spread(rng, 30.0, 150.0)
    wave = float(rng.uniform(0.0, 0.5))
    kind, rise = rng.random(), min(float(rng.uniform(0.4, 6.0)), 0.2 * width / (1 + wave))
    return Bank(
        rise=-rise if kind < 0.4 else rise if kind < 0.8 else 0.0,
        start=float(rng.uniform(0.5, 6.0)),
        width=width,
        wave=wave,
        roll=float(rng.uniform(0.0, 1.0)) * min(0.012 * length, 0.05 * width),
        length=length,
        phase=float(rng.uniform(0, 2 * math.pi)),
    )


def _spread(rng: np.random.Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def first_meeting(gap: Gap, down: Floats, top: float) -> Floats:
    """Where rays meet the land first.

    Args:
        gap: Height of points above the land.
        down: (R,) how far each ray falls [m for each metre of depth].
        top: How far the highest land lies above the eye [m]; rays that are above it and rise are
            given up.

    Returns:
        (R,) depth [m], float32; infinite where a ray meets nothing within FARTHEST. What is
        narrower than 12 % of its distance can be missed.
    """
    met = np.full(down.shape, np.inf, np.float32)
    rays = np.arange(down.size)
    before, height = 0.0, np.full(down.shape, np.inf, np.float32)
    for depth in np.geomspace(_NEAREST, FARTHEST, _SAMPLES).astype(np.float32):
        here = gap(rays, np.broadcast_to(depth, rays.shape))
        below = here <= 0
        found = rays[below]
        if found.size:
            met[found] = _refined(gap, found, before, height[below], float(depth), here[below])
        flies = (down[rays] <= 0) & (-down[rays] * depth > top)
        rays, height, before = rays[~below & ~flies], here[~below & ~flies], float(depth)
        if not rays.size:
            break
    return met


def _refined(
    gap: Gap,
    rays: Numbers,
    near: float,
    above: Floats,
    far: float,
    below: Floats,
) -> Floats:
    """Depths of no gap between one depth above the land and one below it, by false position."""
    low, high = np.full(rays.shape, near, np.float32), np.full(rays.shape, far, np.float32)
    above = np.where(np.isfinite(above), above, -below).astype(np.float32)
    middle = high
    for _ in range(_REFINEMENTS):
        middle = low + (high - low) * above / np.maximum(above - below, np.float32(1e-12))
        here = gap(rays, middle)
        over = here > 0
        # The Illinois rule: the side that stays counts half, or false position creeps.
        below = np.where(over, below / 2, here)
        above = np.where(over, here, above / 2)
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    return np.asarray(middle, np.float32)

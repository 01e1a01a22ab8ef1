# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Cars, vans and lorries of true sizes, built from convex solids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lacdepth_ros.synthetic.solids import (
    Color,
    Material,
    Paint,
    Pose,
    Solid,
    box,
    disc,
    prism,
)
from lacdepth_ros.synthetic.vehicle_paint import AXLE_PLACE, WHEEL_RADIUS

_LACQUERS: tuple[Color, ...] = (
    (0.012, 0.012, 0.014),
    (0.03, 0.03, 0.034),
    (0.09, 0.095, 0.10),
    (0.30, 0.31, 0.32),
    (0.48, 0.49, 0.50),
    (0.75, 0.75, 0.74),
    (0.45, 0.02, 0.015),
    (0.22, 0.012, 0.015),
    (0.02, 0.05, 0.20),
    (0.04, 0.10, 0.28),
    (0.02, 0.08, 0.05),
    (0.35, 0.28, 0.17),
    (0.55, 0.33, 0.02),
)
_LACQUER_SHARES = np.array([14, 14, 10, 13, 7, 11, 6, 4, 5, 6, 3, 4, 3]) / 100
_TYRE = Paint(Material.WHEEL, (0.45, 0.46, 0.47))
_BLACK = Paint(Material.MATTE, (0.015, 0.015, 0.016))


@dataclass(frozen=True, slots=True)
class _Shape:
    """Range of sizes [m] and where the cabin sits, in shares of the length from the rear."""

    length: tuple[float, float]
    width: tuple[float, float]
    height: tuple[float, float]
    belt: float
    base: tuple[float, float]
    roof: tuple[float, float]


_SHAPES = {
    'hatchback': _Shape((3.8, 4.3), (1.66, 1.80), (1.42, 1.54), 0.60, (0.03, 0.75), (0.13, 0.56)),
    'saloon': _Shape((4.4, 5.1), (1.74, 1.90), (1.38, 1.48), 0.62, (0.12, 0.74), (0.27, 0.57)),
    'estate': _Shape((4.4, 5.0), (1.74, 1.88), (1.44, 1.54), 0.60, (0.01, 0.74), (0.08, 0.57)),
    'suv': _Shape((4.3, 5.0), (1.82, 2.00), (1.62, 1.85), 0.58, (0.01, 0.76), (0.07, 0.60)),
    'van': _Shape((4.7, 5.6), (1.86, 2.05), (1.90, 2.50), 0.52, (0.005, 0.88), (0.02, 0.72)),
    'lorry': _Shape((6.5, 10.0), (2.30, 2.55), (2.90, 3.70), 0.40, (0.0, 0.0), (0.0, 0.0)),
}
_SHARES = (0.32, 0.22, 0.20, 0.12, 0.09, 0.05)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle, wherever it stands.

    Attributes:
        kind: hatchback, saloon, estate, suv, van or lorry.
        length, width, height: Size [m].
        color: Linear reflectance of the lacquer.
        phase: Whole number of its random details.
    """

    kind: str
    length: float
    width: float
    height: float
    color: Color
    phase: int

    @classmethod
    def random(cls, rng: np.random.Generator, *, cars_only: bool = False) -> Vehicle:
        """Draw a vehicle as frequent as on a European street."""
        shares = np.array(_SHARES) * ((1, 1, 1, 1, 0, 0) if cars_only else 1)
        kind = tuple(_SHAPES)[int(rng.choice(len(_SHARES), p=shares / shares.sum()))]
        shape = _SHAPES[kind]
        length, width, height = (
            float(rng.uniform(*span)) for span in (shape.length, shape.width, shape.height)
        )
        color = _LACQUERS[int(rng.choice(len(_LACQUERS), p=_LACQUER_SHARES))]
        if kind in ('van', 'lorry') and rng.random() < 0.5:
            color = _LACQUERS[5]
        return cls(kind, length, width, height, color, int(rng.integers(1 << 20)))

    def solids(self, pose: Pose) -> list[Solid]:
        """The vehicle standing with the middle of its floor at pose, looking along +z."""
        body = self._lorry(pose) if self.kind == 'lorry' else self._car(pose)
        return body + self._wheels(pose)

    def _car(self, pose: Pose) -> list[Solid]:
        shape, half = _SHAPES[self.kind], self.length / 2
        belt = shape.belt * self.height
        rear, front = (share * self.length - half for share in shape.base)
        side = self.width / 2 + 0.05
        mirror = Paint(Material.MATTE, self.color)
        mirrors = [
            box(pose.moved(right=x, up=belt, forward=front - 0.55), 0.18, 0.13, 0.10, mirror)
            for x in (-side, side)
        ]
        middle = pose.moved(up=belt, forward=(rear + front) / 2)
        return [self._body(pose, belt, front), self._cabin(middle, belt), *mirrors]

    def _body(self, pose: Pose, belt: float, cowl: float) -> Solid:
        half, nose = self.length / 2, 0.80 * belt
        return prism(
            pose,
            [
                (-half + 0.10, 0.20),
                (half - 0.14, 0.20),
                (half, 0.40),
                (half - 0.03, 0.60 * nose + 0.1),
                (half - 0.22, nose),
                (cowl - 0.05, belt),
                (-half + 0.12, belt),
                (-half, 0.85 * belt),
                (-half, 0.38),
            ],
            self.width,
            Paint(Material.CAR_BODY, self.color, phase=self.phase),
            top_width=self.width * 0.93,
            rounded=True,
        )

    def _cabin(self, pose: Pose, belt: float) -> Solid:
        shape, glass = _SHAPES[self.kind], self.height - belt
        middle = sum(shape.base) / 2
        base, roof = (
            [(share - middle) * self.length for share in pair] for pair in (shape.base, shape.roof)
        )
        return prism(
            pose,
            [
                (base[0], -0.06),
                (base[1], -0.06),
                (0.75 * roof[1] + 0.25 * base[1], 0.78 * glass),
                (roof[1], 0.96 * glass),
                (0.6 * roof[1] + 0.4 * roof[0], glass),
                (roof[0], 0.95 * glass),
                (0.7 * roof[0] + 0.3 * base[0], 0.72 * glass),
            ],
            self.width * 0.91,
            Paint(Material.CABIN, self.color, phase=self.phase),
            top_width=self.width * (0.70 if self.kind != 'van' else 0.82),
            rounded=True,
        )

    def _lorry(self, pose: Pose) -> list[Solid]:
        half = self.length / 2
        cab = 1.7
        trailer = self.length - cab - 0.15
        accent = _LACQUERS[self.phase % len(_LACQUERS)]
        cargo = Paint(Material.CARGO, self.color, accent, self.phase)
        front = pose.moved(forward=half - cab / 2)
        high = min(self.height - 0.3, 2.75)
        sides = [(-cab / 2, 0.35), (cab / 2, 0.35), (cab / 2, 0.55 * high)]
        lower = prism(front, [*sides, (-cab / 2, 0.55 * high)], self.width * 0.96,
                      Paint(Material.CAR_BODY, accent, phase=self.phase))  # fmt: skip
        glass = 0.45 * high
        upper = prism(
            front.moved(up=0.55 * high),
            [(-cab / 2, 0.0), (cab / 2, 0.0), (cab / 2 - 0.25, glass), (-cab / 2, glass)],
            self.width * 0.96,
            Paint(Material.CABIN, accent, phase=self.phase),
            top_width=self.width * 0.90,
        )
        frame = box(pose.moved(up=0.45, forward=-cab / 2), 1.0, 0.5, trailer, _BLACK)
        hold = box(
            pose.moved(up=0.95, forward=-half + trailer / 2),
            self.width, self.height - 0.95, trailer, cargo,
        )  # fmt: skip
        return [lower, upper, frame, hold]

    def _wheels(self, pose: Pose) -> list[Solid]:
        radius = WHEEL_RADIUS * (1.45 if self.kind == 'lorry' else 1.0)
        out, axle = self.width / 2 - 0.11, AXLE_PLACE * self.length / 2
        places = [(side * out, end * axle) for side in (-1, 1) for end in (-1, 1)]
        return [
            disc(pose.moved(right=x, up=radius, forward=z), radius, 0.24, _TYRE, axle=True)
            for x, z in places
        ]

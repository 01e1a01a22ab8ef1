# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Roads drawn by chance: lanes, parking strips, pavements, and what lines their sides."""

from __future__ import annotations

import numpy as np

from lacdepth_ros.synthetic.ground import Road
from lacdepth_ros.synthetic.lots import OPEN_STYLES, STYLES
from lacdepth_ros.synthetic.solids import Color

_OPEN = 0.35  # share of the sides of hilly streets
_GRASSES: tuple[Color, ...] = ((0.09, 0.14, 0.03), (0.12, 0.14, 0.05), (0.16, 0.15, 0.07))


def random_styles(rng: np.random.Generator) -> tuple[str, str]:
    """Draw what lines the left and the right side of a street with two directions."""
    names = list(STYLES)
    left = names[int(rng.choice(len(names), p=(0.27, 0.27, 0.14, 0.12, 0.12, 0.08)))]
    right = left if rng.random() < 0.5 else names[int(rng.integers(len(names)))]
    return left, right


def random_openings(rng: np.random.Generator, styles: tuple[str, str]) -> tuple[str, str]:
    """Open some sides of a street: what lined them gives way to lawns and fields."""
    left, right = (
        list(OPEN_STYLES)[int(rng.integers(len(OPEN_STYLES)))] if rng.random() < _OPEN else style
        for style in styles
    )
    return left, right


def random_lane_styles(rng: np.random.Generator) -> tuple[str, str]:
    """Draw what lines the sides of a narrow lane."""
    left = 'hollow' if rng.random() < 0.5 else 'alley'
    right = left if rng.random() < 0.6 else ('alley' if left == 'hollow' else 'hollow')
    return left, right


def random_lane(rng: np.random.Generator, styles: tuple[str, str]) -> Road:
    """Draw a narrow lane without a centre line."""
    walk = tuple(
        float(rng.uniform(0.5, 1.6)) if style == 'alley' and rng.random() < 0.6 else 0.0
        for style in styles
    )
    parking = tuple(float(rng.uniform(2.0, 2.3)) * (rng.random() < 0.35) for _ in styles)
    return Road(
        lane_width=float(rng.uniform(2.8, 4.6)),
        lanes=(0, 1),
        parking=(parking[0], parking[1]),
        kerb=float(rng.uniform(0.0, 0.12)),
        walk=(walk[0], walk[1]),
        paved=(styles[0] == 'alley', styles[1] == 'alley'),
        sway=float(rng.uniform(0.5, 4.0)) if rng.random() < 0.6 else 0.0,
        period=float(rng.uniform(120.0, 300.0)),
        tone=float(rng.uniform(0.09, 0.24)),
        grass=_GRASSES[int(rng.integers(len(_GRASSES)))],
        edge_lines=False,
        phase=int(rng.integers(1 << 16)),
    )


def random_road(rng: np.random.Generator, styles: tuple[str, str]) -> Road:
    """Draw a road with two directions."""
    rural = 'country' in styles
    lanes = (2, 2) if rng.random() < 0.2 else (1, 1)
    parking, walk, paved = [], [], []
    for style in styles:
        strip = not rural and style in ('terrace', 'suburb', 'park') and rng.random() < 0.65
        parking.append(float(rng.uniform(2.1, 2.4)) if strip else 0.0)
        walk.append(0.0 if style == 'country' else float(rng.uniform(1.6, 3.4)))
        paved.append(style in ('terrace', 'works'))
    sway = float(rng.uniform(1.5, 7.0)) if rng.random() < 0.55 else 0.0
    return Road(
        lane_width=float(rng.uniform(2.9, 3.7)),
        lanes=lanes,
        parking=(parking[0], parking[1]),
        kerb=0.0 if rural else float(rng.uniform(0.05, 0.15)),
        walk=(walk[0], walk[1]),
        paved=(paved[0], paved[1]),
        sway=sway,
        period=float(rng.uniform(280.0, 520.0)),
        tone=float(rng.uniform(0.09, 0.24)),
        grass=_GRASSES[int(rng.integers(len(_GRASSES)))],
        dashed=bool(rng.random() < 0.7),
        edge_lines=rural or bool(rng.random() < 0.4),
        phase=int(rng.integers(1 << 16)),
    )

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What stands beside a road: trees, houses, lamps, signs, hedges, fences, people, bridges."""

from __future__ import annotations

import math

import numpy as np

from lacdepth_ros.synthetic.solids import (
    Color,
    Material,
    Paint,
    Pose,
    Solid,
    box,
    cylinder,
    disc,
    ellipsoid,
    prism,
)

Rng = np.random.Generator

_STEEL = Paint(Material.MATTE, (0.22, 0.23, 0.24))
_LEAVES: tuple[Color, ...] = (
    (0.045, 0.095, 0.018),
    (0.070, 0.125, 0.025),
    (0.035, 0.070, 0.022),
    (0.100, 0.140, 0.030),
    (0.055, 0.090, 0.035),
    (0.150, 0.110, 0.025),
)
_PLASTERS: tuple[Color, ...] = (
    (0.62, 0.60, 0.55),
    (0.55, 0.46, 0.32),
    (0.60, 0.52, 0.36),
    (0.48, 0.30, 0.22),
    (0.34, 0.13, 0.08),
    (0.40, 0.42, 0.44),
    (0.30, 0.36, 0.42),
    (0.70, 0.69, 0.67),
    (0.45, 0.40, 0.33),
)
_TILES: tuple[Color, ...] = ((0.28, 0.09, 0.05), (0.20, 0.07, 0.045), (0.08, 0.08, 0.085))
_SIGN_COLORS: tuple[Color, ...] = ((0.5, 0.01, 0.015), (0.01, 0.08, 0.35), (0.55, 0.40, 0.02))


def _pick(rng: Rng, colors: tuple[Color, ...], spread: float = 0.2) -> Color:
    base = colors[int(rng.integers(len(colors)))]
    scale = float(rng.uniform(1 - spread, 1 + spread))
    return (base[0] * scale, base[1] * scale, base[2] * scale)


def _phase(rng: Rng) -> int:
    return int(rng.integers(1 << 20))


def _trunk(pose: Pose, rng: Rng, height: float) -> Solid:
    bark = Paint(Material.BARK, _pick(rng, ((0.09, 0.07, 0.05), (0.14, 0.12, 0.10))))
    radius = float(np.clip(0.022 * height * rng.uniform(0.7, 1.3), 0.06, 0.32))
    return cylinder(pose, radius, 0.6 * height, bark)


def tree(pose: Pose, rng: Rng, *, height: float) -> list[Solid]:
    """Broad-leaved tree: a trunk and a crown of porous clumps [m]."""
    leaf, light = _pick(rng, _LEAVES), _pick(rng, _LEAVES, 0.4)
    parts = [_trunk(pose, rng, height)]
    crown = height * float(rng.uniform(0.24, 0.34))
    middle = height - 0.9 * crown
    for number, turn in enumerate(np.arange(11) * 2.4 + rng.uniform(0, 6)):
        level = (number + 0.5) / 5.5 - 1.0  # from the bottom of the crown to its top
        size = crown * rng.uniform(0.34, 0.52)
        away = crown * math.sqrt(1.0 - 0.8 * level * level) * rng.uniform(0.45, 0.75)
        place = pose.moved(
            right=away * math.cos(turn),
            forward=away * math.sin(turn),
            up=middle + 0.75 * crown * level,
        )
        radii = (size, size * rng.uniform(0.6, 0.85), size)
        shade = leaf if rng.random() < 0.7 else light
        parts.append(ellipsoid(place, radii, Paint(Material.FOLIAGE, shade, light, _phase(rng))))
    inner = Paint(
        Material.FOLIAGE, (0.6 * leaf[0], 0.6 * leaf[1], 0.6 * leaf[2]), leaf, _phase(rng)
    )
    parts.append(ellipsoid(pose.moved(up=middle), (0.6 * crown, 0.6 * crown, 0.6 * crown), inner))
    return parts


def conifer(pose: Pose, rng: Rng, *, height: float) -> list[Solid]:
    """Conifer with branches almost to the ground [m]."""
    leaf, light = _pick(rng, _LEAVES), _pick(rng, _LEAVES, 0.4)
    branches = [
        ellipsoid(
            pose.moved(up=height * share),
            (width * height, 0.20 * height, width * height),
            Paint(Material.FOLIAGE, leaf, light, _phase(rng)),
        )
        for share, width in ((0.25, 0.17), (0.45, 0.14), (0.65, 0.10), (0.82, 0.055))
    ]
    return [_trunk(pose, rng, height), *branches]


def bush(pose: Pose, rng: Rng) -> list[Solid]:
    """Low clump of leaves."""
    leaf, light = _pick(rng, _LEAVES), _pick(rng, _LEAVES, 0.4)
    size = float(rng.uniform(0.5, 1.2))
    parts = []
    for turn in np.arange(4) * 1.7 + rng.uniform(0, 6):
        radius = size * float(rng.uniform(0.55, 0.9))
        away = 0.6 * size
        place = pose.moved(away * math.cos(turn), 0.45 * radius, away * math.sin(turn))
        radii = (radius, radius * float(rng.uniform(0.7, 1.1)), radius)
        parts.append(ellipsoid(place, radii, Paint(Material.FOLIAGE, leaf, light, _phase(rng))))
    return parts


def hedge(pose: Pose, rng: Rng, length: float) -> list[Solid]:
    """Clipped hedge along z: a dense core in a porous coat [m]."""
    high, wide = float(rng.uniform(0.9, 2.0)), float(rng.uniform(0.6, 1.1))
    leaf, light = _pick(rng, _LEAVES), _pick(rng, _LEAVES)
    coat = Paint(Material.FOLIAGE, leaf, light, _phase(rng))
    core = Paint(Material.FOLIAGE, leaf, light, _phase(rng))
    return [
        box(pose, wide, high, length, coat),
        box(pose, wide - 0.25, high - 0.15, length - 0.1, core),
    ]


def thicket(pose: Pose, rng: Rng, length: float, height: float) -> list[Solid]:
    """Wild hedge along z: clumps of leaves before a dense core [m]."""
    leaf, light = _pick(rng, _LEAVES), _pick(rng, _LEAVES, 0.4)

    def foliage() -> Paint:
        return Paint(Material.FOLIAGE, leaf, light, _phase(rng))

    parts = [box(pose, 1.2, 0.9 * height, length, foliage())]
    for forward in np.arange(0.7 - length / 2, length / 2, 1.4):
        size = float(rng.uniform(0.5, 1.0))
        place = pose.moved(
            right=float(rng.uniform(-0.5, 0.5)),
            forward=float(forward),
            up=float(rng.uniform(0.2, 0.95)) * height,
        )
        parts.append(ellipsoid(place, (size, 1.2 * size, size), foliage()))
    return parts


def fence(
    pose: Pose, rng: Rng, length: float, heights: tuple[float, float] = (0.8, 1.4)
) -> list[Solid]:
    """Picket fence with posts along z [m]; its height is drawn from a range."""
    high = float(rng.uniform(*heights))
    color = _pick(rng, ((0.25, 0.17, 0.10), (0.5, 0.5, 0.48), (0.10, 0.12, 0.11)))
    pales = box(pose.moved(up=0.08), 0.04, high, length, Paint(Material.FENCE, color))
    post = Paint(Material.MATTE, color)
    places = np.linspace(-length / 2, length / 2, max(2, round(length / 3)))
    return [
        pales,
        *(box(pose.moved(forward=float(z)), 0.1, high + 0.15, 0.1, post) for z in places),
    ]


def wall(pose: Pose, rng: Rng, length: float, height: float) -> list[Solid]:
    """Masonry or concrete wall along z [m]."""
    color = _pick(rng, ((0.36, 0.34, 0.31), (0.30, 0.14, 0.09), (0.5, 0.49, 0.46)))
    return [box(pose, 0.3, height, length, Paint(Material.MASONRY, color, phase=_phase(rng)))]


def house(
    pose: Pose, rng: Rng, *, depth: float, height: float, length: float, gabled: bool
) -> list[Solid]:
    """Building with its eaves along z: depth along x, length along z [m]."""
    color = _pick(rng, _PLASTERS)
    trim = (0.6, 0.6, 0.58) if rng.random() < 0.7 else _pick(rng, _PLASTERS)
    paint = Paint(Material.FACADE, color, trim, _phase(rng))
    body = box(pose, depth, height, length, paint)
    tiles = Paint(Material.ROOF, _pick(rng, _TILES), color)
    if not gabled:
        rim = Paint(Material.MATTE, trim)
        return [body, box(pose.moved(up=height), depth + 0.3, 0.35, length + 0.1, rim)]
    rise = depth / 2 * float(rng.uniform(0.6, 1.0))
    across = Pose(pose.x, pose.y - height, pose.z, pose.yaw + math.pi / 2)
    outline = [(-depth / 2 - 0.4, -0.15), (depth / 2 + 0.4, -0.15), (0.0, rise)]
    roof = prism(across, outline, length + 0.5, tiles)
    chimney = box(pose.moved(forward=0.25 * length, right=0.1 * depth), 0.6, height + rise + 0.5,
                  0.6, Paint(Material.MASONRY, (0.25, 0.12, 0.08)))  # fmt: skip
    return [body, roof, chimney]


def lamp(pose: Pose, rng: Rng, *, toward: float) -> list[Solid]:
    """Street lamp of 6 to 9 m whose arm reaches to the side of that sign."""
    high, arm = float(rng.uniform(6.0, 9.0)), float(rng.uniform(0.8, 2.0))
    post = cylinder(pose, float(rng.uniform(0.06, 0.10)), high, _STEEL)
    beam = box(pose.moved(right=toward * arm / 2, up=high - 0.1), arm, 0.09, 0.09, _STEEL)
    head = box(pose.moved(right=toward * arm, up=high - 0.15), 0.7, 0.14, 0.3, _STEEL)
    return [post, beam, head]


def utility_pole(pose: Pose, rng: Rng) -> list[Solid]:
    """Wooden pole with a cross-arm."""
    wood = Paint(Material.BARK, (0.13, 0.10, 0.08))
    high = float(rng.uniform(7.5, 10.0))
    post = cylinder(pose, float(rng.uniform(0.11, 0.15)), high, wood)
    return [post, box(pose.moved(up=high - 0.8), 1.8, 0.12, 0.12, wood)]


def sign(pose: Pose, rng: Rng) -> list[Solid]:
    """Round or square traffic sign that faces -z."""
    high = float(rng.uniform(2.0, 2.6))
    size = float(rng.uniform(0.28, 0.42))
    square = bool(rng.random() < 0.4)
    accent = ((0.02, 0.02, 0.02), (0.7, 0.7, 0.7))[int(rng.integers(2))]
    paint = Paint(Material.SIGN, _pick(rng, _SIGN_COLORS), accent, 2 * _phase(rng) + square)
    post = cylinder(pose, float(rng.uniform(0.03, 0.05)), high + size, _STEEL)
    face = pose.moved(up=high, forward=-0.07)
    if square:
        return [post, box(face, 2 * size, 2 * size, 0.03, paint)]
    return [post, disc(face.moved(up=size), size, 0.03, paint, axle=False)]


def guard_rail(pose: Pose, length: float) -> list[Solid]:
    """Steel rail along z with posts every 4 m [m]."""
    rail = box(pose.moved(up=0.45), 0.08, 0.31, length, Paint(Material.MATTE, (0.36, 0.37, 0.38)))
    places = np.arange(-length / 2 + 2.0, length / 2, 4.0)
    return [rail, *(box(pose.moved(forward=float(z), right=0.06), 0.1, 0.7, 0.1, _STEEL)
                    for z in places)]  # fmt: skip


def person(pose: Pose, rng: Rng) -> list[Solid]:
    """Standing or walking person of 1.55 to 1.9 m."""
    scale = float(rng.uniform(0.90, 1.08))
    clothes: tuple[Color, ...] = (
        (0.02, 0.03, 0.08), (0.03, 0.03, 0.03), (0.35, 0.05, 0.04), (0.4, 0.4, 0.38),
        (0.05, 0.12, 0.2), (0.2, 0.15, 0.1),
    )  # fmt: skip
    coat, trousers = (Paint(Material.MATTE, _pick(rng, clothes)) for _ in range(2))
    skin = Paint(Material.MATTE, (0.42, 0.26, 0.18))
    step = float(rng.uniform(0.02, 0.16))
    hip, neck = 0.84 * scale, 1.46 * scale
    legs = [
        prism(
            pose.moved(right=s * 0.085),
            [
                (s * 1.4 * step - 0.06, 0.0),
                (s * 1.4 * step + 0.10, 0.0),
                (-0.09, hip),
                (0.09, hip),
            ],
            0.11,
            trousers,
            top_width=0.17,
        )
        for s in (-1, 1)
    ]
    tall = neck - hip + 0.06
    chest = [(-0.10, 0.0), (0.10, 0.0), (0.12, 0.7 * tall), (-0.11, 0.7 * tall), (0.0, tall)]
    trunk = prism(pose.moved(up=hip - 0.06), chest, 0.32, coat, top_width=0.42, rounded=True)
    arms = [
        ellipsoid(
            pose.moved(right=s * 0.19, forward=-s * 0.5 * step, up=1.10 * scale),
            (0.05, 0.33 * scale, 0.06),
            coat,
        )
        for s in (-1, 1)
    ]
    head = ellipsoid(pose.moved(up=1.60 * scale), (0.085, 0.125, 0.105), skin)
    hair = ellipsoid(pose.moved(up=1.64 * scale, forward=-0.02), (0.09, 0.105, 0.105), trousers)
    return [*legs, trunk, *arms, head, hair]


def bridge(pose: Pose, rng: Rng, left: float, right: float) -> list[Solid]:
    """Bridge across the road, its pillars at both lateral distances [m]."""
    concrete = Paint(Material.MASONRY, (0.38, 0.37, 0.35), phase=_phase(rng))
    clear, deck = float(rng.uniform(4.8, 6.0)), float(rng.uniform(0.9, 1.5))
    span = box(pose.moved(up=clear), 120.0, deck, float(rng.uniform(8, 14)), concrete)
    pillars = [box(pose.moved(right=x), 1.2, clear, 1.2, concrete) for x in (left, right)]
    return [span, *pillars]

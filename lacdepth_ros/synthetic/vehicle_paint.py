# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Shaders of vehicles: body, cabin, wheels and cargo boxes."""

from __future__ import annotations

import numpy as np

from lacdepth_ros.synthetic.noise import Floats, fractal, grid_line, hash01
from lacdepth_ros.synthetic.surface import Finish, Surface, cover, inside, matte

WHEEL_RADIUS = 0.32  # m
AXLE_PLACE = 0.61  # of the half length, from the middle

_TRIM = (0.02, 0.02, 0.022)
_GLASS = (0.02, 0.024, 0.026)


def car_body(s: Surface) -> Finish:
    """Lacquer with wheel arches, door seams, lamps, grille and number plates."""
    lateral, up, forward, fp = s.local[:, 0], s.up, s.local[:, 2], s.footprint
    half_width, half_length = s.half[:, 0], s.half[:, 2]
    side = (np.abs(s.normal[:, 0]) > 0.75).astype(np.float32)
    end = (np.abs(s.normal[:, 2]) > 0.6).astype(np.float32)
    albedo = s.color * (1.0 + 0.06 * fractal(forward, up, fp, ((0.8, 1.0),)))[:, None]
    albedo = cover(albedo, inside(up, -1.0, 0.30, fp), _TRIM)
    axle = np.abs(np.abs(forward) - AXLE_PLACE * half_length)
    arch = side * inside(np.hypot(axle, up - WHEEL_RADIUS), -1.0, WHEEL_RADIUS + 0.07, fp)
    seam = np.abs(forward - 0.05 * half_length)
    seams = inside(seam, -1, 0.008, fp) + inside(np.abs(seam - 0.48 * half_length), -1, 0.008, fp)
    albedo = cover(albedo, 0.7 * side * np.minimum(seams, 1.0), _TRIM)
    handle = side * inside(np.abs(seam - 0.38 * half_length), -1, 0.09, fp)
    albedo = cover(albedo, 0.6 * handle * inside(up, 0.70, 0.74, fp), _TRIM)
    albedo = cover(albedo, arch, (0.008, 0.008, 0.008))
    albedo, lamps = _lamps(albedo, s, end)
    plate = end * inside(np.abs(lateral), -1.0, 0.26, fp) * inside(up, 0.44, 0.55, fp)
    albedo = cover(albedo, plate, (0.75, 0.75, 0.72))
    shift = (s.phase % 97).astype(np.float32)
    text = plate * (fractal(lateral + shift, up, fp, ((0.035, 1.0),)) > 0.0)
    albedo = cover(albedo, text * inside(up, 0.46, 0.53, fp), (0.03, 0.03, 0.05))
    front = end * (forward > 0)
    grille = front * inside(np.abs(lateral), -1.0, 0.5 * half_width, fp)
    albedo = cover(albedo, grille * inside(up, 0.57, 0.68, fp), _TRIM)
    gloss = 0.9 * (up > 0.30) * (1.0 - arch) * (1.0 - plate) + 0.1 * lamps
    return albedo, gloss.astype(np.float32)


def _lamps(albedo: Floats, s: Surface, end: Floats) -> Finish:
    """Head lamps in front and red tail lamps behind, wrapped around the corners."""
    up, forward, fp = s.up, s.local[:, 2], s.footprint
    outer = inside(np.abs(s.local[:, 0]), 0.60 * s.half[:, 0], 9.0, fp)
    corner = inside(np.abs(forward), s.half[:, 2] - 0.22, 99.0, fp)
    place = outer * np.maximum(end, corner)
    head = place * (forward > 0) * inside(up, 0.56, 0.70, fp)
    tail = place * (forward < 0) * inside(up, 0.60, 0.80, fp)
    albedo = cover(albedo, head, (0.65, 0.67, 0.70))
    albedo = cover(albedo, tail, (0.42, 0.015, 0.01))
    bright = tail * inside(up, 0.68, 0.73, fp)
    return cover(albedo, bright, (0.75, 0.08, 0.02)), (head + tail).astype(np.float32)


def cabin(s: Surface) -> Finish:
    """Roof and pillars in body colour around dark windows."""
    lateral, up, forward, fp = s.local[:, 0], s.up, s.local[:, 2], s.footprint
    height, half_length = 2.0 * s.half[:, 1], s.half[:, 2]
    upright = (s.normal[:, 1] > -0.85).astype(np.float32)
    lean = np.clip(up / height, 0.0, 1.0)
    pane = inside(up, 0.10 * height, 0.86 * height, fp)
    pillars = inside(np.abs(forward + 0.06 * half_length), -1.0, 0.045, fp)
    reach = half_length * (0.90 - 0.28 * lean)
    side_pane = pane * inside(np.abs(forward), -1.0, reach, fp) * (1.0 - pillars)
    end_pane = pane * inside(np.abs(lateral), -1.0, s.half[:, 0] * (0.90 - 0.16 * lean), fp)
    glass = upright * np.where(s.faces_side, side_pane, end_pane)
    interior = 1.0 + 2.0 * np.clip(fractal(lateral + forward, up, fp, ((0.45, 1.0),)), 0, 1)
    albedo = cover(s.color, glass, np.asarray(_GLASS, np.float32) * interior[:, None])
    return albedo, (0.9 + 0.1 * glass).astype(np.float32)


def wheel(s: Surface) -> Finish:
    """Black tyre around a rim with spokes."""
    up, forward = s.up, s.local[:, 2]
    radius = np.hypot(up, forward) / s.half[:, 1]
    fp = s.footprint / s.half[:, 1]
    spokes = 5.0 + np.floor(hash01(s.phase, 1, 2) * 5.0)
    angle = np.arctan2(up, forward)
    gap = (np.cos(spokes * angle) < -0.1) & (radius > 0.25) & (radius < 0.58)
    face = np.abs(s.normal[:, 0]) > 0.5
    rim = inside(radius, -1.0, 0.66, fp) * face
    albedo = cover(np.full_like(s.color, 0.018), rim, s.color)
    return cover(albedo, rim * gap, (0.03, 0.03, 0.03)), (0.35 * rim).astype(np.float32)


def cargo(s: Surface) -> Finish:
    """Cargo box: a coloured band with something like lettering, doors behind, a marked sill."""
    up, fp, along = s.up, s.footprint, s.along
    height = 2.0 * s.half[:, 1]
    dirt = fractal(along, up, fp, ((1.5, 0.6), (0.3, 0.4)))
    albedo = s.color * (1.0 - 0.10 * np.abs(dirt) - 0.12 * (up < 0.2 * height))[:, None]
    band = s.faces_side * inside(up, 0.45 * height, 0.72 * height, fp)
    band *= (hash01(s.phase, 3, 4) > 0.35) * inside(np.abs(along), -1, 0.6 * s.half_along, fp)
    letters = fractal(1.4 * along, 0.5 * up, fp, ((0.6, 1.0),)) > 0.05
    albedo = cover(albedo, band * letters, s.accent)
    rear = (s.normal[:, 2] < -0.5).astype(np.float32)
    doors = grid_line(along, 2.0, 0.03, fp) + inside(np.abs(np.abs(along) - 0.4), -1, 0.02, fp)
    albedo = cover(albedo, 0.6 * rear * np.minimum(doors, 1.0), _TRIM)
    hazard = rear * inside(up, 0.0, 0.14, fp)
    stripes = (np.mod(along + up, 0.3) < 0.15)[:, None]
    return matte(cover(albedo, hazard, np.where(stripes, (0.6, 0.03, 0.02), (0.7, 0.6, 0.05))))

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Shaders of what stands beside the road, and the holes of porous solids."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from lacdepth_ros.synthetic.noise import Floats, fractal, grid_line, hash01, noise
from lacdepth_ros.synthetic.solids import Material, Solid
from lacdepth_ros.synthetic.surface import Finish, Surface, cover, inside, matte
from lacdepth_ros.synthetic.vehicle_paint import cabin, car_body, cargo, wheel

_SLAT = 0.14  # m, pitch of fence slats
# Holes grow with distance so that pixels of this focal length do not alias them; any camera has
# to see the same scene, so this is no camera's own.
_HOLE_FOCAL = 720.0


def holes(solid: Solid, local: Floats, eye: Floats) -> npt.NDArray[np.bool_]:
    """(N,) whether the ray passes through the solid at its (N, 3) entry points.

    Args:
        solid: A porous solid.
        local: (N, 3) entry points in its frame [m].
        eye: (3,) the eye in its frame [m].
    """
    pixel = float(np.linalg.norm(eye)) / _HOLE_FOCAL
    to_eye = eye - local
    if solid.paint.material is Material.FENCE:
        along = local[:, 2] if solid.half[2] > solid.half[0] else local[:, 0]
        rail = np.abs(np.abs(-local[:, 1] - solid.half[1]) - 0.6 * solid.half[1]) < 0.05
        return (np.mod(along, _SLAT) > 0.6 * _SLAT) & ~rail & (pixel < 0.4 * _SLAT)
    leaf = 0.035 * min(solid.half) ** 0.5
    coarser = math.ceil(math.log2(max(1.0, 2.5 * pixel / leaf)))  # in steps: holes keep still
    wavelength = leaf * 2.0**coarser
    x, y, z = local.T + np.float32(solid.paint.phase % 64)
    ragged = noise(x + 0.55 * z, y, wavelength) + noise(z - 0.55 * x, y - 0.3 * x, wavelength)
    clump = max(4.0 * leaf, 2.0 * wavelength)
    ragged += 1.1 * noise(x + 0.3 * y, z - 0.3 * y, clump)
    if not len(solid.quadrics):
        return ragged > 1.3
    outward = local * solid.quadrics[0, 0].astype(np.float32)
    facing = np.sum(outward * to_eye, axis=1) / np.linalg.norm(outward, axis=1)
    facing /= np.linalg.norm(to_eye, axis=1)
    return ragged > 1.7 * facing


def _plain(s: Surface) -> Finish:
    stain = fractal(s.along, s.up, s.footprint, ((0.9, 0.5), (0.2, 0.4), (0.05, 0.3)))
    return matte(s.color * (1.0 + 0.2 * stain)[:, None])


def _facade(s: Surface) -> Finish:
    """Plaster or brick with rows of windows, a plinth and a door."""
    up, along, fp = s.up, s.along, s.footprint
    stain = fractal(along, up, fp, ((6.0, 0.5), (1.2, 0.4), (0.3, 0.3), (0.07, 0.35)))
    albedo = s.color * (1.0 + 0.16 * stain)[:, None]
    brick = (hash01(s.phase, 7, 0) < 0.3).astype(np.float32)
    joints = np.maximum(grid_line(up, 0.16, 0.03, fp), 0.6 * grid_line(along, 0.42, 0.03, fp))
    albedo = cover(albedo, 0.35 * brick * joints, (0.5, 0.48, 0.45))
    albedo = cover(albedo, inside(up, -1.0, 0.55, fp), s.color * 0.45)
    storey = 2.8 + 0.5 * hash01(s.phase, 8, 0)
    bay = 2.0 + 1.8 * hash01(s.phase, 9, 0)
    bays = np.maximum(np.round(2.0 * s.half_along / bay), 1.0)
    column = (along + s.half_along) / (2.0 * s.half_along) * bays
    column_index, row_index = np.floor(column), np.floor(up / storey)
    u = (column - column_index - 0.5) * 2.0 * s.half_along / bays
    v = up - row_index * storey
    shop = (hash01(s.phase, 10, 0) < 0.35) & (row_index == 0)
    half_window = np.where(shop, 1.25, 0.38 + 0.3 * hash01(s.phase, 11, 0))
    sill, head = np.where(shop, 0.5, 0.95), np.where(shop, 2.5, 2.3)
    whole = (row_index + 0.9) * storey < 2.0 * s.half[:, 1]
    upright = np.abs(s.normal[:, 1]) < 0.5
    place = (whole & upright).astype(np.float32)
    frame = (
        place
        * inside(np.abs(u), -1, half_window + 0.09, fp)
        * inside(v, sill - 0.1, head + 0.1, fp)
    )
    pane = place * inside(np.abs(u), -1, half_window, fp) * inside(v, sill, head, fp)
    bars = np.maximum(inside(np.abs(u), -1, 0.03, fp), 0.7 * inside(v, 1.85, 1.90, fp))
    pane *= 1.0 - bars
    number = hash01(column_index, row_index, s.phase)
    light = np.where(number > 0.72, 0.35, 0.02 + 0.06 * number)
    albedo = cover(albedo, frame, s.accent)
    albedo = cover(albedo, pane, light[:, None] * np.array([1.0, 1.02, 1.05], np.float32))
    door = (number < 0.22) & (row_index == 0) & ~shop & upright
    leaf = door * inside(np.abs(u), -1, 0.55, fp) * inside(up, 0.0, 2.15, fp)
    albedo = cover(albedo, leaf, s.accent * 0.35)
    return albedo, (0.8 * pane * (1.0 - leaf)).astype(np.float32)


def _roof(s: Surface) -> Finish:
    """Tiles in rows along the eaves; the gable ends are plastered."""
    slope = np.hypot(s.up, s.local[:, 2])
    rows = grid_line(slope, 0.33, 0.06, s.footprint)
    stain = fractal(s.local[:, 0], slope, s.footprint, ((3.0, 0.4), (0.5, 0.4), (0.12, 0.4)))
    tiles = s.color * (1.0 + 0.25 * stain - 0.35 * rows)[:, None]
    gable = (np.abs(s.normal[:, 0]) > 0.9).astype(np.float32)
    return matte(cover(tiles, gable, s.accent * (1.0 + 0.1 * stain)[:, None]))


def _foliage(s: Surface) -> Finish:
    """Leaves: clumps of light and dark, darker inside and below."""
    x, y, z = s.local.T + (s.phase % 64).astype(np.float32)
    octaves = ((1.1, 0.3), (0.4, 0.35), (0.17, 0.45), (0.08, 0.8), (0.04, 0.9))
    clumps = fractal(x + 0.55 * z, y, s.footprint, octaves)
    clumps += fractal(z - 0.55 * x, y + 0.3 * x, s.footprint, octaves[1:])
    height = np.clip(0.65 + 0.5 * s.up / np.maximum(2.0 * s.half[:, 1], 0.1), 0.45, 1.15)
    light = np.clip(0.75 + 0.80 * clumps, 0.12, 2.6) * height
    mix = np.clip(0.5 + clumps, 0.0, 1.0)
    return matte(cover(s.color, 0.5 * mix, s.accent) * light[:, None])


def _bark(s: Surface) -> Finish:
    around = np.arctan2(s.local[:, 0], s.local[:, 2]) * s.half[:, 0]
    grooves = fractal(around, 0.18 * s.up, s.footprint, ((0.25, 0.5), (0.08, 0.6), (0.03, 0.5)))
    return matte(s.color * np.clip(1.0 + 0.7 * grooves, 0.25, 2.0)[:, None])


def _sign(s: Surface) -> Finish:
    """Face with a border and a mark towards -z, grey metal behind."""
    height, width = s.half[:, 1], s.half[:, 0]
    level = np.abs(s.local[:, 1] + np.where(s.phase % 2 == 0, 0.0, height)) / height
    lateral = np.abs(s.local[:, 0]) / width
    round_ = np.hypot(lateral, level)
    reach = np.where(s.phase % 2 == 0, round_, np.maximum(lateral, level))
    fp = s.footprint / height
    mark = inside(lateral, -1.0, 0.45, fp) * inside(level, -1.0, 0.16 + 0.1 * (s.phase % 3), fp)
    albedo = cover(np.full_like(s.color, 0.72), inside(reach, 0.78, 9.0, fp), s.color)
    albedo = cover(albedo, mark, s.accent)
    back = (s.normal[:, 2] > -0.5).astype(np.float32)
    return cover(albedo, back, (0.25, 0.25, 0.26)), np.full(level.shape, 0.15, np.float32)


def _fence(s: Surface) -> Finish:
    grain = fractal(6.0 * s.along, s.up, s.footprint, ((0.8, 0.5), (0.3, 0.5)))
    return matte(s.color * (1.0 + 0.35 * grain)[:, None])


def _masonry(s: Surface) -> Finish:
    """Wall of blocks, or of concrete panels, with stains."""
    tall = np.where(hash01(s.phase, 5, 5) < 0.5, 0.25, 1.0)
    joints = np.maximum(
        grid_line(s.up / tall, 1.0, 0.08, s.footprint / tall),
        grid_line(s.along / tall, 2.0, 0.06, s.footprint / tall),
    )
    stain = fractal(s.along, s.up, s.footprint, ((3.0, 0.5), (0.7, 0.5), (0.15, 0.4), (0.05, 0.4)))
    return matte(s.color * (1.0 + 0.25 * stain - 0.35 * joints)[:, None])


SHADERS: Mapping[Material, Callable[[Surface], Finish]] = {
    Material.MATTE: _plain,
    Material.CAR_BODY: car_body,
    Material.CABIN: cabin,
    Material.WHEEL: wheel,
    Material.FACADE: _facade,
    Material.ROOF: _roof,
    Material.FOLIAGE: _foliage,
    Material.BARK: _bark,
    Material.SIGN: _sign,
    Material.FENCE: _fence,
    Material.MASONRY: _masonry,
    Material.CARGO: cargo,
}

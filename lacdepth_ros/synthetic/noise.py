# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Band-limited noise and hashes: the detail of every surface, at every scale."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]
"""Real values; float32 wherever there is one for each pixel."""

_TILE = 512  # texels a side
_CELL = 8  # texels per wavelength
_ROW = 1024  # cv2.remap takes at most 32766 columns, so samples are folded into rows


@lru_cache(maxsize=1)
def _tile() -> Floats:
    """(512, 512) periodic smooth noise, mean 0, standard deviation 0.5, within -1..1."""
    cells = _TILE // _CELL
    white = np.random.default_rng(20110926).standard_normal((cells, cells)).astype(np.float32)
    padded = np.pad(white, 4, mode='wrap')
    size = (cells + 8) * _CELL
    smooth = cv2.resize(padded, (size, size), interpolation=cv2.INTER_CUBIC)
    tile = smooth[4 * _CELL : 4 * _CELL + _TILE, 4 * _CELL : 4 * _CELL + _TILE]
    tile = (tile - tile.mean()) * (0.5 / tile.std())
    return np.ascontiguousarray(np.clip(tile, -1.0, 1.0), dtype=np.float32)


def noise(u: Floats, v: Floats, wavelength: float) -> Floats:
    """Smooth noise in -1..1 at the points (u, v) [m] of a surface.

    Args:
        u: (N,) first surface coordinate [m].
        v: (N,) second surface coordinate [m].
        wavelength: Size of one bump [m]; the pattern repeats after 64 of them.

    Returns:
        (N,) float32, mean 0, standard deviation about 0.5.
    """
    count = u.shape[0]
    rows = -(-count // _ROW)
    maps = np.zeros((2, rows * _ROW), np.float32)
    scale = np.float32(1.0 / (wavelength * _TILE / _CELL))
    for row, values in zip(maps, (u, v), strict=True):
        turns = values * scale
        turns -= np.floor(turns)
        np.multiply(turns, np.float32(_TILE), out=row[:count])
    x, y = maps.reshape(2, rows, _ROW)
    sampled = cv2.remap(_tile(), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(sampled, np.float32).reshape(-1)[:count]


def fractal(
    u: Floats, v: Floats, footprint: Floats, octaves: Sequence[tuple[float, float]]
) -> Floats:
    """Sum of noise octaves in which each one fades out before a pixel would alias it.

    Args:
        u: (N,) first surface coordinate [m].
        v: (N,) second surface coordinate [m].
        footprint: (N,) size of one pixel on the surface [m].
        octaves: (wavelength [m], gain) of each octave.

    Returns:
        (N,) float32, mean 0.
    """
    total = np.zeros(u.shape[0], np.float32)
    for octave, (wavelength, gain) in enumerate(octaves):
        fade = np.clip(1.5 - (2.0 / wavelength) * footprint, 0.0, 1.0)
        seen = np.flatnonzero(fade > 0)
        if seen.size:
            shift = np.float32(17.31 * octave * wavelength)
            value = noise(u[seen] + shift, v[seen] - shift, wavelength)
            total[seen] += np.float32(gain) * value * fade[seen]
    return total


def hash01(i: npt.ArrayLike, j: npt.ArrayLike, k: npt.ArrayLike) -> Floats:
    """Uniform value in 0..1 that belongs to the integer cell (i, j, k)."""
    with np.errstate(over='ignore'):
        x = np.asarray(i).astype(np.int64).astype(np.uint32) * np.uint32(0x8DA6B343)
        x = x ^ (np.asarray(j).astype(np.int64).astype(np.uint32) * np.uint32(0xD8163841))
        x = x ^ (np.asarray(k).astype(np.int64).astype(np.uint32) * np.uint32(0xCB1AB31F))
        x = (x ^ (x >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
        x = (x ^ (x >> np.uint32(12))) * np.uint32(0x297A2D39)
        x = x ^ (x >> np.uint32(15))
    return (x * np.float32(2.0**-32)).astype(np.float32)


def stripe(value: Floats, center: float, width: float, footprint: Floats) -> Floats:
    """Coverage 0..1 of a pixel by the band of that width around center (anti-aliased)."""
    soft = np.maximum(footprint, 1e-4)
    cover = np.clip((0.5 * width - np.abs(value - center)) / soft + 0.5, 0.0, 1.0)
    return cover * np.minimum(1.0, width / soft)


def grid_line(value: Floats, pitch: float, width: float, footprint: Floats) -> Floats:
    """Coverage 0..1 of a pixel by lines of that width, repeated every pitch."""
    offset = np.abs(value - pitch * np.round(value / pitch))
    soft = np.maximum(footprint, 1e-4)
    cover = np.clip((0.5 * width - offset) / soft + 0.5, 0.0, 1.0)
    return np.where(soft > 0.5 * pitch, width / pitch, cover * np.minimum(1.0, width / soft))

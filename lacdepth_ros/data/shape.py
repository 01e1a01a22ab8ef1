# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Whether what is stored has the shape of depth: walls flat, and the ground near below.

Where a surface is flat, 1 / z is linear in the pixel, whatever the intrinsics. Of the length r of
the ray it is not, and (length of the ray of z = 1) / r is: so flat surfaces tell which of the two
a map holds. And below is near: in most frames that a camera on wheels, in a hand or on a head
takes, the lower rows see the ground before its feet. Disparity and inverse depth grow there. Where
the height above that ground is known, it tells the scale. What was resized by another
interpolation than the nearest fades to 0 around every hole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.geometry import ray_lengths
from lacdepth_ros.data.doubts import measured
from lacdepth_ros.data.files import NO_DEPTH
from lacdepth_ros.data.sample import Sample

FloatArray = npt.NDArray[np.float64]

_BLOCKS = (4, 6)  # rows and columns of patches that are tried
_FILLED = 0.6  # least share of a patch with depth
_POINTS = 20  # of a patch, along each side: enough for three unknowns
_FLAT = 2e-3  # largest relative error of a plane
_BENT = 5e-4  # least error of the other reading: below, noise and counts decide
_CLEAR = 2.0  # how much better one reading must fit to have a vote
_VOTES, _RAYS = 12, 0.9  # least number of a group's votes, and share for the ray
_FRAMES, _MOST = 5, 0.75  # least number of a group's frames, and share that has a fault
_GROWN = 1.25  # depth of the lowest third, over that of the highest
_LOW = 90  # percentile of what lies below the lens, among the nearer half: the ground
_FLAT_RIM, _FADED = 0.08, 0.9  # change of depth inside of a rim; its outermost pixel, over that
_RIMS, _FADING = 200, 0.25  # least number of a group's rims, and share that fades
_FULL = 0.99 * NO_DEPTH  # a farthest count at the end of what 16 bits hold
_HEIGHTS = (0.6, 1.7)  # of the ground below the lens, over camera_height


@dataclass(slots=True)
class Shape:
    """What frames say about what their maps hold.

    Attributes:
        flat: Patches that are flat read either as z or as length of the ray, clearly one of them.
        rays: Those that are flat as length of the ray.
        frames: Frames with depth in many rows.
        growing: Those whose depth grows downwards.
        full: Those whose farthest depth is the largest that its PNG holds.
        rims: Places where a surface ends at a hole.
        fading: Those whose outermost pixel is much nearer than the surface.
        heights: How deep the ground lies below the lens in each, over its camera_height.
    """

    flat: int = 0
    rays: int = 0
    frames: int = 0
    growing: int = 0
    full: int = 0
    rims: int = 0
    fading: int = 0
    heights: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, sample: Sample, depth_scale: float) -> Shape:
        """Of one frame, whose PNG has so many counts per metre."""
        valid = measured(sample)
        votes = list(_votes(sample, valid))
        shape = cls(len(votes), sum(votes))
        shape.rims, shape.fading = _rims(np.where(valid, sample.depth, np.float32(0)))
        rows, _ = np.nonzero(valid)
        if not rows.size or rows[-1] - rows[0] < sample.depth.shape[0] // 4:
            return shape
        high, low = np.percentile(rows, (100 / 3, 200 / 3))
        depth = sample.depth[valid]
        ratio = np.median(depth[rows >= low]) / np.median(depth[rows <= high])
        shape.frames, shape.growing = 1, int(ratio > _GROWN)
        shape.full = int(depth.max() * depth_scale >= _FULL)
        shape.heights = _heights(sample, valid)
        return shape

    def add(self, other: Shape) -> None:
        """Add other frames."""
        self.flat += other.flat
        self.rays += other.rays
        self.frames += other.frames
        self.growing += other.growing
        self.full += other.full
        self.rims += other.rims
        self.fading += other.fading
        self.heights += other.heights

    def doubts(self, group: str) -> Iterator[tuple[str, str]]:
        """What a group's depth may be instead, as (kind, message)."""
        if self.flat >= _VOTES and self.rays >= _RAYS * self.flat:
            yield (
                'length of the ray',
                f'{group}: {self.rays} of {self.flat} flat patches are bent as depth and flat as '
                'distance from the camera; z is needed: lacdepth data pairs '
                '--depth-is ray makes it',
            )
        if self.rims >= _RIMS and self.fading >= _FADING * self.rims:
            yield (
                'interpolated holes',
                f'{group}: depth fades to 0 at {self.fading} of {self.rims} rims of holes: it was '
                'resized with them; resize the original to the nearest pixel',
            )
        if self.frames >= _FRAMES and self.growing >= _MOST * self.frames:
            yield (
                'upside down',
                f'{group}: what is low in the image is farther than what is high in '
                f'{self.growing} of {self.frames} frames; is it disparity or inverse depth '
                '(lacdepth data pairs --depth-is disparity), or are the maps turned?',
            )
        else:
            yield from self._doubts_about_scale(group)

    def _doubts_about_scale(self, group: str) -> Iterator[tuple[str, str]]:
        if self.frames >= _FRAMES and self.full >= _MOST * self.frames:
            yield (
                'implausible depth',
                f'{group}: counts reach the end of 16 bits in {self.full} of {self.frames} '
                'frames; were they scaled to it, frame by frame? Such depth is relative',
            )
        elif len(self.heights) >= _FRAMES:
            ratio = float(np.median(self.heights))
            if not _HEIGHTS[0] < ratio < _HEIGHTS[1]:
                yield (
                    'implausible depth',
                    f'{group}: by its depth the ground lies {ratio:.2g} times as far below the '
                    'lens as camera_height says; are depth_scale and K right, and the height?',
                )


def _rims(depth: npt.NDArray[np.float32]) -> tuple[int, int]:
    """Number of places where a flat surface ends at a hole, and of those where it fades there."""
    rims = fading = 0
    for turned in (depth, depth[:, ::-1], depth.T, depth.T[:, ::-1]):
        width = turned.shape[1] - 4
        hole, outermost, next_to_it, inner, innermost = (
            turned[:, first : first + max(width, 0)] for first in range(5)
        )
        flat = np.abs(inner - innermost) < _FLAT_RIM * np.minimum(inner, innermost)
        rim = (hole == 0) & (outermost > 0) & (next_to_it > 0) & flat
        rims += int(np.count_nonzero(rim))
        fading += int(np.count_nonzero(rim & (outermost < _FADED * inner)))
    return rims, fading


def _heights(sample: Sample, valid: npt.NDArray[np.bool_]) -> list[float]:
    """The ground below the lens over the camera's height; [] where that is unknown."""
    if sample.camera_height is None:
        return []
    depth = sample.depth[valid]
    rows, _ = np.nonzero(valid)
    below = (rows - sample.camera.cy) * depth / sample.camera.fy
    ground = float(np.percentile(below[depth <= np.median(depth)], _LOW))
    return [ground / sample.camera_height]


def _votes(sample: Sample, valid: npt.NDArray[np.bool_]) -> Iterator[bool]:
    """Of every patch that is clearly flat read one way: whether it is the length of the ray."""
    height, width = sample.depth.shape
    rays = ray_lengths(sample.camera)
    for rows in _parts(height, _BLOCKS[0]):
        for columns in _parts(width, _BLOCKS[1]):
            place = np.ix_(rows, columns)
            inside = valid[place]
            if inside.mean() < _FILLED or rows.size * columns.size < _POINTS:
                continue
            v, u = (axis[inside] for axis in np.meshgrid(rows, columns, indexing='ij'))
            inverse = 1 / sample.depth[place][inside].astype(np.float64)
            as_depth = _bend(u, v, inverse)
            as_ray = _bend(u, v, inverse * rays[place][inside])
            better, worse = sorted((as_depth, as_ray))
            if better < _FLAT and worse > max(_BENT, _CLEAR * better):
                yield as_ray < as_depth


def _parts(size: int, parts: int) -> Iterator[npt.NDArray[np.intp]]:
    """Some pixels of each part of a side."""
    edges = np.linspace(0, size, parts + 1).astype(int)
    for first, last in pairwise(edges):
        yield np.unique(np.linspace(first, last - 1, min(_POINTS, last - first)).astype(np.intp))


def _bend(u: npt.NDArray[np.intp], v: npt.NDArray[np.intp], values: FloatArray) -> float:
    """Relative error of values as a linear function of the pixel."""
    terms = np.stack([np.ones(u.size), u - u.mean(), v - v.mean()], axis=1)
    solution, *_ = np.linalg.lstsq(terms, values, rcond=None)
    return float(np.sqrt(np.mean((terms @ solution - values) ** 2)) / values.mean())

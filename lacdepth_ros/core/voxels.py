# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A cloud thinned to one point a voxel; knows no ROS."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
_BITS = 63  # of a positive int64


def voxel_downsample(points: FloatArray, voxel_size: float) -> FloatArray:
    """Replace the points of each voxel by their mean, as PCL's VoxelGrid does.

    Args:
        points: (N, 3) float32 metres, finite.
        voxel_size: Edge of a voxel [m], > 0; the origin is a corner of voxels.

    Returns:
        (M, 3) float32 metres, M <= N, ordered by z, then y, then x of their voxels.

    Raises:
        ValueError: The voxel size is not positive, or so small that voxels cannot be counted.
    """
    if not voxel_size > 0 or not math.isfinite(voxel_size):
        raise ValueError(f'voxel_size {voxel_size} m must be a positive length')
    if not len(points):
        return points
    # Number and index sorted as one integer: a fifth of the time of argsort.
    bits = len(points).bit_length()
    packed = _voxel_numbers(points, voxel_size, _BITS - bits) << bits
    packed |= np.arange(len(points))
    packed.sort()
    order, number = packed & ((1 << bits) - 1), packed >> bits
    voxel = np.cumsum(np.r_[False, number[1:] != number[:-1]])
    counts = np.bincount(voxel)
    sums = [np.bincount(voxel, weights=axis[order]) for axis in points.T]
    return np.stack([total / counts for total in sums], axis=1).astype(np.float32)


def _voxel_numbers(points: FloatArray, voxel_size: float, bits: int) -> npt.NDArray[np.int64]:
    """Number of each point's voxel (N,) in the box around all points, below 2**bits."""
    number = np.zeros(len(points), dtype=np.int64)
    voxels = 1
    for axis in points.T[::-1]:
        place = np.floor(axis / np.float32(voxel_size))
        low, size = place.min(), int(place.max() - place.min()) + 1
        voxels *= size
        if voxels > 2**bits:
            raise ValueError(
                f'voxel_size {voxel_size} m is too small for a cloud {np.ptp(points, axis=0)} m '
                'wide: its voxels cannot be numbered'
            )
        number *= size
        number += (place - low).astype(np.int64)
    return number

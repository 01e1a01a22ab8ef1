# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth completion: sparse depth made dense along the image's edges.

The method is that of Levin, Lischinski and Weiss, "Colorization using Optimization" (2004), with
inverse depth in the place of colour: a pixel r without ground truth is the mean of its neighbours
s,

    D(r) = sum_s w_rs D(s),   w_rs ~ exp(-(Y(r) - Y(s))^2 / (2 q var_r)),   sum_s w_rs = 1,

where Y is the image's brightness and var_r its variance in the 3 x 3 window around r; q = 0.3
keeps depth from leaking over borders (at a step, q = 1 gives the far side a tenth of the weight).
Pixels with ground truth keep it. The equations say that no pixel is farther than the farthest or
nearer than the nearest ground truth; inverse depth, because planes and the ground are linear in
it.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.optional import load_library
from lacdepth_ros.data.sample import BEYOND_FROM

FloatArray = npt.NDArray[np.float32]

_SHARPNESS = 0.3  # q above
_NOISE = 1 / 255  # of brightness 0..1: differences below it are no edges
_NEIGHBORS = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right]


def complete_depth(image: npt.NDArray[np.uint8], depth: FloatArray, *, width: int) -> FloatArray:
    """Fill the holes of a depth map.

    Args:
        image: (H, W, 3) uint8 RGB.
        depth: (H, W) metres, 0 where there is no ground truth; above BEYOND_FROM the sky, which
            tells nothing of what is next to it.
        width: Wider images are filled at this width [px] and enlarged again.

    Returns:
        (H, W) metres, each > 0 but for the sky, which is 0. Where only the sky has no depth it is
        the ground truth itself.

    Raises:
        ValueError: There is no ground truth at all.
        ModuleNotFoundError: SciPy is not installed.
    """
    sky = depth > BEYOND_FROM
    depth = np.where(sky, np.float32(0), depth)
    if not (depth > 0).any():
        raise ValueError('the ground truth is empty, there is nothing to interpolate')
    if ((depth > 0) | sky).all():
        return depth
    full_height, full_width = depth.shape
    scale = min(width / full_width, 1.0)
    size = (max(round(full_width * scale), 1), max(round(full_height * scale), 1))
    gray = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    inverse = _scatter_inverse(depth, size)
    filled = _fill(gray.astype(np.float64) / 255, inverse)
    enlarged = cv2.resize(filled, (full_width, full_height), interpolation=cv2.INTER_LINEAR)
    return np.where(sky, 0, 1 / enlarged).astype(np.float32)


def _scatter_inverse(depth: FloatArray, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Inverse depth [1/m] at a smaller size (width, height), 0 = none; the nearest wins.

    What a LiDAR sees of the background through the edges of near things is thereby dropped.
    """
    rows, columns = np.nonzero(depth > 0)
    target = (rows * size[1] // depth.shape[0], columns * size[0] // depth.shape[1])
    inverse = np.zeros((size[1], size[0]))
    np.maximum.at(inverse, target, 1 / depth[rows, columns].astype(np.float64))
    return inverse


def _fill(gray: npt.NDArray[np.float64], known: npt.NDArray[np.float64]) -> Any:
    """Solve for the pixels that are 0 in `known`, both (h, w); those that are not stay."""
    sparse = load_library('scipy.sparse', 'interpolated depth')
    solvers = load_library('scipy.sparse.linalg', 'interpolated depth')
    values = known.ravel().copy()
    is_known = values > 0
    if is_known.all():  # as it may be at a smaller size
        return known
    weights = _neighbor_weights(gray, sparse)[~is_known]
    matrix = sparse.identity(int((~is_known).sum()), format='csr') - weights[:, ~is_known]
    # Symmetric structure, diagonally dominant: no pivoting is needed, which keeps the fill small.
    factors = solvers.splu(
        matrix.tocsc(),
        permc_spec='MMD_AT_PLUS_A',
        diag_pivot_thresh=0.0,
        options={'SymmetricMode': True},
    )
    values[~is_known] = factors.solve(weights[:, is_known] @ values[is_known])
    return np.clip(values, values[is_known].min(), values[is_known].max()).reshape(known.shape)


def _neighbor_weights(gray: npt.NDArray[np.float64], sparse: Any) -> Any:
    """Sparse (h w, h w) matrix of w_rs: row r holds the weights of its up to eight neighbours."""
    height, width = gray.shape
    padded = np.pad(gray, 1, constant_values=np.nan)  # NaN: there is no neighbour
    shifted = np.stack(
        [
            padded[1 + down : 1 + down + height, 1 + right : 1 + right + width]
            for down, right in _NEIGHBORS
        ]
    )  # (8, h, w)
    variance = np.nanvar(np.concatenate([shifted, gray[None]]), axis=0)
    weights = np.exp(-((shifted - gray) ** 2) / (2 * _SHARPNESS * (variance + _NOISE**2)))
    weights = np.nan_to_num(weights, nan=0.0)
    weights /= weights.sum(axis=0)
    neighbor, rows, columns = np.nonzero(weights)
    down, right = np.array(_NEIGHBORS)[neighbor].T
    pixels = (rows * width + columns, (rows + down) * width + columns + right)
    return sparse.csr_matrix((weights[neighbor, rows, columns], pixels), shape=(gray.size,) * 2)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Coloured clouds as PLY files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.whole_file import write_bytes


def write_ply(
    path: str | Path, points: npt.NDArray[np.float32], colors: npt.NDArray[np.uint8]
) -> None:
    """Write a coloured cloud as a binary PLY file, which MeshLab and CloudCompare open.

    Args:
        path: The file; it is replaced when it exists, and its folder made when it is missing.
        points: (..., 3) metres; points that are not finite are left out. Axes are kept: those of
            the optical frame are x right, y down, z forward.
        colors: (..., 3) uint8 RGB of the points.

    Raises:
        OSError: The file cannot be written; then there is none.
    """
    points, colors = points.reshape(-1, 3), colors.reshape(-1, 3)
    valid = np.isfinite(points).all(axis=1)
    vertices = np.empty(
        int(valid.sum()), dtype=np.dtype([('position', '<f4', 3), ('color', 'u1', 3)])
    )
    vertices['position'] = points[valid]
    vertices['color'] = colors[valid]
    header = [
        'ply',
        'format binary_little_endian 1.0',
        'comment metres; optical frame: x right, y down, z forward',
        f'element vertex {len(vertices)}',
        *(f'property float {axis}' for axis in 'xyz'),
        *(f'property uchar {channel}' for channel in ('red', 'green', 'blue')),
        'end_header',
    ]
    text = '\n'.join(header) + '\n'
    write_bytes(path, text.encode('ascii') + vertices.tobytes())

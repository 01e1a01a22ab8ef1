# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Points of any PointCloud2, such as a LiDAR driver publishes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_FLOATS = {7: 'f4', 8: 'f8'}  # PointField.FLOAT32, FLOAT64


def cloud_points(message: Any) -> npt.NDArray[np.float64]:
    """Finite points (N, 3) [m] of a PointCloud2 with x, y, z of 32 or 64 bits at any offset.

    Raises:
        ValueError: A coordinate is missing or no float, or the data is cut short.
    """
    order = '>' if message.is_bigendian else '<'
    fields = {
        field.name: (order + _FLOATS[field.datatype], field.offset)
        for field in message.fields
        if field.datatype in _FLOATS
    }
    if missing := [name for name in 'xyz' if name not in fields]:
        raise ValueError(
            f'the cloud has no float field {", ".join(missing)}; its fields are '
            f'{[field.name for field in message.fields]}'
        )
    height, width, step, row = message.height, message.width, message.point_step, message.row_step
    needed = (height - 1) * row + width * step if height and width else 0
    if len(message.data) < needed:
        raise ValueError(f'the cloud is cut short: {len(message.data)} of {needed} bytes')
    layout = np.dtype(
        {
            'names': list('xyz'),
            'formats': [fields[name][0] for name in 'xyz'],
            'offsets': [fields[name][1] for name in 'xyz'],
            'itemsize': step,
        }
    )
    cloud = np.ndarray((height, width), layout, message.data, 0, (row, step))
    points = np.stack([cloud[name].astype(np.float64).ravel() for name in 'xyz'], axis=-1)
    return points[np.isfinite(points).all(axis=1)]

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Percentiles as every report of times gives them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

PERCENTILES = (50, 95, 99)
"""Those that tell how long a stage or a forward pass takes."""


def percentiles_at(values: Collection[float], percents: Collection[float]) -> tuple[float, ...]:
    """Values below which so many percent lie, interpolated linearly between neighbours.

    Args:
        values: At least one.
        percents: Each in 0 to 100.
    """
    return tuple(float(p) for p in np.percentile(list(values), list(percents)))

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Percentiles against values worked out by hand."""

from __future__ import annotations

from collections import deque

from lacdepth_ros.core.percentiles import percentiles_at


def test_values_between_neighbours() -> None:
    """Of 1 .. 20 the 95th percentile lies at place 0.95 x 19 = 18.05, counted from 0."""
    assert percentiles_at(deque(range(20, 0, -1)), (0, 50, 95, 100)) == (1.0, 10.5, 19.05, 20.0)
    assert percentiles_at([7.0], (50, 99)) == (7.0, 7.0)

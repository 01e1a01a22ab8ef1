# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Stamps to nanoseconds and back, and the nearest one against a search through all."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from lacdepth_ros.core.stamps import nearest, set_stamp, stamp_ns


def test_nanoseconds_survive_a_message() -> None:
    message = SimpleNamespace(header=SimpleNamespace(stamp=SimpleNamespace()))
    set_stamp(message.header.stamp, 1_700_000_000_123_456_789)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (1_700_000_000, 123_456_789)
    assert stamp_ns(message) == 1_700_000_000_123_456_789


def test_nearest_is_that_of_a_search_through_all() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        stamps = sorted(int(stamp) for stamp in rng.integers(0, 60, rng.integers(1, 8)))
        wanted, tolerance = (int(value) for value in rng.integers(0, 60, 2))
        distance = min(abs(stamp - wanted) for stamp in stamps)
        found = nearest(stamps, wanted)
        assert found in stamps and abs(found - wanted) == distance
        assert nearest(stamps, wanted, tolerance) == (found if distance <= tolerance else None)
    assert nearest([], 3) is None

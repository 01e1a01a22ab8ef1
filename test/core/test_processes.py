# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Work in several processes: its order, and its end when it is interrupted."""

from __future__ import annotations

import math
import signal
import time
from multiprocessing import active_children

import pytest

from lacdepth_ros.core.processes import map_in_processes


def test_results_come_in_the_order_of_the_jobs() -> None:
    assert list(map_in_processes(math.sqrt, [4.0, 9.0, 16.0], 2)) == [2.0, 3.0, 4.0]
    assert active_children() == []


def test_an_error_reaches_the_caller_and_ends_the_workers() -> None:
    with pytest.raises(ValueError, match=r'math domain error|nonnegative'):
        list(map_in_processes(math.sqrt, [4.0, -1.0], 1))
    assert active_children() == []


def test_an_interrupt_does_not_wait_for_jobs_under_way() -> None:
    results = map_in_processes(time.sleep, [0.0, 600.0, 600.0, 600.0], 2)
    assert next(results) is None
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        results.throw(KeyboardInterrupt())
    assert time.monotonic() - begun < 300
    assert active_children() == []
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) & {signal.SIGINT} == set()

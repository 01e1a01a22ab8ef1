# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a child process does so that it never outlives its parent."""

from __future__ import annotations

import ctypes
import signal

END_WITH_PARENT = 'LACDEPTH_END_WITH_PARENT'
"""Environment variable by which the launch file asks its node to end with it."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded here, as nothing may be loaded between fork and exec


def die_with_parent() -> None:
    """Have the kernel (Linux) send this process SIGTERM when its parent ends, however it does."""
    prctl = getattr(_LIBC, 'prctl', None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def prepare_worker() -> None:
    """Leave Ctrl-C to the parent, which ends its workers, and end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()

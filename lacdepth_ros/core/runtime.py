# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a process shares memory and cores, and ends with its parent: node and commands alike.

By default glibc maps every block above 128 KiB afresh and gives it back on free, so that each
image and cloud pays for its page faults anew: about 1.5 ms for a 1.4 MB image and 11 ms for a
7.5 MB cloud. Raised thresholds keep the pages; the price is that a process holds on to its peak.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

END_WITH_PARENT = 'LACDEPTH_END_WITH_PARENT'
"""Environment variable by which the launch file asks its node to end with it."""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded here, as nothing may be loaded between fork and exec
SPINS = '20000'
"""Turns for which OpenMP's helper threads wait for more work before they sleep. By default it is
300,000, in which they keep a core from whatever uses the network's answer, and from each other
where other programs use the cores, too: beside two of those a training step took 23 s in place of
4 (two cores)."""
PRIMITIVE_CACHES = ('ONEDNN_PRIMITIVE_CACHE_CAPACITY', 'LRU_CACHE_CAPACITY')
PRIMITIVES = '512'
"""Compiled operations that oneDNN keeps for the input sizes it has seen, by default 1024. Networks
have 150 (fp32) to 250 (bf16) of them for each size, and fewer would be made anew for each frame.
Over 500 sizes the memory of a small one grew by 75 MB with this, by 130 MB without; that of a tiny
one by 36 MB over its first 100 sizes, and by 0.6 MB over the next 500."""
MEBIBYTE = 1 << 20
M_TRIM_THRESHOLD = -1
M_TOP_PAD = -2
M_MMAP_THRESHOLD = -3
SETTINGS = (
    (M_MMAP_THRESHOLD, 512 * MEBIBYTE),
    (M_TRIM_THRESHOLD, 512 * MEBIBYTE),
    (M_TOP_PAD, 64 * MEBIBYTE),
)


def tune_process() -> None:
    """Keep the memory of images from frame to frame, but not that of every size ever seen.

    And let OpenMP's helpers sleep sooner.

    To be called before PyTorch is imported, which reads OpenMP's settings once. What the user has
    said about OpenMP (OMP_WAIT_POLICY, GOMP_SPINCOUNT) counts.
    """
    tune_allocator()
    _limit_spinning()
    for name in PRIMITIVE_CACHES:
        os.environ.setdefault(name, PRIMITIVES)


def tune_training() -> None:
    """As `tune_process`, but for the caches: steps need the operations of all sizes of crops."""
    tune_allocator()  # halves the time of a step on the CPU
    _limit_spinning()


def _limit_spinning() -> None:
    if 'OMP_WAIT_POLICY' not in os.environ:
        os.environ.setdefault('GOMP_SPINCOUNT', SPINS)


@contextmanager
def without_collecting() -> Iterator[None]:
    """Import libraries without looking for garbage in what they make: PyTorch takes 15 % less."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def share_cores(device: str) -> None:
    """Give OpenCV one thread beside a network on the CPU, on a GPU all of them.

    Its waiting threads would take the cores from the network's.

    Args:
        device: Where the network runs: 'cpu', 'cuda' or 'cuda:N'.
    """
    import cv2  # not at the start: what only tunes the process comes before heavy imports

    cv2.setNumThreads(1 if device == 'cpu' else -1)


def tune_allocator() -> bool:
    """Raise malloc's thresholds for this process; False where the C library has no mallopt."""
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is None:
        return False
    accepted = [mallopt(option, value) == 1 for option, value in SETTINGS]
    return all(accepted)


def release_free_memory() -> None:
    """Give pages that malloc holds but nobody uses back to the system (where it can)."""
    malloc_trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if malloc_trim is not None:
        malloc_trim(0)


def release_memory() -> None:
    """Collect dropped networks and return their memory to the device and the system."""
    gc.collect()
    torch = sys.modules.get('torch')
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    release_free_memory()


def die_with_parent() -> None:
    """Have the kernel (Linux) send this process SIGTERM when its parent ends, however it does."""
    prctl = getattr(_LIBC, 'prctl', None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def prepare_worker() -> None:
    """Leave Ctrl-C to the parent, which ends its workers, and end with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent()

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""How a process that runs a network shares memory and cores: the node and the commands alike."""

from __future__ import annotations

import os

from lacdepth_ros.core.allocator import tune_allocator

SPINS = '20000'
"""Turns for which OpenMP's helper threads wait for more work before they sleep. By default it is
300,000, in which they keep a core from whatever uses the network's answer."""


def tune_process() -> None:
    """Keep the memory of images from frame to frame, and let OpenMP's helpers sleep sooner.

    To be called before PyTorch is imported, which reads OpenMP's settings once. What the user has
    said about OpenMP (OMP_WAIT_POLICY, GOMP_SPINCOUNT) counts.
    """
    tune_allocator()
    if 'OMP_WAIT_POLICY' not in os.environ:
        os.environ.setdefault('GOMP_SPINCOUNT', SPINS)


def share_cores(device: str) -> None:
    """Give OpenCV one thread beside a network on the CPU, on a GPU all of them.

    Its waiting threads would take the cores from the network's.

    Args:
        device: Where the network runs: 'cpu', 'cuda' or 'cuda:N'.
    """
    import cv2  # not at the start: what only tunes the process comes before heavy imports

    cv2.setNumThreads(1 if device == 'cpu' else -1)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Memory given back after cleanup, on the host and on the device."""

from __future__ import annotations

import gc
import sys

from lacdepth_ros.allocator import release_free_memory


def release_memory() -> None:
    """Collect dropped networks and return their memory to the device and the system."""
    gc.collect()
    torch = sys.modules.get('torch')
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()
    release_free_memory()

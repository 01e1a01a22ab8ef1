# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What viewers make of depth images, written down from their sources in NumPy.

- Foxglove's panels (lichtblick 66adecb99), decodings.ts: `decodeFloat1c`
"""

from __future__ import annotations

import numpy as np


def foxglove_gray(values: np.ndarray) -> np.ndarray:
    """decodeFloat1c: what a Uint8ClampedArray keeps of value * 255."""
    return np.clip(np.nan_to_num(values * np.float32(255), nan=0.0), 0, 255).astype(np.uint8)

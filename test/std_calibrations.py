# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Calibrations of the std with plain numbers."""

from __future__ import annotations

import math
from typing import Any

import torch

from lacdepth_ros.models.std_calibration import Ramp, StdCalibration


def calibration(channels: int = 3, **changes: Any) -> StdCalibration:
    """Twice the spread for a novelty of 1, and ten times that from 100 on."""
    parts: dict[str, Any] = {
        'center': torch.zeros(channels),
        'scale': torch.ones(channels),
        'directions': torch.eye(channels)[:1],
        'variances': torch.tensor([4.0, 1.0]),
        'by_depth': Ramp((1.0, 10.0), (math.log(2), math.log(2))),
        'by_novelty': Ramp((1.0, 100.0), (0.0, math.log(10))),
        'limit': 3.0,
        'intervals': {0.5: 0.66, 0.68: 1.0, 0.9: 1.8, 0.95: 2.4},
        'frames': 40,
    }
    return StdCalibration(**{**parts, **changes})

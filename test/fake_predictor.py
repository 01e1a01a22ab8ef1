# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A predictor without a network: the red channel of an image is its depth in metres."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.pointcloud import limit_range


@dataclass
class FakePrediction:
    depth: npt.NDArray[np.float32]
    std: npt.NDArray[np.float32] | None = None
    farthest: float = 92.4

    def limited(self, min_depth: float = 0.0, max_depth: float = np.inf) -> Any:
        return limit_range(self.depth, min_depth, min(max_depth, self.farthest))


@dataclass
class FakePredictor:
    """Predicts the red channel as metres, NaN where it is 0; remembers what it was asked."""

    cameras: list[Camera] = field(default_factory=list)
    flips: list[bool] = field(default_factory=list)
    heights: list[float | None] = field(default_factory=list)
    intervals: dict[float, float] = field(default_factory=dict)
    camera_height: float = 1.65

    def predict(
        self,
        image: npt.NDArray[np.uint8],
        camera: Camera,
        *,
        flip_average: bool = False,
        camera_height: float | None = None,
    ) -> FakePrediction:
        assert image.shape == (camera.height, camera.width, 3)
        self.cameras.append(camera)
        self.flips.append(flip_average)
        self.heights.append(camera_height)
        depth = image[:, :, 0].astype(np.float32)
        depth[depth == 0] = np.nan
        return FakePrediction(depth)

    def doubt(self, camera: Camera) -> str:
        return 'a narrow view' if camera.fx > 100 else ''

    def assumed_camera(self, width: int, height: int) -> Camera:
        return Camera(width, width, (width - 1) / 2, (height - 1) / 2, width, height)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A predictor that is wrong by a known factor and bend, and frames whose depth it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from fake_predictor import FakePrediction

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample

CAMERA = Camera(40.0, 40.0, 31.5, 23.5, 64, 48)


@dataclass
class ScaledPredictor:
    """Sees 1 m per step of red, for a camera at 1.65 m, wrong by `factor` and `bend`.

    True depth is factor * predicted at 10 m, and predicted depth goes as true ** (1 - bend).
    """

    factor: float = 1.0
    bend: float = 0.0
    camera_height: float = 1.65

    def predict(
        self,
        image: npt.NDArray[np.uint8],
        camera: Camera,
        *,
        flip_average: bool = False,
        camera_height: float | None = None,
    ) -> FakePrediction:
        true = image[:, :, 0].astype(np.float64) + image[:, :, 1] / 256
        height = self.camera_height if camera_height is None else camera_height
        seen = 10 * (true / 10) ** (1 - self.bend) / self.factor * height / 1.65
        return FakePrediction(seen.astype(np.float32))

    def assumed_camera(self, width: int, height: int) -> Camera:
        return Camera(width, width, (width - 1) / 2, (height - 1) / 2, width, height)


@dataclass
class Ramp:
    """A frame whose depth rises from row to row; a share of its ground truth is nonsense."""

    id: str
    near: float = 3.0
    far: float = 60.0
    outliers: float = 0.0
    camera_height: float | None = None
    image: Path = Path()
    has_ground_truth: bool = True

    def depth(self) -> npt.NDArray[np.float32]:
        rows = np.geomspace(self.far, self.near, CAMERA.height)
        return np.repeat(rows[:, None], CAMERA.width, axis=1).astype(np.float32)

    def load(self) -> Sample:
        depth = self.depth()
        red = np.floor(depth)
        image = np.stack([red, np.round((depth - red) * 256).clip(0, 255), red], axis=-1)
        wrong = np.random.default_rng(0).random(depth.shape) < self.outliers
        truth = np.where(wrong, 3 * depth, depth).astype(np.float32)
        pixels = image.astype(np.uint8)
        return Sample(pixels, truth, CAMERA, self.id, camera_height=self.camera_height)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One image with its metric ground truth and its camera: what every data set yields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera

BEYOND_RANGE = 1e8
"""Depth [m] that stands for 'known to be far beyond any range', such as the sky: more than any
sensor measures, so that the two are never mixed up."""
BEYOND_FROM = 0.1 * BEYOND_RANGE
"""Depth [m] above which a value stands for that: turning the camera scales it."""


def group_of(id: str) -> str:
    """The group of a frame: what stands before the first '/' of its id."""
    return id.split('/', maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class Sample:
    """An image, its true depth and its camera, all of the same pixels.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        depth: (H, W) float32 metres along the optical axis; 0 where there is no ground truth,
            above BEYOND_FROM the sky.
        camera: Intrinsics of these pixels.
        id: Unique name within the data set; its first part (before '/') is the group.
        dense: (H, W) float32 metres, ground truth made dense by interpolation; 0 where there is
            none. None when the data set has no such map.
        camera_height: Height of the optical center above the ground [m]; None where unknown.

    Raises:
        ValueError: Shapes of image, depth, dense and camera differ.
    """

    image: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.float32]
    camera: Camera
    id: str
    dense: npt.NDArray[np.float32] | None = None
    camera_height: float | None = None

    def __post_init__(self) -> None:
        size = (self.camera.height, self.camera.width)
        if self.image.shape != (*size, 3) or self.depth.shape != size:
            raise ValueError(
                f'{self.id}: image {self.image.shape}, depth {self.depth.shape} and camera {size} '
                'must be of one size; do image and ground truth belong together?'
            )
        if self.dense is not None and self.dense.shape != size:
            raise ValueError(
                f'{self.id}: the interpolated depth is {self.dense.shape} but the image {size}; '
                'make it again from this frame (lacdepth data densify)'
            )

    @property
    def group(self) -> str:
        """First part of the id: the recording or data set the frame comes from."""
        return group_of(self.id)

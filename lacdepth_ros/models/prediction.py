# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a prediction is: maps of the image's size, made of the network's."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt
from torch import Tensor

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.pointcloud import limit_range
from lacdepth_ros.models.engines.engine import Outputs
from lacdepth_ros.models.std_calibration import StdCalibration

Map = npt.NDArray[np.float32]


@dataclass(frozen=True)
class DepthPrediction:
    """Depth of one image; every map has the image's height and width.

    All but depth is made when it is first asked for: who only wants depth does not wait.

    Attributes:
        depth: (H, W) float32 metres along the optical axis; NaN where invalid.
        camera: Intrinsics of these pixels.
        std: (H, W) float32 metres, one standard deviation: two thirds of the errors are
            smaller, where the checkpoint is calibrated (else the spread of the predicted
            distribution). NaN where depth is, and everywhere for networks without a distribution
            (naive bins).
        novelty: How unlike the pictures of the training this one is, about 1 when it is like
            them; NaN where the checkpoint is not calibrated. See StdCalibration.
        height_seen: Height above the ground [m] from which the picture seems to be taken, read off
            the picture, not off the depth; NaN where the checkpoint does not know. See HeightCue.
        scale: Metres per metre of the network, by focal length and camera height.
        farthest: Depth from here on [m] only says that something is no nearer: the end of the
            network's range, which grows with the camera's height.
        summary: (C,) float32, what novelty is computed from.
    """

    depth: Map
    camera: Camera
    scale: float
    farthest: float
    _outputs: Outputs = field(repr=False)
    _known: StdCalibration | None = field(repr=False)

    def limited(self, min_depth: float = 0.0, max_depth: float = math.inf) -> Map:
        """Depth as it is published: +Inf beyond max_depth [m] or the range, -Inf below min_depth.

        Returns:
            (H, W) float32 metres; NaN stays.
        """
        return limit_range(self.depth, min_depth, min(max_depth, self.farthest))

    @cached_property
    def std(self) -> Map:
        """(H, W) float32 metres, see the class."""
        depth, spread, _ = self._outputs
        if self._known is not None:
            std = self._known.apply_to_map(on_cpu(depth), on_cpu(spread), self.novelty)
        else:
            std = on_cpu(spread)
        std = full_size(std, self.scale, self.camera)
        std[np.isnan(self.depth)] = np.nan
        return std

    @cached_property
    def novelty(self) -> float:
        """See the class."""
        return math.nan if self._known is None else float(self._known.novelty(self._summary))

    @cached_property
    def height_seen(self) -> float:
        """[m], see the class."""
        cue = None if self._known is None else self._known.height
        return math.nan if cue is None else cue.height(self._summary[0])

    @property
    def summary(self) -> Map:
        """(C,), see the class."""
        return self._summary[0].numpy()

    @property
    def _summary(self) -> Tensor:
        """(1, C) on the CPU."""
        return self._outputs[2]


def finish(
    outputs: Outputs,
    camera: Camera,
    scale: float,
    farthest: float,
    known: StdCalibration | None,
) -> DepthPrediction:
    """Bring what an engine gave to the image's size and to metres of its camera.

    Args:
        outputs: Depth (1, 1, h, w), metres of the network; spread of its distribution, alike;
            summary (1, C).
        camera: Of the image.
        scale: Metres per metre of the network.
        farthest: End of the network's range, in its own metres.
        known: What the checkpoint knows of its errors.
    """
    depth, spread, summary = outputs
    meters = full_size(on_cpu(depth), scale, camera)
    meters[~np.isfinite(meters)] = np.nan
    kept = depth, spread, summary.cpu()
    return DepthPrediction(meters, camera, scale, farthest * scale, kept, known)


def mix(depth: Tensor, std: Tensor, other: Tensor, other_std: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of two distributions mixed half and half, of any one shape.

    The variance of a mixture holds the difference of the means, too: two confident answers that
    contradict each other are an uncertain one.
    """
    variance = 0.5 * (std.square() + other_std.square()) + 0.25 * (depth - other).square()
    return 0.5 * (depth + other), variance.sqrt()


def on_cpu(network_map: Tensor) -> Map:
    """A map (1, 1, h, w) of the network as (h, w), without a copy where it lies on the CPU."""
    return np.asarray(network_map[0, 0].cpu().numpy(), np.float32)


def full_size(network_map: Map, scale: float, camera: Camera) -> Map:
    """Bring a map (h, w) of the network to the size of the image, times `scale`."""
    # Scaled before it is enlarged: fewer pixels, and a new map, which the caller may change.
    scaled = network_map * np.float32(scale)
    # Half-pixel bilinear as PyTorch's, in a fifth of its time.
    size = (camera.width, camera.height)
    return np.asarray(cv2.resize(scaled, size, interpolation=cv2.INTER_LINEAR), np.float32)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the demo sends to the node: frames of a sequence, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.camera_info import CameraInfoFile


@dataclass(frozen=True, slots=True)
class Frame:
    """One image to send.

    Attributes:
        id: Name shown to people.
        stamp: Nanoseconds.
        image: (H, W, 3) uint8 RGB.
        info: Anything with the fields of sensor_msgs/CameraInfo.
        ground_truth: (H, W) float32 metres, 0 = unknown; None without any ground truth.
    """

    id: str
    stamp: int
    image: npt.NDArray[np.uint8]
    info: Any
    ground_truth: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class UnreadableFrame:
    """A frame that is in the input but cannot be sent, and why."""

    id: str
    reason: str


Frames = Iterator[Frame | UnreadableFrame]


@dataclass(frozen=True, slots=True)
class FrameSequence:
    """A sequence that can be read once.

    Attributes:
        description: What it is and where it lies, for people.
        count: Number of frames that `frames` will yield (of a video: about).
        available: Number of frames of the input, of which `count` are taken.
        frames: The frames, in order.
        cameras: Where the intrinsics come from.
        rectified: The images are rectified whatever the distortion in their camera_info says.
    """

    description: str
    count: int
    available: int
    frames: Frames
    cameras: str
    rectified: bool = False


@dataclass(frozen=True, slots=True)
class Calibration:
    """Intrinsics for images that bring none.

    Attributes:
        origin: Where they come from, for people.
        info: Makes the camera_info of an image (H, W, 3); ValueError when it has another size.
    """

    origin: str
    info: Callable[[npt.NDArray[np.uint8]], Any]


def pinhole_info(camera: Camera) -> CameraInfoFile:
    """The camera_info of a pinhole image with this camera."""
    K = tuple(float(value) for value in camera.K.ravel())
    return CameraInfoFile(
        width=camera.width,
        height=camera.height,
        k=K,
        d=(0.0,) * 5,
        p=(*K[:3], 0.0, *K[3:6], 0.0, *K[6:], 0.0),
    )


def look_ahead(frames: Frames) -> tuple[Frame, Frames]:
    """Find the first readable frame without taking it from the sequence.

    Raises:
        ValueError: No frame is readable.
    """
    seen: list[Frame | UnreadableFrame] = []
    for item in frames:
        seen.append(item)
        if isinstance(item, Frame):
            return item, chain(seen, frames)
    reasons = '; '.join(item.reason for item in seen[:3] if isinstance(item, UnreadableFrame))
    raise ValueError(f'none of the {len(seen)} frames can be read: {reasons}')

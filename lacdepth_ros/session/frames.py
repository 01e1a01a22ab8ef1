# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a session sends to the node: frames of a sequence, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Frame:
    """One image to send.

    Attributes:
        id: Name; what stands before its first '/' is its group.
        index: Place among the images of the input, from 0.
        stamp: Nanoseconds; no other frame of the session has it.
        image: (H, W, 3) uint8 RGB, or anything with the fields of sensor_msgs/Image or
            CompressedImage.
        info: Anything with the fields of sensor_msgs/CameraInfo.
        ground_truth: Reads true depth (H, W) float32 metres, not > 0 = unknown; None where there
            is none. ValueError or OSError when it cannot be read.
    """

    id: str
    index: int
    stamp: int
    image: Any
    info: Any
    ground_truth: Callable[[], npt.NDArray[np.float32]] | None = None


@dataclass(frozen=True, slots=True)
class UnsentFrame:
    """A frame that is in the input but cannot be sent, and why.

    Attributes:
        id: Name.
        index: Place among the images of the input, from 0.
        stamp: Nanoseconds; 0 = unknown.
        reason: Why.
    """

    id: str
    index: int
    stamp: int
    reason: str


Frames = Iterable[Frame | UnsentFrame]


@dataclass(frozen=True, slots=True)
class FrameSequence:
    """A sequence that can be read once.

    Attributes:
        description: What it is and where it lies, for people.
        count: Number of frames that `frames` will yield (of a video: about).
        available: Number of frames of the input, of which `count` are taken.
        frames: The frames, in order; their images are arrays.
        cameras: Where the intrinsics come from.
        rectified: The images are rectified whatever the distortion in their camera_info says.
        choice: What was taken of several that the input holds, in words; '' where it holds one.
        camera_height: Of the optical center above the ground [m], in every frame; None where it is
            unknown, or changes.
    """

    description: str
    count: int
    available: int
    frames: Iterator[Frame | UnsentFrame]
    cameras: str
    rectified: bool = False
    choice: str = ''
    camera_height: float | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Intrinsics for images that bring none.

    Attributes:
        origin: Where they come from, for people.
        info: Makes the camera_info of an image (H, W, 3); ValueError when it has another size.
        assumed: Nobody gave them, so they are of no pixels in particular: images and videos are
            taken as they ask to be shown, not as they are stored.
    """

    origin: str
    info: Callable[[npt.NDArray[np.uint8]], Any]
    assumed: bool = False


def look_ahead(
    frames: Iterator[Frame | UnsentFrame],
) -> tuple[Frame, Iterator[Frame | UnsentFrame]]:
    """Find the first frame that can be sent without taking it from the sequence.

    Raises:
        ValueError: No frame can be sent.
    """
    seen: list[Frame | UnsentFrame] = []
    for item in frames:
        seen.append(item)
        if isinstance(item, Frame):
            return item, chain(seen, frames)
    reasons = '; '.join(item.reason for item in seen[:3] if isinstance(item, UnsentFrame))
    raise ValueError(f'none of the {len(seen)} frames can be sent: {reasons}')

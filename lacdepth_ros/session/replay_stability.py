# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What measures the steadiness of a replay: the camera of its depth, and how it moved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lacdepth_ros.bags.motion import camera_motion
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.evaluation.stability import StabilityMeter
from lacdepth_ros.messages.cameras import camera_of_view
from lacdepth_ros.session.bag_frames import first_frame
from lacdepth_ros.session.replay import WorstFrames
from lacdepth_ros.session.result import AnsweredFrame


def stability_meter(bag: Path, images: BagImages) -> StabilityMeter:
    """A meter for the depth of a bag's images.

    Raises:
        ValueError: The bag is damaged, or the first camera_info is of no camera.
    """
    first = first_frame(images)
    camera = camera_of_view(first.info, rectified=images.rectified)
    motion = camera_motion(bag, first.image.header.frame_id, images.topic)
    return StabilityMeter(camera, motion)


def replay_observer(worst: WorstFrames, meter: StabilityMeter) -> Callable[[AnsweredFrame], None]:
    """Hands every answer of a replay to both."""

    def observe(answer: AnsweredFrame) -> None:
        worst(answer)
        meter.add(answer.record.stamp, answer.depth, answer.ground_truth)

    return observe

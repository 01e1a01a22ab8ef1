# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the demo asks of the node, and the few answers that it keeps to show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.messages.clouds import cloud_from_message
from lacdepth_ros.messages.topics import CAMERA_INFO, DEPTH, POINTS, UNCERTAINTY
from lacdepth_ros.session.result import AnsweredFrame

TOPICS = (DEPTH, UNCERTAINTY, CAMERA_INFO, POINTS)
"""Topics that make a full answer."""
PROTOCOL = EvaluationProtocol(flip_average=False)
SHOWN = 6
"""Frames on the contact sheet."""


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """A full answer with its cloud.

    Attributes:
        answer: Depth, standard deviation and errors.
        points: (H, W, 3) metres in the optical frame.
        colors: (H, W, 3) uint8 RGB of the points: the (rectified) image as the node saw it.
    """

    answer: AnsweredFrame
    points: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]


class DemoFrames:
    """Keeps answers spread over the run; an observer of `SessionResult`.

    Attributes:
        shown: Answers for the pictures, in order.
        middle: The answer in the middle, for the cloud file.

    Args:
        count: Frames that the run is going to have (of a video: about).
    """

    def __init__(self, count: int) -> None:
        self.shown: list[ShownAnswer] = []
        self.middle: ShownAnswer | None = None
        self._count = count
        self._picks = np.linspace(0, count - 1, min(SHOWN, count)).round()

    def __call__(self, answer: AnsweredFrame) -> None:
        """Take in one answer; those without a cloud or a standard deviation are not shown."""
        place = answer.record.index
        is_middle = self.middle is None or place == self._count // 2
        is_full = answer.std is not None and answer.messages.keys() >= set(TOPICS)
        if not is_full or not (place in self._picks or is_middle):
            return
        kept = ShownAnswer(answer, *cloud_from_message(answer.messages[POINTS]))
        if place in self._picks:
            self.shown.append(kept)
        if is_middle:
            self.middle = kept

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One pass over frames with truth: predict, mask, measure; nothing is left out silently."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lacdepth_ros.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.metrics import METRICS, DepthMetrics


class Prediction(Protocol):
    """What is evaluated of a prediction."""

    @property
    def depth(self) -> npt.NDArray[np.float32]:
        """(H, W) float32 metres, NaN = invalid."""


class Predictor(Protocol):
    """What evaluation needs of `lacdepth_ros.predictor.DepthPredictor`."""

    def predict(
        self, image: npt.NDArray[np.uint8], camera: Camera, *, flip_average: bool = False
    ) -> Prediction:
        """Depth of an image (H, W, 3) uint8 RGB."""


class Entry(Protocol):
    """A frame that can be loaded, such as ManifestEntry or KittiFrame."""

    @property
    def id(self) -> str:
        """Unique name of the frame; its first part (before '/') is the group."""

    def load(self) -> Sample:
        """Read image, truth and camera."""


@dataclass(frozen=True, slots=True)
class SkippedFrame:
    """A frame that could not be measured, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """Result of an evaluation.

    Attributes:
        protocol: The rules the numbers follow.
        frames: Number of measured frames.
        overall: Mean over all measured frames, by metric; empty without any.
        groups: By name of the group: 'frames' and the mean of every metric over its frames.
        skipped: Frames that could not be measured.
        unpredicted: Share of the counting pixels whose prediction was NaN or infinite; they enter
            no metric.
    """

    protocol: EvaluationProtocol
    frames: int
    overall: dict[str, float]
    groups: dict[str, dict[str, float]]
    skipped: tuple[SkippedFrame, ...]
    unpredicted: float

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON holds it; without any measured frame every metric is None."""
        return {
            'protocol': self.protocol.to_dict(),
            'frames': self.frames,
            'overall': self.overall or dict.fromkeys(METRICS),
            'groups': self.groups,
            'skipped': [{'id': frame.id, 'reason': frame.reason} for frame in self.skipped],
            'unpredicted': self.unpredicted,
        }


def evaluate(
    predictor: Predictor,
    entries: Sequence[Entry],
    protocol: EvaluationProtocol | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> EvaluationReport:
    """Measure a predictor on frames with truth.

    A frame that cannot be read or predicted, or that holds no counting pixel, is skipped and
    named in the report.

    Args:
        predictor: Predicts the depth of a frame with its camera.
        entries: The frames.
        protocol: Caps, crop and averaging; None = KITTI's (see `EvaluationProtocol`).
        progress: Called after every frame with the frames done and the frames in all.

    Returns:
        The report.
    """
    protocol = protocol or EvaluationProtocol()
    metrics = DepthMetrics()
    skipped: list[SkippedFrame] = []
    pixels = missing = 0
    for done, entry in enumerate(entries, start=1):
        try:
            counting, without = _measure(predictor, entry.load(), protocol, metrics)
            pixels, missing = pixels + counting, missing + without
        except (OSError, ValueError) as error:
            skipped.append(SkippedFrame(entry.id, str(error)))
        if progress is not None:
            progress(done, len(entries))
    groups = {
        group: {'frames': metrics.frames(group), **metrics.mean(group)} for group in metrics.groups
    }
    return EvaluationReport(
        protocol=protocol,
        frames=metrics.frames(),
        overall=metrics.mean() if groups else {},
        groups=groups,
        skipped=tuple(skipped),
        unpredicted=missing / pixels if pixels else 0.0,
    )


def _measure(
    predictor: Predictor, sample: Sample, protocol: EvaluationProtocol, metrics: DepthMetrics
) -> tuple[int, int]:
    """Add one frame to the metrics; returns its counting pixels and those not predicted."""
    counting = protocol.valid_mask(sample.depth)
    if not counting.any():
        raise ValueError(
            f'no true depth inside the {protocol.crop} crop and '
            f'{protocol.min_depth_eval:g} .. {protocol.max_depth_eval:g} m'
        )
    prediction = predictor.predict(sample.image, sample.camera, flip_average=protocol.flip_average)
    predicted = counting & np.isfinite(prediction.depth)
    if not predicted.any():
        raise ValueError('the prediction is invalid wherever there is truth')
    metrics.update(
        pred=protocol.clamp(prediction.depth),
        target=sample.depth,
        valid_mask=predicted,
        group=sample.group,
    )
    return int(counting.sum()), int(counting.sum() - predicted.sum())

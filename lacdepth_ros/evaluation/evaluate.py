# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One pass over frames with ground truth: predict, mask, measure; nothing is left out silently."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.sources import Entry
from lacdepth_ros.evaluation.evaluator import DepthEvaluator
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.evaluation.result import EvaluationReport


class Prediction(Protocol):
    """What is evaluated of a prediction."""

    @property
    def depth(self) -> npt.NDArray[np.float32]:
        """(H, W) float32 metres, NaN = invalid."""

    @property
    def std(self) -> npt.NDArray[np.float32] | None:
        """(H, W) float32 metres, one standard deviation, NaN = unknown; None = none known."""


class Predictor(Protocol):
    """What evaluation needs of `lacdepth_ros.models.predictor.DepthPredictor`."""

    def predict(
        self,
        image: npt.NDArray[np.uint8],
        camera: Camera,
        *,
        flip_average: bool = False,
        camera_height: float | None = None,
    ) -> Prediction:
        """Depth of an image (H, W, 3) uint8 RGB of a camera at a height [m], None if unknown."""


class Observer(Protocol):
    """What may look at the measured frames, such as the pictures of a report."""

    def __call__(
        self, sample: Sample, prediction: Prediction, metrics: dict[str, float], /
    ) -> None:
        """Look at one frame."""


FramePredictor = Callable[[Sample], Prediction]
"""Gives the prediction of a frame, at the size of its ground truth."""


def evaluate(
    predictor: Predictor,
    entries: Sequence[Entry],
    protocol: EvaluationProtocol | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    bands: Sequence[float] | None = None,
    intervals: Mapping[float, float] | None = None,
    observe: Observer | None = None,
) -> EvaluationReport:
    """Measure a predictor on frames with ground truth.

    A frame that cannot be read or predicted, or that holds no counting pixel, is skipped and
    named in the report.

    Args:
        predictor: Predicts the depth of a frame with its camera.
        entries: The frames.
        protocol: Caps, crop and averaging; None = KITTI's (see `EvaluationProtocol`).
        progress: Called after every frame with the frames done and the frames in all.
        bands: Distances between which errors are listed, see `DepthEvaluator`.
        intervals: Of the predictor's std, see `DepthEvaluator`.
        observe: Called with each measured frame, its prediction and its metrics.

    Returns:
        The report.

    Raises:
        ValueError: The bands are impossible.
    """
    evaluator = DepthEvaluator(protocol, bands, intervals)
    predict = frame_predictor(predictor, evaluator.protocol)
    return score(predict, entries, evaluator, progress, observe=observe)


def frame_predictor(
    predictor: Predictor, protocol: EvaluationProtocol, camera_height: float | None = None
) -> FramePredictor:
    """What predicts a frame with a predictor as a protocol asks.

    Args:
        predictor: Predicts.
        protocol: Says whether predictions are averaged with those of the mirrored image.
        camera_height: Of every camera above the ground [m]; None: what the frame says.
    """

    def predict(sample: Sample) -> Prediction:
        return predictor.predict(
            sample.image,
            sample.camera,
            flip_average=protocol.flip_average,
            camera_height=sample.camera_height if camera_height is None else camera_height,
        )

    return predict


def score(
    predict: FramePredictor,
    entries: Sequence[Entry],
    evaluator: DepthEvaluator,
    progress: Callable[[int, int], None] | None = None,
    *,
    observe: Observer | None = None,
) -> EvaluationReport:
    """Measure whatever predicts on frames with ground truth; the rest is as in `evaluate`.

    Args:
        predict: Gives the prediction of a frame.
        entries: The frames.
        evaluator: Takes the scores and has the protocol.
        progress: Called after every frame with the frames done and the frames in all.
        observe: Called with each measured frame, its prediction and its metrics.

    Returns:
        The report of the evaluator.
    """
    for done, entry in enumerate(entries, start=1):
        try:
            sample = entry.load()
            prediction = predict(sample)
            metrics = evaluator.add(
                id=sample.id,
                group=sample.group,
                pred=prediction.depth,
                target=sample.depth,
                std=prediction.std,
            )
            if observe is not None:
                observe(sample, prediction, metrics)
        except (OSError, ValueError) as error:
            evaluator.skip(entry.id, str(error))
        if progress is not None:
            progress(done, len(entries))
    return evaluator.report()

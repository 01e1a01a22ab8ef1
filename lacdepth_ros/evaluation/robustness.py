# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The same frames seen by other cameras: other sizes, focal lengths, parts, lenses and weather.

Depth of the same pixels must not depend on them. Every variant is scored against the whole ground
truth of its frame, or, where it sees a part of the picture, next to the whole picture's prediction
of that part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.preprocessing import focal_length, resize_image
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.sources import Entry
from lacdepth_ros.data.transforms.corruptions import FITTED, HELD_OUT
from lacdepth_ros.evaluation.evaluator import DepthEvaluator
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.models.predictor import DepthPredictor

Map = npt.NDArray[np.float32]
Window = tuple[float, float, float, float]

ROWS = (240, 288, 352, 428, 480)
FOCAL_LENGTHS = (350.0, 450.0, 535.0, 650.0, 750.0, 900.0)
PARTS: dict[str, Window] = {
    'lower 70 %': (0.3, 1.0, 0.0, 1.0),
    'right 60 %': (0.0, 1.0, 0.4, 1.0),
}
"""First and last row, first and last column, as shares of the picture."""
CORRUPTIONS = {**FITTED, **HELD_OUT}
SEED = 0
"""Of what is drawn at random, such as noise: every checkpoint sees the same pictures."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to see a frame.

    Attributes:
        name: For people.
        rows: Rows that the network sees of the whole frame; None: by focal length, as trained.
        focal: Focal length that the image itself is resized to [px]; None: it stays.
        window: Part of the picture; None: all of it.
        of_whole: With a window: predicted from the whole picture, to compare with.
        corruption: One of CORRUPTIONS, what light, weather or lens did; None: nothing.
    """

    name: str
    rows: int | None = None
    focal: float | None = None
    window: Window | None = None
    of_whole: bool = False
    corruption: str | None = None


def variants(
    rows: Sequence[int], focals: Sequence[float], corruptions: Sequence[str] = ()
) -> list[Variant]:
    """The frame as it is first, by rows at the network, by focal length, parts, corruptions."""
    parts = [
        Variant(name + (', of the whole' if whole else ' alone'), window=window, of_whole=whole)
        for name, window in PARTS.items()
        for whole in (True, False)
    ]
    return [
        Variant('as it is'),
        *(Variant(f'{r} rows at the network', rows=r) for r in rows),
        *(Variant(f'image of focal length {f:g} px', focal=f) for f in focals),
        *parts,
        *(Variant(kind, corruption=kind) for kind in corruptions),
    ]


def predict_variant(
    predictor: DepthPredictor,
    sample: Sample,
    variant: Variant,
    camera_height: float | None = None,
) -> Map:
    """Depth (H, W) [m] at the size of the frame, NaN outside of the variant's window.

    Args:
        predictor: Its input size is set and given back.
        sample: The frame.
        variant: How to see it.
        camera_height: Of every camera above the ground [m]; None: what the frame says.
    """
    height, width = sample.depth.shape
    image, camera = sample.image, sample.camera
    if variant.corruption is not None:
        image = CORRUPTIONS[variant.corruption](image, np.random.default_rng(SEED))
    top, bottom, left, right = _pixels(variant.window, height, width)
    if variant.window is not None and not variant.of_whole:
        image = np.ascontiguousarray(image[top:bottom, left:right])
        camera = camera.cropped(left, top, right - left, bottom - top)
    if variant.focal is not None:
        scale = variant.focal / focal_length(camera)
        camera = camera.resized(round(width * scale), round(height * scale))
        image = resize_image(image, camera.width, camera.height)
    before = predictor.input_size
    if variant.rows is not None:
        predictor.input_size = (variant.rows, round(width * variant.rows / height))
    try:
        told = sample.camera_height if camera_height is None else camera_height
        depth = predictor.predict(image, camera, camera_height=told).depth
    finally:
        predictor.input_size = before
    if depth.shape != (height, width) and variant.window is None:
        depth = np.asarray(cv2.resize(depth, (width, height)), np.float32)
    whole = np.full((height, width), np.nan, np.float32)
    seen = depth[top:bottom, left:right] if depth.shape == (height, width) else depth
    whole[top:bottom, left:right] = seen
    return whole


def measure_robustness(
    predict: Callable[[Sample, Variant], Map],
    entries: Sequence[Entry],
    protocol: EvaluationProtocol,
    seen_as: Sequence[Variant],
    skip: Callable[[str, str], object],
    progress: Callable[[int, int], None] = lambda *_: None,
) -> dict[str, dict[str, float]]:
    """Mean abs_rel by variant and group ('overall' last); {} where no frame could be measured.

    Args:
        predict: Gives the depth of a frame seen as a variant, such as `predict_variant`.
        entries: Frames with ground truth.
        protocol: Which pixels count.
        seen_as: The variants.
        skip: Told id and reason of a frame that cannot be measured.
        progress: Called with the frames done and the frames in all.
    """
    evaluators = {variant.name: DepthEvaluator(protocol) for variant in seen_as}
    for number, entry in enumerate(entries):
        try:
            sample = entry.load()
            frame = {variant.name: DepthEvaluator(protocol) for variant in seen_as}
            for variant in seen_as:
                frame[variant.name].add(
                    id=sample.id,
                    group=sample.group,
                    pred=predict(sample, variant),
                    target=_inside(sample.depth, variant.window),
                )
        except (OSError, ValueError) as error:
            skip(entry.id, str(error))
        else:  # all variants of a frame count, or none: their means are compared
            for name, evaluator in frame.items():
                evaluators[name].merge(evaluator)
        progress(number + 1, len(entries))
    return {name: _abs_rel(evaluator) for name, evaluator in evaluators.items()}


def _abs_rel(evaluator: DepthEvaluator) -> dict[str, float]:
    report = evaluator.report()
    if not report.frames:
        return {}
    groups = {name: float(values['abs_rel']) for name, values in report.groups.items()}
    return {**groups, 'overall': float(report.overall['abs_rel'])}


def _pixels(window: Window | None, height: int, width: int) -> tuple[int, int, int, int]:
    top, bottom, left, right = window or (0.0, 1.0, 0.0, 1.0)
    return round(top * height), round(bottom * height), round(left * width), round(right * width)


def _inside(depth: Map, window: Window | None) -> Map:
    """Ground truth of a part of the picture, 0 elsewhere."""
    top, bottom, left, right = _pixels(window, *depth.shape)
    part = np.zeros_like(depth)
    part[top:bottom, left:right] = depth[top:bottom, left:right]
    return part

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What frames say about the spread of the predicted distribution: errors, spreads, summaries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.data.sources import Entry
from lacdepth_ros.data.transforms.corruptions import SENSELESS, Corruption
from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.models.predictor import DepthPredictor

Array = npt.NDArray[np.float64]

CLEAN = 'clean'
PIXELS = 1500
"""Pixels of a frame that are kept, at random."""


@dataclass(frozen=True, slots=True)
class SpreadFrame:
    """One prediction, not calibrated, beside its ground truth.

    Attributes:
        id: Of the frame.
        group: First part of the id.
        kind: CLEAN, or what was done to the picture.
        summary: (C,) of the picture.
        depth: (N,) predicted [m of the network].
        spread: (N,) of the predicted distribution [m of the network].
        true: (N,) ground truth [m of the network]; NaN where there is none.
    """

    id: str
    group: str
    kind: str
    summary: npt.NDArray[np.float32]
    depth: Array
    spread: Array
    true: Array


def spread_frame(
    predictor: DepthPredictor, sample: Sample, protocol: EvaluationProtocol, kind: str = CLEAN
) -> SpreadFrame:
    """Predict one frame and keep some of its pixels.

    Args:
        predictor: Without a calibration.
        sample: The frame.
        protocol: Which pixels count.
        kind: What was done to the picture.

    Raises:
        ValueError: No pixel counts.
    """
    prediction = predictor.predict(sample.image, sample.camera, camera_height=sample.camera_height)
    rows, columns = np.nonzero(protocol.valid_mask(sample.depth) & np.isfinite(prediction.depth))
    if not rows.size:
        raise ValueError(f'{sample.id}: no pixel with ground truth counts')
    chosen = np.random.default_rng(0).permutation(rows.size)[:PIXELS]
    place = rows[chosen], columns[chosen]
    maps = (prediction.depth, prediction.std, sample.depth)
    depth, spread, true = (np.float64(x[place]) / prediction.scale for x in maps)
    return SpreadFrame(sample.id, sample.group, kind, prediction.summary, depth, spread, true)


def spread_frames(
    predictor: DepthPredictor,
    entries: Sequence[Entry],
    protocol: EvaluationProtocol,
    corruptions: Mapping[str, Corruption],
    skip: Callable[[str, str], object],
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[SpreadFrame]:
    """Predict frames as they are and corrupted, each kind on every frame.

    Args:
        predictor: Without a calibration.
        entries: Frames with ground truth.
        protocol: Which pixels count.
        corruptions: By kind; {} for none.
        skip: Told id and reason of a frame that cannot be used.
        progress: Called with the frames done and the frames in all.
    """
    found: list[SpreadFrame] = []
    for number, entry in enumerate(entries):
        try:
            sample = entry.load()
            found.append(spread_frame(predictor, sample, protocol))
            for place, (kind, corrupt) in enumerate(corruptions.items()):
                image = corrupt(sample.image, np.random.default_rng((number, place)))
                worse = replace(sample, image=image)
                found.append(spread_frame(predictor, worse, protocol, kind))
        except (OSError, ValueError) as error:
            skip(entry.id, str(error))
        progress(number + 1, len(entries))
    return found


@dataclass(frozen=True, slots=True)
class KnownPictures:
    """Pictures of the training.

    Attributes:
        summaries: (N, C).
        groups: Group of each.
        heights: Of each one's camera [m]; the checkpoint's where a frame does not say.
    """

    summaries: npt.NDArray[np.float32]
    groups: list[str]
    heights: list[float]

    def joined(self, other: KnownPictures) -> KnownPictures:
        """These and others."""
        return KnownPictures(
            np.concatenate([self.summaries, other.summaries]),
            self.groups + other.groups,
            self.heights + other.heights,
        )


def known_pictures(
    predictor: DepthPredictor,
    entries: Sequence[Entry],
    skip: Callable[[str, str], object],
    progress: Callable[[int, int], None] = lambda *_: None,
) -> KnownPictures:
    """Summarize pictures; the rest is as in `spread_frames`.

    Raises:
        ValueError: No picture could be read.
    """
    found, groups, heights = [], [], []
    for number, entry in enumerate(entries):
        try:
            sample = entry.load()
            found.append(predictor.predict(sample.image, sample.camera).summary)
            groups.append(sample.group)
            heights.append(sample.camera_height or predictor.config.camera_height_m)
        except (OSError, ValueError) as error:
            skip(entry.id, str(error))
        progress(number + 1, len(entries))
    if not found:
        raise ValueError('none of the known pictures could be read')
    return KnownPictures(np.stack(found), groups, heights)


def senseless_frames(predictor: DepthPredictor, camera: Camera) -> Iterator[SpreadFrame]:
    """Pictures without a depth: everywhere the true one is NaN."""
    for kind, draw in SENSELESS.items():
        image = draw(camera.height, camera.width, np.random.default_rng(0))
        prediction = predictor.predict(image, camera)
        maps = prediction.depth, prediction.std
        depth, spread = (np.float64(x[::8, ::8].ravel()) / prediction.scale for x in maps)
        nowhere = np.full(depth.shape, np.nan)
        yield SpreadFrame(kind, kind, kind, prediction.summary, depth, spread, nowhere)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pairs of predicted and true depth of one camera: from ground truth, or from a tape measure.

Pixels of one frame at one distance err together, so each frame counts as the medians of some bands
of distance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lacdepth_ros.data.sources import Entry
from lacdepth_ros.evaluation.evaluate import Predictor
from lacdepth_ros.evaluation.result import SkippedFrame

FloatArray = npt.NDArray[np.floating]
Array = npt.NDArray[np.float64]

BANDS_PER_FRAME = 8
MIN_PIXELS = 20
"""Pixels that a band of a frame needs to count."""
MAX_DEPTH = 80.0
_REACH = 2  # pixels around a measured point whose median depth is its own


@dataclass(frozen=True, slots=True)
class Readings:
    """Pairs of depths to fit: N medians of bands, or N readings of a tape measure.

    Attributes:
        predicted: (N,) metres, > 0.
        true: (N,) metres, > 0.
        frame: (N,) number of the frame each is of.

    Raises:
        ValueError: Lengths differ, there is none, or a depth is not a positive number.
    """

    predicted: Array
    true: Array
    frame: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if not (self.predicted.shape == self.true.shape == self.frame.shape) or (
            self.true.ndim != 1 or self.true.size == 0
        ):
            raise ValueError(
                f'predicted {self.predicted.shape}, true {self.true.shape} and frame '
                f'{self.frame.shape} must be lists of one length, with at least one reading'
            )
        for name, values in (('predicted', self.predicted), ('true', self.true)):
            if not (np.isfinite(values) & (values > 0)).all():
                raise ValueError(f'{name} depths must be positive metres, not {values.min():g}')


def frame_readings(
    predicted: FloatArray, true: FloatArray, *, max_depth: float = MAX_DEPTH
) -> tuple[Array, Array]:
    """Medians of the bands of distance of one frame.

    Args:
        predicted: (H, W) metres; pixels that are not finite count not.
        true: (H, W) metres, 0 or NaN = none.
        max_depth: True depth beyond which pixels count not [m].

    Returns:
        predicted and true (n,) metres, n <= BANDS_PER_FRAME, 0 where no band has MIN_PIXELS.

    Raises:
        ValueError: The maps differ in size.
    """
    if predicted.shape != true.shape:
        raise ValueError(f'the prediction is {predicted.shape} but the ground truth {true.shape}')
    counts = np.isfinite(predicted) & (predicted > 0) & (true > 0) & (true < max_depth)
    p, t = (np.asarray(depth[counts], np.float64) for depth in (predicted, true))
    if t.size < MIN_PIXELS:
        return np.empty(0), np.empty(0)
    edges = np.geomspace(t.min(), t.max() * (1 + 1e-9), BANDS_PER_FRAME + 1)
    band = np.digitize(t, edges[1:-1])
    inside = [band == i for i in range(BANDS_PER_FRAME)]
    inside = [part for part in inside if part.sum() >= MIN_PIXELS] or [np.ones(t.size, bool)]
    middle = [np.median(t[part]) for part in inside]
    # The median of the ratio, not the ratio of medians: it is what a factor acts on.
    ratio = [np.median(t[part] / p[part]) for part in inside]
    return np.array(middle) / np.array(ratio), np.array(middle)


def tape_readings(predicted: FloatArray, points: Sequence[tuple[float, float, float]]) -> Readings:
    """Readings at single pixels of one frame.

    Args:
        predicted: (H, W) metres.
        points: Column, row and true depth along the optical axis [m] of each.

    Raises:
        ValueError: A point lies outside the image, where nothing is predicted, or its depth is
            not positive.
    """
    height, width = predicted.shape
    found = []
    for column, row, depth in points:
        u, v = round(column), round(row)
        if not (0 <= u < width and 0 <= v < height):
            raise ValueError(f'point {column:g} {row:g} lies outside the {width}x{height} image')
        rows = slice(max(v - _REACH, 0), v + _REACH + 1)
        around = predicted[rows, max(u - _REACH, 0) : u + _REACH + 1]
        seen = around[np.isfinite(around)]
        if not seen.size:
            raise ValueError(f'nothing is predicted at point {column:g} {row:g}')
        found.append((float(np.median(seen)), depth))
    p, t = np.array(found, np.float64).reshape(-1, 2).T
    return Readings(p, t, np.zeros(t.size, np.int64))


def read_frames(
    predictor: Predictor,
    entries: Sequence[Entry],
    progress: Callable[[int, int], None] | None = None,
    *,
    camera_height: float | None = None,
    max_depth: float = MAX_DEPTH,
) -> tuple[Readings, list[SkippedFrame]]:
    """Readings of frames with ground truth, and the frames that gave none.

    Args:
        predictor: Predicts the depth of a frame with its camera.
        entries: The frames.
        progress: Called after every frame with the frames done and the frames in all.
        camera_height: Told to the predictor for every frame [m]; None: what the frame says.
        max_depth: True depth beyond which pixels count not [m].

    Raises:
        ValueError: No frame gave a reading.
    """
    pairs, skipped = [], []
    for number, entry in enumerate(entries):
        try:
            sample = entry.load()
            height = sample.camera_height if camera_height is None else camera_height
            prediction = predictor.predict(sample.image, sample.camera, camera_height=height)
            p, t = frame_readings(prediction.depth, sample.depth, max_depth=max_depth)
            if not t.size:
                raise ValueError(f'fewer than {MIN_PIXELS} true depths below {max_depth:g} m')
            pairs.append((p, t, np.full(t.size, number)))
        except (OSError, ValueError) as error:
            skipped.append(SkippedFrame(entry.id, str(error)))
        if progress is not None:
            progress(number + 1, len(entries))
    if not pairs:
        reason = f' ({skipped[0].id}: {skipped[0].reason})' if skipped else ''
        raise ValueError(f'no frame gave a reading{reason}')
    return Readings(*(np.concatenate(column) for column in zip(*pairs, strict=True))), skipped

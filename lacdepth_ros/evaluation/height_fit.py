# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fit the height that a picture seems to be taken from, on frames of cameras of known heights."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import torch

from lacdepth_ros.evaluation.std_frames import KnownPictures
from lacdepth_ros.models.height_cue import HeightCue

Array = npt.NDArray[np.float64]

MIN_SPREAD = 0.3
"""Standard deviation of ln(height) that frames need to teach anything of it."""
FOLDS = 5
_RIDGE = 0.03  # of standardized channels, against a total weight of 1


def fit_height(known: KnownPictures) -> HeightCue | None:
    """Fit by weighted ridge regression; the error is that of five-fold cross-validation.

    Frames of one group and height stay together, as siblings would tell each other's height: what
    counts is a place that was not fitted.

    Args:
        known: Pictures of the training; those of a large group weigh less.

    Returns:
        The fit; None where there are too few pictures or places, or all are of about one height.
    """
    logs = np.log(known.heights)
    if len(logs) < 4 * FOLDS or logs.std() < MIN_SPREAD:
        return None
    counts = Counter(known.groups)
    weight = np.array([counts[group] ** -0.5 for group in known.groups])
    x = known.summaries.astype(np.float64)
    places = list(zip(known.groups, known.heights, strict=True))
    number = {place: i for i, place in enumerate(dict.fromkeys(places))}
    order = np.random.default_rng(0).permutation(len(number))
    if len(number) < FOLDS:
        return None
    misses = np.empty_like(logs)
    for fold in range(FOLDS):
        held = np.isin([number[place] for place in places], order[fold::FOLDS])
        slopes, bias = _ridge(x[~held], logs[~held], weight[~held])
        misses[held] = x[held] @ slopes + bias - logs[held]
    slopes, bias = _ridge(x, logs, weight)
    error = float(np.sqrt(np.average(misses**2, weights=weight)))
    return HeightCue(torch.tensor(slopes, dtype=torch.float32), bias, max(error, 1e-3))


def _ridge(x: Array, y: Array, weight: Array) -> tuple[Array, float]:
    """Slopes and bias of y over the columns of x."""
    share = weight / weight.sum()
    center, level = share @ x, float(share @ y)
    scale = np.sqrt(share @ (x - center) ** 2) + 1e-3
    place = (x - center) / scale
    normal = (place.T * share) @ place + _RIDGE * np.eye(x.shape[1])
    slopes: Array = np.linalg.solve(normal, place.T @ (share * (y - level))) / scale
    return slopes, level - float(center @ slopes)

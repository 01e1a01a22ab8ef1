# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Fit the calibration of the std to frames that the network was not trained on.

The 68 % quantile of ln(1 + |error| / depth) / (spread / depth) is the product of a gain by depth,
fitted to pictures as they are, and a gain by novelty, fitted to these and to corrupted ones, which
never falls. Intervals of other shares are the quantiles of the errors in std that then come out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from lacdepth_ros.evaluation.calibration import LEVELS
from lacdepth_ros.evaluation.quantile_fit import quantile_fit
from lacdepth_ros.evaluation.std_frames import CLEAN, KnownPictures, SpreadFrame
from lacdepth_ros.models.std_calibration import Ramp, StdCalibration

Array = npt.NDArray[np.float64]

ONE_STD = 0.68
"""Share of the errors that one std holds."""
DIRECTIONS = 24
"""Principal directions of the summaries that are told apart."""
SHRINKAGE = 0.2
"""Share of the unit matrix in their covariance: few pictures say little of so many channels."""
DEPTHS = (4.0, 8.0, 16.0, 32.0, 60.0)
"""Knots of the gain by depth [m of the network]."""
CLEAN_KNOTS, NOVEL_KNOTS = (0.1, 0.5, 0.9), (0.25, 0.5, 0.75, 0.97)
"""Quantiles of the novelty of pictures as they are, and of what is beyond, that become knots."""
LIMIT = 0.98
"""Share of the held-out pictures that are within the network's depth."""
MIN_FRAMES = 8
_ROUNDS = 4


def fit_std(known: KnownPictures, frames: Sequence[SpreadFrame]) -> StdCalibration:
    """Fit a calibration, without the height.

    Args:
        known: Pictures of the training; those of a large group, such as a drive, weigh less.
        frames: Frames that the network was not trained on, as they are and corrupted.

    Raises:
        ValueError: There are too few frames.
    """
    clean = [frame for frame in frames if frame.kind == CLEAN]
    if len(clean) < MIN_FRAMES or len(known.groups) < MIN_FRAMES:
        raise ValueError(
            f'{len(clean)} held-out frames and {len(known.groups)} known pictures: at least '
            f'{MIN_FRAMES} of both are needed'
        )
    parts = _directions(known)
    flat = Ramp((1.0, 2.0), (0.0, 0.0))
    draft = StdCalibration(
        center=parts['center'],
        scale=parts['scale'],
        directions=parts['directions'],
        variances=parts['variances'],
        by_depth=flat,
        by_novelty=flat,
        limit=1.0,
        intervals={ONE_STD: 1.0},
        frames=len(clean),
    )
    novelty = [novelty_of(draft, frame) for frame in frames]
    pixels = _Pixels(frames, novelty)
    is_clean = np.array([frame.kind == CLEAN for frame in frames])
    knots = _novelty_knots(np.array(novelty), is_clean)
    depth_gains, novelty_gains = _fit_gains(pixels, is_clean[pixels.frame], knots)
    fitted = replace(
        draft,
        by_depth=Ramp(DEPTHS, tuple(depth_gains.tolist())),
        by_novelty=Ramp(tuple(knots), tuple(novelty_gains.tolist())),
        limit=float(np.quantile(np.array(novelty)[is_clean], LIMIT)),
    )
    return replace(fitted, intervals=_intervals(fitted, clean))


def novelty_of(calibration: StdCalibration, frame: SpreadFrame) -> float:
    """Novelty of a frame's picture."""
    return float(calibration.novelty(torch.from_numpy(frame.summary)[None]))


def calibrated_std(calibration: StdCalibration, frame: SpreadFrame) -> Array:
    """The std (N,) of a frame's pixels [m of the network]."""
    depth, spread = (torch.from_numpy(x).view(1, 1, 1, -1) for x in (frame.depth, frame.spread))
    novelty = torch.tensor([novelty_of(calibration, frame)])
    return calibration.apply(depth, spread, novelty).flatten().numpy()


class _Pixels:
    """All pixels of frames in rows; each frame weighs 1.

    Attributes:
        depth: (N,) [m of the network].
        novelty: (N,) of the pixel's picture.
        error: (N,) ln of ln(1 + |error| / depth) over the spread / depth.
        frame: (N,) number of the frame.
        weight: (N,).
    """

    def __init__(self, frames: Sequence[SpreadFrame], novelty: Sequence[float]) -> None:
        sizes = [frame.depth.size for frame in frames]
        self.frame = np.repeat(np.arange(len(frames)), sizes)
        self.depth = np.concatenate([frame.depth for frame in frames])
        true, spread = (
            np.concatenate([getattr(f, name) for f in frames]) for name in ('true', 'spread')
        )
        relative = np.log1p(np.abs(true / self.depth - 1)) / (spread / self.depth)
        self.error = np.log(relative + 1e-4)
        self.novelty = np.asarray(novelty)[self.frame]
        self.weight = 1 / np.asarray(sizes, np.float64)[self.frame]


def _directions(known: KnownPictures) -> dict[str, torch.Tensor]:
    """Center, scale, directions and variances of the summaries of known pictures."""
    counts = Counter(known.groups)
    weight = np.array([counts[group] ** -0.5 for group in known.groups])
    weight /= weight.sum()
    x = known.summaries.astype(np.float64)
    center = weight @ x
    scale = np.sqrt(weight @ (x - center) ** 2) + 1e-3
    place = (x - center) / scale
    covariance = (place.T * weight) @ place
    covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.eye(len(center))
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1], vectors.T[::-1]
    count = min(DIRECTIONS, len(values) - 1)
    variances = np.append(values[:count], values[count:].mean())
    numbers = {
        'center': center,
        'scale': scale,
        'directions': vectors[:count],
        'variances': variances,
    }
    return {name: torch.tensor(x.copy(), dtype=torch.float32) for name, x in numbers.items()}


def _novelty_knots(novelty: Array, is_clean: npt.NDArray[np.bool_]) -> list[float]:
    """Rising novelties between which the gain is straight."""
    knots = list(np.quantile(novelty[is_clean], CLEAN_KNOTS))
    beyond = novelty[novelty > 1.3 * knots[-1]]
    if beyond.size:
        knots += list(np.quantile(beyond, NOVEL_KNOTS))
    rising = [float(knots[0])]
    for knot in knots[1:]:
        if knot > 1.02 * rising[-1]:
            rising.append(float(knot))
    return rising if len(rising) > 1 else [rising[0], 2 * rising[0]]


def _fit_gains(
    pixels: _Pixels, is_clean: npt.NDArray[np.bool_], knots: Sequence[float]
) -> tuple[Array, Array]:
    """Logarithms of the gains by depth and by novelty."""
    by_depth = _hats(np.log(pixels.depth), np.log(DEPTHS))
    by_novelty = _hats(np.log(pixels.novelty), np.log(knots))
    # Pictures as they are count as much as all corrupted ones together.
    clean_share = float(pixels.weight[is_clean].sum() / pixels.weight.sum())
    boost = 1.0 if clean_share == 1 else (1 - clean_share) / clean_share
    weight = pixels.weight * np.where(is_clean, boost, 1.0)
    depth_gains, novelty_gains = np.zeros(len(DEPTHS)), np.zeros(len(knots))
    for _ in range(_ROUNDS):
        left = (pixels.error - by_novelty @ novelty_gains)[is_clean]
        depth_gains = quantile_fit(
            by_depth[is_clean], left, weight[is_clean], share=ONE_STD, start=depth_gains
        )
        left = pixels.error - by_depth @ depth_gains
        novelty_gains = quantile_fit(by_novelty, left, weight, share=ONE_STD, start=novelty_gains)
        novelty_gains = np.maximum.accumulate(novelty_gains)
    left = (pixels.error - by_depth @ depth_gains - by_novelty @ novelty_gains)[is_clean]
    one_std = _quantiles(left, pixels.weight[is_clean], np.array([ONE_STD]))
    return depth_gains + one_std, novelty_gains


def _intervals(calibration: StdCalibration, frames: Sequence[SpreadFrame]) -> dict[float, float]:
    """Half widths in std of the intervals of LEVELS; each frame weighs the same."""
    ratios = [np.abs(f.depth - f.true) / calibrated_std(calibration, f) for f in frames]
    weights = [np.full(ratio.size, 1 / ratio.size) for ratio in ratios]
    widths = _quantiles(np.concatenate(ratios), np.concatenate(weights), LEVELS)
    return dict(zip(LEVELS.tolist(), widths.tolist(), strict=True))


def _quantiles(values: Array, weights: Array, shares: Array) -> Array:
    """Weighted quantiles."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    found: Array = values[order][np.searchsorted(total, shares * total[-1])]
    return found


def _hats(x: Array, knots: Array) -> Array:
    """(N, K) weights of the knots in a function that is straight between them, level beyond."""
    numbers = np.arange(len(knots))
    places = np.interp(x, knots, numbers.astype(np.float64))
    return np.maximum(0.0, 1 - np.abs(places[:, None] - numbers))

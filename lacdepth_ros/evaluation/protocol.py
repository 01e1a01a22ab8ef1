# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What an evaluation counts: depth caps, crop, flip averaging and the mean, said explicitly."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from lacdepth_ros.data.transforms.geometric import (
    KITTI_BENCHMARK_SIZE,
    kitti_benchmark_window,
)

Crop = Literal['garg', 'eigen', 'nyu', 'none']
Averaging = Literal['image', 'pixel']
Window = tuple[slice, slice]

_NYU_SIZE = (480, 640)
# Top, bottom, left and right of the image's height and width, truncated to whole pixels.
_SHARES: dict[Crop, tuple[float | Fraction, ...]] = {
    'garg': (0.40810811, 0.99189189, 0.03594771, 0.96405229),
    'eigen': (0.3324324, 0.91351351, 0.0359477, 0.96405229),
    'nyu': (Fraction(45, 480), Fraction(471, 480), Fraction(41, 640), Fraction(601, 640)),
}


@dataclass(frozen=True, slots=True)
class EvaluationProtocol:
    """Rules that turn a prediction and its ground truth into comparable numbers.

    A pixel counts when its true depth lies strictly inside (min_depth_eval, max_depth_eval) and
    inside the crop. Predictions are first scaled (if `median_scaling`), then clamped to
    [min_depth_eval, max_depth_eval]. The default is KITTI's: Garg crop of the full-size image,
    1e-3 to 80 m, flip average, mean over images. `PROTOCOLS` names more.

    Attributes:
        min_depth_eval: Lower cap [m], > 0.
        max_depth_eval: Upper cap [m], finite and above the lower one.
        crop: 'garg' (rows 153:371, columns 44:1197 of 375x1242) and 'eigen' (rows 124:342, columns
            44:1197) of KITTI; 'nyu' (rows 45:471, columns 41:601 of 480x640); each at another
            size its share of the image; 'none'.
        flip_average: Average the prediction with that of the mirrored image.
        averaging: 'image': the mean over images of each image's metric, as papers do; 'pixel':
            the metric of all pixels of all images together.
        benchmark_crop: Take the crop of KITTI's 352x1216 benchmark crop, as LapDepth, AdaBins,
            NeWCRFs and ZoeDepth do, instead of the full-size image, as BTS does. Garg's then is
            rows 166:372, columns 56:1185 of 375x1242: 13 rows of the far edge count no more.
        median_scaling: Multiply each prediction by median(ground truth) / median(prediction) over
            its counting pixels, the rule for predictions without a scale. Never needed for metres.

    Raises:
        ValueError: A cap or a choice is impossible.
    """

    min_depth_eval: float = 1e-3
    max_depth_eval: float = 80.0
    crop: Crop = 'garg'
    flip_average: bool = True
    averaging: Averaging = 'image'
    benchmark_crop: bool = False
    median_scaling: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.min_depth_eval < self.max_depth_eval < math.inf:
            raise ValueError(
                f'evaluation caps {self.min_depth_eval} .. {self.max_depth_eval} m must satisfy '
                '0 < min_depth_eval < max_depth_eval < infinity'
            )
        for name, value, allowed in (
            ('crop', self.crop, get_args(Crop)),
            ('averaging', self.averaging, get_args(Averaging)),
        ):
            if value not in allowed:
                raise ValueError(f'{name} = {value!r} is not one of {", ".join(allowed)}')

    def to_dict(self) -> dict[str, Any]:
        """Every field by name, as JSON can hold it; `EvaluationProtocol(**d)` is the inverse."""
        return asdict(self)

    def crop_window(self, height: int, width: int) -> Window:
        """Rows and columns of a height x width image that count.

        Raises:
            ValueError: The benchmark crop is asked of a smaller image, or KITTI's Eigen crop of
                one of NYU's size.
        """
        if not self.benchmark_crop:
            return self._crop_of(height, width)
        outer = kitti_benchmark_window(height, width)
        inner = self._crop_of(*KITTI_BENCHMARK_SIZE)
        rows, columns = (
            slice(out.start + part.start, out.start + part.stop)
            for out, part in zip(outer, inner, strict=True)
        )
        return rows, columns

    def valid_mask(self, target: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
        """Bool mask of the pixels of a true depth (H, W) [m] that count; NaN and 0 never do."""
        mask = np.zeros(target.shape, dtype=np.bool_)
        window = self.crop_window(*target.shape)
        inside = target[window]
        mask[window] = (inside > self.min_depth_eval) & (inside < self.max_depth_eval)
        return mask

    def clamp(self, pred: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """Predicted depth (H, W) [m] limited to the caps; NaN stays NaN."""
        return np.clip(pred, self.min_depth_eval, self.max_depth_eval)

    def counting(self) -> str:
        """Which pixels count, in words."""
        whole = "KITTI's benchmark crop" if self.benchmark_crop else 'the full-size image'
        part = f'{self.crop} crop of {whole}' if self.crop != 'none' else f'all of {whole}'
        return f'{part}, {self.min_depth_eval:g} to {self.max_depth_eval:g} m'

    def describe(self) -> str:
        """The rules in one line."""
        return ', '.join(
            [
                self.counting(),
                'flip average' if self.flip_average else 'no flip average',
                f'mean over {self.averaging}s',
                'median scaling' if self.median_scaling else 'no scaling',
            ]
        )

    def _crop_of(self, height: int, width: int) -> Window:
        if self.crop == 'none':
            return slice(0, height), slice(0, width)
        if self.crop == 'eigen' and (height, width) == _NYU_SIZE:
            raise ValueError(
                "crop 'eigen' is KITTI's and the image is 640x480, as NYU's are; that of NYU, "
                "which Eigen's paper has too, is crop 'nyu'"
            )
        top, bottom, left, right = _SHARES[self.crop]
        rows = slice(int(top * height), int(bottom * height))
        return rows, slice(int(left * width), int(right * width))


PROTOCOLS: dict[str, EvaluationProtocol] = {
    'kitti': EvaluationProtocol(),
    'kitti-benchmark-crop': EvaluationProtocol(benchmark_crop=True),
    'kitti-eigen-crop': EvaluationProtocol(crop='eigen'),
    'kitti-median-scaled': EvaluationProtocol(flip_average=False, median_scaling=True),
    'nyu': EvaluationProtocol(max_depth_eval=10.0, crop='nyu'),
    'whole': EvaluationProtocol(crop='none', flip_average=False),
}
"""Protocols by name; 'whole' is the plain one for data of one's own."""

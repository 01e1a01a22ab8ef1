# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth-error metrics, each written once, and their mean over images.

Every metric takes arrays of one shape, keyword-only: `pred` and `target` in metres and the bool
`valid_mask` of the pixels that count. There `pred` and `target` must be finite and > 0; with no
such pixel a metric is undefined and raises. Caps and crops belong to `EvaluationProtocol`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]


def abs_rel(*, pred: FloatArray, target: FloatArray, valid_mask: BoolArray) -> float:
    """Mean of |pred - target| / target, without unit."""
    p, t = _select(pred, target, valid_mask)
    return float(np.mean(np.abs(p - t) / t))


def sq_rel(*, pred: FloatArray, target: FloatArray, valid_mask: BoolArray) -> float:
    """Mean of (pred - target)^2 / target, metres."""
    p, t = _select(pred, target, valid_mask)
    return float(np.mean((p - t) ** 2 / t))


def rmse(*, pred: FloatArray, target: FloatArray, valid_mask: BoolArray) -> float:
    """Root of the mean squared error, metres."""
    p, t = _select(pred, target, valid_mask)
    return float(np.sqrt(np.mean((p - t) ** 2)))


def rmse_log(*, pred: FloatArray, target: FloatArray, valid_mask: BoolArray) -> float:
    """Root of the mean squared error of the natural logarithms."""
    p, t = _select(pred, target, valid_mask)
    return float(np.sqrt(np.mean((np.log(p) - np.log(t)) ** 2)))


def log10(*, pred: FloatArray, target: FloatArray, valid_mask: BoolArray) -> float:
    """Mean of |log10 pred - log10 target|."""
    p, t = _select(pred, target, valid_mask)
    return float(np.mean(np.abs(np.log10(p) - np.log10(t))))


def silog(*, pred: FloatArray, target: FloatArray, valid_mask: BoolArray) -> float:
    """Scale-invariant logarithmic error: 100 times the standard deviation of ln pred - ln target.

    Equal to 100 sqrt(E[d^2] - E[d]^2) (BTS, ZoeDepth, KITTI); not the training loss.
    """
    p, t = _select(pred, target, valid_mask)
    return float(100.0 * np.std(np.log(p) - np.log(t)))


def delta1(*, pred: FloatArray, target: FloatArray, valid_mask: BoolArray) -> float:
    """Share of pixels with max(pred / target, target / pred) < 1.25."""
    return _share_within(1.25, *_select(pred, target, valid_mask))


def delta2(*, pred: FloatArray, target: FloatArray, valid_mask: BoolArray) -> float:
    """Share of pixels with max(pred / target, target / pred) < 1.25^2."""
    return _share_within(1.25**2, *_select(pred, target, valid_mask))


def delta3(*, pred: FloatArray, target: FloatArray, valid_mask: BoolArray) -> float:
    """Share of pixels with max(pred / target, target / pred) < 1.25^3."""
    return _share_within(1.25**3, *_select(pred, target, valid_mask))


METRICS: dict[str, Callable[..., float]] = {
    metric.__name__: metric
    for metric in (abs_rel, sq_rel, rmse, rmse_log, log10, silog, delta1, delta2, delta3)
}
"""Every metric by its name, in the order of reports."""


def depth_metrics(
    *, pred: FloatArray, target: FloatArray, valid_mask: BoolArray
) -> dict[str, float]:
    """All metrics of one image by name.

    Raises:
        ValueError: Shapes differ, nothing is valid, or a valid pixel holds no positive depth.
    """
    p, t = _select(pred, target, valid_mask)
    everywhere = np.ones(p.shape, dtype=np.bool_)
    return {
        name: metric(pred=p, target=t, valid_mask=everywhere) for name, metric in METRICS.items()
    }


class DepthMetrics:
    """Metrics of many images: the mean over images, overall and per group."""

    def __init__(self) -> None:
        self._images: list[tuple[str, dict[str, float]]] = []

    def update(
        self, *, pred: FloatArray, target: FloatArray, valid_mask: BoolArray, group: str
    ) -> dict[str, float]:
        """Add one image of a group and return its metrics.

        Raises:
            ValueError: As `depth_metrics`; the image is not added.
        """
        metrics = depth_metrics(pred=pred, target=target, valid_mask=valid_mask)
        self._images.append((group, metrics))
        return metrics

    @property
    def groups(self) -> list[str]:
        """Names of the groups, in order of appearance."""
        return list(dict.fromkeys(group for group, _ in self._images))

    def frames(self, group: str | None = None) -> int:
        """Number of images of a group; of all when `group` is None."""
        return len(self._of(group))

    def mean(self, group: str | None = None) -> dict[str, float]:
        """Mean over the images of a group (every image weighs the same); all when None.

        Raises:
            ValueError: There is no image to average.
        """
        images = self._of(group)
        if not images:
            raise ValueError(f'no image of group {group!r}; groups: {self.groups}')
        return {name: float(np.mean([image[name] for image in images])) for name in METRICS}

    def _of(self, group: str | None) -> list[dict[str, float]]:
        return [metrics for name, metrics in self._images if group in (None, name)]


def _select(
    pred: FloatArray, target: FloatArray, valid_mask: BoolArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Check the arrays and return the valid pixels of both as (N,) float64."""
    if not pred.shape == target.shape == valid_mask.shape:
        raise ValueError(
            f'pred {pred.shape}, target {target.shape} and valid_mask {valid_mask.shape} '
            'must be of one shape'
        )
    if valid_mask.dtype != np.bool_:
        raise ValueError(f'valid_mask is {valid_mask.dtype}; it must be bool')
    p, t = pred[valid_mask].astype(np.float64), target[valid_mask].astype(np.float64)
    if p.size == 0:
        raise ValueError('valid_mask holds no pixel: metrics of nothing are undefined')
    for name, values in (('pred', p), ('target', t)):
        if not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(f'{name} must be finite and > 0 m wherever valid_mask is true')
    return p, t


def _share_within(limit: float, p: npt.NDArray[np.float64], t: npt.NDArray[np.float64]) -> float:
    return float(np.mean(np.maximum(p / t, t / p) < limit))

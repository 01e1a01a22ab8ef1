# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The depth-error metrics, each written once, as sums over pixels that add up.

With pred p, target t [m] and d = ln p - ln t, the mean E taken over the pixels that count:

    abs_rel   E[|p - t| / t]
    sq_rel    E[(p - t)^2 / t]                          [m]
    rmse      sqrt(E[(p - t)^2])                        [m]
    rmse_log  sqrt(E[d^2])
    log10     E[|log10 p - log10 t|]
    silog     100 sqrt(E[d^2] - E[d]^2)                 not the training loss
    delta1..3 share of pixels with max(p / t, t / p) < 1.25^k

Caps and crops belong to `EvaluationProtocol`.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]
BoolArray = npt.NDArray[np.bool_]
Sums = npt.NDArray[np.float64]
"""(S,) the sums of a set of pixels, or (N, S) of N sets; `pooled` adds sets up."""

METRICS: dict[str, str] = {
    'abs_rel': '',
    'sq_rel': 'm',
    'rmse': 'm',
    'rmse_log': '',
    'log10': '',
    'silog': '',
    'delta1': '',
    'delta2': '',
    'delta3': '',
}
"""Every metric's unit by its name, in the order of reports."""

# What a set of pixels is boiled down to. The logarithms are kept as mean and spread (the sum of
# squared deviations): E[d^2] - E[d]^2 of plain sums would lose every digit of a pure scale error.
_PIXELS, _ABS_REL, _SQ_REL, _SQUARED, _LOG10, _WITHIN, _LOG_MEAN, _LOG_SPREAD = (
    0, 1, 2, 3, 4, slice(5, 8), 8, 9,
)  # fmt: skip
_LENGTH = 10
_DELTAS = 1.25 ** np.arange(1, 4)


def depth_metrics(
    *, pred: FloatArray, target: FloatArray, valid_mask: BoolArray
) -> dict[str, float]:
    """All metrics of one image by name, in the order of `METRICS`.

    Args:
        pred: Predicted depth [m], of the target's shape; finite and > 0 where valid.
        target: True depth [m]; finite and > 0 where valid.
        valid_mask: The pixels that count.

    Raises:
        ValueError: Shapes differ, nothing is valid, or a valid pixel holds no positive depth.
    """
    return metrics_from_sums(error_sums(*select(pred, target, valid_mask))[0])


def select(
    pred: FloatArray, target: FloatArray, valid_mask: BoolArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Check the arrays and return the valid pixels of pred and target as (N,) float64, N > 0.

    Raises:
        ValueError: As `depth_metrics`.
    """
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


def error_sums(
    p: npt.NDArray[np.float64],
    t: npt.NDArray[np.float64],
    *,
    edges: npt.NDArray[np.float64] | None = None,
) -> Sums:
    """The sums of a set of pixels, or of its parts by true depth.

    Args:
        p: (N,) predicted depth [m], finite and > 0, as `select` yields it.
        t: (N,) true depth [m], likewise.
        edges: (B + 1,) rising depths [m]: part i holds edges[i] <= t < edges[i + 1]; pixels
            outside are in no part. None = one part with every pixel.

    Returns:
        (B, S) sums, one row per part; zeros for an empty part.
    """
    parts = 1 if edges is None else len(edges) - 1
    part = np.zeros(t.size, np.intp) if edges is None else np.digitize(t, edges) - 1
    if edges is not None:
        inside = (part >= 0) & (part < parts)
        p, t, part = p[inside], t[inside], part[inside]

    def added(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        return np.bincount(part, values, parts).astype(np.float64)

    error, ratio = p - t, p / t
    log_ratio, off = np.log(ratio), np.maximum(ratio, t / p)
    sums = np.zeros((parts, _LENGTH))
    sums[:, _PIXELS] = count = np.bincount(part, minlength=parts)
    sums[:, _ABS_REL] = added(np.abs(error) / t)
    sums[:, _SQ_REL] = added(error**2 / t)
    sums[:, _SQUARED] = added(error**2)
    sums[:, _LOG10] = added(np.abs(log_ratio)) / math.log(10)
    sums[:, _WITHIN] = np.stack([added(off < delta) for delta in _DELTAS], axis=1)
    sums[:, _LOG_MEAN] = added(log_ratio) / np.maximum(count, 1)
    sums[:, _LOG_SPREAD] = added((log_ratio - sums[part, _LOG_MEAN]) ** 2)
    return sums


def pooled(sums: Sums) -> Sums:
    """Add the sums (N, S) of N sets of pixels up to those of their union, (S,)."""
    total = np.asarray(sums.sum(axis=0), np.float64)
    count = sums[:, _PIXELS]
    mean = (count @ sums[:, _LOG_MEAN]) / max(total[_PIXELS], 1)
    total[_LOG_MEAN] = mean
    total[_LOG_SPREAD] += count @ (sums[:, _LOG_MEAN] - mean) ** 2
    return total


def metrics_from_sums(sums: Sums) -> dict[str, float]:
    """Turn the sums (S,) of a set of pixels into its metrics by name.

    Raises:
        ValueError: The set is empty.
    """
    pixels = sums[_PIXELS]
    if pixels == 0:
        raise ValueError('no pixel was counted: metrics of nothing are undefined')
    spread, mean = sums[_LOG_SPREAD] / pixels, sums[_LOG_MEAN]
    values = (
        sums[_ABS_REL] / pixels,
        sums[_SQ_REL] / pixels,
        math.sqrt(sums[_SQUARED] / pixels),
        math.sqrt(spread + mean**2),
        sums[_LOG10] / pixels,
        100.0 * math.sqrt(spread),
        *(sums[_WITHIN] / pixels),
    )
    return {name: float(value) for name, value in zip(METRICS, values, strict=True)}


def pixel_count(sums: Sums) -> int:
    """Number of pixels behind the sums (S,), or (N, S) in all."""
    return int(sums[..., _PIXELS].sum())


def ratio_from_sums(sums: Sums) -> float:
    """Geometric mean of predicted over true depth of a set of pixels: above 1 is too far."""
    return math.exp(sums[_LOG_MEAN])

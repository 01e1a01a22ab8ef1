# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth values counted in narrow logarithmic bins, so that a data set of any size fits."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

_NEAREST, _FARTHEST = 0.01, 1000.0  # metres; values beyond are counted in the outer bins
_BINS_PER_E = 100  # bins are 1 % wide
_BINS = round(math.log(_FARTHEST / _NEAREST) * _BINS_PER_E)


class DepthHistogram:
    """Counts of depth values; percentiles are exact to the bins' width of 1 %."""

    def __init__(self) -> None:
        self._counts = np.zeros(_BINS, dtype=np.int64)

    @property
    def total(self) -> int:
        """Number of counted values."""
        return int(self._counts.sum())

    def add(self, depth: npt.NDArray[np.float32]) -> None:
        """Count positive depth values [m], an array of any shape."""
        places = np.log(depth.ravel() / np.float32(_NEAREST)) * _BINS_PER_E
        bins = np.clip(places.astype(np.intp), 0, _BINS - 1)
        self._counts += np.bincount(bins, minlength=_BINS)

    def merge(self, other: DepthHistogram) -> None:
        """Add the counts of another histogram."""
        self._counts += other._counts

    def percentile(self, percent: float) -> float:
        """Depth [m] below which this percentage of the values lies; NaN without values."""
        if not self.total:
            return math.nan
        reached = np.searchsorted(np.cumsum(self._counts), percent / 100 * self.total)
        return float(_NEAREST * math.exp((min(int(reached), _BINS - 1) + 0.5) / _BINS_PER_E))

    def shares(self, edges: tuple[float, ...]) -> list[float]:
        """Share of the values in each band edges[i] .. edges[i + 1] [m]; NaN without values."""
        if not self.total:
            return [math.nan] * (len(edges) - 1)
        centers = _NEAREST * np.exp((np.arange(_BINS) + 0.5) / _BINS_PER_E)
        counts, _ = np.histogram(centers, bins=edges, weights=self._counts)
        return [float(count) / self.total for count in counts]

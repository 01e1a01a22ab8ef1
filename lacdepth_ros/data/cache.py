# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Decoded samples kept in memory, within a budget that all workers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils.data import get_worker_info

from lacdepth_ros.data.sample import Sample


class SampleCache:
    """Keeps the first samples it makes; what comes after the budget is spent is made every time.

    Draws are random, so the first samples are as good as the latest and need no bookkeeping. A
    worker process of a DataLoader fills a cache of its own, with its share of the budget; a cache
    sent to a process starts empty there.

    Args:
        budget_gb: Memory of all workers together [GB], 0 or more.
    """

    def __init__(self, budget_gb: float) -> None:
        self._budget_gb = budget_gb
        self._samples: dict[int, Sample] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._samples)

    def get(self, key: int, make: Callable[[], Sample]) -> Sample:
        """The sample of a key: kept, or made now."""
        sample = self._samples.get(key)
        if sample is not None:
            return sample
        sample = make()
        if self._bytes + _size(sample) <= self._share():
            self._samples[key] = sample
            self._bytes += _size(sample)
        return sample

    def _share(self) -> float:
        """Bytes that this process may keep."""
        worker = get_worker_info()
        return self._budget_gb * 1e9 / (worker.num_workers if worker else 1)

    def __getstate__(self) -> dict[str, Any]:
        return {'budget_gb': self._budget_gb}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _size(sample: Sample) -> int:
    maps = (sample.image, sample.depth, sample.dense)
    return sum(values.nbytes for values in maps if values is not None)

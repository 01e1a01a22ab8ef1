# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The cache keeps what fits, and every worker its share."""

from __future__ import annotations

import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data import cache as cache_module
from lacdepth_ros.data.cache import SampleCache
from lacdepth_ros.data.sample import Sample

CAMERA = Camera(10.0, 10.0, 5.0, 5.0, width=10, height=10)


def sample(key: int, *, dense: bool = False) -> Sample:
    """700 bytes, with dense depth 1,100."""
    depth = np.full((10, 10), key, np.float32)
    image = np.zeros((10, 10, 3), np.uint8)
    return Sample(image, depth, CAMERA, f'x/{key}', depth.copy() if dense else None)


class Maker:
    """Makes samples and counts how often."""

    def __init__(self, *, dense: bool = False) -> None:
        self.made: list[int] = []
        self.dense = dense

    def get(self, cache: SampleCache, key: int) -> Sample:
        def make() -> Sample:
            self.made.append(key)
            return sample(key, dense=self.dense)

        return cache.get(key, make)


@pytest.mark.parametrize(('dense', 'kept'), [(False, 3), (True, 2)])
def test_first_samples_are_kept_within_the_budget(dense: bool, kept: int) -> None:
    cache, maker = SampleCache(2300e-9), Maker(dense=dense)
    for key in [0, 1, 2, 3, 4] * 2:
        assert maker.get(cache, key).depth[0, 0] == key
    assert len(cache) == kept
    assert maker.made == [0, 1, 2, 3, 4, *range(kept, 5)]


def test_budget_is_shared_by_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, 'get_worker_info', lambda: SimpleNamespace(num_workers=3))
    cache, maker = SampleCache(2300e-9), Maker()
    for key in range(5):
        maker.get(cache, key)
    assert len(cache) == 1


def test_cache_sent_to_a_process_starts_empty() -> None:
    cache, maker = SampleCache(2300e-9), Maker()
    maker.get(cache, 0)
    copy = pickle.loads(pickle.dumps(cache))
    assert len(copy) == 0
    for key in range(5):
        maker.get(copy, key)
    assert len(copy) == 3 and len(cache) == 1


def test_what_cannot_be_made_is_not_kept() -> None:
    cache, maker = SampleCache(1.0), Maker()

    def fail() -> Sample:
        raise ValueError('unreadable')

    with pytest.raises(ValueError, match='unreadable'):
        cache.get(0, fail)
    assert maker.get(cache, 0).depth[0, 0] == 0

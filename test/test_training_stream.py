# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stream of views: a function of seed and index, in metres at the network's focal length."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from miniature import FOCAL, write_manifest

from lacdepth_ros.camera import Camera
from lacdepth_ros.data.augment import AugmentConfig
from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.data.sample import BEYOND_RANGE, Sample
from lacdepth_ros.training import stream as stream_module
from lacdepth_ros.training.stream import StreamConfig, ViewStream


@pytest.fixture(scope='module')
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_manifest(tmp_path_factory.mktemp('data'), 'road/0', 'road/1', 'room/0')


def make(
    manifest: Path,
    *,
    focal_px: float = 70.0,
    length: int = 12,
    seed: int = 0,
    augment: dict[str, Any] | None = None,
    **config: Any,
) -> ViewStream:
    view = {'crop': (32, 64), 'focal_range': (60.0, 80.0), **(augment or {})}
    return ViewStream(
        read_manifest(manifest),
        StreamConfig(**config),
        AugmentConfig(**view),
        focal_px=focal_px,
        length=length,
        seed=seed,
    )


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[key], b[key]) for key in ('image', 'depth'))


def test_view_has_the_size_of_the_crop(manifest: Path) -> None:
    stream = make(manifest)
    view = stream[0]
    assert view['image'].shape == (3, 32, 64) and view['image'].dtype == torch.uint8
    assert view['depth'].shape == (32, 64) and view['depth'].dtype == torch.float32
    assert len(stream) == 12


def test_view_depends_on_seed_and_index_alone(manifest: Path) -> None:
    forward, backward = make(manifest), make(manifest)
    views = [forward[i] for i in range(6)]
    again = [backward[i] for i in reversed(range(6))][::-1]
    assert all(same(a, b) for a, b in zip(views, again, strict=True))
    assert not any(same(views[0], view) for view in views[1:])
    assert not same(views[0], make(manifest, seed=1)[0])


def test_truth_is_brought_to_the_focal_length_of_the_network(manifest: Path) -> None:
    """At scale f / FOCAL the true 5 .. 43 m become metres x focal_px / f."""
    still = {'focal_range': (FOCAL, FOCAL), 'flip': 0.0}
    original, doubled = (
        make(manifest, focal_px=focal, augment=still)[0]['depth'] for focal in (80.0, 160.0)
    )
    assert float(original[original > 0].min()) >= 2 and float(original.max()) <= 43
    torch.testing.assert_close(doubled, 2 * original)


def test_groups_are_drawn_by_their_weights(manifest: Path) -> None:
    stream = make(manifest, group_weights={'road': 0.0})
    rooms = make(manifest, group_weights={'road': 0, 'room': 9})
    assert all(same(stream[i], rooms[i]) for i in range(4))
    stream[0]
    assert set(stream._cache) == {2}


@pytest.mark.parametrize(
    ('weights', 'message'),
    [
        ({'rail': 1.0}, r"\['rail'\].*\['road', 'room'\]"),
        ({'road': 0.0, 'room': 0.0}, 'above 0'),
        ({'road': -1.0}, r'group_weights\.road=-1\.0 must be'),
    ],
)
def test_impossible_weights_are_refused(
    manifest: Path, weights: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(manifest, group_weights=weights)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int]]]:
    """Replace the renderer by flat scenes with sky above; list what was rendered."""
    calls: list[tuple[int, int]] = []

    def flat(seed: int, frame: int, *, camera: Camera) -> Sample:
        calls.append((seed, frame))
        image = np.full((camera.height, camera.width, 3), 99, np.uint8)
        depth = np.full((camera.height, camera.width), 8, np.float32)
        depth[: camera.height // 2] = 0
        return Sample(image, depth, camera, f'synthetic/{seed}')

    monkeypatch.setattr(stream_module, 'synthetic_sample', flat)
    yield calls


def test_synthetic_share(manifest: Path, rendered: list[tuple[int, int]]) -> None:
    stream = make(manifest, synthetic_share=0.5, synthetic_scenes=4, length=200)
    flat = sum(bool((stream[i]['depth'] > BEYOND_RANGE / 10).any()) for i in range(60))
    assert 15 <= flat <= 45
    assert len(rendered) == len(set(rendered)) == 4  # each once
    make(manifest, synthetic_share=0.0)[0]
    assert len(rendered) == 4


def test_cache_is_bounded(manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, 'CACHED_SAMPLES', 1)
    stream = make(manifest)
    for i in range(6):
        stream[i]
    assert len(stream._cache) == 1
    monkeypatch.undo()
    reference = make(manifest)
    assert same(stream[5], reference[5])

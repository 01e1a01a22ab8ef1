# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The stream of views: a function of seed and index, in metres at the network's focal length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from miniature import FOCAL, HEIGHT, WIDTH, write_manifest
from torch.utils.data import DataLoader, default_collate

from lacdepth_ros.data.files import write_depth_png, write_image
from lacdepth_ros.data.manifest import ManifestEntry, read_manifest
from lacdepth_ros.data.sample import BEYOND_FROM, BEYOND_RANGE
from lacdepth_ros.data.transforms.config import AugmentConfig
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.training import stream as stream_module
from lacdepth_ros.training.stream import StreamConfig, ViewStream, draw_weights


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
    return make_of(
        read_manifest(manifest),
        StreamConfig(**config),
        augment,
        focal_px=focal_px,
        length=length,
        seed=seed,
    )


def make_of(
    entries: Sequence[ManifestEntry],
    config: StreamConfig | None = None,
    augment: dict[str, Any] | None = None,
    *,
    focal_px: float = 70.0,
    length: int = 12,
    seed: int = 0,
) -> ViewStream:
    view = {'crop': (32, 64), 'focal_range': (60.0, 80.0), **(augment or {})}
    return ViewStream(
        entries,
        config or StreamConfig(),
        AugmentConfig(**view),
        model=ModelConfig(focal_px=focal_px),
        length=length,
        per_step=4,
        seed=seed,
    )


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[key], b[key]) for key in ('image', 'depth', 'dense'))


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


def test_views_of_a_step_share_one_of_the_sizes(manifest: Path) -> None:
    sizes = {'crop': (16, 64), 'crops': ((16, 64), (24, 40), (40, 32))}
    stream = make(manifest, augment=sizes)
    views = [stream[i] for i in range(48)]
    steps = [{view['image'].shape for view in views[i : i + 4]} for i in range(0, 48, 4)]
    assert all(len(shapes) == 1 for shapes in steps)
    assert set.union(*steps) == {(3, *size) for size in sizes['crops']}
    assert all(view['depth'].shape == view['image'].shape[1:] for view in views)
    again = make(manifest, augment=sizes)
    assert same(again[47], views[47]) and same(again[5], views[5])


def test_ground_truth_is_brought_to_the_focal_length_of_the_network(manifest: Path) -> None:
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
    assert set(stream._cache._samples) == {2}


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


def test_ground_truth_is_brought_to_the_camera_height_of_the_network(manifest: Path) -> None:
    """Seen from half the height, everything is twice as far in units of the height."""
    still = {'focal_range': (FOCAL, FOCAL), 'flip': 0.0}
    entry = read_manifest(manifest)[0]
    unknown = make_of([entry], augment=still)[0]['depth']
    low = make_of([replace(entry, camera_height=0.825)], augment=still)[0]['depth']
    torch.testing.assert_close(low, 2 * unknown)


def test_intrinsics_are_those_of_the_view(manifest: Path) -> None:
    """Of the exact scene x = z (u - cx) / fx: the crop moves cx, the zoom scales all."""
    whole = {'scale_range': (0.5, 0.5), 'crop': (HEIGHT // 2, WIDTH // 2), 'flip': 0.0}
    entry = read_manifest(manifest)[0]
    given = entry.camera
    view = make_of([entry], augment=whole)[0]['intrinsics']
    expected = [given.fx / 2, given.fy / 2, given.cx / 2 - 0.25, given.cy / 2 - 0.25]
    torch.testing.assert_close(view, torch.tensor(expected))
    mirrored = make_of([entry], augment={**whole, 'flip': 1.0})[0]['intrinsics']
    assert float(mirrored[2]) == pytest.approx(WIDTH // 2 - 1 - expected[2])


def test_a_share_of_the_draws_goes_to_a_group_of_any_size(manifest: Path) -> None:
    entries = read_manifest(manifest)
    config = StreamConfig(group_shares={'room': 0.8}, group_weights={'road': 5.0})
    np.testing.assert_allclose(draw_weights(entries, config), [0.1, 0.1, 0.8])
    uneven = StreamConfig(group_weights={'road': 3.0})
    np.testing.assert_allclose(draw_weights(entries, uneven), np.array([3, 3, 1]) / 7)


@pytest.mark.parametrize(
    ('shares', 'message'),
    [
        ({'rail': 0.5}, r"group_shares names \['rail'\].*\['road', 'room'\]"),
        ({'road': 1.0}, 'between 0 and 1'),
        ({'road': 0.5, 'room': 0.5}, 'leave something'),
    ],
)
def test_impossible_shares_are_refused(
    manifest: Path, shares: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make(manifest, group_shares=shares)


def test_group_with_a_weight_and_a_share_is_refused() -> None:
    with pytest.raises(ValueError, match=r"both name \['road'\]; .*one of them"):
        StreamConfig(group_shares={'road': 0.3}, group_weights={'road': 0.0, 'room': 2.0})


def test_mixed_views_join_two_frames_of_one_domain(tmp_path: Path) -> None:
    """Walls of one depth each: a view shows one or two of them, roads only with roads."""
    path = write_manifest(tmp_path, 'road/0', 'road/1', 'room/0')
    entries = read_manifest(path)
    for value, entry in zip((10.0, 20.0, 30.0), entries, strict=True):
        write_depth_png(entry.depth, np.full((HEIGHT, WIDTH), value, np.float32))
    still = {'scale_range': (1.0, 1.0)}

    def seen(mix: float) -> list[frozenset[int]]:
        stream = make_of(entries, StreamConfig(cutmix=mix, sky=False), still, focal_px=FOCAL)
        maps = [stream[i]['depth'] for i in range(40)]
        return [frozenset(x[x > 0].round().int().tolist()) for x in maps]

    assert {len(depths) for depths in seen(0.0)} == {1}
    mixed = seen(1.0)
    assert frozenset({10, 20}) in mixed
    assert set().union(*mixed) == {10, 20, 30}
    assert not any(30 in depths and len(depths) > 1 for depths in mixed)


def test_frames_of_other_heights_are_not_mixed(tmp_path: Path) -> None:
    entries = read_manifest(write_manifest(tmp_path, 'road/0', 'road/1', 'road/2'))
    for value, entry in zip((10.0, 20.0, 30.0), entries, strict=True):
        write_depth_png(entry.depth, np.full((HEIGHT, WIDTH), value, np.float32))
    entries[2] = replace(entries[2], camera_height=1.65)
    config = StreamConfig(cutmix=1.0, sky=False)
    stream = make_of(entries, config, {'scale_range': (1.0, 1.0)}, focal_px=FOCAL)
    maps = [stream[i]['depth'] for i in range(40)]
    depths = {frozenset(x[x > 0].round().int().tolist()) for x in maps}
    assert frozenset({10, 20}) in depths and frozenset({30}) in depths
    assert not any(30 in some and len(some) > 1 for some in depths)


@pytest.mark.parametrize('mix', [-0.1, 1.5])
def test_impossible_mix_is_refused(mix: float) -> None:
    with pytest.raises(ValueError, match=rf'cutmix={mix} must lie in \[0, 1\]'):
        StreamConfig(cutmix=mix)


def test_sky_is_marked_only_outdoors_and_where_asked(
    manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_module, 'sky_mask', lambda image, depth: np.ones_like(depth) > 0)

    def beyond(**config: Any) -> float:
        stream = make(manifest, **config)
        return float((stream[0]['depth'] > BEYOND_RANGE / 10).float().mean())

    assert beyond(group_weights={'room': 0}) > 0.5
    assert beyond(group_weights={'room': 0}, sky=False) == 0
    assert beyond(group_weights={'road': 0}) == 0


@pytest.mark.parametrize('height', [0.2, 1.65, 20.0])
def test_sky_stays_sky_at_every_height(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, height: float
) -> None:
    """From a high camera all is nearer by the network's height, from a low one farther."""
    entry = read_manifest(write_manifest(tmp_path, 'road/0'))[0]
    write_depth_png(entry.depth, np.full((HEIGHT, WIDTH), 200.0, np.float32))
    monkeypatch.setattr(
        stream_module, 'sky_mask', lambda image, depth: np.arange(len(depth))[:, None] < 24
    )
    turned = {'scale_range': (1.0, 1.0), 'pitch': 10.0, 'yaw': 10.0}
    stream = make_of([replace(entry, camera_height=height)], None, turned, focal_px=FOCAL)
    depth = stream[0]['depth']
    sky = depth == BEYOND_RANGE
    assert 0.1 < float(sky.float().mean()) < 0.9
    measured = depth[~sky & (depth > 0)]
    expected = 200 * 1.65 / height
    # Turning the camera by 10 degrees changes a depth by a fifth at most.
    assert measured.numel() and float(measured.min()) > 0.8 * expected
    assert float(measured.max()) <= 1.25 * expected


def test_far_measured_depth_is_no_sky(tmp_path: Path) -> None:
    """A PNG of 10 counts per metre reaches 6.5 km, one of the least scale 6,553 km."""
    entry = read_manifest(write_manifest(tmp_path, 'road/0'))[0]
    for scale, meters in ((10.0, 2000.0), (0.01, 6_553_400.0)):
        far = replace(entry, depth_scale=scale)
        write_depth_png(far.depth, np.full((HEIGHT, WIDTH), meters, np.float32), scale)
        stream = make_of([far], StreamConfig(sky=False), {'scale_range': (1.0, 1.0)})
        depth = stream[0]['depth']  # at 70 of 80 px
        assert torch.allclose(depth[depth > 0], torch.tensor(meters * 70 / 80))
        assert (depth > 0).any() and (depth < BEYOND_FROM).all()


def test_dense_depth_follows_the_view_and_the_focal_length(manifest: Path) -> None:
    """Where the ground truth is dense already and nothing is scaled, both are one map."""
    entry = read_manifest(manifest)[2]
    whole = {'scale_range': (1.0, 1.0)}
    view = make_of([replace(entry, dense=entry.depth)], augment=whole)[3]
    assert view['dense'].shape == (32, 64) and bool((view['dense'] > 0).all())
    torch.testing.assert_close(view['dense'], view['depth'])
    assert not make_of([entry])[3]['dense'].any()


@pytest.mark.parametrize('damage', ['missing', 'cut short', 'other size'])
def test_unreadable_frame_is_replaced_named_once_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    path = write_manifest(tmp_path, 'road/0', 'road/1', 'room/0')
    whole = make(path)
    before = [whole[i] for i in range(12)]
    image = tmp_path / 'road_1.png'
    if damage == 'missing':
        image.unlink()
    elif damage == 'cut short':
        image.write_bytes(image.read_bytes()[:200])
    else:
        write_image(image, np.zeros((10, 10, 3), np.uint8))
    stream, again = make(path), make(path)
    views = [stream[i] for i in range(12)]
    replaced = [i for i, view in enumerate(views) if view['skipped']]
    assert 1 <= len(replaced) < 12 and all(views[i]['skipped'] == 1 for i in replaced)
    assert all(same(views[i], before[i]) == (i not in replaced) for i in range(12))
    assert len(caplog.records) == 1
    assert 'road/1' in caplog.text and 'road_1.png' in caplog.text
    assert all(same(again[i], views[i]) for i in reversed(range(12)))
    assert stream.unreadable() == ['road/1']


def test_no_frame_can_be_read(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, 'road/0', 'road/1', 'room/0')
    for image in tmp_path.glob('*_?.png'):
        image.unlink()
    with pytest.raises(ValueError, match=r'no training frame can be read \(3 tried\).*\.png'):
        make(path)[0]
    with pytest.raises(ValueError, match=r'\(1 tried\)'):
        make(path, group_weights={'road': 0})[0]


def test_workers_yield_the_same_views_and_share_what_is_unreadable(tmp_path: Path) -> None:
    path = write_manifest(tmp_path, 'road/0', 'road/1', 'room/0')
    (tmp_path / 'room_0.png').unlink()
    stream, alone = make(path), make(path)
    stream[0]  # what the main process kept does not disturb the workers
    loader = DataLoader(stream, 4, num_workers=2, multiprocessing_context='fork')
    for number, batch in enumerate(loader):
        views = default_collate([alone[i] for i in range(4 * number, 4 * number + 4)])
        assert all(torch.equal(batch[key], views[key]) for key in views)
    assert stream.unreadable() == alone.unreadable() == ['room/0']


def test_small_cache_changes_nothing(manifest: Path) -> None:
    stream, uncached = make(manifest), make(manifest, cache_gb=0.0)
    assert all(same(stream[i], uncached[i]) for i in range(6))
    assert len(stream._cache) == 3 and len(uncached._cache) == 0


@pytest.mark.parametrize(
    ('field', 'value'),
    [('cache_gb', -1.0), ('cutmix', 2.0)],
)
def test_impossible_setting_is_named(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f'{field}={value!r}'):
        StreamConfig(**{field: value})

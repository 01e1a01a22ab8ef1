# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Interpolated depth: planes stay planes, edges stay edges, ground truth stays ground truth."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from miniature import HEIGHT, WIDTH, write_manifest

from lacdepth_ros.data import densify as densify_module
from lacdepth_ros.data import depth_completion
from lacdepth_ros.data.densify import densify
from lacdepth_ros.data.depth_completion import complete_depth
from lacdepth_ros.data.files import write_depth_png
from lacdepth_ros.data.manifest import read_manifest
from lacdepth_ros.data.sample import BEYOND_RANGE

pytest.importorskip('scipy')


def show(done: int, total: int) -> None:
    """A progress nobody watches."""


def scene() -> tuple[np.ndarray, np.ndarray]:
    """A dark wall at 5 m left of column 30, a bright one at 20 m right of it."""
    image = np.full((24, 60, 3), 40, np.uint8)
    image[:, 30:] = 220
    depth = np.full((24, 60), 5.0, np.float32)
    depth[:, 30:] = 20.0
    return image, depth


def test_depth_stops_at_the_edges_of_the_image() -> None:
    image, depth = scene()
    sparse = np.zeros_like(depth)
    sparse[::6, ::7] = depth[::6, ::7]
    dense = complete_depth(image, sparse, width=640)
    np.testing.assert_allclose(dense, depth, rtol=0.02)


def test_ground_truth_is_kept_and_bounds_the_rest() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (24, 60, 3), dtype=np.uint8)
    ground_truth = np.where(rng.random((24, 60)) < 0.05, rng.uniform(3, 70, (24, 60)), 0)
    ground_truth = ground_truth.astype(np.float32)
    dense = complete_depth(image, ground_truth, width=640)
    known = ground_truth > 0
    np.testing.assert_allclose(dense[known], ground_truth[known], rtol=1e-5)
    assert dense.min() >= ground_truth[known].min() * (1 - 1e-5)
    assert dense.max() <= ground_truth.max() * (1 + 1e-5)


def test_ground_plane_is_continued() -> None:
    # Depth of a plane below the camera is f h / (v - cy): linear in inverse depth. Two rows of
    # ground truth and a plain image: what lies between is on the plane.
    image = np.full((40, 20, 3), 128, np.uint8)
    rows = np.arange(40)
    plane = np.broadcast_to((100.0 * 1.65 / (rows + 5))[:, None], (40, 20)).astype(np.float32)
    sparse = np.zeros_like(plane)
    sparse[[0, 39]] = plane[[0, 39]]
    np.testing.assert_allclose(complete_depth(image, sparse, width=640), plane, rtol=1e-4)


def test_equations_hold_at_every_pixel_without_ground_truth() -> None:
    """The definition, pixel by pixel in plain NumPy."""
    rng = np.random.default_rng(1)
    image = np.repeat(rng.integers(0, 256, (8, 9, 1), dtype=np.uint8), 3, axis=2)
    ground_truth = np.where(rng.random((8, 9)) < 0.2, 10.0 * rng.random((8, 9)) + 1, 0)
    ground_truth = ground_truth.astype(np.float32)
    inverse = 1 / complete_depth(image, ground_truth, width=640).astype(np.float64)
    brightness = image[..., 0] / 255
    for row, column in zip(*np.nonzero(ground_truth == 0), strict=True):
        rows = slice(max(row - 1, 0), row + 2)
        columns = slice(max(column - 1, 0), column + 2)
        window = brightness[rows, columns]
        difference = window - brightness[row, column]
        weights = np.exp(-(difference**2) / (0.6 * (window.var() + 1 / 255**2)))
        weights[row - rows.start, column - columns.start] = 0
        mean = (weights * inverse[rows, columns]).sum() / weights.sum()
        assert inverse[row, column] == pytest.approx(mean, rel=1e-5)


def test_wide_images_are_filled_small_and_the_nearest_wins() -> None:
    image, depth = scene()
    big_image = image.repeat(4, axis=0).repeat(4, axis=1)
    sparse = np.zeros((96, 240), np.float32)
    sparse[::8, ::8] = depth.repeat(4, axis=0).repeat(4, axis=1)[::8, ::8]
    sparse[1::8, 1:120:8] = 20.0  # background seen through the near wall, in the same cell
    dense = complete_depth(big_image, sparse, width=60)
    assert dense.shape == sparse.shape
    np.testing.assert_allclose(dense[:, :112], 5.0, rtol=0.02)
    np.testing.assert_allclose(dense[:, 128:], 20.0, rtol=0.02)


def test_full_and_empty_ground_truth() -> None:
    image, depth = scene()
    np.testing.assert_allclose(complete_depth(image, depth, width=640), depth, rtol=1e-6)
    with pytest.raises(ValueError, match='ground truth is empty'):
        complete_depth(image, 0 * depth, width=640)


def test_sky_tells_nothing_of_what_is_beside_it() -> None:
    image, depth = scene()
    depth[:8] = BEYOND_RANGE
    exact = np.where(depth == BEYOND_RANGE, 0, depth)
    np.testing.assert_array_equal(complete_depth(image, depth, width=30), exact)
    depth[8:12] = 0  # unknown below the sky: as the walls are, not farther
    dense = complete_depth(image, depth, width=640)
    assert not dense[:8].any()
    np.testing.assert_allclose(dense[8:], scene()[1][8:], rtol=0.02)
    with pytest.raises(ValueError, match='ground truth is empty'):
        complete_depth(image, np.full_like(depth, BEYOND_RANGE), width=640)


def test_manifest_of_dense_frames(tmp_path: Path) -> None:
    entries = read_manifest(write_manifest(tmp_path / 'in', 'road/0', 'room/1'))
    assert densify(entries, tmp_path / 'out', width=48, workers=1, progress=show) == {}
    first, second = read_manifest(tmp_path / 'out' / 'manifest.jsonl')
    assert first.dense == tmp_path / 'out' / 'road' / '0.png'
    assert second.tags['domain'] == 'indoor'
    sample = first.load()
    assert sample.dense is not None
    error = np.abs(sample.dense - sample.depth) / sample.depth
    assert np.median(error) < 0.1


def test_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = read_manifest(write_manifest(tmp_path / 'in', 'road/0', 'road/1', 'road/2'))
    calls = []

    def interrupted(*args: object, **kwargs: object) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return complete_depth(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(densify_module, 'complete_depth', interrupted)
    with pytest.raises(KeyboardInterrupt):
        densify(entries, tmp_path / 'out', width=48, workers=1, progress=show)
    assert sorted(path.name for path in (tmp_path / 'out').rglob('*.png')) == ['0.png']
    progress: list[tuple[int, int]] = []
    densify(
        entries,
        tmp_path / 'out',
        width=48,
        workers=1,
        progress=lambda *state: progress.append(state),
    )
    assert progress == [(1, 3), (2, 3), (3, 3)]  # one of three was there
    assert len(calls) == 4
    with pytest.raises(ValueError, match='was made with width 48, not with 32'):
        densify(entries, tmp_path / 'out', width=32, workers=1, progress=show)


def test_other_ground_truth_is_interpolated_anew(tmp_path: Path) -> None:
    """Twice the depth, another scale, the same id of another data set: each gives its own."""
    path = write_manifest(tmp_path / 'in', 'road/0')
    other = write_manifest(tmp_path / 'other', 'road/0')
    [entry] = read_manifest(path)
    depth = entry.load().depth

    def densified(manifest: Path) -> np.ndarray:
        densify(read_manifest(manifest), tmp_path / 'out', width=96, workers=1, progress=show)
        [made] = read_manifest(tmp_path / 'out')
        dense = made.load().dense
        assert dense is not None
        return dense

    np.testing.assert_allclose(densified(path), depth, rtol=0.01)
    write_depth_png(entry.depth, 2 * depth)
    np.testing.assert_allclose(densified(path), 2 * depth, rtol=0.01)
    write_depth_png(tmp_path / 'other' / 'road_0_depth.png', 3 * depth)
    np.testing.assert_allclose(densified(other), 3 * depth, rtol=0.01)
    np.testing.assert_allclose(densified(path), 2 * depth, rtol=0.01)
    path.write_text(json.dumps({**json.loads(path.read_text()), 'depth_scale': 512}) + '\n')
    np.testing.assert_allclose(densified(path), depth, rtol=0.01)
    # As a run leaves it that was killed before it noted what it made.
    write_depth_png(tmp_path / 'out' / 'road' / '0.png', 3 * depth, 512)
    np.testing.assert_allclose(densified(path), depth, rtol=0.01)


def test_notes_may_be_moved_and_must_be_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_manifest(tmp_path / 'a' / 'in', 'road/0')
    densify(read_manifest(path), tmp_path / 'a' / 'out', width=48, workers=1, progress=show)
    (tmp_path / 'a').rename(tmp_path / 'b')
    monkeypatch.setattr(densify_module, 'complete_depth', None)  # nothing is made again
    moved, out = read_manifest(tmp_path / 'b' / 'in'), tmp_path / 'b' / 'out'
    assert densify(moved, out, width=48, workers=1, progress=show) == {}
    (out / 'densify.json').write_text('[')
    with pytest.raises(ValueError, match=r'densify\.json is damaged .* remove it'):
        densify(moved, out, width=48, workers=1, progress=show)


def test_stale_depth_is_never_named(tmp_path: Path) -> None:
    entries = read_manifest(write_manifest(tmp_path / 'in', 'road/0'))
    assert densify(entries, tmp_path / 'out', width=48, workers=1, progress=show) == {}
    write_depth_png(entries[0].depth, np.zeros((HEIGHT, WIDTH), np.float32))
    assert list(densify(entries, tmp_path / 'out', width=48, workers=1, progress=show))
    [entry] = read_manifest(tmp_path / 'out')
    assert entry.dense is None


def test_frames_that_fail_stay_without_dense(tmp_path: Path) -> None:
    path = write_manifest(tmp_path / 'in', 'road/0', 'road/1', 'road/2')
    entries = read_manifest(path)
    write_depth_png(entries[0].depth, np.zeros((HEIGHT, WIDTH), np.float32))
    entries[2].image.unlink()
    failures = densify(entries, tmp_path / 'out', width=48, workers=1, progress=show)
    assert 'ground truth is empty' in failures['road/0']
    assert 'no such file' in failures['road/2']
    dense = [entry.dense for entry in read_manifest(tmp_path / 'out' / 'manifest.jsonl')]
    assert [path is not None for path in dense] == [False, True, False]


def test_ids_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    path = write_manifest(tmp_path / 'in', 'road/0')
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, 'id': '../../evil'}) + '\n')
    with pytest.raises(ValueError, match=r"id '\.\./\.\./evil' leads out of"):
        densify(read_manifest(path), tmp_path / 'out', width=48, workers=1, progress=show)


@pytest.mark.parametrize('kept', ['depth', 'dense', 'image', 'manifest'])
def test_nothing_of_the_data_set_is_written_over(tmp_path: Path, kept: str) -> None:
    path = write_manifest(tmp_path / 'in', 'road/0')
    record = json.loads(path.read_text())
    files = {'depth': path.parent / record['depth'], 'image': path.parent / record['image']}
    files['dense'] = files['depth']
    folder = tmp_path / 'in'
    if kept != 'manifest':
        folder = tmp_path / 'measured'
        moved = folder / 'road' / '0.png'
        moved.parent.mkdir(parents=True)
        moved.write_bytes(files[kept].read_bytes())
        path.write_text(json.dumps({**record, kept: str(moved)}) + '\n')
    before = {file: file.read_bytes() for file in tmp_path.rglob('*') if file.is_file()}
    with pytest.raises(ValueError, match='belongs to the data set and would be written over'):
        densify(read_manifest(path), folder, width=48, workers=1, progress=show)
    assert {file: file.read_bytes() for file in tmp_path.rglob('*') if file.is_file()} == before


def test_missing_scipy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(name: str, purpose: str) -> None:
        raise ModuleNotFoundError(f'{name} is needed for {purpose}')

    monkeypatch.setattr(depth_completion, 'load_library', no_library)
    image, depth = scene()
    depth[0, 0] = 0
    with pytest.raises(ModuleNotFoundError, match=r'scipy\.sparse is needed for interpolated'):
        complete_depth(image, depth, width=640)


def test_several_processes_give_the_same(tmp_path: Path) -> None:
    entries = read_manifest(write_manifest(tmp_path / 'in', 'road/0', 'road/1', 'room/2'))
    for workers in (1, 2):
        densify(entries, tmp_path / str(workers), width=48, workers=workers, progress=show)
    for entry in entries:
        one, two = ((tmp_path / n / f'{entry.id}.png').read_bytes() for n in '12')
        assert one == two

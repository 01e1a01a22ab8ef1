# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Written manifests: what is read back, relative paths, and the interpolated depth."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from miniature import HEIGHT, WIDTH, write_frame

from lacdepth_ros.data.files import write_depth_png
from lacdepth_ros.data.manifest import read_manifest, scan_manifest, write_manifest


def frame_at(folder: Path, frame: str = 'road/0', **changes: Any) -> dict[str, Any]:
    """A row whose files lie in `folder` and are named by paths."""
    folder.mkdir(parents=True, exist_ok=True)
    row = write_frame(folder, frame, 0)
    return {**row, 'image': folder / row['image'], 'depth': folder / row['depth'], **changes}


def test_paths_become_relative_to_the_manifest(tmp_path: Path) -> None:
    inside, outside = frame_at(tmp_path / 'out' / 'a'), frame_at(tmp_path / 'raw', 'road/1')
    path = tmp_path / 'out' / 'm.jsonl'
    write_manifest(path, [inside, outside])
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert (first['image'], second['depth']) == ('a/road_0.png', '../raw/road_1_depth.png')
    moved = tmp_path / 'elsewhere'
    moved.mkdir()
    (tmp_path / 'out').rename(moved / 'out')
    (tmp_path / 'raw').rename(moved / 'raw')
    assert [entry.load().id for entry in read_manifest(moved / 'out' / 'm.jsonl')] == [
        'road/0',
        'road/1',
    ]


def test_linked_folders_are_seen_through(tmp_path: Path) -> None:
    (tmp_path / 'deep' / 'er').mkdir(parents=True)
    (tmp_path / 'link').symlink_to(tmp_path / 'deep' / 'er')
    write_manifest(tmp_path / 'link' / 'm.jsonl', [frame_at(tmp_path / 'raw')])
    (entry,) = read_manifest(tmp_path / 'link' / 'm.jsonl')
    assert entry.load().id == 'road/0'


def test_rows_of_entries_write_the_same_manifest(tmp_path: Path) -> None:
    row = frame_at(tmp_path, drive='0009', dense=tmp_path / 'd.png')
    write_manifest(tmp_path / 'a.jsonl', [row])
    write_manifest(tmp_path / 'b.jsonl', [e.row() for e in read_manifest(tmp_path / 'a.jsonl')])
    first, second = (json.loads((tmp_path / f'{n}.jsonl').read_text()) for n in 'ab')
    assert first == second
    assert first['dense'] == 'd.png'


def test_dense_depth_is_loaded_with_the_scale_of_the_ground_truth(tmp_path: Path) -> None:
    write_depth_png(tmp_path / 'dense.png', np.full((HEIGHT, WIDTH), 7.5, np.float32))
    write_manifest(tmp_path / 'm.jsonl', [frame_at(tmp_path, dense='dense.png')])
    (entry,) = read_manifest(tmp_path / 'm.jsonl')
    dense = entry.load().dense
    assert dense is not None
    assert np.all(dense == 7.5)
    assert 'dense' not in entry.tags
    write_manifest(tmp_path / 'm.jsonl', [frame_at(tmp_path)])
    assert read_manifest(tmp_path / 'm.jsonl')[0].load().dense is None


def test_dense_depth_of_another_size_or_missing(tmp_path: Path) -> None:
    write_depth_png(tmp_path / 'dense.png', np.ones((3, 4), np.float32))
    write_manifest(
        tmp_path / 'm.jsonl',
        [frame_at(tmp_path, dense='dense.png'), frame_at(tmp_path, 'road/1', dense='none.png')],
    )
    small, missing = read_manifest(tmp_path / 'm.jsonl')
    with pytest.raises(ValueError, match=r'm\.jsonl:1: .*dense\.png: 4x3 pixels where 96x48'):
        small.load()
    with pytest.raises(FileNotFoundError, match=r'm\.jsonl:2: .*none\.png'):
        missing.load()


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        ({'K': [0, 1, 2, 3]}, 'must be positive pixels'),
        ({'depth_scale': -1}, 'depth_scale = -1'),
        ({'dense': ''}, "dense = ''"),
    ],
)
def test_a_bad_row_writes_nothing(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = tmp_path / 'm.jsonl'
    write_manifest(path, [frame_at(tmp_path)])
    before = path.read_text()
    with pytest.raises(ValueError, match=rf'm\.jsonl:2: .*{message}'):
        write_manifest(path, [frame_at(tmp_path), frame_at(tmp_path, 'road/1', **changes)])
    with pytest.raises(ValueError, match='appeared before'):
        write_manifest(path, [frame_at(tmp_path), frame_at(tmp_path)])
    with pytest.raises(ValueError, match='at least one frame'):
        write_manifest(path, [])
    assert path.read_text() == before
    assert [found.name for found in tmp_path.glob('.*')] == []


def test_scan_goes_on_after_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / 'm.jsonl'
    write_manifest(path, [frame_at(tmp_path), frame_at(tmp_path, 'road/1')])
    first, second = path.read_text().splitlines()
    path.write_text(f'{first}\nnothing\n{second}\n{first}\n')
    items = list(scan_manifest(path))
    assert [getattr(item, 'id', None) for item in items] == ['road/0', None, 'road/1', None]
    assert 'm.jsonl:2: not JSON' in str(items[1])
    assert 'm.jsonl:4: id' in str(items[3])

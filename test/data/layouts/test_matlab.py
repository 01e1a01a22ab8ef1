# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""MATLAB files that hold more than they may, on bombs of some kilobytes."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lacdepth_ros.data.indexing import IndexRequest
from lacdepth_ros.data.layouts import matlab
from lacdepth_ros.data.layouts.matlab import MAX_SPLIT_BYTES, check_array, read_numbers
from lacdepth_ros.data.layouts.nyu_mat import index_nyu_mat

scipy_io = pytest.importorskip('scipy.io')
h5py = pytest.importorskip('h5py')
HEAD = b'MATLAB 5.0 MAT-file'.ljust(124) + b'\x00\x01IM'


@pytest.mark.parametrize('packed', [True, False])
def test_numbers_are_read(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / 'a.mat'
    scipy_io.savemat(path, {'a': [[1], [2]], 'b': [3.5], 'c': 'text'}, do_compression=packed)
    found = read_numbers(path, ['a', 'b'])
    assert list(found) == ['a', 'b']
    assert found['a'].tolist() == [[1], [2]] and found['b'].tolist() == [[3.5]]
    with pytest.raises(KeyError, match='d'):
        read_numbers(path, ['d'])


def test_bomb_is_refused_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / 'a.mat'
    zeros = zlib.compress(bytes(256 * 2**20))
    path.write_bytes(HEAD + struct.pack('<II', 15, len(zeros)) + zeros)
    assert path.stat().st_size < 300_000
    tracemalloc.start()
    with pytest.raises(ValueError, match=f'unpacks to more than {MAX_SPLIT_BYTES} bytes'):
        read_numbers(path, ['a'])
    assert tracemalloc.get_traced_memory()[1] < 3 * MAX_SPLIT_BYTES
    tracemalloc.stop()


def test_many_small_bombs_are_one(tmp_path: Path) -> None:
    path = tmp_path / 'a.mat'
    zeros = zlib.compress(bytes(2**20))
    element = struct.pack('<II', 15, len(zeros)) + zeros
    path.write_bytes(HEAD + element * (MAX_SPLIT_BYTES // 2**20 + 1))
    with pytest.raises(ValueError, match='unpacks to more'):
        read_numbers(path, ['a'])


@pytest.mark.parametrize(
    ('content', 'problem'),
    [
        (struct.pack('<II', 15, 10**9), 'an element claims 1000000000 of 136 bytes'),
        (struct.pack('<II', 15, 4) + b'none', 'damaged'),
    ],
)
def test_damaged_elements_are_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / 'a.mat'
    path.write_bytes(HEAD + content)
    with pytest.raises(ValueError, match=problem):
        read_numbers(path, ['a'])


def test_large_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matlab, 'MAX_SPLIT_BYTES', 100)
    path = tmp_path / 'a.mat'
    path.write_bytes(HEAD)
    with pytest.raises(ValueError, match='larger than 100 bytes'):
        read_numbers(path, ['a'])


def test_array_packed_in_one_piece_is_refused(tmp_path: Path) -> None:
    shape = (200, 3, 640, 480)
    with h5py.File(tmp_path / 'a.mat', 'w') as store:
        whole = store.create_dataset('a', shape, np.uint8, chunks=shape, compression='gzip')
        single = store.create_dataset('b', shape, np.uint8, chunks=(1, *shape[1:]))
        check_array(single, shape, 'u')
        check_array(store.create_dataset('c', shape, np.uint8), shape, 'u')
        with pytest.raises(ValueError, match='in pieces of 184320000 bytes; an item has 921600'):
            check_array(whole, shape, 'u')
        for wrong, kinds in (((200, 3, 480, 640), 'u'), (shape, 'f')):
            with pytest.raises(ValueError, match='is uint8'):
                check_array(single, wrong, kinds)
        with pytest.raises(ValueError, match='is None None'):
            check_array(store.create_group('group'), shape, 'u')


def store_frames(path: Path, frames: int, **changes: Any) -> None:
    """A labelled file that claims frames without holding one: HDF5 stores no zeros."""
    shapes: dict[str, tuple[Any, Any]] = {
        'images': ((frames, 3, 640, 480), np.uint8),
        'rawDepths': ((frames, 640, 480), np.float32),
        'depths': ((frames, 640, 480), np.float32),
        'sceneTypes': ((1, frames), h5py.ref_dtype),
        **changes,
    }
    with h5py.File(path, 'w') as store:
        for name, (shape, dtype) in shapes.items():
            store.create_dataset(name, shape, dtype, chunks=tuple(min(x, 64) for x in shape))


@pytest.mark.parametrize(
    ('frames', 'changes', 'problem'),
    [
        (10**12, {}, 'images holds 1000000000000 frames; 1449 are published'),
        (0, {'images': ((), np.uint8)}, 'images holds 0 frames'),
        (
            2,
            {'depths': ((2, 640, 10**9), np.float32)},
            r'depths is float32 \(2, 640, 10{9}\)',
        ),
        (2, {'rawDepths': ((2, 640, 480), 'S100')}, r'rawDepths is \|S100'),
        (2, {'sceneTypes': ((1, 3), h5py.ref_dtype)}, r'sceneTypes is object \(1, 3\)'),
    ],
)
def test_impossible_arrays_are_refused_unread(
    tmp_path: Path, frames: int, changes: Any, problem: str
) -> None:
    path = tmp_path / 'l.mat'
    if not frames:
        with h5py.File(path, 'w') as store:
            for name in ('images', 'rawDepths', 'depths', 'sceneTypes'):
                store[name] = np.uint8(0)
    else:
        store_frames(path, frames, **changes)
    with pytest.raises(ValueError, match=problem):
        index_nyu_mat(IndexRequest(path, tmp_path / 'o.jsonl'), lambda done, total: None)


def test_endless_name_of_a_scene_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'l.mat'
    store_frames(path, 1)
    with h5py.File(path, 'r+') as store:
        store['rawDepths'][0, 100:200, 100:200] = 2.0
        name = store.create_dataset('name', (10**9,), np.uint16, chunks=(10**6,))
        store['sceneTypes'][0, 0] = name.ref
    with pytest.raises(ValueError, match='has a name of 1000000000 characters'):
        index_nyu_mat(IndexRequest(path, tmp_path / 'o.jsonl'), lambda done, total: None)

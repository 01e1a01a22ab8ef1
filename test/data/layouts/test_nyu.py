# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""NYU in folders and in the labelled .mat file, on miniatures with known values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from lacdepth_ros.data.files import write_image
from lacdepth_ros.data.indexing import IndexRequest, IndexResult
from lacdepth_ros.data.layouts import nyu_mat
from lacdepth_ros.data.layouts.catalog import recognize
from lacdepth_ros.data.layouts.nyu import NYU_CAMERA, index_nyu, read_nyu_split
from lacdepth_ros.data.layouts.nyu_mat import index_nyu_mat
from lacdepth_ros.data.manifest import ManifestEntry, read_manifest, write_manifest

LINE = 'kitchen_0028b/rgb_00045.jpg kitchen_0028b/sync_depth_00045.png 518.8579'


def write_pair(root: Path, scene: str, frame: int, counts: int = 2500) -> None:
    folder = root / scene
    folder.mkdir(parents=True, exist_ok=True)
    write_image(folder / f'rgb_{frame:05d}.jpg', np.zeros((480, 640, 3), np.uint8))
    depth = np.full((480, 640), counts, np.uint16)
    write_image(folder / f'sync_depth_{frame:05d}.png', depth)


def index(
    how: Any, root: Path, output: Path, **choices: Any
) -> tuple[IndexResult, list[ManifestEntry]]:
    request = IndexRequest(root, output, **choices)
    result = how(request, lambda done, total: None)
    if not result.rows:
        return result, []
    write_manifest(output, result.rows)
    return result, read_manifest(output)


@pytest.mark.parametrize('place', ['.', 'sync', 'official_splits/test'])
def test_list_of_pairs(tmp_path: Path, place: str) -> None:
    write_pair(tmp_path / place, 'kitchen_0028b', 45)
    split = tmp_path / 'list.txt'
    split.write_text(f'/{LINE.replace(" kitchen", " /kitchen")}\n{LINE.replace("45", "46")}\n')
    result, (entry,) = index(index_nyu, tmp_path, tmp_path / 'o.jsonl', split=split)
    sample = entry.load()
    assert np.all(sample.depth == 2.5)
    assert sample.camera == NYU_CAMERA
    assert (entry.id, entry.tags['domain']) == ('nyu/kitchen_0028b/00045', 'indoor')
    assert result.problems == {'image is missing': ['kitchen_0028b/rgb_00046.jpg']}
    assert [str(count) for count in result.counts] == [
        'lines of the test list: 2 (654 published)',
        'scenes: 1',
        'frames listed: 1',
    ]


def test_all_pairs_without_a_list(tmp_path: Path) -> None:
    write_pair(tmp_path / 'sync', 'kitchen_0028b', 45)
    write_pair(tmp_path / 'sync', 'bath_0001', 7)
    write_image(
        tmp_path / 'sync' / 'bath_0001' / 'rgb_00008.jpg', np.zeros((480, 640, 3), np.uint8)
    )
    result, entries = index(index_nyu, tmp_path, tmp_path / 'o.jsonl')
    assert [entry.id for entry in entries] == [
        'nyu/sync/bath_0001/00007',
        'nyu/sync/kitchen_0028b/00045',
    ]
    assert result.problems == {'depth is missing': ['sync/bath_0001/sync_depth_00008.png']}
    with pytest.raises(FileNotFoundError, match='no SCENE/rgb_'):
        index(index_nyu, tmp_path / 'none', tmp_path / 'o.jsonl')


def test_frame_in_two_formats_is_one_frame(tmp_path: Path) -> None:
    write_pair(tmp_path, 'kitchen_0028b', 45)
    write_image(tmp_path / 'kitchen_0028b' / 'rgb_00045.png', np.zeros((480, 640, 3), np.uint8))
    result, [entry] = index(index_nyu, tmp_path, tmp_path / 'o.jsonl')
    assert entry.id == 'nyu/kitchen_0028b/00045' and entry.image.name == 'rgb_00045.jpg'
    assert result.problems == {}


def test_scenes_behind_links_are_listed_once(tmp_path: Path) -> None:
    root = tmp_path / 'sync'
    write_pair(root, 'kitchen_0028b', 45)
    write_pair(tmp_path / 'other_disk', 'bath_0001', 7, counts=4000)
    (root / 'bath_0001').symlink_to(tmp_path / 'other_disk' / 'bath_0001')
    (root / 'a_copy').symlink_to(root / 'kitchen_0028b')
    (root / 'kitchen_0028b' / 'up').symlink_to(root)  # leads back
    _, entries = index(index_nyu, root, tmp_path / 'o.jsonl')
    assert [entry.id for entry in entries] == ['nyu/bath_0001/00007', 'nyu/kitchen_0028b/00045']
    assert [float(entry.load().depth.max()) for entry in entries] == [4.0, 2.5]


def test_root_may_be_one_scene(tmp_path: Path) -> None:
    write_pair(tmp_path, 'kitchen_0028b', 45)
    root = tmp_path / 'kitchen_0028b'
    assert recognize(root) == 'nyu'
    _, [entry] = index(index_nyu, root, tmp_path / 'o.jsonl')
    assert (entry.id, entry.tags['scene']) == ('nyu/kitchen_0028b/00045', 'kitchen_0028b')
    assert np.all(entry.load().depth == 2.5)


def test_eight_bit_depth(tmp_path: Path) -> None:
    write_pair(tmp_path, 'kitchen_0028b', 45)
    write_image(
        tmp_path / 'kitchen_0028b' / 'sync_depth_00045.png', np.zeros((480, 640), np.uint8)
    )
    result, _ = index(index_nyu, tmp_path, tmp_path / 'o.jsonl')
    assert 'depth of 8 bits' in result.problems['unusable'][0]


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        (LINE.replace('depth_00045', 'depth_00046'), 'wrong pair'),
        (LINE.replace(' kitchen', ' bath'), 'wrong pair'),
        ('kitchen_0028b/rgb_00045.jpg', 'is no NYU pair'),
        ('a/b.jpg a/c.png 518', 'is no NYU pair'),
        (LINE, 'appeared before'),
    ],
)
def test_wrong_lines(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / 'list.txt'
    path.write_text(f'{LINE}\n{line}\n')
    with pytest.raises(ValueError, match=rf'list\.txt:2: .*{message}'):
        read_nyu_split(path)
    path.write_text('\n')
    with pytest.raises(ValueError, match='holds no frames'):
        read_nyu_split(path)
    with pytest.raises(FileNotFoundError, match='no such split list'):
        read_nyu_split(tmp_path / 'none.txt')


def write_mat(path: Path, frames: int = 3, *, meters: float = 2.0) -> npt.NDArray[np.uint8]:
    """A miniature of the labelled file; frame 1 has no measured depth. Returns frame 0 as RGB."""
    h5py = pytest.importorskip('h5py')
    rows, columns = np.mgrid[0:480, 0:640]
    image = np.stack((rows // 2, columns // 4, rows // 4), axis=-1).astype(np.uint8)
    raw = np.full((480, 640), meters, np.float32)
    raw[100:200, 300:400] = 0
    with h5py.File(path, 'w') as store:
        store['images'] = np.stack([image.transpose(2, 1, 0)] * frames)
        store['rawDepths'] = np.stack([raw.T if i != 1 else 0 * raw.T for i in range(frames)])
        store['depths'] = np.full((frames, 640, 480), 2.25, np.float32)
        scenes = store.create_dataset('sceneTypes', (1, frames), dtype=h5py.ref_dtype)
        for index_ in range(frames):
            name = store.create_dataset(f'#refs#/{index_}', data=[[ord(c)] for c in 'bathroom'])
            scenes[0, index_] = name.ref
    return image


def test_labeled_file(tmp_path: Path) -> None:
    image = write_mat(tmp_path / 'l.mat')
    result, entries = index(index_nyu_mat, tmp_path / 'l.mat', tmp_path / 'o.jsonl')
    assert [entry.id for entry in entries] == ['nyu/bathroom/00000', 'nyu/bathroom/00002']
    assert result.problems == {'empty ground truth': ['frame 1']}
    sample = entries[0].load()
    assert np.array_equal(sample.image, image)
    assert sample.depth[50, 50] == 2.0
    assert sample.depth[150, 350] == 0
    assert sample.dense is not None
    assert sample.dense[150, 350] == 2.25
    for depth in (sample.depth, sample.dense):  # the white border holds no ground truth
        assert depth[6].max() == depth[474].max() == depth[:, 6].max() == depth[:, 632].max() == 0
        assert depth[7, 7] > 0
        assert depth[473, 631] > 0


def test_frames_of_another_file_are_never_kept(tmp_path: Path) -> None:
    write_mat(tmp_path / 'l.mat', 1)
    write_mat(tmp_path / 'far.mat', 1, meters=4.0)
    found = []
    for name in ('l.mat', 'far.mat'):
        _, [entry] = index(index_nyu_mat, tmp_path / name, tmp_path / 'o.jsonl')
        found.append(float(entry.load().depth.max()))
    assert found == [2.0, 4.0]
    entry.image.unlink()  # one of the three is made again
    _, [entry] = index(index_nyu_mat, tmp_path / 'far.mat', tmp_path / 'o.jsonl')
    assert entry.load().depth.max() == 4.0


def test_official_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matlab = pytest.importorskip('scipy.io')
    write_mat(tmp_path / 'l.mat')
    split = tmp_path / 'splits.mat'
    matlab.savemat(split, {'trainNdxs': [[1], [2]], 'testNdxs': [[3]]})  # MATLAB counts from 1
    result, (entry,) = index(
        index_nyu_mat, tmp_path / 'l.mat', tmp_path / 'o.jsonl', split=split, part='test'
    )
    assert (entry.id, entry.tags['part']) == ('nyu/bathroom/00002', 'test')
    assert [str(count) for count in result.counts] == [
        'frames of the file: 3 (1,449 published)',
        'frames of the train part: 2 (795 published)',
        'frames of the test part: 1 (654 published)',
        'frames listed: 1',
    ]
    # What is there is not written again.
    monkeypatch.setattr(nyu_mat, 'write_image', None)
    _, again = index(
        index_nyu_mat, tmp_path / 'l.mat', tmp_path / 'o.jsonl', split=split, part='test'
    )
    assert len(again) == 1


def test_wrong_mat_files(tmp_path: Path) -> None:
    h5py = pytest.importorskip('h5py')
    output, path = tmp_path / 'o.jsonl', tmp_path / 'l.mat'
    with pytest.raises(FileNotFoundError, match=r'name nyu_depth_v2_labeled\.mat itself'):
        index(index_nyu_mat, path, output)
    path.write_bytes(b'MATLAB 5.0')
    with pytest.raises(ValueError, match=r'l\.mat: not HDF5'):
        index(index_nyu_mat, path, output)
    with h5py.File(path, 'w') as store:
        store['images'] = np.zeros(3)
    with pytest.raises(ValueError, match='holds no rawDepths, depths, sceneTypes'):
        index(index_nyu_mat, path, output)
    with pytest.raises(ValueError, match=r'add --split splits\.mat'):
        index(index_nyu_mat, path, output, part='test')
    with pytest.raises(FileNotFoundError, match='no such split file'):
        index(index_nyu_mat, path, output, split=tmp_path / 'none.mat')
    with pytest.raises(ValueError, match='not a MATLAB file with trainNdxs'):
        index(index_nyu_mat, path, output, split=path)


def test_library_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'l.mat').touch()
    monkeypatch.setitem(__import__('sys').modules, 'h5py', None)
    with pytest.raises(ModuleNotFoundError, match=r'h5py is needed for .*run pip install h5py$'):
        index(index_nyu_mat, tmp_path / 'l.mat', tmp_path / 'o.jsonl')


def test_depth_scale_of_nyu_is_millimeters(tmp_path: Path) -> None:
    write_mat(tmp_path / 'l.mat')
    _, entries = index(index_nyu_mat, tmp_path / 'l.mat', tmp_path / 'o.jsonl', limit=1)
    counts = cv2.imread(str(entries[0].depth), cv2.IMREAD_UNCHANGED)
    assert counts[50, 50] == 2000

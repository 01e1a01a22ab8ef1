# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""KITTI raw and the depth benchmark in every place where people unpack them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kitti_tree import (
    HEIGHT,
    P_RECT,
    R_RECT,
    R_VELO,
    SCAN,
    SCAN_DEPTH,
    T_VELO,
    WIDTH,
    depth_at,
    write_annotation,
    write_drive,
)

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import write_image
from lacdepth_ros.data.indexing import IndexRequest, IndexResult
from lacdepth_ros.data.layouts import kitti_layout
from lacdepth_ros.data.layouts.kitti_drives import KittiTree
from lacdepth_ros.data.layouts.kitti_layout import index_kitti
from lacdepth_ros.data.manifest import ManifestEntry, read_manifest, write_manifest

SHIFT = 2.0  # metres by which the scanner moves back
TRAIN, TEST = '2011_09_26_drive_0001_sync', '2011_09_26_drive_0002_sync'


def index(root: Path, **choices: Any) -> tuple[IndexResult, list[ManifestEntry]]:
    """The result of an index, and the entries of its manifest when there are any."""
    request = IndexRequest(root, root / 'out.jsonl', **choices)
    result = index_kitti(request, lambda done, total: None)
    if not result.rows:
        return result, []
    write_manifest(request.output, result.rows)
    return result, read_manifest(request.output)


def counts(result: IndexResult) -> dict[str, int]:
    return {count.label: count.number for count in result.counts}


@pytest.mark.parametrize('place', ['train', 'val', '.', 'depth/train', '2011_09_26'])
def test_annotated_ground_truth_wherever_it_was_unpacked(tmp_path: Path, place: str) -> None:
    write_drive(tmp_path / 'raw' if place == 'depth/train' else tmp_path, TRAIN, suffix='.jpg')
    write_annotation(tmp_path / place, TRAIN, 1)
    result, (entry,) = index(tmp_path)
    sample = entry.load()
    assert depth_at(sample.depth) == {(3, 5): 12.5}
    assert sample.camera == Camera(10, 12, 8, 4, WIDTH, HEIGHT)
    assert (entry.id, entry.tags['ground_truth']) == (f'{TRAIN}/0000000001', 'annotated')
    assert entry.tags['drive'] == TRAIN.removesuffix('_sync')
    assert counts(result)['frames of the left colour camera'] == 2
    assert not result.problems


def test_another_calibration_or_scan_makes_the_depth_anew(tmp_path: Path) -> None:
    drive = write_drive(tmp_path, TRAIN)
    before = index(tmp_path)[1][0].load().depth
    path = next(tmp_path.rglob('calib_velo_to_cam.txt'))
    lines = path.read_text().splitlines()
    moved = [f'T: 0 0 {SHIFT}' if line.startswith('T:') else line for line in lines]
    path.write_text('\n'.join(moved))
    after = index(tmp_path)[1][0].load().depth
    assert (before.max(), after.max()) == (5.0, SCAN[0][0] + SHIFT)
    scan = drive / 'velodyne_points' / 'data' / '0000000000.bin'
    scan.write_bytes(np.array([[7.0, 0.0, 0.0, 0.0]], '<f4').tobytes())
    assert index(tmp_path)[1][0].load().depth.max() == 7.0 + SHIFT


def test_ground_truth_made_from_scans_lies_beside_the_manifest(tmp_path: Path) -> None:
    write_drive(tmp_path, TRAIN)
    _, entries = index(tmp_path)
    assert [depth_at(entry.load().depth) for entry in entries] == [SCAN_DEPTH] * 2
    assert entries[0].depth == tmp_path / 'out_depth' / TRAIN / '0000000000.png'
    assert entries[0].tags['ground_truth'] == 'velodyne_single_scan'


def monodepth_export(scan: np.ndarray) -> np.ndarray:
    """Its generate_depth_map(vel_depth=True) step by step, with the matrices of the files."""
    velo_to_cam, rect, projection = np.eye(4), np.eye(4), np.reshape(P_RECT, (3, 4))
    velo_to_cam[:3, :3], velo_to_cam[:3, 3] = np.reshape(R_VELO, (3, 3)), T_VELO
    rect[:3, :3] = np.reshape(R_RECT, (3, 3))
    velo = scan[scan[:, 0] >= 0].astype(np.float64)
    velo[:, 3] = 1
    points = (projection @ rect @ velo_to_cam @ velo.T).T
    depth = np.zeros((HEIGHT, WIDTH))
    for (u, v, w), x in zip(points, velo[:, 0], strict=True):
        column, row = int(np.round(u / w) - 1), int(np.round(v / w) - 1)
        if 0 <= column < WIDTH and 0 <= row < HEIGHT:
            depth[row, column] = min(x, depth[row, column] or np.inf)
    return depth


def test_scans_as_papers_measure_by_them(tmp_path: Path) -> None:
    drive = write_drive(tmp_path, TRAIN, frames=1)
    rng = np.random.default_rng(0)
    scan = rng.uniform((-2, -4, -4, 0), (30, 4, 4, 1), (400, 4)).astype('<f4')
    scan[200:400, 1:3] = scan[:200, 1:3] * 1.5  # some behind others
    (drive / 'velodyne_points' / 'data' / '0000000000.bin').write_bytes(scan.tobytes())
    index(tmp_path, ground_truth='velodyne')  # whose files are not taken for these
    _, [entry] = index(tmp_path, ground_truth='velodyne-eigen')
    expected, found = monodepth_export(scan), entry.load().depth
    assert np.count_nonzero(expected) > 50
    np.testing.assert_allclose(found, expected, atol=0.5 / 256 + 1e-6)
    assert entry.tags['ground_truth'] == 'velodyne_single_scan_eigen'


def test_made_ground_truth_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_drive(tmp_path, TRAIN)
    index(tmp_path)
    monkeypatch.setattr(kitti_layout, 'write_depth_png', None)
    result, entries = index(tmp_path)
    assert [depth_at(entry.load().depth) for entry in entries] == [SCAN_DEPTH] * 2
    assert not result.problems


def test_kind_of_ground_truth_is_decided_by_drive(tmp_path: Path) -> None:
    write_drive(tmp_path, TRAIN)
    write_drive_beside(tmp_path)
    write_annotation(tmp_path / 'train', TRAIN, 0)
    result, entries = index(tmp_path)
    kinds = {entry.id: entry.tags['ground_truth'] for entry in entries}
    assert kinds == {
        f'{TRAIN}/0000000000': 'annotated',
        f'{TEST}/0000000000': 'velodyne_single_scan',
        f'{TEST}/0000000001': 'velodyne_single_scan',
    }
    assert 'mixed' in result.notes[0]
    for ground_truth, number in (('annotated', 1), ('velodyne', 4)):
        result, entries = index(tmp_path, ground_truth=ground_truth)
        assert len(entries) == number
        assert not result.notes


def write_drive_beside(root: Path) -> None:
    """A second drive of the same day."""
    write_drive(root / 'other', TEST)
    (root / 'other' / '2011_09_26' / TEST).rename(root / '2011_09_26' / TEST)
    shutil.rmtree(root / 'other')


def bts_line(frame: int, ground_truth: str | None = None) -> str:
    name = f'{frame:010d}'
    ground_truth = ground_truth or f'{TEST}/proj_depth/groundtruth/image_02/{name}.png'
    return f'2011_09_26/{TEST}/image_02/data/{name}.png {ground_truth} 721.5377\n'


def test_split_list_with_none_lines(tmp_path: Path) -> None:
    write_drive(tmp_path, TEST, frames=4, suffix='.jpg')  # the list says .png
    write_annotation(tmp_path / 'val', TEST, 1)
    split = tmp_path / 'test.txt'
    split.write_text(bts_line(1) + bts_line(0, 'None') + bts_line(2) + bts_line(9))
    result, (entry,) = index(tmp_path, split=split)
    assert entry.id == f'{TEST}/0000000001'
    assert counts(result) == {
        'lines of the test list': 4,
        'drives': 1,
        "lines whose ground truth is 'None'": 1,
        'lines with annotated ground truth': 3,
        "frames listed with ground truth 'annotated'": 1,
        'frames without ground truth, left out': 1,
    }
    assert result.problems == {
        'annotated ground truth is missing': [f'{TEST}/0000000002'],
        'image is missing': [f'{TEST}/0000000009'],
    }
    # Scans measure all lines.
    _, entries = index(tmp_path, split=split, ground_truth='velodyne')
    assert [entry.id[-1] for entry in entries] == ['1', '0', '2']


def test_list_that_says_nothing_about_ground_truth(tmp_path: Path) -> None:
    write_drive(tmp_path, TEST, frames=3, cameras=(2, 3))
    write_annotation(tmp_path, f'2011_09_26/{TEST}', 0, camera=3)
    write_annotation(tmp_path, f'2011_09_26/{TEST}', 1)
    split = tmp_path / 'test.txt'
    split.write_text(''.join(f'2011_09_26/{TEST} {n} {side}\n' for n in (0, 1) for side in 'lr'))
    result, entries = index(tmp_path, split=split)
    assert [entry.id for entry in entries] == [f'{TEST}/image_03/0000000000', f'{TEST}/0000000001']
    assert entries[0].image.parent.parent.name == 'image_03'
    assert counts(result)['frames without ground truth, left out'] == 2
    assert not result.problems


def test_parts_by_rule_and_limit(tmp_path: Path) -> None:
    write_drive(tmp_path, TRAIN, frames=4)
    write_drive_beside(tmp_path)
    result, entries = index(tmp_path, part='train')
    assert {entry.group for entry in entries} == {TRAIN}
    assert counts(result)["frames of Eigen's train part by rule"] == 4
    assert (
        'made by rule: every frame with ground truth of the 33 training drives' in result.notes[0]
    )
    result, entries = index(tmp_path, part='test')
    assert {entry.group for entry in entries} == {TEST}
    assert 'give that list with --split' in result.notes[0]
    _, entries = index(tmp_path, limit=2)
    assert [entry.id[-1] for entry in entries] == ['0', '3']


def test_damaged_files_are_left_out_with_their_reason(tmp_path: Path) -> None:
    drive = write_drive(tmp_path, TRAIN, frames=4)
    scans, images = drive / 'velodyne_points' / 'data', drive / 'image_02' / 'data'
    (scans / '0000000000.bin').write_bytes(bytes(17))
    (scans / '0000000001.bin').write_bytes(bytes(16))
    write_image(images / '0000000002.png', np.zeros((5, 6, 3), np.uint8))
    result, entries = index(tmp_path)
    assert [entry.id for entry in entries] == [f'{TRAIN}/0000000003']
    short, empty, small = result.problems['unusable']
    assert '0000000000.bin: 17 bytes' in short
    assert 'no point of the scan falls into the image' in empty
    assert 'is 6x5 pixels but the calibration says 20x10' in small


def test_eight_bit_annotation(tmp_path: Path) -> None:
    write_drive(tmp_path, TRAIN)
    write_image(write_annotation(tmp_path, TRAIN, 0), np.zeros((HEIGHT, WIDTH), np.uint8))
    result, entries = index(tmp_path)
    assert not entries
    assert '8 bits' in result.problems['unusable'][0]


def test_missing_calibration_names_the_file(tmp_path: Path) -> None:
    drive = write_drive(tmp_path, TRAIN)
    (drive.parent / 'calib_cam_to_cam.txt').unlink()
    with pytest.raises(FileNotFoundError, match=r'calib_cam_to_cam\.txt: .* calibration archive'):
        index(tmp_path)


def test_two_copies_nothing_and_unrectified(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no KITTI raw drive'):
        KittiTree.find(tmp_path)
    drive = write_drive(tmp_path / 'a', TRAIN)
    assert KittiTree.find(drive).raw == {TRAIN: drive}
    write_drive(tmp_path / 'b', TRAIN)
    with pytest.raises(ValueError, match=r'0001_sync lies in .*a.* and in .*b'):
        KittiTree.find(tmp_path)
    with pytest.raises(ValueError, match='not rectified'):
        KittiTree.find(drive.rename(drive.with_name('2011_09_26_drive_0001_extract')))

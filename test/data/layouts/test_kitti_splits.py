# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Lists of KITTI frames in the three published forms, and Eigen's parts by rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from lacdepth_ros.data.indexing import IndexResult
from lacdepth_ros.data.layouts.kitti_splits import (
    EIGEN_DRIVES,
    KittiKey,
    SplitLine,
    count_lines,
    eigen_part,
    read_kitti_split,
)

DRIVE = '2011_09_26_drive_0002_sync'
IMAGE = f'2011_09_26/{DRIVE}/image_02/data/0000000069'
GROUND_TRUTH = f'{DRIVE}/proj_depth/groundtruth/image_02/0000000069.png'


def write(folder: Path, *lines: str) -> Path:
    path = folder / 'list.txt'
    path.write_text('\n'.join(lines) + '\n\n')
    return path


def test_three_forms(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        f'{IMAGE}.png {GROUND_TRUTH} 721.5377',
        f'{IMAGE.replace("69", "70")}.png None 721.5377',
        f'{IMAGE.replace("69", "71")}.jpg {IMAGE.replace("02/data", "03/data")}.jpg',
        f'2011_09_26/{DRIVE} 72 r',
        f'2011_09_26/{DRIVE} 0000000073 l',
    )
    assert read_kitti_split(path) == [
        SplitLine(KittiKey(DRIVE, 2, '0000000069'), 'named'),
        SplitLine(KittiKey(DRIVE, 2, '0000000070'), 'none'),
        SplitLine(KittiKey(DRIVE, 2, '0000000071')),
        SplitLine(KittiKey(DRIVE, 3, '0000000072')),
        SplitLine(KittiKey(DRIVE, 2, '0000000073')),
    ]


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        (
            f'{IMAGE}.png {GROUND_TRUTH.replace("69", "68")} 721',
            'wrong pair: image .*69 .* of .*68',
        ),
        (f'{IMAGE}.png {GROUND_TRUTH.replace("0002", "0005")} 721', 'wrong pair'),
        (f'{IMAGE}.png depth.png 721', "'depth.png' is no annotated ground truth"),
        ('kitchen_0028b/rgb_00045.jpg', 'is no frame of KITTI raw'),
        (f'2011_09_26/{DRIVE} 72 x', 'is no frame of KITTI raw'),
    ],
)
def test_wrong_lines_are_named(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path, f'{IMAGE.replace("69", "01")}.png None 7', line)
    with pytest.raises(ValueError, match=rf'list\.txt:2: .*{message}'):
        read_kitti_split(path)


def test_repeated_empty_and_absent(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'list\.txt:2: .* appeared before'):
        read_kitti_split(write(tmp_path, f'{IMAGE}.png None 7', f'2011_09_26/{DRIVE} 69 l'))
    with pytest.raises(ValueError, match='holds no frames'):
        read_kitti_split(write(tmp_path, ''))
    with pytest.raises(FileNotFoundError, match='no such split list'):
        read_kitti_split(tmp_path / 'none.txt')


def test_ids_tell_the_cameras_apart() -> None:
    assert KittiKey(DRIVE, 2, '0000000069').id == f'{DRIVE}/0000000069'
    assert KittiKey(DRIVE, 3, '0000000069').id == f'{DRIVE}/image_03/0000000069'


def test_eigen_drives_do_not_overlap() -> None:
    assert {part: len(drives) for part, drives in EIGEN_DRIVES.items()} == {
        'train': 33,
        'test': 28,
    }
    assert not EIGEN_DRIVES['train'] & EIGEN_DRIVES['test']


def keys(drive: str, number: int, camera: int = 2) -> list[KittiKey]:
    return [KittiKey(drive, camera, f'{frame:010d}') for frame in range(number)]


def test_parts_by_rule() -> None:
    train, other = '2011_09_26_drive_0001_sync', '2011_09_28_drive_0034_sync'
    short = '2011_09_26_drive_0048_sync'
    at_hand = [
        *keys(DRIVE, 77),
        *keys(short, 22),
        *keys(train, 108),
        *keys(train, 108, camera=3),
        *keys(other, 10),
    ]
    assert eigen_part(reversed(at_hand), 'train') == keys(train, 108)
    test = eigen_part(at_hand, 'test')
    assert len(test) == 25 + 22
    frames = [int(key.frame) for key in test if key.drive == DRIVE]
    # 25 frames of 77: the k-th is the floor of 77 k / 25.
    assert frames[:5] == [0, 3, 6, 9, 12]
    assert frames[-1] == 73


def test_counts_against_the_published_ones() -> None:
    result = IndexResult()
    named = SplitLine(keys(DRIVE, 1)[0], 'named')
    count_lines([named, SplitLine(keys(DRIVE, 2)[1], 'none')], result)
    assert [str(count) for count in result.counts] == [
        'lines of the test list: 2 (697 published)',
        'drives: 1 (28 published)',
        "lines whose ground truth is 'None': 1 (45 published)",
        'lines with annotated ground truth: 1 (652 published)',
    ]
    assert not result.notes


def test_mixing_training_and_test_drives_is_said() -> None:
    result = IndexResult()
    count_lines(
        [SplitLine(key) for d in (DRIVE, '2011_09_26_drive_0001_sync') for key in keys(d, 1)],
        result,
    )
    assert [str(count) for count in result.counts] == ['lines of the list: 2', 'drives: 2']
    assert 'mixes 1 training with 1 test drives' in result.notes[0]

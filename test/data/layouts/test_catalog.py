# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Data sets recognised by how they lie on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from lacdepth_ros.data.layouts.catalog import LAYOUTS, recognize

FILES = {
    'kitti': 'raw/2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000000.png',
    'kitti2012': 'training/disp_occ/000000_10.png',
    'kitti2015': 'training/disp_occ_0/000000_10.png',
    'nyu': 'official_splits/test/bathroom/sync_depth_00045.png',
    'nyu-mat': 'nyu_depth_v2_labeled.mat',
}


def touch(root: Path, name: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


@pytest.mark.parametrize('layout', LAYOUTS)
def test_every_layout_is_recognized(tmp_path: Path, layout: str) -> None:
    path = touch(tmp_path, FILES[layout])
    assert recognize(path if layout == 'nyu-mat' else tmp_path) == layout


def test_several_or_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'is no data set known by layout.* lacdepth data pairs'):
        recognize(tmp_path)
    touch(tmp_path, FILES['kitti2012'])
    touch(tmp_path, FILES['kitti2015'])
    with pytest.raises(ValueError, match='looks like kitti2012 and kitti2015'):
        recognize(tmp_path)
    with pytest.raises(FileNotFoundError, match='no such file or folder'):
        recognize(tmp_path / 'none')

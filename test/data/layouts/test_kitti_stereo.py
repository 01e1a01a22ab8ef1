# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""KITTI 2012 and 2015: depth from disparity by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kitti_tree import write_numbers

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import write_image
from lacdepth_ros.data.indexing import IndexRequest, IndexResult
from lacdepth_ros.data.layouts import kitti_stereo
from lacdepth_ros.data.layouts.kitti_stereo import (
    KITTI_2012,
    KITTI_2015,
    StereoLayout,
    index_stereo,
)
from lacdepth_ros.data.manifest import ManifestEntry, read_manifest, write_manifest

WIDTH, HEIGHT = 20, 10
LEFT = [10, 0, 8, 4, 0, 12, 4, 0, 0, 0, 1, 0]  # stands 0.4 m from the reference camera
RIGHT = [10, 0, 8, -1, 0, 12, 4, 0, 0, 0, 1, 0]  # so the baseline is (4 + 1) / 10 = 0.5 m


def write_frame(root: Path, layout: StereoLayout, number: int = 0) -> Path:
    """Write a frame with a disparity of 2.5 px, that is 10 * 0.5 / 2.5 = 2 m, in row 3."""
    for name in (layout.images, layout.disparity, layout.calibration):
        (root / name).mkdir(parents=True, exist_ok=True)
    image = np.zeros((HEIGHT, WIDTH), np.uint8)
    write_image(root / layout.images / f'{number:06d}_10.png', image)
    write_image(root / layout.images / f'{number:06d}_11.png', image)
    disparity = np.zeros((HEIGHT, WIDTH), np.uint16)
    disparity[3] = 640
    write_image(root / layout.disparity / f'{number:06d}_10.png', disparity)
    left, right = layout.projections
    write_numbers(root / layout.calibration / f'{number:06d}.txt', **{left: LEFT, right: RIGHT})
    return root


def index(
    root: Path, layout: StereoLayout, output: Path | None = None
) -> tuple[IndexResult, list[ManifestEntry]]:
    request = IndexRequest(root, output or root / 'o.jsonl')
    result = index_stereo(request, layout, lambda done, total: None)
    if not result.rows:
        return result, []
    write_manifest(request.output, result.rows)
    return result, read_manifest(request.output)


@pytest.mark.parametrize('layout', [KITTI_2012, KITTI_2015])
@pytest.mark.parametrize('place', ['training', '.'])
def test_depth_from_disparity(tmp_path: Path, layout: StereoLayout, place: str) -> None:
    write_frame(tmp_path / place, layout)
    result, (entry,) = index(tmp_path, layout)
    sample = entry.load()
    assert np.all(sample.depth[3] == 2.0)
    assert np.count_nonzero(sample.depth) == WIDTH
    assert sample.camera == Camera(10, 12, 8, 4, WIDTH, HEIGHT)
    assert (entry.id, entry.tags['gray']) == (f'{layout.name}/000000', layout is KITTI_2012)
    assert str(result.counts[0]) == f'disparity maps: 1 ({layout.frames} published)'


def test_depth_of_another_data_set_is_never_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both benchmarks count their frames alike; the second has half the disparity."""
    roots = {layout: tmp_path / layout.name for layout in (KITTI_2012, KITTI_2015)}
    for layout, root in roots.items():
        write_frame(root, layout)
    half = np.full((HEIGHT, WIDTH), 320, np.uint16)
    write_image(roots[KITTI_2015] / 'disp_occ_0' / '000000_10.png', half)
    found = []
    for layout in (KITTI_2012, KITTI_2015):
        (entry,) = index(roots[layout], layout, tmp_path / 'o.jsonl')[1]
        found.append(float(entry.load().depth.max()))
    assert found == [2.0, 4.0]
    # Nor where the calibration was replaced: half the baseline.
    calibration = roots[KITTI_2015] / 'calib_cam_to_cam' / '000000.txt'
    write_numbers(calibration, P_rect_02=LEFT, P_rect_03=[*RIGHT[:3], 1.5, *RIGHT[4:]])
    (entry,) = index(roots[KITTI_2015], KITTI_2015, tmp_path / 'o.jsonl')[1]
    assert float(entry.load().depth.max()) == 2.0
    monkeypatch.setattr(kitti_stereo, 'write_depth_png', None)  # the same is kept
    assert len(index(roots[KITTI_2015], KITTI_2015, tmp_path / 'o.jsonl')[1]) == 1


def test_frames_that_cannot_be_used(tmp_path: Path) -> None:
    for number in range(6):
        write_frame(tmp_path, KITTI_2015, number)
    (tmp_path / 'image_2' / '000000_10.png').unlink()
    (tmp_path / 'calib_cam_to_cam' / '000001.txt').unlink()
    write_image(tmp_path / 'disp_occ_0' / '000002_10.png', np.zeros((HEIGHT, WIDTH), np.uint8))
    write_image(tmp_path / 'disp_occ_0' / '000003_10.png', np.zeros((HEIGHT, WIDTH), np.uint16))
    write_numbers(tmp_path / 'calib_cam_to_cam' / '000004.txt', P_rect_02=RIGHT, P_rect_03=LEFT)
    result, (entry,) = index(tmp_path, KITTI_2015)
    assert entry.id == 'kitti2015/000005'
    image, calibration = result.problems['a file is missing']
    assert 'image_2/000000_10.png: no such file' in image
    assert '000001.txt: no such file; unpack the calibration' in calibration
    eight_bit, baseline = result.problems['unusable']
    assert 'depth of 8 bits' in eight_bit
    assert 'baseline of -0.5 m between P_rect_02 and P_rect_03' in baseline
    assert '000003' in result.problems['empty ground truth'][0]


def test_no_disparity(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r'no disp_occ/NNNNNN_10\.png'):
        index(tmp_path, KITTI_2012)

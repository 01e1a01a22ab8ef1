# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The KITTI raw reader on a miniature recording whose projection is computed by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from kitti_tree import (
    HEIGHT,
    R_RECT,
    SCAN_DEPTH,
    WIDTH,
    depth_at,
    write_annotation,
    write_drive,
    write_numbers,
)

from lacdepth_ros.bags.sources import open_source
from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.files import write_image
from lacdepth_ros.data.layouts.kitti import (
    KittiCalibration,
    parse_stamp,
    read_kitti_raw,
)
from lacdepth_ros.data.layouts.kitti_drives import holds_drives
from lacdepth_ros.data.sources import is_data_set, open_data_set


def test_projection_by_hand(tmp_path: Path) -> None:
    frames = read_kitti_raw(write_drive(tmp_path))
    sample = frames[1].load()
    assert depth_at(sample.depth) == SCAN_DEPTH
    assert sample.camera == frames[1].camera == Camera(10, 12, 8, 4, WIDTH, HEIGHT)
    assert np.all(sample.image == 40)
    assert sample.id == '2011_09_26_drive_0001_sync/0000000001'
    assert sample.camera_height == frames[1].camera_height == 1.65
    assert sample.group == frames[1].group == '2011_09_26_drive_0001_sync'


def test_points_equal_the_full_matrix_product(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write_drive(tmp_path)
    projection = [721.5, 0, 609.6, 44.9, 0, 707.1, 172.9, 0.22, 0, 0, 1, 0.0027]
    rectify, rotation, shift = (np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(3))
    write_numbers(
        tmp_path / '2011_09_26' / 'calib_cam_to_cam.txt',
        S_rect_02=[1242, 375],
        P_rect_02=projection,
        R_rect_00=rectify.ravel().tolist(),
    )
    write_numbers(
        tmp_path / '2011_09_26' / 'calib_velo_to_cam.txt',
        R=rotation.ravel().tolist(),
        T=shift[0].tolist(),
    )
    scan = rng.uniform(1, 30, (50, 4)).astype(np.float32)
    calibration = KittiCalibration.read(tmp_path / '2011_09_26')
    points = calibration.points_in_camera(scan)
    in_camera = rectify @ (rotation @ scan[:, :3].T.astype(np.float64) + shift[0][:, None])
    expected = np.array(projection).reshape(3, 4) @ np.vstack((in_camera, np.ones(50)))
    np.testing.assert_allclose(calibration.camera.K @ points.T, expected, rtol=1e-4, atol=1e-3)


def test_right_camera_by_hand(tmp_path: Path) -> None:
    drive = write_drive(tmp_path, cameras=(2, 3))
    calibration = KittiCalibration.read(drive.parent, 3)
    depth = calibration.scan_depth(drive / 'velodyne_points' / 'data' / '0000000000.bin')
    # 0.6 m further left than in camera 2, that is 1.2 pixels at 5 m: u = 8.8 and 10.36. The point
    # at 10 m moves by 0.6 pixels, to u = 9.4, and the one outside to u = 26.8.
    assert depth_at(depth) == {(4, 9): 5.0, (6, 10): 5.0}


def test_stamps_are_exact_nanoseconds(tmp_path: Path) -> None:
    frames = read_kitti_raw(write_drive(tmp_path))
    assert [frame.stamp for frame in frames] == [1317042504067930880, 1317042504167930880]
    assert parse_stamp('1970-01-02 00:00:01', 'f:1') == 86_401_000_000_000
    assert parse_stamp('1970-01-01 00:00:00.000000001', 'f:1') == 1


def test_stamps_of_a_part_of_a_drive_go_by_number(tmp_path: Path) -> None:
    drive = write_drive(tmp_path, frames=3)
    (drive / 'image_02' / 'data' / '0000000000.png').unlink()
    frames = read_kitti_raw(drive)
    assert [frame.stamp % 1_000_000_000 for frame in frames] == [167930880, 267930880]


def test_found_from_drive_date_folder_and_above(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = write_drive(tmp_path / 'kitti' / 'raw', suffix='.jpg')
    monkeypatch.chdir(drive / 'image_02')
    for folder in (*(drive, *drive.parents)[:4], Path('..')):
        assert open_data_set(folder).drives == [drive]
        assert len(read_kitti_raw(folder)) == 2
    assert not holds_drives(drive / 'image_02')
    for folder in (tmp_path, drive / 'image_02'):
        with pytest.raises(FileNotFoundError, match=r'no KITTI raw drive.* three folders deep'):
            read_kitti_raw(folder)


def test_annotated_ground_truth_beside_the_raw_drives(tmp_path: Path) -> None:
    drive = write_drive(tmp_path / 'raw')
    write_annotation(tmp_path / 'depth' / 'train', drive.name, 1)
    source = open_data_set(tmp_path)
    assert [entry.has_ground_truth for entry in source.entries] == [False, True]
    assert depth_at(source.entries[1].load().depth) == {(3, 5): 12.5}
    (_, first), (_, second) = open_source(tmp_path).frames
    assert (first, second) == tuple(source.entries)
    assert depth_at(read_kitti_raw(drive)[1].load().depth) == SCAN_DEPTH  # none below this root


def test_an_image_of_two_endings_is_one_frame_and_a_drive_lies_in_one_place(
    tmp_path: Path,
) -> None:
    drive = write_drive(tmp_path / 'a')
    image = drive / 'image_02' / 'data' / '0000000001.png'
    shutil.copy(image, image.with_suffix('.jpg'))
    assert [frame.image for frame in read_kitti_raw(tmp_path)][1:] == [image]
    write_drive(tmp_path / 'b')
    assert is_data_set(tmp_path)
    with pytest.raises(ValueError, match=r'0001_sync lies in .*a.* and in .*b'):
        open_data_set(tmp_path)


def test_annotated_ground_truth_replaces_the_scans(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    write_annotation(drive.parent, drive.name, 1)
    first, second = read_kitti_raw(drive)
    assert depth_at(first.load().depth) == {}
    assert depth_at(second.load().depth) == {(3, 5): 12.5}


def test_drive_without_any_ground_truth(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    shutil.rmtree(drive / 'velodyne_points')
    assert depth_at(read_kitti_raw(drive)[0].load().depth) == {}


def test_image_of_another_size(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    write_image(drive / 'image_02' / 'data' / '0000000000.png', np.zeros((5, 6, 3), np.uint8))
    with pytest.raises(ValueError, match=r'is 6x5 pixels .* says 20x10'):
        read_kitti_raw(drive)[0].load()


def test_damaged_scan(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    (drive / 'velodyne_points' / 'data' / '0000000000.bin').write_bytes(bytes(17))
    with pytest.raises(ValueError, match=r'0000000000\.bin: 17 bytes'):
        read_kitti_raw(drive)[0].load()


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('S_rect_02: 20 10\nR_rect_00: 1 0 0 0 1 0 0 0 1\n', 'P_rect_02 must be 12'),
        ('S_rect_02: 20\n', 'S_rect_02 must be 2'),
        ('S_rect_02: 20 x\n', 'S_rect_02 is not made of numbers'),
        ('S_rect_02: 20 nan\n', 'S_rect_02 must be 2 finite'),
    ],
)
def test_damaged_calibration(tmp_path: Path, text: str, message: str) -> None:
    drive = write_drive(tmp_path)
    (drive.parent / 'calib_cam_to_cam.txt').write_text(text)
    with pytest.raises(ValueError, match=rf'calib_cam_to_cam\.txt: {message}'):
        read_kitti_raw(drive)


def test_zero_focal_length_names_the_file(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    path = drive.parent / 'calib_cam_to_cam.txt'
    write_numbers(path, S_rect_02=[WIDTH, HEIGHT], P_rect_02=[0.0] * 12, R_rect_00=R_RECT)
    with pytest.raises(ValueError, match=r'calib_cam_to_cam\.txt: focal lengths'):
        read_kitti_raw(drive)


@pytest.mark.parametrize('name', ['calib_cam_to_cam.txt', 'calib_velo_to_cam.txt'])
def test_missing_calibration(tmp_path: Path, name: str) -> None:
    drive = write_drive(tmp_path)
    (drive.parent / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        read_kitti_raw(drive)


def test_missing_short_and_damaged_stamps(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    path = drive / 'image_02' / 'timestamps.txt'
    path.write_text('2011-09-26 13:08:24.967930880\n')
    with pytest.raises(ValueError, match=r'1 lines hold no time stamp for 0000000001\.png'):
        read_kitti_raw(drive)
    path.write_text('2011-09-26 13:08:24.967930880\nnoon\n')
    with pytest.raises(ValueError, match=r"timestamps\.txt:2: 'noon' is no time stamp"):
        read_kitti_raw(drive)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r'timestamps\.txt'):
        read_kitti_raw(drive)


def test_unrectified_and_empty_drives(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    for image in (drive / 'image_02' / 'data').iterdir():
        image.unlink()
    with pytest.raises(FileNotFoundError, match=r'no \.png or \.jpg image'):
        read_kitti_raw(drive)
    raw = drive.rename(drive.with_name('2011_09_26_drive_0001_extract'))
    with pytest.raises(ValueError, match='not rectified'):
        read_kitti_raw(raw)

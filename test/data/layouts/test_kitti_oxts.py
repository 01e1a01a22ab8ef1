# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Poses from KITTI's GPS and IMU, on a drive whose places are known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from kitti_drive import image_stamp, write_drive, write_oxts

from lacdepth_ros.bags.convert import IMAGE_TOPIC, write_source
from lacdepth_ros.bags.motion import camera_motion
from lacdepth_ros.bags.sources import CAMERA_FRAME, open_source
from lacdepth_ros.data.layouts.kitti_oxts import read_imu_poses

PERIOD = image_stamp(1) - image_stamp(0)
STEMS = [f'{number:010d}' for number in range(3)]


def test_places_are_meters_east_and_north_and_turns_are_yaw_pitch_roll(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    write_oxts(drive, east=[0, 3, 6], north=[0, 4, 8], up=[100, 101, 102], yaw=[0, math.pi / 2, 0])
    poses = read_imu_poses(drive, STEMS)
    assert [stamp for stamp, _ in poses] == [image_stamp(number) for number in range(3)]
    way = poses[2][1][:3, 3] - poses[0][1][:3, 3]
    np.testing.assert_allclose(way, (6, 8, 2), rtol=2e-5)
    np.testing.assert_allclose(poses[1][1][:3, :3] @ (1, 0, 0), (0, 1, 0), atol=1e-12)


def test_camera_motion_of_the_bag_is_that_of_the_car(tmp_path: Path) -> None:
    """Heading north at 2 m a frame: ahead for the camera, whatever its place in the car."""
    drive = write_drive(tmp_path)
    write_oxts(drive, east=[0] * 3, north=[0, 2, 4], up=[0] * 3, yaw=[math.pi / 2] * 3)
    write_source(open_source(drive), tmp_path / 'bag')
    motion = camera_motion(tmp_path / 'bag', CAMERA_FRAME, IMAGE_TOPIC)
    assert motion is not None
    moved = motion(image_stamp(0), image_stamp(2))
    np.testing.assert_allclose(moved[:3, :3], np.eye(3), atol=1e-9)
    np.testing.assert_allclose(moved[:3, 3], (0, 0, -4), atol=1e-3)
    half = motion(image_stamp(0), image_stamp(0) + 50_000_000)
    np.testing.assert_allclose(half[:3, 3], (0, 0, -1), atol=1e-3)
    assert motion(image_stamp(0), image_stamp(3)) is None


def test_measurements_of_one_time_reach_no_further(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    write_oxts(drive, east=[0] * 3, north=[0] * 3, up=[0] * 3, yaw=[0] * 3, late=2_000_000)
    clock = drive / 'oxts' / 'timestamps.txt'
    first, _, last = clock.read_text().splitlines()
    clock.write_text('\n'.join([first, first, last]))
    source = open_source(drive)
    assert [stamp for stamp, _ in source.poses] == [
        *[image_stamp(0) + 2_000_000] * 2,
        image_stamp(2) + 2_000_000,
    ]


@pytest.mark.parametrize('late', [2_000_000, -2_000_000])
def test_images_before_the_first_measurement_have_a_place(tmp_path: Path, late: int) -> None:
    """The scanner, 1.5 m a frame on a left turn; KITTI's first image is 2 ms older."""
    at = np.arange(3) + late / PERIOD
    angle, radius = 0.1 * at, 15.0
    drive = write_drive(tmp_path)
    imu = np.array([-0.8, 0.3])  # in the scanner's frame, as write_oxts has it
    east = radius * np.sin(angle) + imu @ (np.cos(angle), -np.sin(angle))
    north = radius * (1 - np.cos(angle)) + imu @ (np.sin(angle), np.cos(angle))
    write_oxts(drive, east=east, north=north, up=[0] * 3, yaw=angle, late=late)
    write_source(open_source(drive), tmp_path / 'bag')
    motion = camera_motion(tmp_path / 'bag', 'velodyne', IMAGE_TOPIC)
    assert motion is not None
    for start, end in ((0, 1), (1, 2), (0, 2)):
        moved = np.linalg.inv(motion(image_stamp(start), image_stamp(end)))
        turn = 0.1 * (end - start)
        expected = (radius * np.sin(turn), radius * (1 - np.cos(turn)), 0)
        # Poses between are on the chord of the arc: 1.5 mm off, as those beyond.
        np.testing.assert_allclose(moved[:3, 3], expected, atol=4e-3)
        np.testing.assert_allclose(moved[:2, 0], (np.cos(turn), np.sin(turn)), atol=1e-6)
    assert motion(image_stamp(0) - 2 * PERIOD, image_stamp(1)) is None, 'too far for a guess'


def test_without_measurements_there_is_no_motion(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    assert read_imu_poses(drive, STEMS) == []
    write_source(open_source(drive), tmp_path / 'bag')
    assert camera_motion(tmp_path / 'bag', CAMERA_FRAME, IMAGE_TOPIC) is None
    assert camera_motion(tmp_path / 'bag', 'unknown_frame', IMAGE_TOPIC) is None


def test_damaged_measurements_are_named(tmp_path: Path) -> None:
    drive = write_drive(tmp_path)
    write_oxts(drive, east=[0] * 3, north=[0] * 3, up=[0] * 3, yaw=[0] * 3)
    path = drive / 'oxts' / 'data' / '0000000001.txt'
    path.write_text('49.0 8.4 x')
    with pytest.raises(ValueError, match=r'0000000001\.txt is not made of numbers'):
        read_imu_poses(drive, STEMS)
    path.write_text('49.0 8.4')
    with pytest.raises(ValueError, match='must be 30 numbers'):
        read_imu_poses(drive, STEMS)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The camera's height is that above base_footprint, and above no other frame."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import pytest
from bag_scene import LIDAR_IN_CAMERA, START, STEP, frame, in_lidar, moving, static, wall

from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import ExtractOptions
from lacdepth_ros.bags.ground_frame import height_above_ground, recorded_height
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.bags.transform_tree import TransformTree
from lacdepth_ros.bags.transforms import matrix_from_quaternion, pose_of
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.manifest import read_manifest

OPTICAL = (-0.5, 0.5, -0.5, 0.5)  # x right, y down, z forward, in a frame x forward, z up
UPRIGHT = (0.0, 0.0, 0.0, 1.0)


def tree_of(*links: tuple[str, str, float]) -> TransformTree:
    """Frames straight above each other: parent, child, metres up."""
    tree = TransformTree()
    for parent, child, up in links:
        turn = OPTICAL if child == 'camera' else UPRIGHT
        tree.add(parent, child, START, (0.3, -0.1, up), turn, static=True)
    return tree


@pytest.mark.parametrize(
    ('links', 'expected'),
    [
        ([('base_footprint', 'base_link', 0.1), ('base_link', 'camera', 0.312)], 0.41),
        ([('base_link', 'base_footprint', -0.1), ('base_link', 'camera', 0.312)], 0.41),
        ([('r1/base_footprint', 'camera', 1.2)], 1.2),
        ([('base_link', 'camera', 0.5)], None),  # it may be the middle of the robot
        ([('base_footprint', 'base_link', 0.0), ('base_link', 'camera', 0.46)], None),
        ([('base_link', 'base_footprint', 0.0), ('base_link', 'camera', 0.46)], None),
        ([('base_footprint', 'base_link', 0.1), ('other', 'camera', 0.3)], None),
        ([('base_footprint', 'camera', 0.0)], None),  # no camera lies on the ground
        ([('a/base_footprint', 'b/base_footprint', 0.2), ('b/base_footprint', 'camera', 1)], 1.0),
        ([('r1_base_footprint', 'camera', 1.2)], 1.2),
        ([('r1_base_footprint', 'r1_base_link', 0), ('r1_base_link', 'camera', 0.5)], None),
        ([('database_footprint', 'camera', 1.2)], None),
    ],
)
def test_height_is_that_above_the_place_on_the_floor(
    links: list[tuple[str, str, float]], expected: float | None
) -> None:
    assert height_above_ground(tree_of(*links), 'camera', START) == expected


@pytest.mark.parametrize(('own', 'expected'), [(True, 0.5), (False, None)])
def test_floor_below_another_robot_is_none(own: bool, expected: float | None) -> None:
    tree = tree_of(('r1/base_link', 'camera', 0.4))
    if own:
        tree.add('r1/base_link', 'r1/base_footprint', START, (0, 0, -0.1), UPRIGHT, static=True)
    for stamp in (START, START + STEP):
        tree.add('map', 'r1/base_link', stamp, (0, 0, 0.1), UPRIGHT)
        tree.add('map', 'r2/base_footprint', stamp, (30, 0, -2.0), UPRIGHT)
    assert height_above_ground(tree, 'camera', START) == expected


def bag(path: Path, up: float | None) -> Path:
    mount = pose_of(matrix_from_quaternion(OPTICAL), (0.3, 0.0, up or 0.0))
    links = [('camera', 'lidar', LIDAR_IN_CAMERA)]
    links += [] if up is None else [('base_footprint', 'camera', mount)]
    records = [static(*links), *frame(0, scan=in_lidar(wall(8.0)))]
    return bag_scene.write(path, records)


@pytest.mark.parametrize(
    ('up', 'given', 'expected'), [(0.42, None, 0.42), (0.42, 0.5, 0.5), (None, None, None)]
)
def test_manifest_of_a_bag_holds_it(
    tmp_path: Path, up: float | None, given: float | None, expected: float | None
) -> None:
    options = ExtractOptions(min_points=1, camera_height=given)
    extract(bag(tmp_path / 'bag', up), tmp_path / 'data', options)
    [entry] = read_manifest(tmp_path / 'data')
    assert entry.camera_height == expected


def test_command_says_where_it_comes_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, up in (('told', 0.42), ('untold', None)):
        path = bag(tmp_path / name, up)
        assert main(['bag', 'extract', str(path), str(tmp_path / f'{name}_data')]) == 0
        said = capsys.readouterr()
        assert ('camera_height 0.42 m, above the tf frame base_footprint' in said.out) == bool(up)
        assert ('no height of the camera of 1 frames' in said.err) == (up is None)


def recorded(path: Path, heights: list[float | None]) -> float | None:
    """`recorded_height` of a bag of as many images; None: no transform reaches one."""
    records = []
    for index, up in enumerate(heights):
        if up is not None:
            pose = pose_of(matrix_from_quaternion(OPTICAL), (0.3, 0.0, up))
            records.append(moving(START + index * STEP, 'base_footprint', 'camera', pose))
        records += frame(index)
    bag_scene.write(path, records)
    return recorded_height(path, BagImages(path))


def test_replay_takes_it_of_the_whole_bag(tmp_path: Path) -> None:
    for name, up in (('told', 0.42), ('untold', None)):
        path = bag(tmp_path / name, up)
        assert recorded_height(path, BagImages(path)) == up
    assert recorded(tmp_path / 'late', [None, None, 0.5, 0.5]) == 0.5
    assert recorded(tmp_path / 'sways', [0.5, 0.52, 0.49, 0.5, 0.51]) == 0.5
    with pytest.warns(UserWarning, match=r'0\.4 to 20 m above base_footprint'):
        assert recorded(tmp_path / 'takes_off', [0.4, 4, 12, 20]) is None


def test_damaged_transforms_tell_no_height(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError('malformed page')

    path = bag(tmp_path / 'bag', 0.42)
    images = BagImages(path)
    monkeypatch.setattr('lacdepth_ros.bags.ground_frame.read_transforms', fail)
    with pytest.warns(UserWarning, match='height of the camera cannot be read .malformed page'):
        assert recorded_height(path, images) is None

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images whose frame_id is that of the camera's housing are told."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import numpy as np
import pytest
from bag_scene import CLOUD, LIDAR_IN_CAMERA, START, frame, in_lidar, static, wall
from scipy.spatial.transform import Rotation

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import ExtractOptions
from lacdepth_ros.bags.optical_frame import optical_frame_doubt
from lacdepth_ros.bags.transform_tree import TransformTree
from lacdepth_ros.bags.transforms import pose_of
from lacdepth_ros.data.manifest import read_manifest

AHEAD = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])  # optical axes in a frame x forward, z up
DOWN = np.array([[0.0, -1, 0], [-1, 0, 0], [0, 0, -1]])


def turned_up(degrees: float) -> np.ndarray:
    """A camera that looks ahead and so much up."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]) @ AHEAD


@pytest.mark.parametrize(
    ('axes', 'above', 'doubted'),
    [
        (np.eye(3), 'base_link', True),  # as of Gazebo and Webots: x forward, z up
        (np.diag([-1.0, -1.0, 1.0]), 'r1/base_footprint', True),  # a rear camera
        (np.eye(3), 'odom', True),
        (np.eye(3), 'camera_link', False),  # nothing tells where up is
        (AHEAD, 'base_link', False),
        (DOWN, 'base_link', False),  # a drone's
        (turned_up(50.0), 'base_link', False),
        (turned_up(70.0), 'base_link', True),
    ],
)
def test_images_do_not_look_at_the_sky(axes: np.ndarray, above: str, doubted: bool) -> None:
    tree = TransformTree()
    pose = pose_of(axes, (0.5, 0.0, 1.2))
    for parent, child, turn in ((above, 'mount', np.eye(3)), ('mount', 'camera', pose[:3, :3])):
        tree.add(parent, child, START, (0.1, 0.0, 0.3), quaternion_of(turn), static=True)
    doubt = optical_frame_doubt(tree, '/camera', START)
    assert bool(doubt) is doubted
    if doubted:
        assert (
            f"frame '/camera', along which its images should look, points up in {above!r}" in doubt
        )
    assert optical_frame_doubt(tree, 'unknown', START) == ''


def quaternion_of(axes: np.ndarray) -> tuple[float, float, float, float]:
    """x, y, z, w of a rotation."""
    x, y, z, w = Rotation.from_matrix(axes).as_quat()
    return float(x), float(y), float(z), float(w)


def test_a_data_set_of_nothing_but_such_images_says_so(tmp_path: Path) -> None:
    camera, lidar = (pose_of(np.eye(3), (0.5, 0.0, height)) for height in (1.2, 1.5))
    links = ('base_link', 'camera', camera), ('base_link', 'lidar', lidar)
    bag = bag_scene.write(tmp_path / 'bag', [static(*links), *frame(0)])
    with pytest.raises(ValueError, match=r'pixels: 0 at 17.* ns: the z axis of frame .camera.,'):
        extract(bag, tmp_path / 'data', ExtractOptions())


def test_points_x_forward_in_the_frame_of_the_images_are_told_and_can_be_turned(
    tmp_path: Path,
) -> None:
    """As Gazebo's RGB-D cameras have them."""
    scan = in_lidar(wall(5.0), pose_of(LIDAR_IN_CAMERA[:3, :3], (0, 0, 0)))
    cloud = messages.scan_cloud(scan, messages.header(START, 'camera'))
    records = [*frame(0, without=(CLOUD,)), (CLOUD, START, cloud)]
    bag = bag_scene.write(tmp_path / 'bag', records)
    with pytest.raises(ValueError, match=r'lie along the x axis .* --pose 0 0 0 0.5 -0.5 0.5 0.5'):
        extract(bag, tmp_path / 'data', ExtractOptions())
    pose = pose_of(Rotation.from_quat((0.5, -0.5, 0.5, 0.5)).as_matrix(), (0, 0, 0))
    extract(bag, tmp_path / 'data', ExtractOptions(pose=pose))
    [entry] = read_manifest(tmp_path / 'data')
    depth = entry.load().depth
    np.testing.assert_allclose(depth[depth > 0], 5.0, atol=1 / 256)


@pytest.mark.parametrize(
    ('scan', 'said'),
    [
        (np.full((4, 4), np.nan, np.float32), 'nothing was measured'),
        (in_lidar(wall(-5.0)), 'of 252 points 0 lie before the camera'),
    ],
)
def test_why_few_points_fall_on_an_image(tmp_path: Path, scan: np.ndarray, said: str) -> None:
    bag = bag_scene.write(tmp_path / 'bag', [static(), *frame(0, scan=scan)])
    with pytest.raises(ValueError, match=f'too few true pixels: 0 at 17.* ns: {said}'):
        extract(bag, tmp_path / 'data', ExtractOptions())


@pytest.mark.parametrize('optical', [True, False])
def test_a_data_set_of_such_images_is_warned_of(tmp_path: Path, optical: bool) -> None:
    scan = in_lidar(np.concatenate([wall(5.0), wall(5.0) - (0.0, 4.0, 2.0)]))
    axes = AHEAD if optical else np.eye(3)
    camera = pose_of(axes, (0.5, 0.0, 1.2))
    lidar = camera @ LIDAR_IN_CAMERA if optical else pose_of(np.eye(3), (0.5, 0.0, 1.5))
    links = ('base_link', 'camera', camera), ('base_link', 'lidar', lidar)
    bag = bag_scene.write(tmp_path / 'bag', [static(*links), *frame(0, scan=scan)])
    done = extract(bag, tmp_path / 'data', ExtractOptions(min_points=1, reach=0.0))
    assert [text[:27] for text in done.warnings] == (
        [] if optical else ["the z axis of frame 'camera"]
    )

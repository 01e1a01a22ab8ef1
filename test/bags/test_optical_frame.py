# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images whose frame_id is that of the camera's housing are told."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import numpy as np
import pytest
from bag_scene import LIDAR_IN_CAMERA, START, frame, in_lidar, static, wall
from scipy.spatial.transform import Rotation

from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import ExtractOptions
from lacdepth_ros.bags.optical_frame import optical_frame_doubt
from lacdepth_ros.bags.transform_tree import TransformTree
from lacdepth_ros.bags.transforms import pose_of

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

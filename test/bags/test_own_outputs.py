# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Outputs of the depth node in bags, recorded in part: told from what a sensor measured."""

from __future__ import annotations

from pathlib import Path

import bag_scene
import numpy as np
import pytest
from bag_scene import CAMERA, CLOUD, IMAGE, INFO, START, in_lidar, wall

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.ground_truth import only_ground_truth
from lacdepth_ros.bags.opening import open_bag, topic_kinds
from lacdepth_ros.bags.own_outputs import doubt_as_own
from lacdepth_ros.messages.cameras import info_for_depth

HEAD = messages.header(START, 'camera')
DEPTH = messages.depth_image(np.ones((36, 64), np.float32), HEAD)
OF_DRIVER = messages.camera_info(CAMERA, HEAD)
SCAN = in_lidar(wall(3))


def of_node() -> object:
    """The camera_info of depth that the node publishes, as rosbags writes it."""
    info = info_for_depth(messages.Message, OF_DRIVER, HEAD, camera=CAMERA)
    return messages.Message(
        **{**vars(OF_DRIVER), **vars(info), **{n: np.array(getattr(info, n)) for n in 'dkrp'}}
    )


def chosen(folder: Path, *records: tuple[str, object]) -> str:
    """The ground truth topic of a bag of an image, its camera_info and these messages."""
    image = (IMAGE, messages.image(bag_scene.picture(), HEAD))
    kinds = {
        topic: bag_scene.KINDS[
            INFO if topic.endswith('info') else CLOUD if 'points' in topic else IMAGE
        ]
        for topic, _ in records
    }
    stamped = [(topic, START, message) for topic, message in (image, (INFO, OF_DRIVER), *records)]
    path = bag_scene.write(folder / 'bag', stamped, **kinds)
    with open_bag(path) as reader:
        topics = sorted(set(topic_kinds(reader)) - {IMAGE, INFO})
        fitting = [topic for topic in topics if not topic.endswith('camera_info')]
        return only_ground_truth(reader, path, fitting, 'nothing there')


@pytest.mark.parametrize('encoding', ['image_rect', 'image_raw'])
def test_depth_of_the_node_s_names_is_a_sensor_s_only_by_its_camera_info(
    tmp_path: Path, encoding: str
) -> None:
    depth, info = f'/front/depth/{encoding}', '/front/depth/camera_info'
    assert chosen(tmp_path / 'driver', (depth, DEPTH), (info, OF_DRIVER)) == depth
    with pytest.raises(ValueError, match=rf'{depth} .*{info} is as it writes.*--truth-topic'):
        chosen(tmp_path / 'node', (depth, DEPTH), (info, of_node()))
    with pytest.raises(ValueError, match=rf'{depth} .*{info} does not tell.*--truth-topic'):
        chosen(tmp_path / 'alone', (depth, DEPTH))


def test_a_cloud_of_the_node_s_name_is_a_sensor_s_only_in_a_frame_of_its_own(
    tmp_path: Path,
) -> None:
    of_lidar = messages.scan_cloud(SCAN, messages.header(START, 'lidar'))
    assert chosen(tmp_path / 'lidar', ('/ouster/points', of_lidar)) == '/ouster/points'
    of_camera = messages.scan_cloud(SCAN, HEAD)
    assert chosen(tmp_path / 'named', ('/velodyne_points', of_camera)) == '/velodyne_points'
    with pytest.raises(ValueError, match=r'/front/points .*frame of the images.*--truth-topic'):
        chosen(tmp_path / 'node', ('/front/points', of_camera))


def test_pictures_of_the_lidar_itself_make_its_cloud_no_node_s(tmp_path: Path) -> None:
    """As Ouster's driver publishes them, in the frame of its points and without camera_info."""
    head = messages.header(START, 'os_lidar')
    records = [
        (IMAGE, START, messages.image(bag_scene.picture(), HEAD)),
        (INFO, START, OF_DRIVER),
        ('/ouster/nearir_image', START, messages.image(bag_scene.picture(), head)),
        ('/ouster/points', START, messages.scan_cloud(SCAN, head)),
    ]
    kinds = {
        '/ouster/nearir_image': bag_scene.KINDS[IMAGE],
        '/ouster/points': bag_scene.KINDS[CLOUD],
    }
    with open_bag(bag_scene.write(tmp_path / 'bag', records, **kinds)) as reader:
        assert doubt_as_own(reader, '/ouster/points') == ''


def test_what_was_measured_is_taken_beside_the_node_s_own(tmp_path: Path) -> None:
    own = [('/front/depth/image_rect', DEPTH), ('/front/depth/camera_info', of_node())]
    aligned = '/front/aligned_depth_to_color/image_raw'
    assert chosen(tmp_path / 'aligned', *own, (aligned, DEPTH)) == aligned
    named = '/ground_truth/depth/image_rect'
    assert chosen(tmp_path / 'named', *own, (named, DEPTH)) == named


@pytest.mark.parametrize(
    'telltale', ['depth/uncertainty', 'depth/image_color', 'points_obstacles', 'points_clearing']
)
def test_one_output_that_nobody_else_has_gives_the_others_away(
    tmp_path: Path, telltale: str
) -> None:
    message = messages.scan_cloud(SCAN, HEAD) if 'points' in telltale else DEPTH
    records = [(f'/robot/front/{telltale}', message), ('/robot/front/depth/image_rect', DEPTH)]
    with pytest.raises(ValueError, match='nothing there'):
        chosen(tmp_path, *records, ('/robot/front/depth/camera_info', OF_DRIVER))

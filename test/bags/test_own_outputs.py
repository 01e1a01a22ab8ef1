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
from lacdepth_ros.messages.cameras import info_for_depth
from lacdepth_ros.messages.clouds import cloud_to_message

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


def of_node_cloud(head: object, *, organized: bool = True) -> messages.Message:
    """The cloud that the node publishes, as rosbags writes it."""
    size = (4, 6) if organized else (1, 24)
    points, colors = np.ones((*size, 3), np.float32), np.zeros((*size, 3), np.uint8)
    cloud = cloud_to_message(messages.Message, messages.Message, points, colors, head)
    return messages.Message(**{**vars(cloud), 'data': np.frombuffer(cloud.data, np.uint8)})


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
        return only_ground_truth(reader, path, fitting, 'nothing there', image=IMAGE)


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


@pytest.mark.parametrize('frame', ['camera', 'other_camera'])
@pytest.mark.parametrize('organized', [True, False])
def test_a_cloud_as_the_node_writes_it_must_be_named(
    tmp_path: Path, frame: str, organized: bool
) -> None:
    """Also that of a camera whose images were not recorded."""
    cloud = of_node_cloud(messages.header(START, frame), organized=organized)
    with pytest.raises(ValueError, match=r'/front/points .*layout of its points.*--truth-topic'):
        chosen(tmp_path / 'node', ('/front/points', cloud))
    assert chosen(tmp_path / 'named', ('/velodyne_points', cloud)) == '/velodyne_points'


@pytest.mark.parametrize('frame', ['camera', 'lidar'])
@pytest.mark.parametrize(
    ('names', 'offsets', 'step'),
    [
        ('x y z', (0, 4, 8), 16),
        ('x y z intensity', (0, 4, 8, 12), 16),
        ('x y z rgba', (0, 4, 8, 12), 16),
        ('x y z rgb', (0, 4, 8, 16), 20),
        ('x y z rgb', (0, 4, 8, 16), 24),
        ('x y z rgb', (0, 4, 8, 16), 32),
        ('x y z rgb', (0, 4, 8, 12), 20),
        ('x y z intensity t ring', (0, 4, 8, 16, 20, 24), 48),
    ],
)
def test_a_cloud_of_another_layout_is_a_sensor_s_in_any_frame(
    tmp_path: Path, frame: str, names: str, offsets: tuple[int, ...], step: int
) -> None:
    """RGB-D cameras, and LiDARs with pictures of their own, share the frame of images."""
    cloud = of_node_cloud(messages.header(START, frame))
    cloud.fields = [
        messages.Message(name=name, offset=offset, datatype=7, count=1)
        for name, offset in zip(names.split(), offsets, strict=True)
    ]
    cloud.point_step, cloud.row_step = step, step * cloud.width
    cloud.data = np.zeros(cloud.height * cloud.row_step, np.uint8)
    picture = ('/front/nearir_image', messages.image(bag_scene.picture(), cloud.header))
    assert chosen(tmp_path, ('/front/points', cloud), picture) == '/front/points'


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


def test_of_a_depth_camera_s_topics_the_one_registered_to_the_images_is_meant(
    tmp_path: Path,
) -> None:
    own = messages.depth_image(np.ones((36, 64), np.float32), messages.header(START, 'depth'))
    raw, aligned = '/camera/depth/image_rect_raw', '/camera/aligned_depth_to_color/image_raw'
    assert chosen(tmp_path / 'one', (raw, own), (aligned, DEPTH)) == aligned
    for name, messages_of_both in (('none', (own, own)), ('both', (DEPTH, DEPTH))):
        both = zip((raw, aligned), messages_of_both, strict=True)
        with pytest.raises(ValueError, match='several topics may hold the ground truth'):
            chosen(tmp_path / name, *both)

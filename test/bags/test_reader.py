# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Images of bags: stamps, camera_info, choice of the topic, and what is no bag."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bag_files import CAMERA, picture, write_bag
from rosbags.rosbag2 import StoragePlugin

from lacdepth_ros.bags.reader import BagImages, sounds_like_depth
from lacdepth_ros.bags.storage import is_bag


@pytest.mark.parametrize('plugin', [StoragePlugin.SQLITE3, StoragePlugin.MCAP])
@pytest.mark.parametrize('as_file', [False, True])
def test_images_come_with_their_stamps_and_camera_info(
    tmp_path: Path, plugin: StoragePlugin, as_file: bool
) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, plugin=plugin)
    storage = next(file for file in bag.path.iterdir() if file.suffix in ('.db3', '.mcap'))
    path = storage if as_file else bag.path
    assert is_bag(path)
    images = BagImages(path)
    assert (images.topic, images.info_topic) == ('/front/image_raw', '/front/camera_info')
    assert (images.count, images.rectified, images.others) == (3, False, [])
    recorded = list(images)
    assert [item.stamp for item in recorded] == bag.stamps
    assert [item.info.k[0] for item in recorded] == [30.0, 31.0, 32.0]
    for index, item in enumerate(recorded):
        np.testing.assert_array_equal(item.decode(), picture(index))


def test_compressed_images_are_decoded(tmp_path: Path) -> None:
    topics = {'/front/image_raw/compressed': 'CompressedImage', '/front/camera_info': 'CameraInfo'}
    images = BagImages(write_bag(tmp_path / 'bag', topics).path)
    assert images.info_topic == '/front/camera_info'
    np.testing.assert_array_equal(list(images)[2].decode(), picture(2))


def test_headers_without_a_stamp_take_the_time_of_recording(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, stamped=False)
    assert [item.stamp for item in BagImages(bag.path)] == bag.stamps


def test_topic_with_a_camera_info_is_preferred_and_depth_comes_last(tmp_path: Path) -> None:
    topics = {'/a/depth/image': 'Image', '/b/image': 'Image', '/a/depth/camera_info': 'CameraInfo'}
    images = BagImages(write_bag(tmp_path / 'one', topics).path)
    assert (images.topic, images.info_topic) == ('/b/image', None)
    assert (images.others, images.choice) == (['/a/depth/image'], '')
    assert next(iter(images)).info is None
    topics = {'/b/image': 'Image', **CAMERA}
    path = write_bag(tmp_path / 'two', topics).path
    assert BagImages(path).topic == '/front/image_raw'
    assert BagImages(path).choice == (
        f'{path}: images of /front/image_raw are taken; there are also /b/image'
    )
    assert BagImages(path, '/front/image_raw').choice == ''


def test_topic_can_be_chosen(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', {'/x/image_rect_color': 'Image', **CAMERA})
    images = BagImages(bag.path, '/x/image_rect_color')
    assert images.topic == '/x/image_rect_color'
    assert images.rectified
    with pytest.raises(ValueError, match=r"no topic '/nope' .*/front/image_raw"):
        BagImages(bag.path, '/nope')


def test_bag_without_images_is_refused_with_its_topics(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', {'/front/camera_info': 'CameraInfo'})
    with pytest.raises(ValueError, match=r'no image topic in this bag.*/front/camera_info'):
        BagImages(bag.path)


def test_what_is_no_bag_is_refused(tmp_path: Path) -> None:
    assert not is_bag(tmp_path)
    for name in ('broken.mcap', 'broken.db3'):
        broken = tmp_path / name
        broken.write_bytes(b'not a bag')
        with pytest.raises(ValueError, match=rf'{name}: not a readable ROS 2 bag'):
            BagImages(broken)


@pytest.mark.parametrize('name', ['walk.bag', ''])
def test_bags_of_ros_1_are_told_with_the_command_that_converts_them(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / 'walk.bag').write_bytes(b'#ROSBAG V2.0\n')
    said = r'walk.bag is of ROS 1, convert it: rosbags-convert --src \S+/walk.bag --dst \S+/walk$'
    with pytest.raises(ValueError, match=said):
        BagImages(tmp_path / name)


def test_the_command_that_converts_stands_spaces(tmp_path: Path) -> None:
    (tmp_path / 'a walk.bag').write_bytes(b'#ROSBAG V2.0\n')
    with pytest.raises(ValueError, match=r"--src '/\S+/a walk.bag' --dst '/\S+/a walk'$"):
        BagImages(tmp_path / 'a walk.bag')


@pytest.mark.parametrize(
    ('topic', 'expected'),
    [
        ('/camera/depth/image_rect', True),
        ('/aligned_depth_to_color/image_raw', True),
        ('/x/image/compressedDepth', True),
        ('/lacdepth_demo/image', False),
        ('/camera/color/image_raw', False),
    ],
)
def test_depth_is_told_by_whole_words(topic: str, expected: bool) -> None:
    assert sounds_like_depth(topic) is expected

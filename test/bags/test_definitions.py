# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Types that a bag does not define, or in no language of ROS, cost their own topic alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bag_files import BASE, CAMERA, STORE, camera_info, image, write_bag
from rosbags.rosbag2 import StoragePlugin

from lacdepth_ros.bags.reader import IMAGE, BagImages

ARM, IMAGE_DEFINED = 'arm_msgs/msg/Joint', ('ros2msg', STORE.generate_msgdef(IMAGE)[0].encode())
BROKEN = ('ros2msg', b'float64[ torque')
UNDEFINED = [
    ('unknown', b''),
    ('', b''),
    ('jsonschema', b'{}'),
    ('protobuf', b'\n'),
    ('ros2msg', b'other_msgs/Missing torque'),
    BROKEN,
]


def mcap_of_two_topics(
    path: Path,
    arm: tuple[str, bytes],
    camera: tuple[str, bytes],
    profile: str = 'ros2',
    **options: Any,
) -> Path:
    """An image and another message, each with the language and the text of its definition."""
    mcap = pytest.importorskip('mcap.writer')
    with path.open('wb') as file:
        writer = mcap.Writer(file, **options)
        writer.start(profile=profile)
        for topic, kind, (language, text), data in (
            ('/arm', ARM, arm, b'{}'),
            ('/camera/image', IMAGE, camera, STORE.serialize_cdr(image(0, BASE), IMAGE)),
        ):
            schema = writer.register_schema(kind, language, text)
            channel = writer.register_channel(topic, 'cdr', schema)
            writer.add_message(channel, BASE, bytes(data), BASE)
        writer.finish()
    return path


def sqlite_of_two_topics(path: Path, arm: tuple[str, bytes]) -> Path:
    """The same in the other storage, the image as it should be."""
    bag = write_bag(path, {'/camera/image': 'Image', '/arm': 'CameraInfo'}, frames=1).path
    was = 'sensor_msgs/msg/CameraInfo'
    file = sqlite3.connect(bag / 'bag.db3')
    file.execute('UPDATE topics SET type = ? WHERE type = ?', (ARM, was))
    file.execute(
        'UPDATE message_definitions SET topic_type = ?, encoding = ?, '
        'encoded_message_definition = ? WHERE topic_type = ?',
        (ARM, arm[0], arm[1].decode(), was),
    )
    file.commit()
    file.close()
    return bag


@pytest.mark.parametrize('definition', UNDEFINED)
@pytest.mark.parametrize('plugin', [StoragePlugin.SQLITE3, StoragePlugin.MCAP])
def test_a_type_that_nobody_defined_costs_no_other(
    tmp_path: Path, plugin: StoragePlugin, definition: tuple[str, bytes]
) -> None:
    if plugin is StoragePlugin.MCAP:
        bag = mcap_of_two_topics(tmp_path / 'bag.mcap', definition, IMAGE_DEFINED)
    else:
        bag = sqlite_of_two_topics(tmp_path / 'bag', definition)
    images = BagImages(bag)
    assert [recorded.message.encoding for recorded in images] == ['rgb8']
    assert not list(images.damage.lines(bag))
    with pytest.raises(ValueError, match=r"'/arm' is of type arm_msgs/msg/Joint, which does not"):
        BagImages(bag, '/arm')


def test_images_without_a_definition_are_those_of_ros_2(tmp_path: Path) -> None:
    """Though another topic of the bag is defined."""
    arm = ('ros2msg', b'float64 torque')
    bag = mcap_of_two_topics(tmp_path / 'bag.mcap', arm, ('unknown', b''))
    assert [recorded.message.encoding for recorded in BagImages(bag)] == ['rgb8']


def test_images_of_a_broken_definition_are_damaged(tmp_path: Path) -> None:
    bag = mcap_of_two_topics(tmp_path / 'bag.mcap', ('unknown', b''), BROKEN)
    images = BagImages(bag)
    assert list(images) == []
    [line] = images.damage.lines(bag)
    assert '1 damaged message of /camera/image' in line
    assert 'its definition in the bag cannot be read' in line


def test_images_of_another_definition_than_their_hash_are_damaged(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', {'/camera/image': 'Image'}, frames=1).path
    file = sqlite3.connect(bag / 'bag.db3')
    file.execute("UPDATE topics SET type_description_hash = 'RIHS01_00'")
    file.commit()
    file.close()
    images = BagImages(bag)
    assert list(images) == []
    [line] = images.damage.lines(bag)
    assert 'its definition in the bag is not the one of its hash RIHS01_00' in line


def test_mcap_of_something_else_is_not_sent_to_recover(tmp_path: Path) -> None:
    bag = mcap_of_two_topics(tmp_path / 'bag.mcap', BROKEN, IMAGE_DEFINED, profile='ros1')
    words = r"bag\.mcap is of profile 'ros1': record it by ROS 2, or convert it$"
    with pytest.raises(ValueError, match=words):
        BagImages(bag)


@pytest.mark.parametrize(
    'options',
    [
        {'repeat_schemas': False},
        {'repeat_channels': False},
        {'index_types': 'CHUNK'},
        {'index_types': 'CHUNK', 'use_statistics': False},
    ],
)
def test_mcap_whose_summary_is_not_whole_is_refused(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    """All are allowed; of these bags no topic was found, or no message."""
    if 'index_types' in options:
        kinds = pytest.importorskip('mcap.writer').IndexType
        options = {**options, 'index_types': kinds[options['index_types']]}
    bag = mcap_of_two_topics(tmp_path / 'bag.mcap', IMAGE_DEFINED, IMAGE_DEFINED, **options)
    with pytest.raises(ValueError, match=r"its summary leaves out .*saved by 'mcap recover'$"):
        BagImages(bag)


@pytest.mark.parametrize(
    'options',
    [
        {'use_chunking': False},
        {'index_types': 'NONE'},
        {'index_types': 'MESSAGE'},
        {'use_statistics': False},
        {'use_summary_offsets': False},
    ],
)
def test_mcap_without_what_nobody_needs_is_read(tmp_path: Path, options: dict[str, Any]) -> None:
    if 'index_types' in options:
        kinds = pytest.importorskip('mcap.writer').IndexType
        options = {**options, 'index_types': kinds[options['index_types']]}
    bag = mcap_of_two_topics(tmp_path / 'bag.mcap', IMAGE_DEFINED, IMAGE_DEFINED, **options)
    assert [recorded.message.encoding for recorded in BagImages(bag)] == ['rgb8']


def test_camera_infos_converted_from_ros_1_are_read(tmp_path: Path) -> None:
    """rosbags-convert keeps the names that ROS 1 has for d, k, r and p; all else is the same."""
    bag = write_bag(tmp_path / 'bag', CAMERA, frames=1).path
    file = sqlite3.connect(bag / 'bag.db3')
    for was, name in (('[] d', 'D'), ('[9] k', 'K'), ('[9] r', 'R'), ('[12] p', 'P')):
        now = f'float64{was.split()[0]} {name}'
        file.execute(
            'UPDATE message_definitions SET encoded_message_definition = '
            'replace(encoded_message_definition, ?, ?)',
            (f'float64{was}\n', f'{now}\n'),
        )
    file.execute("UPDATE topics SET type_description_hash = ''")
    changed = file.execute(
        "SELECT count(*) FROM message_definitions WHERE encoded_message_definition LIKE '%[9] K%'"
    )
    assert changed.fetchone() == (1,)
    file.commit()
    file.close()
    [recorded] = BagImages(bag)
    np.testing.assert_array_equal(recorded.info.k, camera_info(0, BASE).k)
    np.testing.assert_array_equal(recorded.info.d, camera_info(0, BASE).d)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags that are cut short, half there or no bags, and topics that are misspelt."""

from __future__ import annotations

from pathlib import Path

import pytest
from bag_files import BASE, CAMERA, image, write_bag
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from lacdepth_ros.bags.damage import Damage
from lacdepth_ros.bags.opening import header_stamp, messages_of, open_bag, raw_messages
from lacdepth_ros.bags.reader import IMAGE, BagImages


def storage_of(bag: Path) -> Path:
    return next(file for file in bag.iterdir() if file.suffix in ('.mcap', '.db3'))


def read_all(path: Path) -> int:
    with open_bag(path) as reader:
        return sum(1 for _ in messages_of(reader, '/front/image_raw'))


@pytest.mark.parametrize('plugin', [StoragePlugin.SQLITE3, StoragePlugin.MCAP])
@pytest.mark.parametrize('share', [0.0, 0.3, 0.6])
def test_cut_bags_are_refused_with_what_cures_them(
    tmp_path: Path, plugin: StoragePlugin, share: float
) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, plugin=plugin)
    data = storage_of(bag.path).read_bytes()
    storage_of(bag.path).write_bytes(data[: int(share * len(data))])
    cure = 'mcap recover' if plugin is StoragePlugin.MCAP else r'sqlite3 OLD\.db3 \.recover'
    cure = cure if share else 'is empty: copy or record it anew'
    for path in (bag.path, storage_of(bag.path)):
        with pytest.raises(ValueError, match=f'not a readable ROS 2 bag .*{cure}'):
            read_all(path)


@pytest.mark.parametrize('plugin', [StoragePlugin.SQLITE3, StoragePlugin.MCAP])
def test_what_no_tool_can_recover_is_not_sent_to_one(
    tmp_path: Path, plugin: StoragePlugin
) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, plugin=plugin)
    data = storage_of(bag.path).read_bytes()
    storage_of(bag.path).write_bytes(b'x' * 100 + data[100:])
    with pytest.raises(ValueError, match='does not begin as such a file does: copy') as failure:
        read_all(bag.path)
    assert 'mcap recover' not in str(failure.value) and '.recover' not in str(failure.value)


def test_damage_within_a_message_costs_that_message(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, plugin=StoragePlugin.MCAP)
    storage = storage_of(bag.path)
    data = bytearray(storage.read_bytes())
    place = data.index(b'rgb8')
    data[place - 4] = 0xFF  # the length of the text
    storage.write_bytes(data)
    damage = Damage()
    with open_bag(bag.path, damage) as reader:
        stamps = [stamp for stamp, _ in messages_of(reader, '/front/image_raw')]
    assert stamps == bag.stamps[1:]
    [line] = damage.lines(bag.path)
    assert line.startswith(f'{bag.path}: 1 damaged message of /front/image_raw left out; the')


def test_recording_that_was_not_ended_is_named_as_such(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA)
    (bag.path / 'metadata.yaml').unlink()
    with pytest.raises(ValueError, match=r'metadata.yaml is missing beside bag.db3'):
        read_all(bag.path)
    assert read_all(bag.path / 'bag.db3') == 3


def test_what_is_no_bag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='no such bag'):
        read_all(tmp_path / 'nothing')
    with pytest.raises(ValueError, match='not a ROS 2 bag; the folder has no metadata'):
        read_all(tmp_path)
    (tmp_path / 'notes.txt').write_text('no bag')
    with pytest.raises(ValueError, match=r'must end in \.mcap, \.db3'):
        read_all(tmp_path / 'notes.txt')
    (tmp_path / 'metadata.yaml').write_text('rosbag2_bagfile_information: []')
    with pytest.raises(ValueError, match=r'metadata\.yaml cannot be read .*ros2 bag reindex'):
        read_all(tmp_path)


def test_misspelt_topics_are_met_with_the_nearest(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', {**CAMERA, '/rear/image_raw': 'Image'})
    with pytest.raises(ValueError, match=r"'/frnt/image'.*did you mean '/front/image_raw'\?"):
        BagImages(bag.path, '/frnt/image')
    with pytest.raises(ValueError, match=r"no topic 'xyz' in this bag; those that fit: /front"):
        BagImages(bag.path, 'xyz')
    with pytest.raises(ValueError, match=r'is of type sensor_msgs/msg/CameraInfo, which does not'):
        BagImages(bag.path, '/front/camera_info')


def test_bag_without_a_message_is_refused(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, frames=0)
    with pytest.raises(ValueError, match='topic /front/image_raw holds no image'):
        BagImages(bag.path)


def test_stamps_are_read_without_decoding(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA)
    with open_bag(bag.path) as reader:
        found = [header_stamp(data) for _, _, data in raw_messages(reader, '/front/image_raw')]
        assert found == bag.stamps
        assert list(raw_messages(reader, '/nothing')) == []
    assert (
        header_stamp(b'\0\0\0\0' + (5).to_bytes(4, 'big') + (7).to_bytes(4, 'big'))
        == 5 * 10**9 + 7
    )
    with pytest.raises(ValueError, match='4 bytes has no header'):
        header_stamp(b'\0\1\0\0')


@pytest.mark.parametrize('plugin', [StoragePlugin.SQLITE3, StoragePlugin.MCAP])
def test_topics_of_unknown_types_do_not_matter(tmp_path: Path, plugin: StoragePlugin) -> None:
    store = get_typestore(Stores.ROS2_JAZZY)
    store.register(get_types_from_msg('float64 torque', 'arm_msgs/msg/Joint'))
    with Writer(tmp_path / 'bag', version=9, storage_plugin=plugin) as writer:
        arm = writer.add_connection('/arm', 'arm_msgs/msg/Joint', typestore=store)
        joint = store.types['arm_msgs/msg/Joint'](torque=1.0)
        camera = writer.add_connection('/camera/image', IMAGE, typestore=store)
        writer.write(arm, BASE, store.serialize_cdr(joint, arm.msgtype))
        writer.write(camera, BASE, store.serialize_cdr(image(0, BASE), IMAGE))
    images = BagImages(tmp_path / 'bag')
    assert [recorded.stamp for recorded in images] == [BASE]
    with pytest.raises(ValueError, match=r"'/arm' is of type arm_msgs/msg/Joint, which does not"):
        BagImages(tmp_path / 'bag', '/arm')

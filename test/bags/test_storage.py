# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bags as they are found: reindexed, packed, unpacked, split, and under odd names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from bag_files import CAMERA, STEP, STORE, image, write_bag
from rosbags.rosbag2 import StoragePlugin, Writer

from lacdepth_ros.bags.opening import messages_of, open_bag, topic_counts
from lacdepth_ros.bags.reader import IMAGE, BagImages
from lacdepth_ros.bags.storage import METADATA, is_bag
from lacdepth_ros.bags.unpacking import zstd

PLUGINS = [StoragePlugin.SQLITE3, StoragePlugin.MCAP]


def storage_of(bag: Path) -> Path:
    return next(file for file in bag.iterdir() if file.suffix != '.yaml')


def stamps_of(path: Path) -> list[int]:
    with open_bag(path) as reader:
        assert topic_counts(reader)['/front/image_raw'] == 3
        return [stamp for stamp, _ in messages_of(reader, '/front/image_raw')]


def change(bag: Path, edit: Callable[[dict], object]) -> None:
    """Edit metadata.yaml."""
    text = yaml.safe_load((bag / METADATA).read_text())
    edit(text['rosbag2_bagfile_information'])
    (bag / METADATA).write_text(yaml.safe_dump(text))


def pack(file: Path) -> Path:
    packed = file.with_name(f'{file.name}.zstd')
    packed.write_bytes(zstd().compress(file.read_bytes()))
    file.unlink()
    return packed


@pytest.mark.parametrize('plugin', PLUGINS)
def test_reindexed_bag_without_storage_identifier(tmp_path: Path, plugin: StoragePlugin) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, plugin=plugin)
    change(bag.path, lambda text: text.update(storage_identifier=''))
    assert stamps_of(bag.path) == bag.stamps


@pytest.mark.parametrize('plugin', PLUGINS)
def test_metadata_that_begins_with_a_byte_order_mark(
    tmp_path: Path, plugin: StoragePlugin
) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, plugin=plugin)
    file = bag.path / METADATA
    file.write_bytes(b'\xef\xbb\xbf' + file.read_bytes())
    assert stamps_of(bag.path) == bag.stamps


@pytest.mark.parametrize('plugin', PLUGINS)
def test_packed_files_alone_and_in_their_folder(tmp_path: Path, plugin: StoragePlugin) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, plugin=plugin)
    packed = pack(storage_of(bag.path))
    assert is_bag(packed)
    assert stamps_of(packed) == bag.stamps
    assert stamps_of(bag.path) == bag.stamps  # metadata.yaml names the file without .zstd


@pytest.mark.parametrize('plugin', PLUGINS)
def test_files_unpacked_by_hand_that_metadata_still_calls_packed(
    tmp_path: Path, plugin: StoragePlugin
) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, plugin=plugin)

    def say_packed(text: dict) -> None:
        names = [f'{name}.zstd' for name in text['relative_file_paths']]
        text.update(relative_file_paths=names, compression_format='zstd', compression_mode='FILE')

    change(bag.path, say_packed)
    assert stamps_of(bag.path) == bag.stamps


@pytest.mark.parametrize('plugin', PLUGINS)
def test_messages_packed_one_by_one_are_unpacked_without_metadata(
    tmp_path: Path, plugin: StoragePlugin
) -> None:
    with Writer(tmp_path / 'bag', version=9, storage_plugin=plugin) as writer:
        topic = writer.add_connection('/front/image_raw', IMAGE, typestore=STORE)
        for index in range(3):
            stamp = 10**18 + STEP * index
            data = zstd().compress(bytes(STORE.serialize_cdr(image(index, stamp), IMAGE)))
            writer.write(topic, stamp, data)
    file = storage_of(tmp_path / 'bag')
    assert stamps_of(file) == [10**18 + STEP * index for index in range(3)]
    reds = [int(recorded.decode()[0, 0, 0]) for recorded in BagImages(file)]
    assert reds == [5, 15, 25]


@pytest.mark.parametrize('plugin', PLUGINS)
@pytest.mark.parametrize('name', ['take #2', 'what?', '100%', 'a b'])
def test_names_that_mean_something_in_a_uri(
    tmp_path: Path, plugin: StoragePlugin, name: str
) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA, plugin=plugin)
    renamed = bag.path.rename(tmp_path / name)
    assert stamps_of(renamed) == bag.stamps
    assert stamps_of(storage_of(renamed)) == bag.stamps


@pytest.mark.parametrize('plugin', PLUGINS)
def test_split_bags_are_read_as_one(tmp_path: Path, plugin: StoragePlugin) -> None:
    first = write_bag(tmp_path / 'first', CAMERA, frames=2, plugin=plugin)
    whole = write_bag(tmp_path / 'whole', CAMERA, frames=3, plugin=plugin)
    rest = tmp_path / 'rest'
    with Writer(rest, version=9, storage_plugin=plugin) as writer:
        topic = writer.add_connection('/front/image_raw', IMAGE, typestore=STORE)
        last = whole.stamps[2]
        writer.write(topic, last, STORE.serialize_cdr(image(2, last), IMAGE))
    second = storage_of(rest).rename(first.path / f'second{storage_of(rest).suffix}')
    change(first.path, lambda text: text['relative_file_paths'].append(second.name))
    assert stamps_of(first.path) == whole.stamps
    images = BagImages(first.path)
    assert images.count == 3
    assert [int(recorded.decode()[0, 0, 0]) for recorded in images] == [5, 15, 25]


def test_files_that_are_missing_or_damaged_are_named(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA)
    packed = pack(storage_of(bag.path))
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r'bag\.db3\.zstd cannot be unpacked .* it is damaged'):
        stamps_of(bag.path)
    packed.unlink()
    with pytest.raises(ValueError, match=r'names bag\.db3, which is not there: copy it there'):
        stamps_of(bag.path)
    change(bag.path, lambda text: text.update(relative_file_paths=[]))
    with pytest.raises(ValueError, match='names no storage file'):
        stamps_of(bag.path)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""One bad message costs one message: the rest is written, and what is lost is counted."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import bag_scene
import numpy as np
import pytest
from bag_scene import CLOUD, IMAGE, INFO, START, STEP, frame, in_lidar, static, wall
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from lacdepth_ros.bags import messages
from lacdepth_ros.bags.damage import Damage
from lacdepth_ros.bags.extract import extract
from lacdepth_ros.bags.extraction import Extraction, ExtractOptions
from lacdepth_ros.bags.opening import messages_of, open_bag
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.cli.bag_evaluate import _ground_truth
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.files import write_depth_png
from lacdepth_ros.data.manifest import read_manifest

PLUGINS = [StoragePlugin.SQLITE3, StoragePlugin.MCAP]
FRAMES = 5
STAMPS = [START + STEP * index for index in range(FRAMES)]


def extracted(bag: Path) -> tuple[Extraction, list[int]]:
    """What became of it, and the stamps of the frames in the manifest."""
    output = bag.parent / 'data'
    done = extract(bag, output, ExtractOptions(min_points=1))
    return done, [entry.tags['stamp'] for entry in read_manifest(output / 'manifest.jsonl')]


def cut(bag: Path, topic: str, index: int, length: int, plugin: StoragePlugin) -> Path:
    """The same bag, one message of a topic cut to a length."""
    target = bag.with_name(f'{bag.name}_cut')
    store = get_typestore(Stores.ROS2_JAZZY)
    with AnyReader([bag]) as reader, Writer(target, version=9, storage_plugin=plugin) as writer:
        topics = {
            c.topic: writer.add_connection(c.topic, c.msgtype, typestore=store)
            for c in reader.connections
        }
        seen = dict.fromkeys(topics, 0)
        for connection, recorded, data in reader.messages():
            name = connection.topic
            if name == topic and seen[name] == index:
                data = data[:length]
            seen[name] += 1
            writer.write(topics[name], recorded, data)
    return target


@pytest.mark.parametrize('plugin', PLUGINS)
@pytest.mark.parametrize('length', [2, 40, 200])
@pytest.mark.parametrize('topic', [IMAGE, INFO, CLOUD])
def test_a_cut_message_costs_no_other(
    tmp_path: Path, plugin: StoragePlugin, topic: str, length: int
) -> None:
    bag = cut(bag_scene.scene(tmp_path / 'bag', FRAMES), topic, 2, length, plugin)
    done, stamps = extracted(bag)
    # Without its own camera_info an image takes the next one.
    assert stamps == (STAMPS if topic == INFO else STAMPS[:2] + STAMPS[3:])
    assert done.failed == 1
    reason = next(done.damage.lines(bag), '') or done.details['unusable ground truth']
    assert topic in reason or 'PointCloud2 of ' in reason


def test_a_cut_transform_costs_no_other(tmp_path: Path) -> None:
    records = [static(), static(), *(r for i in range(FRAMES) for r in frame(i))]
    bag = cut(bag_scene.write(tmp_path / 'bag', records), '/tf_static', 1, 60, PLUGINS[1])
    done, stamps = extracted(bag)
    assert stamps == STAMPS
    assert done.damage.counts == {'/tf_static': 1} and done.failed == 1


def test_what_is_lost_is_named_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag = cut(bag_scene.scene(tmp_path / 'bag', FRAMES), IMAGE, 2, 200, PLUGINS[1])
    arguments = ['bag', 'extract', str(bag), str(tmp_path / 'out'), '--min-points', '1']
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert f'{bag}: 1 damaged message of {IMAGE} left out; the first: a sensor_msgs' in said.err
    assert f'{FRAMES - 1} frames, ' in said.out


def test_a_clock_that_steps_back_loses_nothing(tmp_path: Path) -> None:
    stamps = [STAMPS[3], STAMPS[4], *STAMPS[:3]]
    frames = [frame(index, stamp=stamp) for index, stamp in enumerate(stamps)]
    records = [static(), *(record for one in frames for record in one)]
    done, found = extracted(bag_scene.write(tmp_path / 'bag', records))
    assert found == stamps and done.failed == 0


def chunked(path: Path, **options: object) -> tuple[Path, list[tuple[int, int]]]:
    """The good bag as an .mcap file of many chunks: place and length of each."""
    from mcap import writer
    from mcap.reader import make_reader

    bag = bag_scene.scene(path.with_suffix(''), FRAMES)
    with AnyReader([bag]) as reader, path.open('wb') as f:
        out = writer.Writer(f, chunk_size=8_000, **options)
        out.start('ros2')
        channels = {}
        for c in reader.connections:
            schema = out.register_schema(c.msgtype, 'ros2msg', c.msgdef.data.encode())
            channels[c.topic] = out.register_channel(c.topic, 'cdr', schema)
        for connection, recorded, data in reader.messages():
            out.add_message(channels[connection.topic], recorded, bytes(data), recorded)
        out.finish()
    with path.open('rb') as f:
        summary = make_reader(f).get_summary()
    chunks = sorted(summary.chunk_indexes, key=lambda chunk: chunk.chunk_start_offset)
    return path, [(c.chunk_start_offset, c.chunk_length) for c in chunks]


def damage_bytes(bag: Path, start: int, length: int) -> None:
    """Overwrite the middle of a chunk."""
    with bag.open('r+b') as file:
        file.seek(start + length // 2)
        file.write(b'\xff' * 64)


@pytest.mark.parametrize('how', ['bytes', 'length'])
def test_a_damaged_chunk_costs_itself(tmp_path: Path, how: str) -> None:
    writer = pytest.importorskip('mcap.writer')
    plain = {'compression': writer.CompressionType.NONE, 'enable_crcs': False}
    bag, chunks = chunked(tmp_path / 'many.mcap', **({} if how == 'bytes' else plain))
    assert len(chunks) > 3
    start, length = chunks[2]
    if how == 'bytes':
        damage_bytes(bag, start, length)
    else:  # the length of a record: more than Python can address
        with bag.open('r+b') as file:
            file.seek(start + 9 + 40 + 1)
            file.write(b'\xff' * 8)
    damage = Damage()
    with open_bag(bag, damage) as reader:
        found = [stamp for stamp, _ in messages_of(reader, IMAGE)]
        again = [stamp for stamp, _ in messages_of(reader, IMAGE)]
    lost = damage.counts
    assert found == again == sorted(set(found)) and len(found) == FRAMES - lost[IMAGE]
    assert sum(lost.values()) >= 1
    assert all(f'byte {start} of many.mcap' in line for line in damage.lines(bag))
    done, stamps = extracted(bag)
    assert done.damage.counts == lost  # met by two readers, counted once
    assert set(stamps) <= set(found) and len(stamps) >= FRAMES - sum(lost.values())


def test_images_lost_with_a_chunk_leave_the_places_of_the_others_unknown(tmp_path: Path) -> None:
    pytest.importorskip('mcap.writer')
    bag, chunks = chunked(tmp_path / 'many.mcap')
    BagImages(bag, IMAGE).check_places()
    for png in range(FRAMES):
        write_depth_png(tmp_path / f'{png}.png', np.ones((36, 64), np.float32))
    options = {'truth': tmp_path, 'truth_scale': 256.0, 'truth_tolerance': 0.01}
    args = argparse.Namespace(no_truth=False, **options)
    whole = bag.read_bytes()
    answers = []
    for chunk in chunks:
        bag.write_bytes(whole)
        damage_bytes(bag, *chunk)
        images = BagImages(bag, IMAGE)
        lost = FRAMES - len(list(BagImages(bag, IMAGE)))
        if lost:
            with pytest.raises(
                ValueError, match=rf'{lost} images of {IMAGE} are lost .* by stamp'
            ):
                _ground_truth(args, images)
        else:
            assert 'by number' in _ground_truth(args, images).description
        answers.append(bool(lost))
    assert {True, False} == set(answers)


def test_times_at_the_end_of_64_bits(tmp_path: Path) -> None:
    records = [static(), *(r for index in range(2) for r in frame(index))]
    bag = bag_scene.write(tmp_path / 'bag', records)
    target = tmp_path / 'late'
    store = get_typestore(Stores.ROS2_JAZZY)
    with AnyReader([bag]) as reader, Writer(target, version=9, storage_plugin=PLUGINS[1]) as out:
        topics = {
            c.topic: out.add_connection(c.topic, c.msgtype, typestore=store)
            for c in reader.connections
        }
        for connection, recorded, data in reader.messages():
            late = recorded if recorded < STAMPS[1] else 2**64 - 10
            out.write(topics[connection.topic], late, data)
    assert [recorded.stamp for recorded in BagImages(target)] == STAMPS[:2]
    done, stamps = extracted(target)
    assert stamps == STAMPS[:2] and done.failed == 0


@pytest.mark.parametrize('fill', ['zeros', 'row_step'])
def test_clouds_as_drivers_write_them(tmp_path: Path, fill: str) -> None:
    def clouds() -> Iterator[tuple[str, int, object]]:
        for index in range(2):
            records = frame(index)
            for topic, stamp, message in records:
                if topic == CLOUD and fill == 'row_step':
                    message.row_step = 0
                if topic == CLOUD and fill == 'zeros':
                    scan = in_lidar(wall(10.0 + index))
                    scan[::2, :3] = 0
                    message = messages.scan_cloud(scan, messages.header(stamp, 'lidar'))
                yield topic, stamp, message

    # The LiDAR is 2 m in front of the camera: its origin would be seen.
    pose = bag_scene.LIDAR_IN_CAMERA.copy()
    pose[:3, 3] = (0, 0, 2.0)
    link = static(('camera', 'lidar', pose))
    bag = bag_scene.write(tmp_path / 'bag', [link, *clouds()])
    extract(bag, tmp_path / 'data', ExtractOptions(min_points=1, reach=0.0))
    for entry in read_manifest(tmp_path / 'data' / 'manifest.jsonl'):
        depth = entry.load().depth
        assert depth[depth > 0].min() > 9


def test_a_cloud_in_millimeters_is_refused(tmp_path: Path) -> None:
    scans = [in_lidar(wall(10.0)) * [1000, 1000, 1000, 1], in_lidar(wall(10.0))]
    frames = [frame(index, scan=scan.astype('f4')) for index, scan in enumerate(scans)]
    records = [static(), *(record for one in frames for record in one)]
    done, stamps = extracted(bag_scene.write(tmp_path / 'bag', records))
    assert stamps == STAMPS[1:2]
    assert 'is the cloud in millimetres?' in done.details['unusable ground truth']

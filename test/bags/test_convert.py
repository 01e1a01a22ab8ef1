# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A KITTI raw drive, or a manifest, as a bag: every topic, stamp and byte."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from kitti_drive import CAMERA, image_of, image_stamp, scan_of, scan_stamp, write_drive
from miniature import write_manifest
from rosbags.highlevel import AnyReader

from lacdepth_ros.bags import convert
from lacdepth_ros.bags.convert import write_source
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.bags.sources import CAMERA_FRAME, SCAN_FRAME, open_source
from lacdepth_ros.bags.transform_tree import TransformTree
from lacdepth_ros.cli.main import main
from lacdepth_ros.data.files import read_depth_png, read_image, write_depth_png, write_image
from lacdepth_ros.data.layouts.kitti import read_kitti_raw
from lacdepth_ros.data.sources import PERIOD, START
from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.messages.depth import depth_from_message
from lacdepth_ros.session.ground_truth import ground_truth_from_files


def read(path: Path) -> dict[str, list[SimpleNamespace]]:
    """Topic -> its messages with the time of recording."""
    found: dict[str, list[SimpleNamespace]] = {}
    with AnyReader([path]) as reader:
        for connection, recorded, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            record = SimpleNamespace(message=message, recorded=recorded)
            found.setdefault(connection.topic, []).append(record)
    return found


def stamp_of(message) -> int:
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


@pytest.fixture(scope='module')
def drive(tmp_path_factory) -> Path:
    return write_drive(tmp_path_factory.mktemp('kitti'))


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_drive_becomes_a_bag_with_all_it_has(tmp_path: Path, drive: Path, storage: str) -> None:
    done = write_source(open_source(drive), tmp_path / 'bag', storage=storage)
    assert done.skipped == []
    assert done.counts == {
        convert.IMAGE_TOPIC: 3,
        convert.INFO_TOPIC: 3,
        convert.GROUND_TRUTH_TOPIC: 3,
        convert.GROUND_TRUTH_INFO_TOPIC: 3,
        convert.SCAN_TOPIC: 3,
        convert.STATIC_TOPIC: 1,
    }
    topics = read(tmp_path / 'bag')
    for number, frame in enumerate(read_kitti_raw(drive)):
        image, info, ground_truth, cloud = (
            topics[name][number].message
            for name in (
                convert.IMAGE_TOPIC,
                convert.INFO_TOPIC,
                convert.GROUND_TRUTH_TOPIC,
                convert.SCAN_TOPIC,
            )
        )
        assert stamp_of(image) == stamp_of(info) == stamp_of(ground_truth) == image_stamp(number)
        assert stamp_of(cloud) == scan_stamp(number)
        assert image.header.frame_id == info.header.frame_id == CAMERA_FRAME
        assert image.encoding == 'rgb8'
        np.testing.assert_array_equal(image.data.reshape(24, 40, 3), image_of(number))
        assert camera_from_info(info, rectified=True) == CAMERA
        assert camera_from_info(info, rectified=False) == CAMERA
        assert (info.distortion_model, info.d.tolist()) == ('plumb_bob', [0.0] * 5)
        expected = frame.load().depth
        assert np.count_nonzero(expected) > 50
        np.testing.assert_array_equal(
            np.nan_to_num(depth_from_message(ground_truth), nan=0), expected
        )
        assert cloud.header.frame_id == SCAN_FRAME
        assert [field.name for field in cloud.fields] == ['x', 'y', 'z', 'intensity']
        np.testing.assert_array_equal(cloud.data.view('<f4').reshape(-1, 4), scan_of(number))


def test_transforms_lead_from_the_scanner_into_the_camera(tmp_path: Path, drive: Path) -> None:
    write_source(open_source(drive), tmp_path / 'bag')
    [static] = read(tmp_path / 'bag')[convert.STATIC_TOPIC]
    assert static.recorded == scan_stamp(0)  # before everything else
    tree = TransformTree()
    for item in static.message.transforms:
        t, q = item.transform.translation, item.transform.rotation
        tree.add(
            item.header.frame_id,
            item.child_frame_id,
            0,
            (t.x, t.y, t.z),
            (q.x, q.y, q.z, q.w),
            static=True,
        )
    pose = tree.lookup(CAMERA_FRAME, SCAN_FRAME, 0)
    calibration = read_kitti_raw(drive)[0].calibration
    np.testing.assert_allclose(pose[:3], calibration.camera_from_velodyne, atol=1e-12)
    assert tree.lookup('base_link', SCAN_FRAME, 0)[2, 3] == 1.73


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_metadata_is_that_of_rosbag2(tmp_path: Path, drive: Path, storage: str) -> None:
    write_source(open_source(drive), tmp_path / 'bag', storage=storage)
    text = (tmp_path / 'bag' / 'metadata.yaml').read_text()
    metadata = yaml.safe_load(text)['rosbag2_bagfile_information']
    [name] = metadata['relative_file_paths']
    assert (tmp_path / 'bag' / name).is_file()
    assert metadata['storage_identifier'] == storage
    start, end = scan_stamp(0), image_stamp(2)
    assert metadata['starting_time'] == {'nanoseconds_since_epoch': start}
    assert metadata['duration'] == {'nanoseconds': end - start}
    assert metadata['message_count'] == 16
    assert metadata['files'][0]['path'] == name
    assert metadata['files'][0]['message_count'] == 16
    topics = {t['topic_metadata']['name']: t for t in metadata['topics_with_message_count']}
    assert topics[convert.IMAGE_TOPIC]['message_count'] == 3
    for topic, latched in ((convert.STATIC_TOPIC, True), (convert.IMAGE_TOPIC, False)):
        facts = topics[topic]['topic_metadata']
        assert facts['type_description_hash'].startswith('RIHS01_')
        assert facts['serialization_format'] == 'cdr'
        [qos] = yaml.safe_load(facts['offered_qos_profiles'])
        assert qos['durability'] == (1 if latched else 2)  # transient local, volatile
        assert qos['reliability'] == 1
        assert qos['deadline'] == {'sec': 9223372036, 'nsec': 854775807}


def test_compressed_images_are_near_and_jpeg_files_stay_as_they_are(
    tmp_path: Path, drive: Path
) -> None:
    write_source(open_source(drive), tmp_path / 'bag', compressed=True)
    images = BagImages(tmp_path / 'bag')
    assert (images.topic, images.rectified) == (convert.COMPRESSED_TOPIC, True)
    assert images.info_topic == convert.INFO_TOPIC
    error = next(iter(images)).decode().astype(int) - image_of(0)
    assert np.abs(error).mean() < 2

    manifest = write_manifest(tmp_path / 'data', 'road/0', 'road/1')
    for name in ('road_0', 'road_1'):
        png = tmp_path / 'data' / f'{name}.png'
        write_image(png.with_suffix('.jpg'), read_image(png))
    manifest.write_text(
        manifest.read_text().replace('_0.png', '_0.jpg').replace('_1.png', '_1.jpg')
    )
    write_source(open_source(manifest), tmp_path / 'jpegs', compressed=True)
    message = read(tmp_path / 'jpegs')[convert.COMPRESSED_TOPIC][1].message
    assert bytes(message.data) == (tmp_path / 'data' / 'road_1.jpg').read_bytes()


def test_published_drives_lack_scans_and_their_stamps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drive = write_drive(tmp_path, frames=4)
    (drive / 'velodyne_points' / 'data' / '0000000001.bin').unlink()
    stamps = drive / 'velodyne_points' / 'timestamps.txt'
    lines = stamps.read_text().splitlines()
    stamps.write_text('\n'.join([lines[0], '', *lines[2:]]) + '\n')
    source = open_source(drive)
    assert [stamp for stamp, _ in source.scans] == [scan_stamp(n) for n in (0, 2, 3)]
    assert main(['bag', 'from-kitti', str(drive), str(tmp_path / 'bag')]) == 0
    said = capsys.readouterr().out
    assert '     4  /camera/image_rect\n' in said and '     3  /velodyne_points\n' in said
    assert '1 frames have no ground truth' in said
    assert main(['data', 'index', 'kitti', str(drive), str(tmp_path / 'out.jsonl')]) == 0
    assert 'frames without ground truth, left out: 1\n' in capsys.readouterr().out


def with_stamps(manifest: Path, *stamps: object) -> Path:
    """Give the frames of a manifest these stamps."""
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    lines = [json.dumps({**row, 'stamp': s}) for row, s in zip(rows, stamps, strict=True)]
    manifest.write_text('\n'.join(lines))
    return manifest


@pytest.mark.parametrize(
    ('stamps', 'words'),
    [
        ((70, 70), r':2: stamp = 70 does not come after 70'),
        ((90, 70), r':2: stamp = 70 does not come after 90'),
        ((70.5, 90), r':1: stamp = 70\.5 is no whole number'),
        ((70, None), r':2: stamp = None is no whole number'),
    ],
)
def test_stamps_that_are_not_taken_are_warned_of(
    tmp_path: Path, stamps: tuple[object, object], words: str
) -> None:
    manifest = with_stamps(write_manifest(tmp_path / 'data', 'road/0', 'road/1'), *stamps)
    with pytest.warns(UserWarning, match=words + '.*10 Hz instead'):
        frames = open_source(manifest).frames
    assert [stamp for stamp, _ in frames] == [START, START + PERIOD]
    with pytest.raises(ValueError, match=words + '.*leave out every stamp'):
        ground_truth_from_files(manifest, count=2, depth_scale=256, tolerance_ns=0)


def test_manifest_plays_at_10_hz_or_at_its_own_stamps(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / 'data', 'road/0', 'road/1')
    write_source(open_source(manifest), tmp_path / 'bag')
    topics = read(tmp_path / 'bag')
    assert [r.recorded for r in topics[convert.IMAGE_TOPIC]] == [START, START + PERIOD]
    assert convert.SCAN_TOPIC not in topics
    timed = open_source(with_stamps(manifest, 70, 90))
    assert [stamp for stamp, _ in timed.frames] == [70, 90]


def test_what_a_bag_does_not_hold_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = write_manifest(tmp_path / 'data', 'road/0', 'road/1')
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    for heights, words in (((0.4, 0.4), '--camera-height 0.4,'), ((None, None), '')):
        told = [
            json.dumps(row | ({} if height is None else {'camera_height': height}))
            for row, height in zip(rows, heights, strict=True)
        ]
        manifest.write_text('\n'.join(told))
        assert main(['bag', 'from-kitti', str(manifest), str(tmp_path / f'bag{words}')]) == 0
        said = capsys.readouterr().err
        assert words in said if words else '--camera-height' not in said


def test_the_sky_of_a_rendered_frame_is_beyond_any_range(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / 'data', 'road/0')
    record = json.loads(manifest.read_text())
    depth = read_depth_png(tmp_path / 'data' / record['depth'], record['depth_scale'])
    depth[:5] = 0
    write_depth_png(tmp_path / 'data' / record['depth'], depth, record['depth_scale'])
    for empty, value in (('sky', np.inf), ('unknown', np.nan)):
        manifest.write_text(json.dumps(record | {'empty': empty}) + '\n')
        write_source(open_source(manifest), tmp_path / empty)
        [found] = read(tmp_path / empty)[convert.GROUND_TRUTH_TOPIC]
        expected = np.where(depth > 0, depth, np.float32(value))
        np.testing.assert_array_equal(depth_from_message(found.message), expected)


def test_unreadable_frames_are_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drive = write_drive(tmp_path)
    (drive / 'image_02' / 'data' / '0000000001.png').write_bytes(b'no image')
    (drive / 'velodyne_points' / 'data' / '0000000002.bin').write_bytes(b'short')
    assert main(['bag', 'from-kitti', str(drive), str(tmp_path / 'bag')]) == 1
    said = capsys.readouterr()
    assert '_sync/0000000001 left out: ' in said.err
    assert '0000000002.bin left out: ' in said.err
    topics = read(tmp_path / 'bag')
    assert len(topics[convert.SCAN_TOPIC]) == 2
    # Frame 2 has an image, but its ground truth is in the damaged scan: the frame is no more
    # whole.
    assert '_sync/0000000002 left out: ' in said.err
    assert [stamp_of(r.message) for r in topics[convert.IMAGE_TOPIC]] == [image_stamp(0)]
    assert f'{1:6d}  {convert.GROUND_TRUTH_TOPIC}' in said.out


def test_what_cannot_become_a_bag_is_refused(
    tmp_path: Path, drive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said_by(*arguments: object) -> str:
        assert main(['bag', 'from-kitti', *map(str, arguments)]) == 2
        return capsys.readouterr().err

    assert 'no such folder or manifest' in said_by(tmp_path / 'nothing', tmp_path / 'bag')
    assert 'no KITTI raw' in said_by(tmp_path, tmp_path / 'bag')
    (tmp_path / 'bag').mkdir()
    assert 'exists already' in said_by(drive, tmp_path / 'bag')
    assert not list((tmp_path / 'bag').iterdir())

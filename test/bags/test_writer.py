# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""New bags are whole or not there; an independent reader finds the very bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from bag_files import STORE, image
from kitti_drive import write_drive

from lacdepth_ros.bags.convert import write_source
from lacdepth_ros.bags.opening import open_bag
from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.bags.sources import open_source
from lacdepth_ros.bags.storage import is_bag
from lacdepth_ros.bags.writer import new_bag

IMAGE = 'sensor_msgs/msg/Image'


def test_independent_reader_finds_the_same_bytes(tmp_path: Path) -> None:
    reader_of_others = pytest.importorskip('mcap.reader')
    write_source(open_source(write_drive(tmp_path)), tmp_path / 'bag')
    with open_bag(tmp_path / 'bag') as reader:
        ours = [(c.topic, c.msgtype, t, bytes(data)) for c, t, data in reader.messages()]
    with (tmp_path / 'bag' / 'bag.mcap').open('rb') as stream:
        theirs = [
            (channel.topic, schema.name, message.log_time, message.data)
            for schema, channel, message in reader_of_others.make_reader(
                stream, validate_crcs=True
            ).iter_messages()
        ]
    assert len(ours) == 16
    assert sorted(ours) == sorted(theirs)


def test_serialized_bytes_go_in_as_they_are(tmp_path: Path) -> None:
    reader_of_others = pytest.importorskip('mcap.reader')
    data = bytes(STORE.serialize_cdr(image(0, 5), IMAGE))
    with new_bag(tmp_path / 'deep' / 'bag') as bag:
        bag.add_topic('/image', IMAGE)
        bag.write_serialized('/image', 5, data)
        bag.write('/image', 6, image(0, 5))
    assert (bag.counts, bag.size) == ({'/image': 2}, 2 * len(data))
    with (tmp_path / 'deep' / 'bag' / 'bag.mcap').open('rb') as stream:
        messages = [m for _, _, m in reader_of_others.make_reader(stream).iter_messages()]
    assert [(m.log_time, m.data) for m in messages] == [(5, data), (6, data)]


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('name', ['C# lib', 'what?', '50%20', 'größe'])
def test_odd_names_hold_the_bag_and_nothing_strays(
    tmp_path: Path, name: str, storage: str
) -> None:
    path = tmp_path / name / name
    with new_bag(path, storage) as bag:
        bag.add_topic('/image', IMAGE)
        bag.write('/image', 5, image(0, 5))
    ending = {'mcap': 'mcap', 'sqlite3': 'db3'}[storage]
    assert {file.name for file in path.iterdir()} == {f'{name}.{ending}', 'metadata.yaml'}
    assert [*tmp_path.iterdir(), *path.parent.iterdir()] == [path.parent, path]
    assert [recorded.stamp for recorded in BagImages(path)] == [5]


@pytest.mark.parametrize('failure', [RuntimeError, KeyboardInterrupt])
def test_interrupted_writing_leaves_nothing(tmp_path: Path, failure: type) -> None:
    with pytest.raises(failure), new_bag(tmp_path / 'bag') as bag:
        bag.add_topic('/image', IMAGE)
        bag.write('/image', 5, image(0, 5))
        raise failure
    assert list(tmp_path.iterdir()) == []


def fill_disk(path: Path, storage: str) -> Path:
    """Write a thousand images, find the disk full, and return the file that is left."""
    with (
        pytest.raises(OSError, match=r'No space left.* is kept, without an index: ') as refused,
        new_bag(path, storage, keep_broken=True) as bag,
    ):
        bag.add_topic('/image', IMAGE)
        for stamp in range(1, 1001):  # more than a chunk of MCAP holds
            bag.write('/image', stamp, image(0, stamp))
        raise OSError(28, 'No space left on device')
    [rest] = path.parent.iterdir()
    assert not is_bag(rest) and not is_bag(rest / path.name)
    file = Path(str(refused.value).rpartition(': ')[2])
    assert file.is_relative_to(rest)
    return file


def test_full_disk_takes_nothing_that_sqlite3_has_recorded(tmp_path: Path) -> None:
    file = fill_disk(tmp_path / 'bag', 'sqlite3')
    assert [recorded.stamp for recorded in BagImages(file)] == list(range(1, 1001))


def test_full_disk_takes_no_chunk_of_mcap(tmp_path: Path) -> None:
    reader_of_others = pytest.importorskip('mcap.reader')
    errors = pytest.importorskip('mcap.exceptions')
    stamps = []
    file = fill_disk(tmp_path / 'bag', 'mcap')
    with file.open('rb') as stream, suppress(errors.EndOfFile):
        reader = reader_of_others.NonSeekingReader(stream)
        for _, _, message in reader.iter_messages(log_time_order=False):
            stamps.append(message.log_time)
    assert stamps == list(range(1, len(stamps) + 1))
    assert len(stamps) > 800, 'all but the last chunk of 1 MiB'


def test_full_disk_of_a_bag_that_can_be_made_again_is_freed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match='No space left'), new_bag(tmp_path / 'bag') as bag:
        bag.add_topic('/image', IMAGE)
        bag.write('/image', 5, image(0, 5))
        raise OSError(28, 'No space left on device')
    assert list(tmp_path.iterdir()) == []


def test_bag_without_messages_is_not_left(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='no message to write'), new_bag(tmp_path / 'bag') as bag:
        bag.add_topic('/image', IMAGE)
    assert list(tmp_path.iterdir()) == []


def test_killed_writer_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    code = (
        'import sys, time\n'
        'from pathlib import Path\n'
        'from bag_files import image\n'
        'from lacdepth_ros.bags.writer import new_bag\n'
        'with new_bag(Path(sys.argv[1])) as bag:\n'
        f'    bag.add_topic("/image", "{IMAGE}")\n'
        '    bag.write("/image", 5, image(0, 5))\n'
        '    print("written", flush=True)\n'
        '    time.sleep(60)\n'
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    process = subprocess.Popen(
        [sys.executable, '-c', code, str(tmp_path / 'bag')],
        stdout=subprocess.PIPE,
        env={**os.environ, 'PYTHONPATH': path},
    )
    assert process.stdout.readline() == b'written\n'
    process.send_signal(signal.SIGKILL)
    process.communicate()
    [rest] = tmp_path.iterdir()
    assert rest.name.startswith('.bag.')
    assert rest.name.endswith('.partial')
    assert not any(is_bag(folder) for folder in (rest, *rest.iterdir()))


def test_old_bags_are_never_replaced_and_storages_are_named(tmp_path: Path) -> None:
    (tmp_path / 'bag').mkdir()
    with pytest.raises(FileExistsError, match='exists already'), new_bag(tmp_path / 'bag'):
        pass
    refused = pytest.raises(ValueError, match=r"'rosbag1' is not one of \['mcap', 'sqlite3'\]")
    with refused, new_bag(tmp_path / 'other', 'rosbag1'):
        pass

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""sqlite3 bags of a recorder that was killed: the newest messages lie beside the file."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest
from bag_files import CAMERA, write_bag

from lacdepth_ros.bags.opening import topic_counts
from lacdepth_ros.bags.reader import BagImages, open_bag

LATER = 10**9


def killed(tmp_path: Path, frames: int = 3) -> Path:
    """A bag whose every message was recorded a second time, with nothing of that in its file."""
    bag, live = tmp_path / 'bag', write_bag(tmp_path / 'live', CAMERA, frames=frames).path
    recorder = sqlite3.connect(live / 'live.db3')
    recorder.execute('PRAGMA journal_mode=WAL')
    recorder.execute('PRAGMA wal_autocheckpoint=0')
    recorder.execute(
        'INSERT INTO messages (topic_id, timestamp, data) '
        'SELECT topic_id, timestamp + ?, data FROM messages',
        (LATER,),
    )
    recorder.commit()
    shutil.copytree(live, bag)
    recorder.close()
    (bag / 'live.db3-shm').unlink()
    return bag


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_messages_beside_the_file_are_read_and_left_there(tmp_path: Path) -> None:
    bag = killed(tmp_path)
    before = content(bag)
    (tmp_path / 'link.db3').symlink_to(bag / 'live.db3')
    for path in (bag, tmp_path / 'link.db3'):
        with open_bag(path) as reader:
            recorded = [stamp for _, stamp, _ in reader.messages()]
            assert topic_counts(reader)['/front/image_raw'] == 6
        assert len(recorded) == 12
        assert [late - early for early, late in zip(recorded, recorded[6:], strict=False)] == (
            6 * [LATER]
        )
    assert len(list(BagImages(bag))) == 6
    assert content(bag) == before
    (bag / 'live.db3-wal').write_bytes(b'')
    assert len(list(BagImages(bag))) == 3


def test_no_room_for_a_copy_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bag = killed(tmp_path)
    usage = namedtuple('usage', 'total used free')(10**6, 10**6, 1000)
    monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage)
    with pytest.raises(ValueError, match=r'live\.db3-wal holds messages .* which has 1000\.'):
        BagImages(bag)
    monkeypatch.undo()
    remedy = sqlite3.connect(bag / 'live.db3')  # what it tells to do
    remedy.execute('PRAGMA journal_mode=DELETE')
    remedy.close()
    assert len(list(BagImages(bag))) == 6


def test_a_bag_under_recording_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bag, copy = killed(tmp_path), shutil.copyfile

    def while_it_grows(source: Path, target: Path) -> None:
        copy(source, target)
        with (bag / 'live.db3-wal').open('ab') as log:
            log.write(b'next')

    monkeypatch.setattr(shutil, 'copyfile', while_it_grows)
    with pytest.raises(ValueError, match=r'live\.db3 is being written: end the recording first'):
        BagImages(bag)


def test_damage_is_named(tmp_path: Path) -> None:
    bag = killed(tmp_path)
    file = bag / 'live.db3'
    file.write_bytes(file.read_bytes()[:50])
    (bag / 'live.db3-wal').write_bytes(b'x' * 5000)
    with pytest.raises(ValueError, match=r'live\.db3-wal cannot be put together .*\.recover'):
        BagImages(bag)

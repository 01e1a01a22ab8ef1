# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Bag writing and reading beside a plain copy: python test/measure_bag_speed.py BAG [ROUNDS].

The messages of a bag are written anew, in each storage, and read back, by this package and by
the `mcap` library; the copy moves the bytes of the storage file. The best round counts. Nothing
is forced to the disk, so all of it is the speed of the page cache.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mcap.reader import make_reader

from lacdepth_ros.bags.opening import open_bag
from lacdepth_ros.bags.writer import new_bag

Messages = list[tuple[str, str, int, bytes]]


def read(path: Path) -> Messages:
    """Topic, type, time of recording and bytes of every message."""
    with open_bag(path) as reader:
        return [(c.topic, c.msgtype, t, bytes(data)) for c, t, data in reader.messages()]


def read_by_mcap(path: Path) -> Messages:
    """The same by the library of the format's authors."""
    with next(path.glob('*.mcap')).open('rb') as stream:
        return [
            (channel.topic, schema.name, message.log_time, message.data)
            for schema, channel, message in make_reader(stream).iter_messages()
        ]


def write(path: Path, messages: Messages, storage: str) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with new_bag(path, storage) as bag:
        for topic, kind in {topic: kind for topic, kind, _, _ in messages}.items():
            bag.add_topic(topic, kind)
        for topic, _, stamp, data in messages:
            bag.write_serialized(topic, stamp, data)


def best(rounds: int, job: Callable[[], object]) -> float:
    """Shortest wall-clock time of a job [s]."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        job()
        times.append(time.perf_counter() - begin)
    return min(times)


def main(bag: Path, rounds: int) -> None:
    messages = read(bag)
    megabytes = sum(len(data) for *_, data in messages) / 1e6
    print(f'{len(messages)} messages, {megabytes:.1f} MB; best of {rounds} rounds, MB/s')
    with tempfile.TemporaryDirectory() as folder:
        for storage in ('mcap', 'sqlite3'):
            path = Path(folder, storage)
            wrote = best(rounds, lambda path=path, s=storage: write(path, messages, s))
            found = best(rounds, lambda path=path: read(path))
            print(f'{storage:8s} write {megabytes / wrote:6.0f}  read {megabytes / found:6.0f}')
            assert sorted(read(path)) == sorted(messages)
        path = Path(folder, 'mcap')
        found = best(rounds, lambda: read_by_mcap(path))
        same = sorted(read_by_mcap(path)) == sorted(messages)
        print(f'mcap library read {megabytes / found:6.0f}  identical bytes: {same}')
        source = next(path.glob('*.mcap'))
        copied = best(rounds, lambda: Path(folder, 'copy').write_bytes(source.read_bytes()))
        print(f'plain copy (read and write) {source.stat().st_size / 1e6 / copied:6.0f}')


if __name__ == '__main__':
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5)

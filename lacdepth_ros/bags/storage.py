# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The storage files of a bag as they are found: split, compressed, renamed, or alone."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import yaml

from lacdepth_ros.bags.unpacking import unpack_file
from lacdepth_ros.bags.write_ahead import copy_with_log, write_ahead_log

METADATA = 'metadata.yaml'
ENDINGS = ('.mcap', '.db3', '.mcap.zstd', '.db3.zstd')
ROS1 = '.bag'
"""Ending of the bags of ROS 1."""
_ZSTD = '.zstd'
_MAGIC = {'.mcap': b'\x89MCAP0\r\n', '.db3': b'SQLite format 3\0'}


def is_bag(path: Path) -> bool:
    """Whether the path looks like a ROS 2 bag: a folder with metadata.yaml, or a storage file."""
    if path.is_dir():
        return (path / METADATA).is_file()
    return path.name.endswith(ENDINGS)


@contextmanager
def readable_files(path: Path) -> Iterator[list[Path]]:
    """The storage files of a bag, unpacked and under names that sqlite takes; for this while.

    The folder's metadata.yaml only says which files belong to it: what else it says is wrong after
    a reindex, or after its files were unpacked by hand.

    Args:
        path: Bag folder, or its storage file.

    Raises:
        ValueError: metadata.yaml or a compressed file cannot be read, or a file is missing.
    """
    files = [path] if path.is_file() else _named_files(path)
    with TemporaryDirectory(prefix='lacdepth_bag_') as folder:
        yield [_readable(file, Path(folder), index) for index, file in enumerate(files)]


def _named_files(folder: Path) -> list[Path]:
    """The files that metadata.yaml names, as they are in the folder."""
    try:
        text = (folder / METADATA).read_text(encoding='utf-8-sig')
        names = yaml.safe_load(text)['rosbag2_bagfile_information']['relative_file_paths']
        files = [folder / PurePath(name).name for name in names]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ValueError(
            f'{folder / METADATA} cannot be read ({" ".join(str(error).split())}): name the '
            f"storage file itself, or fix it by 'ros2 bag reindex {folder}'"
        ) from error
    if not files:
        raise ValueError(f'{folder / METADATA} names no storage file')
    return [_present(file) for file in files]


def _present(file: Path) -> Path:
    """The file, or the same one packed or unpacked."""
    other = file.with_suffix('') if file.suffix == _ZSTD else file.with_name(file.name + _ZSTD)
    for candidate in (file, other):
        if candidate.is_file():
            return candidate
    raise ValueError(
        f'{file.parent / METADATA} names {file.name}, which is not there: copy it there, or name '
        'one of the other files itself'
    )


def _readable(file: Path, folder: Path, index: int) -> Path:
    """The file itself, or a copy or link of it in the folder."""
    if file.suffix == _ZSTD:
        unpacked = folder / f'{index}{file.with_suffix("").suffix}'
        unpack_file(file, unpacked, _MAGIC[unpacked.suffix])
        return unpacked
    if file.suffix == '.db3' and (log := write_ahead_log(file)):
        copy = folder / f'{index}.db3'
        copy_with_log(file, log, copy)
        return copy
    if any(character in str(file) for character in '#?%'):  # in a URI, as sqlite takes it
        link = folder / f'{index}{file.suffix}'
        link.symlink_to(file.resolve())
        return link
    return file


def advice(files: Sequence[Path]) -> str:
    """What to do about a bag that cannot be read, by what its files look like."""
    for file in files:
        magic = _MAGIC[file.suffix]
        with file.open('rb') as data:
            begin = data.read(len(magic))
        if not begin:
            return f'{file.name} is empty: copy or record it anew'
        if begin != magic:
            return f'{file.name} does not begin as such a file does: copy or record it anew'
        if file.suffix == '.mcap' and (profile := _mcap_profile(file)) != 'ros2':
            return f'{file.name} is of profile {profile!r}: record it by ROS 2, or convert it'
    if any(file.suffix == '.mcap' for file in files):
        return "what is whole is saved by 'mcap recover'"
    return "what is whole is saved by 'sqlite3 OLD.db3 .recover | sqlite3 NEW.db3'"


def _mcap_profile(file: Path) -> str:
    """Whose messages an MCAP file holds, as its header says; it begins with the right bytes."""
    with file.open('rb') as data:
        _, _, size = struct.unpack('<BQI', data.read(21)[8:].ljust(13, b'\0'))
        return data.read(min(size, 64)).decode(errors='replace')

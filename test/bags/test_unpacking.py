# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Packed bags that claim too little, too much, or nothing of what they hold."""

from __future__ import annotations

import importlib
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bag_files import CAMERA, STORE, image, write_bag
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.storage_mcap import DECOMPRESSORS

from lacdepth_ros.bags import unpacking
from lacdepth_ros.bags.damage import Damage
from lacdepth_ros.bags.opening import messages_of, open_bag
from lacdepth_ros.bags.reader import IMAGE
from lacdepth_ros.bags.unpacking import (
    MAX_UNPACKED,
    SLACK,
    unpack_file,
    unpack_lz4,
    unpack_message,
    unpack_zstd,
    zstd,
)

lz4_frame = pytest.importorskip('lz4.frame')
MIB = 2**20
CONTENT = bytes(range(256)) * 4
MAGIC = b'SQLite format 3\0'
BOMB = 512 * MIB


def streamed(content: bytes) -> bytes:
    """Packed by zstd without its size in the header, as who does not know it beforehand does."""
    packer = zstd().ZstdCompressor()
    return packer.compress(content) + packer.flush()


def bomb(first: bytes = b'') -> bytes:
    """Half a gigabyte of zeros in some kilobytes, of unknown size."""
    packer, block = zstd().ZstdCompressor(), bytes(8 * MIB)
    parts = [packer.compress(first), *(packer.compress(block) for _ in range(BOMB // len(block)))]
    return b''.join([*parts, packer.flush()])


def peak_of(action: Callable[[], Any]) -> tuple[Any, int]:
    """What comes of it, an error included, and the most memory [bytes] that it took."""
    tracemalloc.start()
    try:
        return action(), tracemalloc.get_traced_memory()[1]
    except ValueError as error:
        return error, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize('pack', [lambda data: zstd().compress(data), streamed])
def test_frames_of_the_right_size_are_unpacked(pack: Callable[[bytes], bytes]) -> None:
    assert unpack_zstd(pack(CONTENT), len(CONTENT)) == CONTENT
    both = pack(CONTENT) + pack(b'more')
    assert unpack_zstd(both, len(CONTENT) + 4) == CONTENT + b'more'
    assert unpack_lz4(lz4_frame.compress(CONTENT), len(CONTENT)) == CONTENT


@pytest.mark.parametrize(
    ('unpack', 'packed'),
    [(unpack_zstd, streamed(CONTENT)), (unpack_lz4, lz4_frame.compress(CONTENT))],
)
def test_no_more_than_claimed_is_unpacked(
    unpack: Callable[[bytes, int], bytes], packed: bytes
) -> None:
    with pytest.raises(ValueError, match='more than the 100 bytes that it claims'):
        unpack(packed, 100)
    for size in (-1, MAX_UNPACKED + 1):
        with pytest.raises(ValueError, match=f'claims {size} bytes; at most'):
            unpack(packed, size)


def test_chunks_are_unpacked_by_these() -> None:
    importlib.import_module('lacdepth_ros.bags.salvage')
    assert DECOMPRESSORS['zstd'] is unpack_zstd and DECOMPRESSORS['lz4'] is unpack_lz4


def test_cut_frames_are_no_content() -> None:
    with pytest.raises(EOFError):
        unpack_zstd(zstd().compress(CONTENT)[:-3], len(CONTENT))


def test_bomb_in_a_chunk_takes_what_it_claims() -> None:
    packed = bomb()
    assert len(packed) < MIB // 4
    error, peak = peak_of(lambda: unpack_zstd(packed, MIB))
    assert 'more than the' in str(error)
    assert peak < 8 * MIB


def test_message_of_unknown_size_is_unpacked_up_to_a_bound() -> None:
    assert unpack_message(streamed(CONTENT)) == CONTENT
    assert unpack_message(zstd().compress(CONTENT)) == CONTENT
    assert unpack_message(b'\0\1\0\0' + CONTENT) == b'\0\1\0\0' + CONTENT
    packed = bomb()
    unpacked, peak = peak_of(lambda: unpack_message(packed))
    assert unpacked == packed  # which is no message
    assert peak < 2 * SLACK + MIB


def test_bomb_among_messages_costs_one_message(tmp_path: Path) -> None:
    with Writer(tmp_path / 'bag', version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        topic = writer.add_connection('/front/image_raw', IMAGE, typestore=STORE)
        for index in range(3):
            data = bytes(STORE.serialize_cdr(image(index, 10**18 + index), IMAGE))
            writer.write(topic, 10**18 + index, bomb() if index == 1 else zstd().compress(data))
    damage = Damage()
    with open_bag(tmp_path / 'bag', damage) as reader:
        stamps = [stamp for stamp, _ in messages_of(reader, '/front/image_raw')]
    assert stamps == [10**18, 10**18 + 2]
    assert damage.counts['/front/image_raw'] == 1


def test_file_is_unpacked_whole(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'bag', CAMERA)
    stored = next(bag.path.glob('*.db3')).read_bytes()
    for pack in (streamed, zstd().compress):
        (tmp_path / 'a.zstd').write_bytes(pack(stored))
        unpack_file(tmp_path / 'a.zstd', tmp_path / 'a.db3', MAGIC)
        assert (tmp_path / 'a.db3').read_bytes() == stored


def test_file_that_holds_something_else_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / 'a.zstd').write_bytes(bomb())
    with pytest.raises(ValueError, match=r'a\.zstd holds no \.db3 file'):
        unpack_file(tmp_path / 'a.zstd', tmp_path / 'a.db3', MAGIC)
    assert (tmp_path / 'a.db3').stat().st_size == 0


def test_file_that_does_not_say_how_large_it_is_stays_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, 'SLACK', MIB)
    packed = bomb(MAGIC)
    (tmp_path / 'a.zstd').write_bytes(packed)
    with pytest.raises(ValueError, match=f'more than {MIB + 1000 * len(packed)} bytes'):
        unpack_file(tmp_path / 'a.zstd', tmp_path / 'a.db3', MAGIC)
    assert (tmp_path / 'a.db3').stat().st_size <= MIB + 1000 * len(packed)


def test_file_that_claims_more_than_there_is_room_for_is_named(tmp_path: Path) -> None:
    claim = b'\x28\xb5\x2f\xfd\xe0' + (2**60).to_bytes(8, 'little')  # a size of 8 bytes
    (tmp_path / 'a.zstd').write_bytes(claim + bytes(100))
    with pytest.raises(ValueError, match=rf'claims to unpack to {2**60} bytes, but .* has'):
        unpack_file(tmp_path / 'a.zstd', tmp_path / 'a.db3', MAGIC)
    assert not (tmp_path / 'a.db3').exists()

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""zstd and lz4 in bags, unpacked no further than their headers say: a kilobyte may hold gigabytes.

Messages, and chunks of MCAP files, are unpacked into memory: what is unpacked is as large as its
header says, and never above MAX_UNPACKED. Whole files go to the disk, as far as there is room.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

MAX_UNPACKED = 2**28
"""Largest message or chunk [bytes] that is unpacked."""
SLACK = 2**26
"""What may be unpacked [bytes] where no header says how much there is."""
_PACKED_AT_BEST = 1000  # times that the recordings of cameras become smaller; black ones do
_BLOCK = 2**20
_HEADER = 18  # bytes of a zstd frame's header at most
_ZSTD = b'\x28\xb5\x2f\xfd'


def zstd() -> Any:
    """Python's module for zstd files."""
    if sys.version_info >= (3, 14):
        from compression import zstd

        return zstd
    from backports import zstd

    return zstd


def unpack_zstd(data: bytes, size: int) -> bytes:
    """Unpack zstd frames of this size [bytes].

    Raises:
        ValueError: There is more, or it is more than MAX_UNPACKED.
        EOFError, ZstdError: The data is cut short or damaged.
    """
    parts, left = [], _believed(size)
    while data:
        frame = zstd().ZstdDecompressor()
        parts.append(frame.decompress(data, max_length=left + 1))
        left -= len(parts[-1])
        if left < 0:
            raise ValueError(f'unpacks to more than the {size} bytes that it claims')
        if not frame.eof:
            raise EOFError(f'ends before the {size} bytes that it claims')
        data = frame.unused_data
    return b''.join(parts)


def unpack_lz4(data: bytes, size: int) -> bytes:
    """Unpack an lz4 frame of this size [bytes].

    Raises:
        ValueError: There is more, or it is more than MAX_UNPACKED.
        RuntimeError: The data is damaged.
    """
    from lz4.frame import LZ4FrameDecompressor

    unpacked: bytes = LZ4FrameDecompressor().decompress(data, max_length=_believed(size) + 1)
    if len(unpacked) > size:
        raise ValueError(f'unpacks to more than the {size} bytes that it claims')
    return unpacked


def _believed(size: int) -> int:
    if not 0 <= size <= MAX_UNPACKED:
        raise ValueError(f'claims {size} bytes; at most {MAX_UNPACKED} are unpacked')
    return size


def unpack_message(data: bytes) -> bytes:
    """A serialised message; bags of compression_mode MESSAGE hold them packed one by one."""
    if not data.startswith(_ZSTD):  # CDR begins with 00
        return data
    try:
        size = _claimed(data)
        return unpack_zstd(data, SLACK if size is None else size)
    except (EOFError, ValueError, zstd().ZstdError):
        return data  # which then cannot be deserialised either


def unpack_file(packed: Path, target: Path, magic: bytes) -> None:
    """Unpack a storage file.

    Args:
        packed: The zstd file.
        target: The file to write.
        magic: How the unpacked file must begin.

    Raises:
        ValueError: It is damaged, of another kind, larger than it claims to be, or than there is
            room for.
    """
    try:
        with packed.open('rb') as source:
            size = _claimed(source.read(_HEADER))
        most = SLACK + _PACKED_AT_BEST * packed.stat().st_size if size is None else size + SLACK
        free = shutil.disk_usage(target.parent).free
        if size is not None and size > free:
            raise ValueError(
                f'{packed} claims to unpack to {size} bytes, but {target.parent} has {free}: '
                'unpack it yourself where there is room, or let TMPDIR name such a folder'
            )
        with zstd().open(packed, 'rb') as content, target.open('wb') as sink:
            while block := content.read(_BLOCK):
                if not sink.tell() and not block.startswith(magic):
                    raise ValueError(f'{packed} holds no {target.suffix} file')
                if sink.tell() + len(block) > most:
                    raise ValueError(f'{packed} unpacks to more than {most} bytes: it is damaged')
                sink.write(block)
    except (EOFError, zstd().ZstdError) as error:
        raise ValueError(f'{packed} cannot be unpacked ({error}): it is damaged') from error


def _claimed(start: bytes) -> int | None:
    """Bytes that a zstd frame with this start claims to hold; None where it does not say."""
    size: int | None = zstd().get_frame_info(start).decompressed_size
    return size

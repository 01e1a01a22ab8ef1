# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEG headers as the standard wants them, of cameras that write them otherwise.

libjpeg tells of its first warning only. One about a header, which costs no pixel, would hide that
the pixels are damaged: what it would be about is put right before it decodes, so that whatever it
warns of then is damage.
"""

from __future__ import annotations

import struct

MAX_PADDING = 8
"""Bytes too many before a marker that are no damage: some cameras pad what they encode."""

SEQUENTIAL = (0xC0, 0xC1, 0xC9)
"""Markers of frames whose scans hold all of a block at once."""
SCAN = 0xDA
_APP0, _APP14 = 0xE0, 0xEE
_ALL_OF_A_BLOCK = bytes((0, 63, 0))


def tidied(data: bytes) -> bytes:
    """The JPEG of one or three channels, without what libjpeg warns of and ignores.

    That is padding between the parts of the header, JFIF revisions that it does not know (some
    phones and IP cameras write 2.01), color transforms of Adobe's that nobody defined, and the
    band of a scan that has none. What is damaged stays so.
    """
    kept, at, is_sequential = [data[:2]], 2, False
    while (found := next_segment(data, at)) is not None:
        start, end = found
        segment = bytearray(data[start:end])
        marker = segment[1]
        is_sequential |= marker in SEQUENTIAL
        if marker == _APP0 and segment[4:9] == b'JFIF\0' and len(segment) > 9:
            segment[9] = 1
        elif marker == _APP14 and segment[4:9] == b'Adobe' and len(segment) > 15:
            segment[15] = min(segment[15], 1)  # 0 is RGB; all others are taken for YCbCr
        elif marker == SCAN and is_sequential and len(segment) >= 8:
            segment[-3:] = _ALL_OF_A_BLOCK
        kept.append(bytes(segment))
        at = end
        if marker == SCAN:
            following = data.find(bytes((0xFF, SCAN)), end)
            if following < 0:
                break
            kept.append(data[end:following])
            at = following
    return b''.join((*kept, data[at:]))


def next_segment(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the next part of the header begins and ends; None where there is none."""
    start = data.find(b'\xff', at, at + MAX_PADDING + 1)
    while data[start + 1 : start + 2] == b'\xff':  # any number of them may fill
        start += 1
    head = data[start : start + 4]
    if start < 0 or len(head) < 4 or not 0xC0 <= head[1] < 0xFF or 0xD0 <= head[1] < SCAN:
        return None
    (length,) = struct.unpack('>H', head[2:])
    end = start + 2 + length
    return (start, end) if length >= 2 and end <= len(data) else None

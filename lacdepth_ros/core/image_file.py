# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG files, decoded only after their header and structure have been believed.

A file of some hundred bytes can claim 30000 x 30000 pixels, or a chunk of gigabytes, and a decoder
takes its word for it. Here the size, and what the data could hold at best, come first; other
formats (GIF, TIFF, EXR, WebP) do not reach a decoder at all.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.jpeg import decode_jpeg
from lacdepth_ros.core.jpeg_header import MAX_PADDING

MAX_SIDE = 16384
"""Largest width and height [px] of an image that is believed."""
MAX_PIXELS = 2**26
"""Largest number of pixels of an image that is believed (201 MB as RGB)."""
MAX_BYTES = 2**28
"""Largest file that is read."""
MAX_SCANS = 64
"""Most passes of a progressive JPEG; encoders make ten, each costs as much as a whole picture."""

_PNG = b'\x89PNG\r\n\x1a\n'
_JPEG = b'\xff\xd8'
_JPEG_END, _JPEG_SCAN = b'\xff\xd9', b'\xff\xda'
# Color type of a PNG -> values a pixel; 3 is a palette.
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PNG_BITS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# What shapes the pixels; colour profiles, texts and animations may be bombs of their own.
_PNG_KEPT = (b'IHDR', b'PLTE', b'tRNS', b'IDAT', b'IEND')
# Markers of a JPEG frame header: SOF0..SOF15 without the tables DHT, JPG and DAC among them.
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Deflate packs 1032 bytes into one at best, a JPEG eight blocks of 64 pixels.
_MAX_RATIO, _MAX_JPEG_RATIO = 1032, 512


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What the header of an image file says.

    Attributes:
        width: Columns [px].
        height: Rows [px].
        bits: Bits of a channel.
        channels: Values per pixel.
        packed_at_best: Bytes below which no file holds such an image.
    """

    width: int
    height: int
    bits: int
    channels: int
    packed_at_best: int

    @property
    def is_gray(self) -> bool:
        """Whether there is one channel."""
        return self.channels == 1


def parse_header(stream: BinaryIO) -> ImageHeader:
    """Read the header at the start of a PNG or JPEG file.

    Raises:
        ValueError: It is neither format, or is cut short or damaged within the header.
    """
    start = stream.read(len(_PNG))
    try:
        if start == _PNG:
            return _png_header(stream)
        if start.startswith(_JPEG):
            stream.seek(len(_JPEG))
            return _jpeg_header(stream)
    except struct.error as error:
        raise ValueError('cut short or damaged within its header') from error
    raise ValueError('neither PNG nor JPEG')


def decode_file(
    data: bytes,
    *,
    flags: int,
    check_size: Callable[[int, int], None] | None = None,
) -> npt.NDArray[Any]:
    """Decode a PNG or JPEG file, in memory of the decoded size and little more.

    Args:
        data: The whole file.
        flags: OpenCV's cv2.IMREAD_*.
        check_size: Called with width and height before anything is decoded; raises a ValueError
            when they are not the expected ones.

    Returns:
        (H, W) or (H, W, C) uint8 or uint16, colors in BGR order.

    Raises:
        ValueError: It is neither format, too large, of another size, or truncated or damaged.
    """
    header = parse_header(io.BytesIO(data))
    size = f'{header.width}x{header.height}'
    if check_size is not None:
        check_size(header.width, header.height)
    check_bounds(header.width, header.height)
    if len(data) > MAX_BYTES:
        raise ValueError(f'file of {len(data)} bytes; at most {MAX_BYTES} are read')
    if header.packed_at_best > len(data):
        raise ValueError(f'truncated: {len(data)} bytes cannot hold {size} pixels')
    data = _checked_png(data) if data.startswith(_PNG) else _checked_jpeg(data)
    try:
        if data.startswith(_JPEG) and header.channels in (1, 3) and header.bits == 8:
            decoded = decode_jpeg(data, flags)
        else:
            decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        raise ValueError(f'damaged: OpenCV cannot decode it ({error.err})') from error
    if decoded is None or decoded.shape[:2] != (header.height, header.width):
        raise ValueError(f'damaged: its {len(data)} bytes do not decode to {size} pixels')
    return decoded


def check_bounds(width: int, height: int) -> None:
    """Refuse sizes that no image has.

    Raises:
        ValueError: A side is not positive or above MAX_SIDE, or there are more than MAX_PIXELS.
    """
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width * height <= MAX_PIXELS):
        raise ValueError(
            f'size {width}x{height}: sizes must be positive, with no side above {MAX_SIDE} px and '
            f'{MAX_PIXELS} px at most'
        )


def _png_header(stream: BinaryIO) -> ImageHeader:
    """After the signature comes IHDR: length, name, width, height, bit depth, color type."""
    length, name, width, height, bits, color = struct.unpack('>I4sIIBB', stream.read(18))
    if name != b'IHDR' or length != 13 or bits not in _PNG_BITS.get(color, ()):
        raise struct.error('no IHDR chunk')
    channels = _PNG_CHANNELS[color]
    least = width * height * channels * bits // (8 * _MAX_RATIO)
    return ImageHeader(width, height, bits, channels, least)


def _jpeg_header(stream: BinaryIO) -> ImageHeader:
    """Go from marker to marker until the frame header."""
    while True:
        marker = _next_marker(stream)
        (length,) = struct.unpack('>H', stream.read(2))
        if length < 2:
            raise struct.error('a part of the header that is shorter than its own length')
        if marker in _FRAME_MARKERS:
            bits, height, width, channels = struct.unpack('>BHHB', stream.read(6))
            return ImageHeader(width, height, bits, channels, width * height // _MAX_JPEG_RATIO)
        stream.seek(length - 2, 1)


def _next_marker(stream: BinaryIO) -> int:
    """Code of the next marker: some bytes may pad before it, and any number of 0xFF fill."""
    start = stream.tell()
    while (byte := stream.read(1)) != b'\xff':
        if not byte or stream.tell() - start > MAX_PADDING:
            raise struct.error('no marker where one must be')
    while byte == b'\xff':
        byte = stream.read(1)
    return int(struct.unpack('>B', byte)[0])


def _checked_png(data: bytes) -> bytes:
    """The file with only those chunks that shape its pixels, all of them within the data."""
    kept, at = [data[: len(_PNG)]], len(_PNG)
    while True:
        if at + 12 > len(data):
            raise ValueError(f'truncated: {len(data)} bytes end before the last chunk')
        length, name = struct.unpack_from('>I4s', data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError(
                f'truncated: chunk {name!r} claims {length} of {len(data)} bytes, or is damaged'
            )
        if name in _PNG_KEPT:
            kept.append(data[at:end])
        if name == b'IEND':
            return b''.join(kept)
        at = end


def _checked_jpeg(data: bytes) -> bytes:
    # Some OpenCV versions fill the missing rows of a cut JPEG with grey and return it.
    if _JPEG_END not in data:
        raise ValueError(f'truncated: {len(data)} bytes without an end marker')
    if (scans := data.count(_JPEG_SCAN)) > MAX_SCANS:
        raise ValueError(f'{scans} scans; a JPEG of at most {MAX_SCANS} is decoded')
    return data

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sizes of PNG and JPEG files from their first bytes, so that nothing has to be decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lacdepth_ros.core.camera import Camera

_PNG = b'\x89PNG\r\n\x1a\n'
_JPEG = b'\xff\xd8'
_GREY = 0  # PNG colour type of one channel without a palette
# Markers of a JPEG frame header: SOF0..SOF15 without the tables DHT, JPG and DAC among them.
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What the header of an image file says.

    Attributes:
        width: Columns [px].
        height: Rows [px].
        bits: Bits of a channel.
        is_grey: Whether there is one channel.
    """

    width: int
    height: int
    bits: int
    is_grey: bool


def read_header(path: Path) -> ImageHeader:
    """Read the header of a PNG or JPEG file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is neither format, or is cut short within the header.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such file')
    with path.open('rb') as stream:
        start = stream.read(len(_PNG))
        try:
            if start == _PNG:
                return _png_header(stream)
            if start.startswith(_JPEG):
                stream.seek(len(_JPEG))
                return _jpeg_header(stream)
        except struct.error as error:
            raise ValueError(f'{path}: cut short within its header') from error
    raise ValueError(f'{path}: neither PNG nor JPEG')


def check_pair(image: Path, depth: Path, camera: Camera) -> None:
    """Make sure that an image and its depth PNG have the camera's size and the right kind.

    Raises:
        FileNotFoundError: One of them is missing.
        ValueError: One is of another size than the camera, or the depth is not of one 16-bit
            channel.
    """
    size = (camera.width, camera.height)
    for path in (image, depth):
        header = read_header(path)
        if (header.width, header.height) != size:
            raise ValueError(
                f'{path} is {header.width}x{header.height} pixels but the calibration says '
                f'{size[0]}x{size[1]}; a file of another day or camera, or resized'
            )
    if header.bits != 16 or not header.is_grey:
        channels = 'one channel' if header.is_grey else 'several channels'
        raise ValueError(
            f'{depth}: depth of {header.bits} bits in {channels}; a single-channel 16-bit PNG is '
            'needed (8-bit pictures of depth hold no metres)'
        )


def _png_header(stream: BinaryIO) -> ImageHeader:
    """After the signature comes IHDR: length, name, width, height, bit depth, colour type."""
    width, height, bits, color_type = struct.unpack('>8xIIBB', stream.read(18))
    return ImageHeader(width, height, bits, is_grey=color_type == _GREY)


def _jpeg_header(stream: BinaryIO) -> ImageHeader:
    """Go from marker to marker until the frame header."""
    while True:
        (fill, marker) = struct.unpack('>BB', stream.read(2))
        while marker == 0xFF:  # padding before a marker
            (marker,) = struct.unpack('>B', stream.read(1))
        (length,) = struct.unpack('>H', stream.read(2))
        if fill != 0xFF:
            raise struct.error('no marker where one must be')
        if marker in _FRAME_MARKERS:
            bits, height, width, channels = struct.unpack('>BHHB', stream.read(6))
            return ImageHeader(width, height, bits, is_grey=channels == 1)
        stream.seek(length - 2, 1)

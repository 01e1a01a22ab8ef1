# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sizes of PNG and JPEG files from their first bytes, so that nothing has to be decoded."""

from __future__ import annotations

from pathlib import Path

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.image_file import ImageHeader, parse_header


def read_header(path: Path) -> ImageHeader:
    """Read the header of a PNG or JPEG file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It is neither format, or is cut short within the header.
    """
    if not path.is_file():
        raise FileNotFoundError(f'{path}: no such file')
    with path.open('rb') as stream:
        try:
            return parse_header(stream)
        except ValueError as error:
            raise ValueError(f'{path}: {error}') from error


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
    if header.bits != 16 or not header.is_gray:
        channels = 'one channel' if header.is_gray else 'several channels'
        raise ValueError(
            f'{depth}: depth of {header.bits} bits in {channels}; a single-channel 16-bit PNG is '
            'needed (8-bit pictures of depth hold no metres)'
        )

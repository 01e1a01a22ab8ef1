# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sizes read from the headers of real encoders' files, and refusals."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.core.image_file import ImageHeader
from lacdepth_ros.data.headers import check_pair, read_header

CAMERA = Camera(10, 10, 5, 3, width=9, height=6)


def write(path: Path, shape: tuple[int, ...], dtype: type = np.uint8, *options: int) -> Path:
    cv2.imwrite(str(path), np.zeros(shape, dtype), list(options))
    return path


def facts_of(header: ImageHeader) -> tuple[int, int, int, bool]:
    return header.width, header.height, header.bits, header.is_gray


@pytest.mark.parametrize('suffix', ['.png', '.jpg'])
def test_size_and_kind(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f'a{suffix}', (6, 9, 3))
    assert facts_of(read_header(path)) == (9, 6, 8, False)
    assert facts_of(read_header(write(path, (300, 70)))) == (70, 300, 8, True)


def test_sixteen_bits_and_progressive(tmp_path: Path) -> None:
    depth = write(tmp_path / 'a.png', (6, 9), np.uint16)
    assert facts_of(read_header(depth)) == (9, 6, 16, True)
    jpeg = write(tmp_path / 'a.jpg', (6, 9, 3), np.uint8, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    assert read_header(jpeg).width == 9
    data = jpeg.read_bytes()  # padding is allowed before a marker
    jpeg.write_bytes(data[:2] + b'\xff\xff' + data[2:])
    assert read_header(jpeg).width == 9


@pytest.mark.parametrize('data', [b'', b'text', b'\x89PNG\r\n\x1a\n12', b'\xff\xd8\xff\xe0\x00'])
def test_no_image_or_cut_short(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / 'a.png'
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r'a\.png: (neither|cut short)'):
        read_header(path)
    with pytest.raises(FileNotFoundError, match='no such file'):
        read_header(tmp_path / 'b.png')


def test_pairs(tmp_path: Path) -> None:
    image = write(tmp_path / 'a.jpg', (6, 9, 3))
    depth = write(tmp_path / 'd.png', (6, 9), np.uint16)
    check_pair(image, depth, CAMERA)
    with pytest.raises(ValueError, match=r'e\.png is 9x5 pixels but the calibration says 9x6'):
        check_pair(image, write(tmp_path / 'e.png', (5, 9), np.uint16), CAMERA)
    with pytest.raises(ValueError, match=r'f\.png: depth of 8 bits in one channel.* 16-bit PNG'):
        check_pair(image, write(tmp_path / 'f.png', (6, 9)), CAMERA)
    with pytest.raises(ValueError, match='16 bits in several channels'):
        check_pair(image, write(tmp_path / 'g.png', (6, 9, 3), np.uint16), CAMERA)

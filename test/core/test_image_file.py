# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Image files that lie about their size cost nothing; honest ones decode as OpenCV does."""

from __future__ import annotations

import io
import resource
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest

from lacdepth_ros.core.image_file import check_bounds, decode_file, parse_header

PNG = b'\x89PNG\r\n\x1a\n'


def picture(channels: int = 3, dtype: type = np.uint8) -> np.ndarray:
    shape = (48, 64, channels)
    return np.random.default_rng(1).integers(0, np.iinfo(dtype).max, shape, dtype)


def encode(values: np.ndarray, suffix: str = '.png', *options: int) -> bytes:
    return cv2.imencode(suffix, values, list(options))[1].tobytes()


def chunk(name: bytes, data: bytes, length: int | None = None) -> bytes:
    checksum = struct.pack('>I', zlib.crc32(name + data))
    return struct.pack('>I', len(data) if length is None else length) + name + data + checksum


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return PNG + chunk(b'IHDR', header) + b''.join(chunks) + chunk(b'IEND', b'')


def jpeg_of(width: int, height: int) -> bytes:
    """A small JPEG whose header says another size."""
    data = bytearray(encode(picture(), '.jpg'))
    at = data.index(b'\xff\xc0')
    data[at + 5 : at + 9] = struct.pack('>HH', height, width)
    return bytes(data)


@pytest.mark.parametrize(
    ('values', 'suffix'),
    [
        (picture(1), '.png'),
        (picture(), '.png'),
        (picture(4), '.png'),
        (picture(1, np.uint16), '.png'),
        (picture(3, np.uint16), '.png'),
        (picture(1), '.jpg'),
        (picture(), '.jpg'),
    ],
)
def test_honest_files_decode_as_opencv_does(values: np.ndarray, suffix: str) -> None:
    data = encode(values, suffix)
    expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    decoded = decode_file(data, flags=cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded, expected)
    header = parse_header(io.BytesIO(data))
    assert (header.width, header.height, header.channels) == (64, 48, values.shape[2])
    assert header.bits == 8 * values.dtype.itemsize


@pytest.mark.parametrize('shape', [(1080, 1920), (1080, 1920, 3), (1, 1), (2000, 3000, 4)])
def test_a_plain_picture_is_not_taken_for_a_bomb(shape: tuple[int, ...]) -> None:
    """What compresses best: every pixel black."""
    for suffix in ('.png', *(('.jpg',) if shape[-1] != 4 else ())):
        for dtype in (np.uint8, np.uint16) if suffix == '.png' else (np.uint8,):
            data = encode(np.zeros(shape, dtype), suffix)
            assert decode_file(data, flags=cv2.IMREAD_UNCHANGED).shape == shape


def test_progressive_jpeg_is_decoded() -> None:
    data = encode(picture(), '.jpg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    assert decode_file(data, flags=cv2.IMREAD_COLOR).shape == (48, 64, 3)


BOMBS = {
    'jpeg of 900 megapixels': (jpeg_of(30000, 30000), 'no side above 16384'),
    'jpeg of 256 megapixels': (jpeg_of(16000, 16000), '67108864 px at most'),
    'jpeg without data': (jpeg_of(8000, 8000), 'cannot hold 8000x8000 pixels'),
    'jpeg of no rows': (jpeg_of(64, 0), 'must be positive'),
    'jpeg cut': (encode(picture(), '.jpg')[:-60], 'truncated'),
    'jpeg of 100 scans': (
        encode(picture(), '.jpg')[:-2] + b'\xff\xda\0\2' * 100 + b'\xff\xd9',
        '101 scans',
    ),
    'png of 900 megapixels': (png(30000, 30000), 'no side above 16384'),
    'png without data': (png(8000, 8000), 'cannot hold 8000x8000 pixels'),
    'png with a chunk of 3.8 GB': (
        png(64, 48, chunk(b'IDAT', b'', 0xF0000000)),
        'claims 4026531840 of',
    ),
    'png with a profile of 2 GB': (png(64, 48, chunk(b'iCCP', b'', 2**31)), 'claims 2147483648'),
    'png with bad pixels': (png(64, 48, chunk(b'IDAT', b'no zlib' * 9)), 'do not decode|damaged'),
    'png without an end': (encode(picture())[:-12], 'end before the last chunk'),
    'png of a bit depth of 3': (
        PNG + chunk(b'IHDR', struct.pack('>IIBBBBB', 64, 48, 3, 2, 0, 0, 0)),
        'damaged within its header',
    ),
    'gif': (b'GIF89a' + bytes(100), 'neither PNG nor JPEG'),
    'webp': (b'RIFF\0\0\0\0WEBP' + bytes(100), 'neither PNG nor JPEG'),
    'tiff': (b'II*\0' + bytes(100), 'neither PNG nor JPEG'),
    'exr': (b'v/1\1' + bytes(100), 'neither PNG nor JPEG'),
    'bmp': (encode(picture(), '.bmp'), 'neither PNG nor JPEG'),
    'nothing': (b'', 'neither PNG nor JPEG'),
}


@pytest.mark.parametrize(('data', 'reason'), BOMBS.values(), ids=BOMBS.keys())
def test_bombs_are_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_file(data, flags=cv2.IMREAD_UNCHANGED)


def test_bombs_take_no_memory() -> None:
    """In a process that may use 256 MB more than it has after importing."""
    code = (
        'import resource, sys; from test_image_file import BOMBS, cv2, decode_file\n'
        'pages = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()\n'
        'resource.setrlimit(resource.RLIMIT_AS, (pages + 2**28,) * 2)\n'
        'for data, _ in BOMBS.values():\n'
        '    try: decode_file(data, flags=cv2.IMREAD_UNCHANGED)\n'
        '    except ValueError: continue\n'
        '    sys.exit("decoded")\n'
    )
    assert resource.getrlimit(resource.RLIMIT_AS)
    done = subprocess.run(
        [sys.executable, '-c', code],
        cwd=__file__.rpartition('/')[0],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_animations_and_texts_do_not_reach_the_decoder() -> None:
    data = encode(picture())
    at = data.index(b'IDAT') - 4
    text = chunk(b'zTXt', b'a\0\0' + zlib.compress(bytes(10**6)))
    animation = chunk(b'acTL', struct.pack('>II', 2**31 - 1, 0))
    with_more = data[:at] + text + animation + data[at:]
    decoded = decode_file(with_more, flags=cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded, picture())


def test_size_is_checked_before_anything_else() -> None:
    def check(width: int, height: int) -> None:
        raise ValueError(f'{width} and {height}')

    with pytest.raises(ValueError, match='30000 and 20000'):
        decode_file(jpeg_of(30000, 20000), flags=cv2.IMREAD_COLOR, check_size=check)


@pytest.mark.parametrize('size', [(0, 1), (1, 0), (-1, 5), (16385, 1), (1, 16385), (8192, 8193)])
def test_impossible_bounds(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f'size {size[0]}x{size[1]}: sizes must be positive'):
        check_bounds(*size)


@pytest.mark.parametrize('size', [(16384, 4096), (8192, 8192)])
def test_largest_sizes(size: tuple[int, int]) -> None:
    """Both have 2^26 pixels: one row more is refused."""
    width, height = size
    check_bounds(width, height)
    with pytest.raises(ValueError, match=f'size {width}x{height + 1}'):
        check_bounds(width, height + 1)


def test_kinds_of_png_are_those_of_the_format() -> None:
    """The table of the PNG specification, written out once more."""
    kinds = {(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4)}
    kinds |= {(3, 8), (4, 8), (4, 16), (6, 8), (6, 16)}
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
    for color in range(8):
        for bits in range(20):
            data = PNG + chunk(b'IHDR', struct.pack('>IIBBBBB', 64, 48, bits, color, 0, 0, 0))
            if (color, bits) in kinds:
                header = parse_header(io.BytesIO(data))
                assert (header.bits, header.channels) == (bits, channels[color])
            else:
                with pytest.raises(ValueError, match='damaged within its header'):
                    parse_header(io.BytesIO(data))


def test_frame_headers_of_jpeg_are_told_from_tables() -> None:
    """Of C0 .. CF the tables DHT (C4), JPG (C8) and DAC (CC) are no frame headers."""
    frame = struct.pack('>HBHHB', 17, 8, 48, 64, 3) + bytes(9)
    for marker in range(0xC0, 0xD0):
        other = b'\xff\xc0' + struct.pack('>HBHHB', 17, 8, 10, 20, 1) + bytes(9)
        data = b'\xff\xd8\xff' + bytes([marker]) + frame + other
        header = parse_header(io.BytesIO(data))
        is_table = marker in (0xC4, 0xC8, 0xCC)
        assert (header.width, header.height) == ((20, 10) if is_table else (64, 48))

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEGs damaged in their middle are noticed, healthy ones of any encoder are not."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image

from lacdepth_ros.core import jpeg
from lacdepth_ros.core.image_file import decode_file
from lacdepth_ros.core.installation import missing_modules
from lacdepth_ros.core.jpeg_header import MAX_PADDING

needs_simplejpeg = pytest.mark.skipif(
    bool(missing_modules(['simplejpeg'])), reason='needs simplejpeg'
)
EXIF = b'Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0'
HEIGHT, WIDTH = 96, 136
LEAST = {'lost': 36, 'noise': 36, 'other bits': 36, 'copied': 24}
"""Damaged pictures that are noticed, of 40; a copy of other blocks is made of sound codes."""


def picture(seed: int) -> np.ndarray:
    """Soft shapes and some noise, as cameras see them."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (6, 8, 3)).astype(np.uint8)
    soft = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).astype(int)
    return np.clip(soft + rng.normal(0, 5, soft.shape), 0, 255).astype(np.uint8)


def by_opencv(image: np.ndarray, *options: int) -> bytes:
    return cv2.imencode('.jpg', image, list(options))[1].tobytes()


def by_pillow(image: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image[..., ::-1] if image.ndim == 3 else image).save(stream, 'JPEG', **options)
    return stream.getvalue()


def color_sampling(name: str) -> list[int]:
    """Options by which OpenCV samples colors so; 4.6 (Ubuntu 24.04) knows 4:2:0 alone."""
    factor = getattr(cv2, f'IMWRITE_JPEG_SAMPLING_FACTOR_{name}', None)
    if factor is None and name != '420':
        pytest.skip(f'OpenCV {cv2.__version__} samples no color so')
    return [] if factor is None else [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]


def sampled(name: str) -> Callable[[np.ndarray], bytes]:
    return lambda image: by_opencv(image, *color_sampling(name))


def padded(image: np.ndarray) -> bytes:
    """As some cameras do: bytes too many before the restart markers."""
    data = by_opencv(image, cv2.IMWRITE_JPEG_RST_INTERVAL, 4)
    return data.replace(b'\xff\xd0', b'\0\0\xff\xd0')


SAMPLINGS = {'4:4:4': '444', '4:2:0': '420', '4:1:1': '411', 'gray': '420'}
ENCODERS: dict[str, Callable[[np.ndarray], bytes]] = {
    '4:4:4': sampled('444'),
    '4:2:2': sampled('422'),
    '4:2:0': sampled('420'),
    '4:1:1': sampled('411'),
    '4:4:0': sampled('440'),
    'rough': lambda image: by_opencv(image, cv2.IMWRITE_JPEG_QUALITY, 15),
    'optimized': lambda image: by_pillow(image, optimize=True, quality=92),
    'progressive': lambda image: by_opencv(image, cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    'progressive of Pillow': lambda image: by_pillow(image, progressive=True),
    'restart markers': lambda image: by_opencv(image, cv2.IMWRITE_JPEG_RST_INTERVAL, 3),
    'restart rows': lambda image: by_pillow(image, restart_marker_rows=1),
    'gray': lambda image: by_pillow(image[..., 0]),
    'RGB': lambda image: by_pillow(image, keep_rgb=True),
    'EXIF': lambda image: by_pillow(image, exif=EXIF),
    'CMYK': lambda image: by_cmyk(image),
    'bytes behind its end': lambda image: by_pillow(image) + b'\0' * 37,
    'padded': padded,
}


def by_cmyk(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).convert('CMYK').save(stream, 'JPEG')
    return stream.getvalue()


@pytest.mark.parametrize('encoder', ENCODERS)
def test_healthy_pictures_decode_as_opencv_does(encoder: str) -> None:
    """Sixty pictures of each of 17 encoders."""
    for seed in range(60):
        data = ENCODERS[encoder](picture(seed))
        for flags in (cv2.IMREAD_UNCHANGED, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION):
            decoded = decode_file(data, flags=flags)
            if encoder != 'padded':  # of which OpenCV would write a line to stderr
                expected = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
                np.testing.assert_array_equal(decoded, expected)
    assert decoded.shape == (HEIGHT, WIDTH, 3)


def damaged(data: bytes, kind: str, rng: np.random.Generator) -> bytes:
    """The data with its pixels' bits damaged somewhere behind the first tenth."""
    start = data.index(b'\xff\xda') + 14
    room = len(data) - 2 - start
    at = start + int(rng.integers(room // 10, room // 2))
    size = room // 5
    new = {
        'lost': b'',
        'noise': rng.bytes(size),
        'other bits': bytes(255 - value for value in data[at : at + size]),
        'copied': data[start : start + size],
    }[kind]
    return data[:at] + new + data[at + size :]


@needs_simplejpeg
@pytest.mark.parametrize('kind', ['lost', 'noise', 'other bits', 'copied'])
@pytest.mark.parametrize('encoder', ['4:2:0', 'progressive', 'restart markers', 'gray', 'padded'])
def test_damage_in_the_middle_is_noticed(encoder: str, kind: str) -> None:
    """A JPEG carries no checksum: what decodes to the right number of blocks is not found."""
    rng, found = np.random.default_rng(1), 0
    for seed in range(40):
        data = damaged(ENCODERS[encoder](picture(seed)), kind, rng)
        try:
            decode_file(data, flags=cv2.IMREAD_COLOR)
        except ValueError as error:
            assert 'damaged' in str(error) or 'truncated' in str(error)
            found += 1
    assert found >= LEAST[kind], f'{found} of 40'


def with_bytes(data: bytes, marker: bytes, offset: int, new: bytes) -> bytes:
    """The data with bytes behind a marker changed."""
    at = data.index(marker) + offset
    return data[:at] + new + data[at + len(new) :]


def with_padding(data: bytes, marker: bytes, size: int) -> bytes:
    return data.replace(marker, bytes(size) + marker, 1)


def of_scan(data: bytes, band: bytes) -> bytes:
    """The data with the last three bytes of its scan's header changed."""
    return with_bytes(data, b'\xff\xda', 5 + 2 * data[data.index(b'\xff\xda') + 4], band)


def with_adobe(data: bytes, transform: int) -> bytes:
    adobe = b'\xff\xee\0\x0eAdobe\0\x64\0\0\0\0' + bytes([transform])
    jfif = data[2 : 4 + int.from_bytes(data[4:6], 'big')]
    return data.replace(jfif, adobe, 1)


ODD_HEADERS: dict[str, Callable[[bytes], bytes]] = {
    'band of a phone': lambda data: of_scan(data, bytes(3)),
    'band of an IP camera': lambda data: of_scan(data, b'\xff\xff\xff'),
    'JFIF 2.01': lambda data: with_bytes(data, b'JFIF\0', 5, b'\x02\x01'),
    'unknown transform': lambda data: with_adobe(data, 2),
    'padded scan': lambda data: with_padding(data, b'\xff\xda', 1),
    'padded codes': lambda data: with_padding(data, b'\xff\xc4', 4),
    'padded quantization': lambda data: with_padding(data, b'\xff\xdb', 4),
    'padded frame': lambda data: with_padding(data, b'\xff\xc0', 8),
    'several': lambda data: with_padding(
        of_scan(with_bytes(data, b'JFIF\0', 5, b'\x02\x01'), bytes(3)), b'\xff\xc4', 2
    ),
}


@pytest.mark.parametrize('name', ODD_HEADERS)
@pytest.mark.parametrize('encoder', ['4:2:0', 'restart markers', 'gray'])
def test_odd_headers_change_no_pixel(encoder: str, name: str) -> None:
    data = ENCODERS[encoder](picture(5))
    for flags in (cv2.IMREAD_UNCHANGED, cv2.IMREAD_COLOR):
        decoded = decode_file(ODD_HEADERS[name](data), flags=flags)
        expected = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        np.testing.assert_array_equal(decoded, expected)


def test_colors_stay_rgb_where_adobe_says_so() -> None:
    """Without it, and without JFIF, libjpeg takes three channels for YCbCr."""
    data = ENCODERS['4:4:4'](picture(5))
    as_rgb = decode_file(with_adobe(data, 0), flags=cv2.IMREAD_COLOR)
    plain = decode_file(data, flags=cv2.IMREAD_COLOR)
    luma = cv2.cvtColor(plain, cv2.COLOR_BGR2YCrCb)[..., 0]
    off = np.abs(as_rgb[..., 2].astype(int) - luma)
    assert np.median(off) == 0 and off.max() < 8, 'but for colors that RGB cannot hold'


@needs_simplejpeg
@pytest.mark.parametrize('name', ODD_HEADERS)
def test_damage_behind_an_odd_header_is_noticed(name: str) -> None:
    """Of libjpeg's warnings only the first is heard; it must not be one about the header."""
    rng, found = np.random.default_rng(2), 0
    for seed in range(20):
        data = ODD_HEADERS[name](damaged(ENCODERS['4:2:0'](picture(seed)), 'noise', rng))
        try:
            decode_file(data, flags=cv2.IMREAD_COLOR)
        except ValueError as error:
            assert 'damaged' in str(error) or 'truncated' in str(error)
            found += 1
    assert found >= 18, f'{found} of 20'


@pytest.mark.parametrize('marker', [b'\xff\xdb', b'\xff\xc0', b'\xff\xc4', b'\xff\xda'])
def test_more_than_padding_in_the_header_is_damage(marker: bytes) -> None:
    data = with_padding(ENCODERS['4:2:0'](picture(5)), marker, MAX_PADDING + 1)
    if marker in (b'\xff\xdb', b'\xff\xc0') or not missing_modules(['simplejpeg']):
        with pytest.raises(ValueError, match='damaged'):
            decode_file(data, flags=cv2.IMREAD_COLOR)


@needs_simplejpeg
@pytest.mark.parametrize('sampling', ['4:4:4', '4:2:0', '4:1:1', 'gray'])
@pytest.mark.parametrize('interval', [1, 7, 40])
def test_padding_is_told_from_damage(sampling: str, interval: int) -> None:
    image = picture(0)[..., 1] if sampling == 'gray' else picture(0)
    options = [cv2.IMWRITE_JPEG_RST_INTERVAL, interval, *color_sampling(SAMPLINGS[sampling])]
    data = by_opencv(image, *options)
    expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    rng, codes = np.random.default_rng(0), data.index(b'\xff\xda')

    def padded(least: int, most: int) -> bytes:
        return data[:codes] + re.sub(
            rb'\xff[\xd0-\xd7]',
            lambda found: bytes(int(rng.integers(least, most + 1))) + found[0],
            data[codes:],
        )

    for most in (1, MAX_PADDING):
        decoded = decode_file(padded(0, most), flags=cv2.IMREAD_COLOR)
        np.testing.assert_array_equal(decoded, expected)
    with pytest.raises(ValueError, match=r'damaged: Corrupt JPEG data: \d+ extraneous bytes'):
        decode_file(padded(20, 20), flags=cv2.IMREAD_COLOR)


@needs_simplejpeg
def test_lost_restart_markers_are_no_padding() -> None:
    data = padded(picture(0)).replace(b'\xff\xd5', b'')
    with pytest.raises(ValueError, match=r'damaged: \d+ restart markers, not \d+'):
        decode_file(data, flags=cv2.IMREAD_COLOR)


def test_without_simplejpeg_it_is_said_once_that_damage_is_not_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jpeg, 'missing_modules', lambda names: names)
    jpeg._is_simplejpeg_there.cache_clear()
    data = ENCODERS['4:2:0'](picture(3))
    with pytest.warns(UserWarning, match='run pip install simplejpeg'):
        decoded = decode_file(data, flags=cv2.IMREAD_COLOR)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        np.testing.assert_array_equal(decode_file(data, flags=cv2.IMREAD_COLOR), decoded)
    monkeypatch.undo()
    jpeg._is_simplejpeg_there.cache_clear()
    np.testing.assert_array_equal(decode_file(data, flags=cv2.IMREAD_COLOR), decoded)

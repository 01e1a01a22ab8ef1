# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEGs of cameras with 10 to 14 bits are told as too dark, and no others."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from lacdepth_ros.messages.compressed import image_from_compressed
from lacdepth_ros.messages.upper_bytes import upper_byte_doubt

RAMP = np.linspace(0, 1, 48 * 64).reshape(48, 64)


def jpeg_of(bits, encoding):
    """As compressed_image_transport does it: cv_bridge scales 0..65535 to 0..255."""
    values = np.rint(RAMP * (2**bits - 1) * 255 / 65535).astype(np.uint8)
    target = 'bgr8' if encoding == 'rgb16' else 'mono8'
    picture = np.dstack([values] * 3) if target == 'bgr8' else values
    _, data = cv2.imencode('.jpg', picture, (cv2.IMWRITE_JPEG_QUALITY, 95))
    return SimpleNamespace(format=f'{encoding}; jpeg compressed {target}', data=data.tobytes())


@pytest.mark.parametrize('encoding', ['mono16', 'rgb16', 'bayer_rggb16', '16UC1'])
@pytest.mark.parametrize(('bits', 'white'), [(10, 4), (12, 16), (14, 64), (16, 255)])
def test_few_bits_are_told(encoding, bits, white):
    msg = jpeg_of(bits, encoding)
    image = image_from_compressed(msg)
    assert abs(int(image.max()) - white) <= 2
    doubt = upper_byte_doubt(msg, image)
    assert doubt.startswith(f'images of {encoding} are sent as JPEGs') is (bits < 16)
    assert ('compressed.format' in doubt) is (bits < 16)


def test_specks_make_no_picture_bright():
    msg = SimpleNamespace(format='mono16; jpeg compressed mono8')
    image = np.full((240, 320, 3), 16, np.uint8)
    image[0, 0] = image[120, 160] = 255
    assert upper_byte_doubt(msg, image) != ''
    image[100:110] = 200
    assert upper_byte_doubt(msg, image) == ''


@pytest.mark.parametrize(
    'text', ['mono8; jpeg compressed mono8', 'mono16; png compressed ', 'jpeg', 'bgr8; jpeg', '']
)
def test_other_dark_pictures_are_none_of_this(text):
    dark = np.full((48, 64, 3), 10, np.uint8)
    assert upper_byte_doubt(SimpleNamespace(format=text), dark) == ''
    assert upper_byte_doubt(SimpleNamespace(encoding='mono16'), dark) == ''

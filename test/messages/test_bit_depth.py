# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Broken pixels and lines do not tell how many bits a camera has; pictures do."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from fake_messages import FakeImage

from lacdepth_ros.messages.bit_depth import LINES, SETTLED, SPECKS, BitDepth
from lacdepth_ros.messages.images import image_from_message

HEIGHT, WIDTH = 240, 320
PICTURE = np.linspace(0, 4095, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)  # 12 bits


def with_pixels(rows, columns):
    values = PICTURE.copy()
    values[rows, columns] = 0xFFFF
    return values


def image_message(values, encoding):
    return FakeImage(
        height=values.shape[0],
        width=values.shape[1],
        encoding=encoding,
        is_bigendian=int(sys.byteorder == 'big'),
        step=values[0].nbytes,
        data=values.tobytes(),
    )


BROKEN = {
    'dead pixel': with_pixels(5, 5),
    'scattered pixels': with_pixels(np.arange(0, 240, 8), np.arange(0, 240, 8)),
    'telemetry': with_pixels(slice(238, 240), slice(None)),
    'broken columns': with_pixels(slice(None), slice(7, 10)),
}


@pytest.mark.parametrize('when', ['first', 'once', 'always'])
@pytest.mark.parametrize('fixed', [0, 12])
@pytest.mark.parametrize('kind', BROKEN)
def test_broken_values_darken_no_picture(kind, fixed, when):
    bit_depth = BitDepth(fixed)
    broken = {'first': (0,), 'once': (1,), 'always': range(4)}[when]
    for index in range(4):
        values = BROKEN[kind] if index in broken else PICTURE
        image = image_from_message(image_message(values, 'mono16'), bit_depth)[..., 0]
        expected = np.minimum(values * (255 / 4095), 255)
        np.testing.assert_allclose(image, expected, atol=0.51)
    assert (bit_depth.bits, bit_depth.outgrown) == (12, 0)


@pytest.mark.parametrize('encoding', ['mono16', 'rgb16', 'rgba16', 'bayer_rggb16'])
def test_a_bright_thing_counts_as_soon_as_it_is_no_speck(encoding):
    side = int(np.ceil(max(LINES * WIDTH, np.sqrt(SPECKS * HEIGHT * WIDTH)))) + 1
    values = with_pixels(slice(100, 100 + side), slice(50, 50 + side))
    channels = {'rgb16': 3, 'rgba16': 4}.get(encoding, 1)
    values, plain = (np.stack([v] * channels, -1) for v in (values, PICTURE))
    if channels == 4:
        values[..., 3] = plain[..., 3] = 0xFFFF
    bit_depth = BitDepth()
    for picture, bits in ((plain, 12), (values, 16), (plain, 16)):
        image_from_message(image_message(np.squeeze(picture), encoding), bit_depth)
        assert bit_depth.bits == bits
    with pytest.raises(ValueError, match='65535 needs more than the 12 bits'):
        image_from_message(image_message(np.squeeze(values), encoding), BitDepth(12))


def test_growth_after_the_first_images_is_told():
    early, late = BitDepth(), BitDepth()
    small, large = PICTURE[..., None] // 4, PICTURE[..., None]
    for index in range(SETTLED + 1):
        early.full_scale(small if index < SETTLED - 1 else large)
        late.full_scale(small)
    assert (early.bits, early.outgrown, late.outgrown) == (12, 0, 0)
    assert late.full_scale(large) == 4095 and late.outgrown == 10
    assert late.full_scale(large * 4) == 16383 and late.outgrown == 12

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Each encoding against bytes laid out by hand, with padding and both byte orders."""

from __future__ import annotations

import sys
from array import array
from types import ModuleType, SimpleNamespace

import cv2
import numpy as np
import pytest
from fake_messages import KINDS, FakeImage, message_class, new_header

from lacdepth_ros.messages.bit_depth import BitDepth
from lacdepth_ros.messages.images import (
    IMAGE_ENCODINGS,
    color_to_message,
    image_from_message,
)

HEIGHT, WIDTH = 6, 10


@pytest.fixture
def rgb():
    return np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def image_message(values, encoding, *, big_endian=False, padding=5):
    """Image whose rows of values end with padding bytes of 0xEE."""
    values = values.reshape(values.shape[0], values.shape[1], -1)
    order = '>' if big_endian else '<'
    stored = values.astype(values.dtype.newbyteorder(order))
    rows = [row.tobytes() + b'\xee' * padding for row in stored]
    return FakeImage(
        height=values.shape[0],
        width=values.shape[1],
        encoding=encoding,
        is_bigendian=int(big_endian),
        step=len(rows[0]),
        data=array('B', b''.join(rows)),
    )


def decode(values, encoding, **layout):
    image = image_from_message(image_message(values, encoding, **layout))
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    return image


@pytest.mark.parametrize('padding', [0, 5])
def test_orders_of_the_channels(rgb, padding):
    alpha = np.full((HEIGHT, WIDTH, 1), 77, np.uint8)
    bgr = rgb[..., ::-1]
    for values, encoding in [
        (rgb, 'rgb8'),
        (bgr, 'bgr8'),
        (bgr, '8UC3'),
        (np.concatenate([rgb, alpha], axis=2), 'rgba8'),
        (np.concatenate([bgr, alpha], axis=2), 'bgra8'),
        (np.concatenate([bgr, alpha], axis=2), '8UC4'),
    ]:
        np.testing.assert_array_equal(decode(values, encoding, padding=padding), rgb)


@pytest.mark.parametrize('encoding', ['mono8', '8UC1'])
def test_gray_is_repeated(rgb, encoding):
    gray = rgb[..., 0]
    np.testing.assert_array_equal(decode(gray, encoding), np.stack([gray] * 3, axis=2))


@pytest.mark.parametrize('big_endian', [False, True])
@pytest.mark.parametrize(
    ('brightest', 'bits'),
    [(90, 8), (255, 8), (256, 10), (1000, 10), (4095, 12), (9000, 14), (65000, 16)],
)
@pytest.mark.parametrize('encoding', ['mono16', '16UC1'])
def test_16_bits_span_those_in_use(encoding, brightest, bits, big_endian):
    values = np.linspace(0, brightest, HEIGHT * WIDTH).astype(np.uint16).reshape(HEIGHT, WIDTH)
    image = decode(values, encoding, big_endian=big_endian, padding=4)
    np.testing.assert_allclose(image[..., 2], values * (255 / (2**bits - 1)), atol=0.51)


@pytest.mark.parametrize('bits', [10, 12, 14])
@pytest.mark.parametrize('encoding', ['mono16', 'rgb16', 'bayer_rggb16'])
def test_swapped_bytes_are_refused_and_right_ones_are_not(encoding, bits):
    """A noisy picture of few bits whose is_bigendian is wrong would be answered as another one."""
    shape = (24, 32, 3) if encoding == 'rgb16' else (24, 32)
    noise = np.random.default_rng(bits).integers(0, 40, shape)
    values = (np.linspace(0, 2**bits - 41, noise.size).reshape(shape) + noise).astype(np.uint16)
    message = image_message(values, encoding)
    right = image_from_message(message, BitDepth())
    assert right.max() >= 240 and right.min() <= 20
    bit_depth = BitDepth()
    message.is_bigendian = 1 - message.is_bigendian
    with pytest.raises(ValueError, match='they are swapped; fix is_bigendian'):
        image_from_message(message, bit_depth)
    assert bit_depth.bits == 0, 'what is refused teaches nothing'


@pytest.mark.parametrize('shift', [4, 6, 8])
def test_values_in_the_upper_bits_are_not_taken_for_swapped(shift):
    values = np.arange(2**16 >> shift, dtype=np.uint16).reshape(-1, 32) << shift
    image = image_from_message(image_message(values, 'mono16'), BitDepth())
    expected = np.rint(values.astype(float) * 255 / 65535)
    np.testing.assert_allclose(image[..., 0], expected, atol=1)


def test_16_bit_colors_are_scaled_alike(rgb):
    wide = rgb.astype(np.uint16) * 16  # 12 bits
    alpha = np.full((HEIGHT, WIDTH, 1), 65535, np.uint16)  # opaque, whatever the colors hold
    for values, encoding in [
        (wide, 'rgb16'),
        (wide[..., ::-1], 'bgr16'),
        (np.concatenate([wide, alpha], axis=2), 'rgba16'),
        (np.concatenate([wide[..., ::-1], alpha], axis=2), 'bgra16'),
        (wide[..., ::-1], '16UC3'),
        (np.concatenate([wide[..., ::-1], alpha], axis=2), '16UC4'),
    ]:
        np.testing.assert_allclose(decode(values, encoding), wide * (255 / 4095), atol=0.51)


def test_bits_only_grow_so_that_pictures_do_not_flicker():
    bit_depth = BitDepth()
    seen = []
    for brightest in (60, 900, 3000, 100, 3000):
        values = np.full((HEIGHT, WIDTH), brightest, np.uint16)
        image = image_from_message(image_message(values, 'mono16'), bit_depth)
        seen.append((bit_depth.bits, int(image[0, 0, 0])))
    assert seen == [(8, 60), (10, 224), (12, 187), (12, 6), (12, 187)]


def test_fixed_bits_hold_and_refuse_more():
    bit_depth = BitDepth(12)
    values = np.full((HEIGHT, WIDTH), 60, np.uint16)
    image = image_from_message(image_message(values, 'mono16'), bit_depth)
    assert image[0, 0, 0] == 4
    with pytest.raises(ValueError, match=r'5000 needs more than the 12 bits .* image_bits'):
        image_from_message(image_message(values * 0 + 5000, 'mono16'), bit_depth)


def yuv420(rgb_of_blocks, padding=0):
    """Planes Y, U, V of an image of 2x2 blocks of one color, BT.601 video range, by formula."""
    r, g, b = (rgb_of_blocks[..., i].astype(float) for i in range(3))
    y = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    u = 128 - 0.148 * r - 0.291 * g + 0.439 * b
    v = 128 + 0.439 * r - 0.368 * g - 0.071 * b
    y = y.repeat(2, axis=0).repeat(2, axis=1)
    return [np.rint(plane).astype(np.uint8) for plane in (y, u, v)]


@pytest.mark.parametrize('padding', [0, 6])
@pytest.mark.parametrize('encoding', ['nv12', 'nv21', 'i420'])
def test_planes_of_video_hardware(encoding, padding):
    blocks = np.random.default_rng(5).integers(0, 256, (HEIGHT // 2, WIDTH // 2, 3), np.uint8)
    y, u, v = yuv420(blocks)
    pad = lambda plane, n: np.pad(plane, ((0, 0), (0, n)), constant_values=0xEE)  # noqa: E731
    if encoding == 'i420':
        chroma = [pad(u, padding // 2), pad(v, padding // 2)]
    else:
        pair = (u, v) if encoding == 'nv12' else (v, u)
        chroma = [pad(np.dstack(pair).reshape(HEIGHT // 2, WIDTH), padding)]
    data = b''.join(plane.tobytes() for plane in (pad(y, padding), *chroma))
    fields = {'height': HEIGHT, 'width': WIDTH, 'encoding': encoding, 'is_bigendian': 0}
    msg = FakeImage(**fields, step=WIDTH + padding, data=data)
    expected = blocks.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_allclose(image_from_message(msg), expected, atol=4)
    msg.data = data[:-1]
    with pytest.raises(ValueError, match=f'truncated .* {len(data) - 1} bytes'):
        image_from_message(msg)
    msg.width = WIDTH - 1
    with pytest.raises(ValueError, match=r'9x6 must be even'):
        image_from_message(msg)


@pytest.mark.parametrize('padding', [0, 6])
def test_planes_with_chroma_of_every_pixel(rgb, padding):
    """The second plane of nv24 has two values a pixel, so twice the step; sizes may be odd."""
    picture = rgb[:5, :9]
    r, g, b = (picture[..., i].astype(float) for i in range(3))
    y = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    uv = np.dstack(
        [128 - 0.148 * r - 0.291 * g + 0.439 * b, 128 + 0.439 * r - 0.368 * g - 0.071 * b]
    )
    rows = [
        np.pad(y, ((0, 0), (0, padding))),
        np.pad(uv.reshape(5, 18), ((0, 0), (0, 2 * padding))),
    ]
    data = b''.join(np.rint(plane).astype(np.uint8).tobytes() for plane in rows)
    fields = {'height': 5, 'width': 9, 'encoding': 'nv24', 'is_bigendian': 0}
    msg = FakeImage(**fields, step=9 + padding, data=data)
    image = image_from_message(msg)
    np.testing.assert_allclose(image, picture, atol=4)
    assert image.flags.c_contiguous
    msg.data = data[:-1]
    with pytest.raises(ValueError, match=f'truncated .* {len(data) - 1} bytes'):
        image_from_message(msg)


@pytest.mark.parametrize(
    ('encoding', 'columns'),  # of Y0, U, Y1, V within the four bytes of two pixels
    [
        ('yuv422', (1, 0, 3, 2)),
        ('uyvy', (1, 0, 3, 2)),
        ('yuv422_yuy2', (0, 1, 2, 3)),
        ('yuyv', (0, 1, 2, 3)),
    ],
)
def test_yuv422_is_bt601_video_range(encoding, columns):
    pairs = np.random.default_rng(3).integers(16, 236, (HEIGHT, WIDTH // 2, 4), dtype=np.uint8)
    y0, u, y1, v = (pairs[..., column].astype(float) for column in columns)
    expected = np.empty((HEIGHT, WIDTH, 3))
    for first, luma in enumerate((y0, y1)):
        scaled = 255 / 219 * (luma - 16)
        expected[:, first::2, 0] = scaled + 1.596 * (v - 128)
        expected[:, first::2, 1] = scaled - 0.813 * (v - 128) - 0.392 * (u - 128)
        expected[:, first::2, 2] = scaled + 2.017 * (u - 128)
    image = decode(pairs.reshape(HEIGHT, WIDTH, 2), encoding)
    np.testing.assert_allclose(image, np.clip(expected, 0, 255), atol=2)


def street():
    """A picture with as much color as photographs have: bright sky, dark road, a red car."""
    picture = np.full((60, 80, 3), (90, 90, 95), np.uint8)
    picture[:25] = (180, 205, 235)
    picture[30:45, 10:40] = (190, 30, 25)
    picture[20:30, 50:] = (40, 90, 35)
    return picture


@pytest.mark.parametrize('padding', [0, 6])
@pytest.mark.parametrize(
    ('encoding', 'right', 'wrong'),
    [
        ('yuv422', 'UYVY', 'YUYV'),
        ('uyvy', 'UYVY', 'YUYV'),
        ('yuv422_yuy2', 'YUYV', 'UYVY'),
        ('yuyv', 'YUYV', 'UYVY'),
    ],
)
def test_brightness_in_place_of_color_is_refused(encoding, right, wrong, padding):
    """As of drivers that name YUYV yuv422: depth came out at 0.74 of the truth."""
    for picture in (street(), np.repeat(street()[..., :1], 3, axis=2)):
        told = {
            order: cv2.cvtColor(picture, getattr(cv2, f'COLOR_RGB2YUV_{order}'))
            for order in ('UYVY', 'YUYV')
        }
        image = decode(told[right], encoding, padding=padding)
        assert np.abs(image.astype(int) - picture).mean() < 3
        with pytest.raises(
            ValueError, match=f'{encoding} means {right}, .* holds {wrong}: .* set'
        ):
            decode(told[wrong], encoding, padding=padding)


@pytest.mark.parametrize('order', ['UYVY', 'YUYV'])
def test_plain_and_very_colorful_pictures_are_not_judged(order):
    """Fog and a lens cap tell nothing; stripes of equally bright colors have brightness beside."""
    rng = np.random.default_rng(4)
    plain = (128 + rng.normal(0, 3, (60, 80, 3))).clip(0, 255).astype(np.uint8)
    stripes = np.tile(np.repeat([[(200, 60, 90), (20, 130, 110)]], 8, axis=1), (60, 5, 1))
    for picture in (plain, np.zeros_like(plain), stripes.astype(np.uint8)):
        pixels = cv2.cvtColor(picture, getattr(cv2, f'COLOR_RGB2YUV_{order}'))
        assert decode(pixels, order.lower()).shape == picture.shape


@pytest.mark.parametrize(('encoding', 'channels'), [('yuv422', 2), ('nv21', 2), ('rgb8', 3)])
def test_a_jpeg_in_place_of_pixels_is_refused(encoding, channels):
    """As of usb_cam with pixel_format raw_mjpeg, behind which the rest of its buffer follows."""
    height, width = street().shape[:2]
    file = cv2.imencode('.jpg', street())[1].tobytes()
    data = array('B', file.ljust(channels * width * height, b'\x55'))
    fields = {'height': height, 'encoding': encoding, 'is_bigendian': 0, 'data': data}
    msg = FakeImage(**fields, width=width, step=width if encoding == 'nv21' else channels * width)
    for given in (data, bytes(data), np.array(data)):
        msg.data = given
        with pytest.raises(ValueError, match=f"'{encoding}' holds a JPEG: .* mjpeg2rgb"):
            image_from_message(msg)
    msg.width -= 2
    assert image_from_message(msg).shape == (height, width - 2, 3), 'pixels that begin so'


@pytest.mark.parametrize('order', ['UYVY', 'YUYV'])
@pytest.mark.parametrize(
    ('upper', 'lower'),
    [((130,) * 3, (20, 200, 20)), ((120,) * 3, (60, 150, 40)), ((120, 70, 120), (90, 105, 90))],
)
def test_a_green_floor_as_bright_as_the_wall_is_no_brightness(order, upper, lower):
    """U and V of green lie on one side of grey, and vary together where brightness does not."""
    picture = np.full((480, 640, 3), upper, np.uint8)
    picture[240:] = lower
    noise = np.random.default_rng(4).normal(0, 4, picture.shape)
    picture = (picture + noise).clip(0, 255).astype(np.uint8)
    pixels = cv2.cvtColor(picture, getattr(cv2, f'COLOR_RGB2YUV_{order}'))
    assert decode(pixels, order.lower()).shape == picture.shape


def mosaic(color, pattern):
    """Bayer picture of one colour; pattern names the first two rows from left to right."""
    values = np.empty((HEIGHT, WIDTH), dtype=np.asarray(color).dtype)
    for place, channel in enumerate(pattern):
        values[place // 2 :: 2, place % 2 :: 2] = color['rgb'.index(channel)]
    return values


@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_bayer_patterns_give_the_color_back(pattern):
    color = np.array([200, 120, 30], np.uint8)
    image = decode(mosaic(color, pattern), f'bayer_{pattern}8')
    np.testing.assert_array_equal(image, np.broadcast_to(color, image.shape))
    for big_endian in (False, True):
        wide = mosaic(color.astype(np.uint16) * 257, pattern)
        image = decode(wide, f'bayer_{pattern}16', big_endian=big_endian)
        np.testing.assert_array_equal(image, np.broadcast_to(color, image.shape))


def test_the_image_shares_no_memory_with_the_message(rgb):
    msg = image_message(rgb, 'rgb8', padding=0)
    image = image_from_message(msg)
    msg.data[0] ^= 255
    np.testing.assert_array_equal(image, rgb)


def test_read_only_and_array_buffers_are_taken(rgb):
    msg = image_message(rgb[..., ::-1], 'bgr8')
    for data in (bytes(msg.data), np.array(msg.data)):
        msg.data = data
        np.testing.assert_array_equal(image_from_message(msg), rgb)


@pytest.mark.parametrize(
    ('field', 'value', 'reason'),
    [
        ('width', 0, '0x6: sizes must be positive'),
        ('height', 0, '10x0: sizes must be positive'),
        ('width', 16385, '16385x6: .* no side above 16384'),
        ('step', 29, 'step 29 is shorter than one row of 10 rgb8 pixels .30 bytes'),
        ('data', array('B', bytes(209)), 'truncated: 209 bytes, but step 35 x height 6 needs 210'),
        ('data', array('B'), 'truncated: 0 bytes'),
    ],
)
def test_broken_layouts_are_refused_with_their_numbers(rgb, field, value, reason):
    msg = image_message(rgb, 'rgb8')
    setattr(msg, field, value)
    with pytest.raises(ValueError, match=reason):
        image_from_message(msg)


def test_an_odd_width_cannot_hold_pairs():
    values = np.zeros((4, 5, 2), np.uint8)
    with pytest.raises(ValueError, match='width 5 is odd'):
        image_from_message(image_message(values, 'yuv422'))


@pytest.mark.parametrize('encoding', ['', 'RGB8', '32FC1', 'nv42'])
def test_unknown_encodings_are_refused_by_name(rgb, encoding, monkeypatch):
    monkeypatch.setitem(sys.modules, 'cv_bridge', None)  # as where it is not installed
    with pytest.raises(ValueError, match=f"'{encoding}' is not one of .*'rgb8'.*set the camera"):
        image_from_message(image_message(rgb, encoding))


def test_rare_encodings_are_left_to_cv_bridge(rgb, monkeypatch):
    class CvBridge:
        def imgmsg_to_cv2(self, msg, wanted):
            assert wanted == 'rgb8'
            if len(msg.data) < msg.height * msg.step:
                raise TypeError('buffer is too small for requested array')
            return rgb

    module = ModuleType('cv_bridge')
    module.CvBridge = CvBridge
    monkeypatch.setitem(sys.modules, 'cv_bridge', module)
    msg = image_message(rgb, 'nv42')
    np.testing.assert_array_equal(image_from_message(msg), rgb)
    msg.data = msg.data[:-1]
    with pytest.raises(
        ValueError, match=r"'nv42' .* cv_bridge refuses it too .buffer is too small"
    ):
        image_from_message(msg)


def test_every_encoding_is_tested_above():
    assert set(IMAGE_ENCODINGS) == {
        *('rgb8', 'bgr8', '8UC3', 'rgba8', 'bgra8', 'mono8', '8UC1', 'mono16', '16UC1'),
        *('rgb16', 'bgr16', 'rgba16', 'bgra16', 'nv12', 'nv21', 'i420'),
        *('8UC4', '16UC3', '16UC4', 'nv24'),
        *('yuv422', 'uyvy', 'yuv422_yuy2', 'yuyv'),
        *(f'bayer_{p}{bits}' for p in ('rggb', 'bggr', 'gbrg', 'grbg') for bits in (8, 16)),
    }


@pytest.mark.parametrize('kind', KINDS)
def test_pictures_go_out_and_come_back(rgb, kind):
    header = new_header(kind)
    for picture in (rgb, rgb[:, ::2], rgb[::-1]):
        msg = color_to_message(message_class(kind, 'Image'), picture, header)
        assert msg.header is header
        assert (msg.height, msg.width, msg.encoding) == (*picture.shape[:2], 'rgb8')
        assert isinstance(msg.data, array)
        np.testing.assert_array_equal(image_from_message(msg), picture)


def test_pictures_of_another_shape_or_type_are_refused(rgb):
    for picture in (rgb[..., 0], rgb[..., :2], rgb.astype(np.float32)):
        with pytest.raises(ValueError, match='uint8 is needed'):
            color_to_message(FakeImage, picture, None)


@pytest.mark.ros
def test_real_messages_decode_as_the_stand_ins_do(rgb):
    sensor_msgs = pytest.importorskip('sensor_msgs.msg')
    fake = image_message(rgb[..., ::-1], 'bgr8')
    np.testing.assert_array_equal(image_from_message(sensor_msgs.Image(**vars(fake))), rgb)


def test_hostile_encodings_are_cut_and_escaped(monkeypatch):
    monkeypatch.setitem(sys.modules, 'cv_bridge', None)
    text = '\x1b[31m\n\0' + 'x' * 8_000_000
    msg = FakeImage(height=1, width=1, encoding=text, is_bigendian=0, step=1, data=b'0')
    with pytest.raises(
        ValueError, match=r"encoding '\\x1b\[31m\\n\\x00xxx+\.\.\.' is not"
    ) as error:
        image_from_message(msg)
    assert len(str(error.value)) < 800 and str(error.value).isprintable()


def test_shared_image_is_a_view_where_nothing_is_converted():
    pixels = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    padded = np.zeros((2, 12), np.uint8)
    padded[:, :9] = pixels.reshape(2, 9)
    data = array('B', padded.tobytes())
    msg = SimpleNamespace(height=2, width=3, step=12, encoding='rgb8', is_bigendian=0, data=data)
    shared, own = image_from_message(msg, share=True), image_from_message(msg)
    np.testing.assert_array_equal(shared, pixels)
    data[0] = 77
    assert (shared[0, 0, 0], own[0, 0, 0]) == (77, 0)
    msg.encoding = 'bgr8'
    np.testing.assert_array_equal(image_from_message(msg, share=True)[0, 0], (2, 1, 77))


@pytest.mark.parametrize(('height', 'width'), [(1, 1), (1, 5), (5, 1)])
def test_one_row_or_column_is_an_image(rgb, height, width):
    picture = rgb[:height, :width]
    np.testing.assert_array_equal(decode(picture, 'rgb8'), picture)
    np.testing.assert_array_equal(decode(picture[..., ::-1], 'bgr8', padding=0), picture)

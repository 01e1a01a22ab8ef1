# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG files as image_transport and others put them into CompressedImage."""

from __future__ import annotations

from array import array
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from fake_messages import KINDS, message_class

from lacdepth_ros.messages.compressed import image_from_compressed


@pytest.fixture
def rgb():
    return np.random.default_rng(1).integers(0, 256, (6, 10, 3), dtype=np.uint8)


def compressed(values, extension='.png', text=None):
    done, data = cv2.imencode(extension, values)
    assert done
    return SimpleNamespace(format=text or extension[1:], data=array('B', data.tobytes()))


def smooth_picture():
    """Picture that survives JPEG nearly unchanged."""
    rows, columns = np.indices((48, 64))
    return np.stack([rows * 5, columns * 3, 255 - rows * 4], axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    'text', ['png', 'rgb8; png compressed bgr8', 'bgr8; png compressed bgr8', 'yuv422; png']
)
def test_png_is_exact(rgb, text):
    msg = compressed(rgb[..., ::-1], text=text)
    np.testing.assert_array_equal(image_from_compressed(msg), rgb)


@pytest.mark.parametrize(
    'text',
    [
        *('jpeg', 'jpg', 'rgb8; jpeg compressed bgr8', ''),
        *('bgr8; jpeg compressed', 'rgb8; jpeg', '; jpeg compressed bgr8'),
    ],
)
def test_jpeg_is_near(text):
    picture = smooth_picture()
    msg = compressed(picture[..., ::-1], '.jpg')
    msg.format = text
    image = image_from_compressed(msg)
    assert np.abs(image.astype(int) - picture).mean() < 2


def test_files_that_hold_rgb_order_are_read_as_image_transport_does(rgb):
    msg = compressed(rgb, text='rgb8; png compressed rgb8')
    np.testing.assert_array_equal(image_from_compressed(msg), rgb)


def test_gray_alpha_and_16_bit_files(rgb):
    gray = rgb[..., 0]
    expected = np.stack([gray] * 3, axis=2)
    np.testing.assert_array_equal(image_from_compressed(compressed(gray)), expected)
    wide = gray.astype(np.uint16) * 257
    np.testing.assert_array_equal(image_from_compressed(compressed(wide)), expected)
    bgra = np.dstack([rgb[..., ::-1], gray])
    np.testing.assert_array_equal(image_from_compressed(compressed(bgra)), rgb)
    wide_bgr = rgb[..., ::-1].astype(np.uint16) * 257
    np.testing.assert_array_equal(image_from_compressed(compressed(wide_bgr)), rgb)


def test_one_channel_files_keep_the_meaning_of_their_encoding():
    color = np.array([200, 120, 30], np.uint8)
    mosaic = np.tile(np.array([[120, 200], [30, 120]], np.uint8), (3, 5))  # g r / b g
    image = image_from_compressed(compressed(mosaic, text='bayer_grbg8; png compressed '))
    np.testing.assert_array_equal(image, np.broadcast_to(color, image.shape))
    counts = np.array([[0, 4095], [2048, 1024]], np.uint16)
    image = image_from_compressed(compressed(counts, text='16UC1; png compressed '))
    np.testing.assert_array_equal(image[..., 0], [[0, 255], [128, 64]])
    image = image_from_compressed(compressed(counts, text='mono16; png compressed '))
    np.testing.assert_array_equal(image[..., 0], [[0, 255], [128, 64]])


def test_files_that_were_grey_before_compression_are_no_mosaic():
    """image_transport makes a JPEG of a Bayer image's brightness, and says so."""
    gray = np.tile(np.array([[40, 200]], np.uint8), (48, 32))  # stripes that a mosaic would color
    msg = compressed(gray, '.jpg', text='bayer_rggb8; jpeg compressed mono8')
    image = image_from_compressed(msg)
    assert np.abs(image.astype(int) - gray[..., None]).max() < 4
    np.testing.assert_array_equal(image[..., 0], image[..., 2])


def test_broken_files_are_refused():
    jpeg = compressed(smooth_picture(), '.jpg')
    png = compressed(smooth_picture(), '.png')
    for data in (
        b'',
        b'no picture',
        bytes(jpeg.data[:-60]),
        bytes(png.data[: len(png.data) // 2]),
    ):
        with pytest.raises(ValueError, match=f'of {len(data)} bytes .*(truncated|neither PNG)'):
            image_from_compressed(SimpleNamespace(format='jpeg', data=data))


def test_compressed_depth_is_refused(rgb):
    msg = compressed(rgb, text='16UC1; compressedDepth png')
    with pytest.raises(ValueError, match='depth image, not a camera image'):
        image_from_compressed(msg)


def test_tiffs_are_refused_with_what_to_set(rgb):
    msg = compressed(rgb, '.tiff', text='rgb8; tiff compressed ')
    with pytest.raises(ValueError, match=r'holds a TIFF; .* to png'):
        image_from_compressed(msg)


@pytest.mark.parametrize('text', ['h264', 'H.265', 'rgb8; hevc', 'av1', 'vp9', 'ffmpeg; x'])
def test_video_is_refused_with_what_to_run(rgb, text):
    with pytest.raises(ValueError, match=r'video stream.* what belongs to its encoder'):
        image_from_compressed(compressed(rgb, text=text))


@pytest.mark.parametrize('kind', KINDS)
def test_messages_of_ros_decode_as_the_stand_ins_do(rgb, kind):
    fields = vars(compressed(rgb[..., ::-1]))
    msg = message_class(kind, 'CompressedImage')(**fields)
    np.testing.assert_array_equal(image_from_compressed(msg), rgb)

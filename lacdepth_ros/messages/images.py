# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Camera images <-> RGB arrays."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.image_file import check_bounds, parse_header
from lacdepth_ros.core.text import quoted
from lacdepth_ros.messages.bit_depth import BitDepth
from lacdepth_ros.messages.buffers import byte_array, pixel_view
from lacdepth_ros.messages.pair_order import LUMA_PLACE, check_pair_order
from lacdepth_ros.messages.planar_yuv import PLANAR_ENCODINGS, rgb_from_planes

ColorImage = npt.NDArray[np.uint8]

# encoding -> (kind of one value, values per pixel, OpenCV conversion to RGB or None)
_LAYOUTS: dict[str, tuple[str, int, int | None]] = {
    'rgb8': ('u1', 3, None),
    'bgr8': ('u1', 3, cv2.COLOR_BGR2RGB),
    'rgb16': ('u2', 3, None),
    'bgr16': ('u2', 3, cv2.COLOR_BGR2RGB),
    'rgba16': ('u2', 4, cv2.COLOR_RGBA2RGB),
    'bgra16': ('u2', 4, cv2.COLOR_BGRA2RGB),
    'rgba8': ('u1', 4, cv2.COLOR_RGBA2RGB),
    'bgra8': ('u1', 4, cv2.COLOR_BGRA2RGB),
    'mono8': ('u1', 1, cv2.COLOR_GRAY2RGB),
    'mono16': ('u2', 1, cv2.COLOR_GRAY2RGB),
    '8UC1': ('u1', 1, cv2.COLOR_GRAY2RGB),
    '8UC3': ('u1', 3, cv2.COLOR_BGR2RGB),
    '8UC4': ('u1', 4, cv2.COLOR_BGRA2RGB),
    '16UC1': ('u2', 1, cv2.COLOR_GRAY2RGB),
    '16UC3': ('u2', 3, cv2.COLOR_BGR2RGB),
    '16UC4': ('u2', 4, cv2.COLOR_BGRA2RGB),
    'yuv422': ('u1', 2, cv2.COLOR_YUV2RGB_UYVY),
    'uyvy': ('u1', 2, cv2.COLOR_YUV2RGB_UYVY),
    'yuv422_yuy2': ('u1', 2, cv2.COLOR_YUV2RGB_YUY2),
    'yuyv': ('u1', 2, cv2.COLOR_YUV2RGB_YUY2),
    'bayer_rggb8': ('u1', 1, cv2.COLOR_BayerRGGB2RGB),
    'bayer_bggr8': ('u1', 1, cv2.COLOR_BayerBGGR2RGB),
    'bayer_gbrg8': ('u1', 1, cv2.COLOR_BayerGBRG2RGB),
    'bayer_grbg8': ('u1', 1, cv2.COLOR_BayerGRBG2RGB),
    'bayer_rggb16': ('u2', 1, cv2.COLOR_BayerRGGB2RGB),
    'bayer_bggr16': ('u2', 1, cv2.COLOR_BayerBGGR2RGB),
    'bayer_gbrg16': ('u2', 1, cv2.COLOR_BayerGBRG2RGB),
    'bayer_grbg16': ('u2', 1, cv2.COLOR_BayerGRBG2RGB),
}

IMAGE_ENCODINGS = (*_LAYOUTS, *PLANAR_ENCODINGS)
"""Encodings of sensor_msgs/Image that image_from_message decodes by itself."""

_JPEG = b'\xff\xd8\xff'
_SMALL_BYTES, _MANY_BYTES = 64, 128
"""Upper bytes of 14 bits stay below the one; noise has more than the other of lower bytes."""


def image_from_message(
    msg: Any, bit_depth: BitDepth | None = None, *, share: bool = False
) -> ColorImage:
    """Decode a sensor_msgs/Image of any of IMAGE_ENCODINGS; step and byte order are respected.

    8UC3 and 8UC4 are BGR and BGRA, as in OpenCV, and yuv422 is UYVY. Values of 16 bits become 8
    by the bits that the camera uses. Other encodings are left to cv_bridge where ROS has it
    installed.

    Args:
        msg: Anything with the fields height, width, step, is_bigendian, encoding and data.
        bit_depth: Of the camera; it learns from this image. None judges by this image alone.
        share: Where nothing is to be converted, return a view of the message's bytes, which then
            must not change.

    Returns:
        (H, W, 3) uint8 RGB; unless shared contiguous and without memory of the message.

    Raises:
        ValueError: Unknown encoding, zero size, short step, truncated data, an odd size where
            pixels share their color, bytes that make sense in another order alone, or a JPEG.
    """
    check_bounds(msg.width, msg.height)
    _check_pixels(msg)
    if msg.encoding in PLANAR_ENCODINGS:
        return rgb_from_planes(msg)
    if msg.encoding not in _LAYOUTS:
        return _by_cv_bridge(msg)
    kind, channels, _ = _LAYOUTS[msg.encoding]
    pixels = pixel_view(msg, kind, channels)
    if channels == 2 and msg.width % 2:
        raise ValueError(
            f'image width {msg.width} is odd, but {msg.encoding} stores pixels in pairs; '
            'fix the width in the publisher'
        )
    if msg.encoding in LUMA_PLACE:
        check_pair_order(pixels, msg.encoding)
    if share and msg.encoding == 'rgb8':
        return pixels
    return to_rgb(pixels, msg.encoding, bit_depth)


def _check_pixels(msg: Any) -> None:
    """Refuse a JPEG in place of pixels, of which any encoding would make noise."""
    if bytes(msg.data[: len(_JPEG)]) != _JPEG:
        return
    try:
        header = parse_header(io.BytesIO(bytes(msg.data)))
    except ValueError:
        return  # pixels that begin so
    if (header.width, header.height) == (msg.width, msg.height):
        raise ValueError(
            f'an image of encoding {quoted(msg.encoding)} holds a JPEG: have the driver decode it '
            '(usb_cam: pixel_format mjpeg2rgb), or send it as CompressedImage'
        )


def to_rgb(
    pixels: npt.NDArray[Any], encoding: str, bit_depth: BitDepth | None = None
) -> ColorImage:
    """Convert (H, W, C) pixels laid out as one of IMAGE_ENCODINGS; see `image_from_message`."""
    code = _LAYOUTS[encoding][2]
    values = _to_8_bits(pixels, bit_depth or BitDepth())
    if code is None:
        return np.array(values, order='C')
    return np.asarray(cv2.cvtColor(values, code), dtype=np.uint8)


def has_layout(encoding: str, pixels: npt.NDArray[Any]) -> bool:
    """Whether an encoding stores pixels of this type, and as many values a pixel."""
    return _LAYOUTS.get(encoding, ('', 0, None))[:2] == (pixels.dtype.str[1:], pixels.shape[2])


def color_to_message(Image: Any, rgb: ColorImage, header: Any) -> Any:
    """Encode a picture as a sensor_msgs/Image of encoding rgb8.

    Args:
        Image: The message class sensor_msgs.msg.Image.
        rgb: (H, W, 3) uint8 RGB.
        header: Taken over as it is.

    Returns:
        The Image message.

    Raises:
        ValueError: rgb has another shape or type.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(
            f'picture has shape {rgb.shape} and type {rgb.dtype}; (H, W, 3) uint8 is needed'
        )
    msg = Image()
    msg.header = header
    msg.height, msg.width = rgb.shape[:2]
    msg.encoding = 'rgb8'
    msg.is_bigendian = 0
    msg.step = 3 * msg.width
    msg.data = byte_array(rgb)
    return msg


def _to_8_bits(pixels: npt.NDArray[Any], bit_depth: BitDepth) -> ColorImage:
    """Scale the bits in use of 16 bit pixels to 0..255, rounded; 8 bit pixels stay as they are."""
    if pixels.dtype.itemsize == 1:
        return pixels
    native = np.ascontiguousarray(pixels, dtype=np.uint16)
    colors = native[..., :3]  # opacity is none of them
    if colors.max() >= _SMALL_BYTES << 8:
        _check_byte_order(colors[::4])
    scaled = cv2.convertScaleAbs(native, alpha=255 / bit_depth.full_scale(colors))
    return np.asarray(scaled, dtype=np.uint8).reshape(pixels.shape)


def _check_byte_order(values: npt.NDArray[np.uint16]) -> None:
    """Refuse values whose bytes are swapped: noise above, and hardly anything below."""
    upper, lower = values >> 8, values & 255
    if 0 < lower.max() < _SMALL_BYTES and len(np.unique(upper)) > _MANY_BYTES:
        raise ValueError(
            f'the upper bytes of the 16-bit values change from pixel to pixel while the lower '
            f'ones stay below {lower.max() + 1}: they are swapped; fix is_bigendian in the driver'
        )


def _by_cv_bridge(msg: Any) -> ColorImage:
    """Decode a rare encoding by cv_bridge, which only a full ROS installation has."""
    try:
        from cv_bridge import CvBridge
    except ImportError as error:
        raise ValueError(
            f'image encoding {quoted(msg.encoding)} is not one of {IMAGE_ENCODINGS}; set the '
            'camera driver to one of them'
        ) from error
    try:
        return np.array(CvBridge().imgmsg_to_cv2(msg, 'rgb8'), dtype=np.uint8, order='C')
    except Exception as error:  # without its compiled part, or beside NumPy 2, it raises anything
        raise ValueError(
            f'image encoding {quoted(msg.encoding)} is not one of {IMAGE_ENCODINGS} and cv_bridge '
            f'refuses it too ({error}); set the camera driver to one of them'
        ) from error

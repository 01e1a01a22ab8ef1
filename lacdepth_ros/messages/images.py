# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Camera images, raw or compressed, <-> RGB arrays."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.messages.buffers import byte_array, pixel_view

ColorImage = npt.NDArray[np.uint8]

# encoding -> (kind of one value, values per pixel, OpenCV conversion to RGB or None)
_LAYOUTS: dict[str, tuple[str, int, int | None]] = {
    'rgb8': ('u1', 3, None),
    'bgr8': ('u1', 3, cv2.COLOR_BGR2RGB),
    'rgba8': ('u1', 4, cv2.COLOR_RGBA2RGB),
    'bgra8': ('u1', 4, cv2.COLOR_BGRA2RGB),
    'mono8': ('u1', 1, cv2.COLOR_GRAY2RGB),
    'mono16': ('u2', 1, cv2.COLOR_GRAY2RGB),
    '8UC1': ('u1', 1, cv2.COLOR_GRAY2RGB),
    '8UC3': ('u1', 3, cv2.COLOR_BGR2RGB),
    '16UC1': ('u2', 1, cv2.COLOR_GRAY2RGB),
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

IMAGE_ENCODINGS = tuple(_LAYOUTS)
"""Encodings of sensor_msgs/Image that image_from_message decodes by itself."""


def image_from_message(msg: Any) -> ColorImage:
    """Decode a sensor_msgs/Image of any of IMAGE_ENCODINGS; step and byte order are respected.

    8UC3 is BGR, as everywhere in ROS. Values of 16 bits become 8: mono16 and bayer_*16 span the
    whole range (v / 257); 16UC1, the raw counts of thermal and machine-vision cameras, spans the
    fewest bits (8 to 16) that hold the brightest pixel. Other encodings (nv21, rgb16, ...) are
    left to cv_bridge where ROS has it installed.

    Args:
        msg: Anything with the fields height, width, step, is_bigendian, encoding and data.

    Returns:
        (H, W, 3) uint8 RGB, contiguous, sharing no memory with the message.

    Raises:
        ValueError: Unknown encoding, zero size, short step, truncated data, or an odd width
            where two pixels share their colour.
    """
    if msg.encoding not in _LAYOUTS:
        return _by_cv_bridge(msg)
    kind, channels, _ = _LAYOUTS[msg.encoding]
    pixels = pixel_view(msg, kind, channels)
    if channels == 2 and msg.width % 2:
        raise ValueError(
            f'image width {msg.width} is odd, but {msg.encoding} stores pixels in pairs; '
            'fix the width in the publisher'
        )
    return _to_rgb(pixels, msg.encoding)


def image_from_compressed(msg: Any) -> ColorImage:
    """Decode a sensor_msgs/CompressedImage that holds a JPEG or PNG file.

    The field format is read as image_transport writes it: 'jpeg', 'png', or the encoding before
    compression and that inside the file, as in 'rgb8; jpeg compressed bgr8'. One-channel files of
    a Bayer or 16 bit encoding are treated as that encoding is by image_from_message; other 16 bit
    files as mono16. Transparency is dropped.

    Args:
        msg: Anything with the fields format and data.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: The data is empty, truncated or no image, or it is compressed depth.
    """
    if 'compressedDepth' in msg.format:
        raise ValueError(
            f'compressed format {msg.format!r} is a depth image, not a camera image; '
            "subscribe to the camera's image topic"
        )
    pixels = _decode(bytes(msg.data), msg.format)
    source, _, stored = msg.format.partition(';')
    if pixels.shape[2] == 1:
        kind = pixels.dtype.str[1:]
        plain = 'mono8' if kind == 'u1' else 'mono16'
        same = source in _LAYOUTS and _LAYOUTS[source][:2] == (kind, 1)
        return _to_rgb(pixels, source if same else plain)
    swapped = source.startswith(('rgb', 'bgr')) and stored and 'compressed bgr' not in stored
    return _to_rgb(_to_8_bits(pixels[..., :3], 65535), 'rgb8' if swapped else 'bgr8')


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


def _to_rgb(pixels: npt.NDArray[Any], encoding: str) -> ColorImage:
    """Convert (H, W, C) pixels of a known encoding; the only user of its conversion code."""
    if encoding == '16UC1':
        full_scale = max(2 ** int(pixels.max()).bit_length() - 1, 255)
    else:
        full_scale = 65535
    code = _LAYOUTS[encoding][2]
    values = _to_8_bits(pixels, full_scale)
    if code is None:
        return np.array(values, order='C')
    return np.asarray(cv2.cvtColor(values, code), dtype=np.uint8)


def _to_8_bits(pixels: npt.NDArray[Any], full_scale: int) -> ColorImage:
    """Scale 0..full_scale of 16 bit pixels to 0..255, rounded; 8 bit pixels stay as they are."""
    if pixels.dtype.itemsize == 1:
        return pixels
    native = np.ascontiguousarray(pixels, dtype=np.uint16)
    scaled = cv2.convertScaleAbs(native, alpha=255 / full_scale)
    return np.asarray(scaled, dtype=np.uint8).reshape(pixels.shape)


def _decode(data: bytes, encoding: str) -> npt.NDArray[Any]:
    """Decode a JPEG or PNG file to (H, W, C) values of 8 or 16 bits, colours in BGR order."""
    # Some OpenCV versions fill the missing rows of a cut JPEG with grey and return it.
    cut = data.startswith(b'\xff\xd8') and b'\xff\xd9' not in data
    try:
        decoded = None if cut or not data else _imdecode(data)
    except cv2.error as error:
        raise ValueError(f'compressed image cannot be decoded: {error}') from error
    if decoded is None:
        raise ValueError(
            f'compressed image of {len(data)} bytes (format {encoding!r}) is empty, truncated or '
            'neither JPEG nor PNG; check the publisher and the transport'
        )
    return decoded if decoded.ndim == 3 else decoded[..., None]


def _imdecode(data: bytes) -> npt.NDArray[Any] | None:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def _by_cv_bridge(msg: Any) -> ColorImage:
    """Decode a rare encoding by cv_bridge, which only a full ROS installation has."""
    try:
        from cv_bridge import CvBridge
    except ImportError as error:
        raise ValueError(
            f'image encoding {msg.encoding!r} is not one of {IMAGE_ENCODINGS}; set the camera '
            'driver to one of them, or install cv_bridge for the rare ones'
        ) from error
    try:
        return np.array(CvBridge().imgmsg_to_cv2(msg, 'rgb8'), dtype=np.uint8, order='C')
    except Exception as error:  # without its compiled part, or beside NumPy 2, it raises anything
        raise ValueError(
            f'image encoding {msg.encoding!r} is not one of {IMAGE_ENCODINGS} and cv_bridge '
            f'refuses it too ({error}); set the camera driver to one of them'
        ) from error

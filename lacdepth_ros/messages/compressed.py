# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""JPEG and PNG files in messages -> RGB arrays."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import cv2

from lacdepth_ros.core.image_file import decode_file
from lacdepth_ros.core.text import quoted
from lacdepth_ros.messages.bit_depth import BitDepth
from lacdepth_ros.messages.images import ColorImage, has_layout, to_rgb

_VIDEO = re.compile(r'\b(h\.?26[45]|hevc|avc1?|av1|vp[89]|mpeg4?|nvenc|ffmpeg)', re.IGNORECASE)


def image_from_compressed(
    msg: Any,
    bit_depth: BitDepth | None = None,
    check_size: Callable[[int, int], None] | None = None,
) -> ColorImage:
    """Decode a sensor_msgs/CompressedImage that holds a JPEG or PNG file.

    The field format is read as image_transport writes it: 'jpeg', 'png', or the encoding before
    compression and that inside the file, as in 'rgb8; jpeg compressed bgr8'. Where nothing is said
    of the file, its colors are those of any JPEG or PNG, and one channel of a Bayer encoding is
    the mosaic, as for image_from_message; that of 'bayer_rggb8; jpeg compressed mono8' is grey.
    Transparency is dropped.

    Args:
        msg: Anything with the fields format and data.
        bit_depth: Of the camera, as for image_from_message.
        check_size: Called with width and height before anything is decoded; raises a ValueError
            when they are not the expected ones.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: The data is empty, truncated, no JPEG or PNG or of another size, or it is
            compressed depth, video or TIFF.
    """
    _refuse_other_kinds(msg.format)
    data = bytes(msg.data)
    try:
        pixels = decode_file(data, flags=cv2.IMREAD_UNCHANGED, check_size=check_size)
    except ValueError as error:
        raise ValueError(
            f'compressed image of {len(data)} bytes (format {quoted(msg.format)}): {error}; check '
            'the publisher and the transport'
        ) from error
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    source, _, stored = msg.format.partition(';')
    wide = pixels.dtype.itemsize == 2
    if pixels.shape[2] == 1:
        plain = 'mono16' if wide else 'mono8'
        as_sent = has_layout(source, pixels) and 'compressed mono' not in stored
        return to_rgb(pixels, source if as_sent else plain, bit_depth)
    swapped = source.startswith(('rgb', 'bgr')) and 'compressed rgb' in stored
    return to_rgb(
        pixels[..., :3], ('rgb' if swapped else 'bgr') + ('16' if wide else '8'), bit_depth
    )


def _refuse_other_kinds(written: str) -> None:
    """ValueError for formats of image_transport that hold no camera image, or a TIFF."""
    text = quoted(written)
    if 'compressedDepth' in written:
        raise ValueError(
            f'compressed format {text} is a depth image, not a camera image; '
            "subscribe to the camera's image topic"
        )
    if 'tiff compressed' in written:
        raise ValueError(
            f'compressed format {text} holds a TIFF; set the parameter ...compressed.format of '
            "the camera's driver to png, which keeps every value as well, or to jpeg"
        )
    if _VIDEO.search(written):
        raise ValueError(
            f'compressed format {text} is a video stream, not single images; decode it first with '
            'what belongs to its encoder (Isaac: isaac_ros_h264_decoder) and subscribe the images '
            'that it publishes'
        )

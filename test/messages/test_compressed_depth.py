# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth packed by hand as image_transport's compressedDepth packs it."""

from __future__ import annotations

import struct
from array import array
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from fake_messages import KINDS, message_class, new_header

from lacdepth_ros.messages.compressed_depth import image_from_compressed_depth
from lacdepth_ros.messages.depth import depth_from_message

PNG = '16UC1; compressedDepth png'


def packed(counts, a=0.0, b=0.0):
    file = cv2.imencode('.png', counts)[1].tobytes()
    return array('B', struct.pack('<iff', 0, a, b) + file)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize(
    'text', [PNG, '16UC1; compressedDepth', '16UC1', 'mono16; compressedDepth png']
)
def test_millimetres_are_packed_without_loss(kind, text):
    counts = np.array([[0, 1, 2500], [65534, 700, 0]], np.uint16)
    header = new_header(kind)
    msg = message_class(kind, 'CompressedImage')(header=header, format=text, data=packed(counts))
    image = image_from_compressed_depth(msg)
    assert image.header is header and (image.height, image.width, image.step) == (2, 3, 6)
    expected = np.where(counts > 0, counts / 1000, np.nan)
    np.testing.assert_allclose(depth_from_message(image), expected, rtol=1e-6)


def test_metres_come_back_from_inverse_depth():
    """By the publisher's formula: 16 bits of a / z + b, 0 for what is NaN or beyond depth_max."""
    depth = np.array([[0.5, 1.25, 9.9], [np.nan, np.inf, 12.0]], np.float32)
    a = 100.0 * 101.0
    b = 1 - a / 10.0
    with np.errstate(invalid='ignore'):
        counts = np.where(depth < 10.0, a / depth + b, 0).astype(np.uint16)
    data = packed(counts, a, b)
    msg = SimpleNamespace(header=None, format='32FC1; compressedDepth png', data=data)
    image = image_from_compressed_depth(msg)
    assert image.encoding == '32FC1'
    seen = depth_from_message(image)
    np.testing.assert_allclose(seen[0], depth[0], rtol=1e-3)
    assert np.isnan(seen[1]).all()


@pytest.mark.parametrize(
    ('text', 'data', 'reason'),
    [
        ('16UC1; compressedDepth rvl', b'x' * 40, r"Depth rvl' is none of .* republish"),
        ('rgb8; jpeg compressed bgr8', b'x' * 40, 'is none of 16UC1 and 32FC1'),
        (PNG, b'x' * 11, 'truncated: 11 bytes'),
        (PNG, b'x' * 40, 'of 40 bytes: neither PNG nor JPEG'),
        (PNG, bytes(packed(np.zeros((2, 3), np.uint8))), 'holds .2, 3. values of type uint8'),
    ],
)
def test_what_is_no_packed_depth_is_refused(text, data, reason):
    with pytest.raises(ValueError, match=reason):
        image_from_compressed_depth(SimpleNamespace(header=None, format=text, data=data))

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""REP 117 and REP 118, both ways."""

from __future__ import annotations

import sys
from array import array

import numpy as np
import pytest
from fake_messages import KINDS, FakeImage, message_class, new_header

from lacdepth_ros.messages.depth import depth_from_message, depth_to_message, without_far_code


@pytest.fixture
def depth():
    depth = np.random.default_rng(4).uniform(0.5, 60, (5, 7)).astype(np.float32)
    depth[1, 2] = np.nan
    return depth


@pytest.mark.parametrize('kind', KINDS)
def test_meters_go_out_bit_for_bit(depth, kind):
    header = new_header(kind)
    depth[0, :2] = np.inf, -np.inf
    msg = depth_to_message(message_class(kind, 'Image'), depth, header)
    assert msg.header is header
    assert (msg.height, msg.width, msg.step) == (5, 7, 28)
    assert (msg.encoding, bool(msg.is_bigendian)) == ('32FC1', sys.byteorder == 'big')
    assert isinstance(msg.data, array)
    assert bytes(msg.data) == depth.tobytes()
    np.testing.assert_array_equal(depth_from_message(msg), depth)


@pytest.mark.parametrize('kind', KINDS)
def test_millimeters_are_rounded_and_come_back(depth, kind):
    msg = depth_to_message(message_class(kind, 'Image'), depth, new_header(kind), encoding='16UC1')
    assert (msg.height, msg.width, msg.step, msg.encoding) == (5, 7, 14, '16UC1')
    stored = np.frombuffer(msg.data, '<u2').reshape(5, 7)
    valid = np.isfinite(depth)
    np.testing.assert_array_equal(stored[valid], np.rint(depth[valid] * 1000))
    back = depth_from_message(msg)
    assert back.dtype == np.float32
    np.testing.assert_array_equal(np.isnan(back), ~valid)
    np.testing.assert_allclose(back[valid], depth[valid], atol=0.000501)


@pytest.mark.parametrize(
    ('meters', 'millimeters'),
    [
        (1.2344, 1234),
        (1.2346, 1235),
        (65.534, 65534),
        (65.535, 0),
        (80.0, 0),
        (131.0, 0),
        (0.0004, 0),
        (0.0, 0),
        (-1.0, 0),
        (np.nan, 0),
        (np.inf, 0),
        (-np.inf, 0),
    ],
)
def test_what_has_no_millimeters_is_zero(meters, millimeters):
    depth = np.array([[meters, 2.0]], np.float32)
    msg = depth_to_message(FakeImage, depth, None, encoding='16UC1')
    assert np.frombuffer(msg.data, '<u2').tolist() == [millimeters, 2000]


@pytest.mark.parametrize('encoding', ['32FC1', '16UC1'])
def test_strided_depth_is_packed(depth, encoding):
    for view in (depth[::2, ::3], depth[::2][:1], depth[:, 3:4], depth.T, depth.astype(float)):
        packed = depth_to_message(
            FakeImage, np.array(view, np.float32, order='C'), None, encoding=encoding
        )
        msg = depth_to_message(FakeImage, view, None, encoding=encoding)
        assert msg == packed


@pytest.mark.parametrize(('encoding', 'kind'), [('32FC1', 'f4'), ('16UC1', 'u2')])
def test_padding_and_big_endian_are_read(encoding, kind):
    values = np.arange(1, 13).reshape(3, 4) * 500
    rows = [row.astype(f'>{kind}').tobytes() + b'\xff' * 6 for row in values]
    data = array('B', b''.join(rows))
    msg = FakeImage(
        height=3, width=4, step=len(rows[0]), encoding=encoding, is_bigendian=1, data=data
    )
    scale = 1 if encoding == '32FC1' else 1000
    np.testing.assert_allclose(depth_from_message(msg), values / scale, rtol=1e-6)


def test_other_encodings_are_refused(depth):
    with pytest.raises(ValueError, match=r"'64FC1' is not one of \('32FC1', '16UC1'\)"):
        depth_to_message(FakeImage, depth, None, encoding='64FC1')
    msg = depth_to_message(FakeImage, depth, None)
    msg.encoding = 'mono8'
    with pytest.raises(ValueError, match="'mono8' is not one of"):
        depth_from_message(msg)


def test_millimeters_named_mono16_and_saturated_ones():
    data = array('B', np.array([[1500, 0, 65534, 65535]], '<u2').tobytes())
    for encoding in ('16UC1', 'mono16'):
        msg = FakeImage(height=1, width=4, step=8, encoding=encoding, is_bigendian=0, data=data)
        np.testing.assert_allclose(depth_from_message(msg), [[1.5, np.nan, 65.534, np.nan]])


def test_truncated_data_and_wrong_shapes_are_refused(depth):
    msg = depth_to_message(FakeImage, depth, None)
    msg.data = msg.data[:-1]
    with pytest.raises(ValueError, match='truncated: 139 bytes'):
        depth_from_message(msg)
    with pytest.raises(ValueError, match=r'\(5, 7, 1\)'):
        depth_to_message(FakeImage, depth[..., None], None)


def test_what_a_simulator_does_not_see_is_no_wall():
    depth = np.full((20, 30), 7.5, np.float32)
    depth[:12] = 1000.0
    depth[12, 0], depth[12, 1] = np.inf, np.nan
    seen = without_far_code(depth)
    assert np.isnan(seen[:12]).all() and np.isnan(seen[12, 1]) and np.isposinf(seen[12, 0])
    assert (seen[13:] == 7.5).all() and depth[0, 0] == 1000


@pytest.mark.parametrize(
    'values', [np.linspace(300, 9000, 600), np.full(600, 5000.0), np.full(600, 40.0)]
)
def test_depth_in_other_units_is_left_as_it_is(values):
    """For those that say so: slanted and flat walls in millimetres, and one at 40 m."""
    depth = values.reshape(20, 30).astype(np.float32)
    assert without_far_code(depth) is depth

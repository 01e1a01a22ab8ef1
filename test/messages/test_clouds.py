# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The bytes of a cloud, as PCL and RViz read them."""

from __future__ import annotations

import struct
from array import array

import numpy as np
import pytest
from fake_messages import (
    KINDS,
    FakeImage,
    FakePointCloud2,
    FakePointField,
    message_class,
    new_header,
)

from lacdepth_ros.messages.buffers import ByteBuffer
from lacdepth_ros.messages.cloud_times import times_from_message
from lacdepth_ros.messages.clouds import (
    check_metres,
    cloud_from_message,
    cloud_to_message,
    points_from_message,
    points_to_message,
    was_measured,
)
from lacdepth_ros.messages.depth import depth_to_message


@pytest.fixture
def points():
    points = np.random.default_rng(5).normal(size=(4, 6, 3)).astype(np.float32)
    points[1, 2] = np.nan
    return points


@pytest.fixture
def rgb():
    return np.random.default_rng(6).integers(0, 256, (4, 6, 3), dtype=np.uint8)


def fake_cloud(points, rgb):
    return cloud_to_message(FakePointCloud2, FakePointField, points, rgb, None)


@pytest.mark.parametrize('kind', KINDS)
def test_each_point_has_16_bytes_in_place(points, rgb, kind):
    header = new_header(kind)
    classes = (message_class(kind, name) for name in ('PointCloud2', 'PointField'))
    msg = cloud_to_message(*classes, points, rgb, header)
    assert msg.header is header
    assert (msg.height, msg.width, msg.point_step, msg.row_step) == (4, 6, 16, 96)
    assert not msg.is_dense
    assert not msg.is_bigendian
    assert isinstance(msg.data, array)
    assert len(msg.data) == 4 * 96
    fields = [(field.name, field.offset, field.datatype, field.count) for field in msg.fields]
    assert fields == [('x', 0, 7, 1), ('y', 4, 7, 1), ('z', 8, 7, 1), ('rgb', 12, 7, 1)]
    for row, column in np.ndindex(4, 6):
        record = bytes(msg.data[96 * row + 16 * column :][:16])
        *xyz, blue, green, red, nothing = struct.unpack('<3f4B', record)
        np.testing.assert_array_equal(np.array(xyz, np.float32), points[row, column])
        assert (red, green, blue, nothing) == (*rgb[row, column].tolist(), 0)


@pytest.mark.parametrize('kind', KINDS)
def test_clouds_come_back(points, rgb, kind):
    classes = [message_class(kind, name) for name in ('PointCloud2', 'PointField')]
    for view in (np.s_[:], np.s_[::2, ::3], np.s_[::-1, 1:4], np.s_[:, :0]):
        msg = cloud_to_message(*classes, points[view], rgb[view], new_header(kind))
        back_points, back_rgb = cloud_from_message(msg)
        np.testing.assert_array_equal(back_points, points[view])
        np.testing.assert_array_equal(back_rgb, rgb[view])
        assert (back_points.dtype, back_rgb.dtype) == (np.float32, np.uint8)


@pytest.mark.parametrize('order', ['<', '>'])
def test_foreign_layouts_are_read(points, rgb, order):
    """32 bytes a point as PCL writes them, rows padded, either byte order."""
    data = b''
    for row, column in np.ndindex(4, 6):
        red, green, blue = (int(value) for value in rgb[row, column])
        color = red << 16 | green << 8 | blue
        data += struct.pack(f'{order}4fI12x', *points[row, column], 1.0, color)
        if column == 5:
            data += b'\xaa' * 8
    fields = [
        FakePointField(name=name, offset=offset, datatype=7, count=1)
        for name, offset in (('x', 0), ('y', 4), ('z', 8), ('rgb', 16))
    ]
    msg = FakePointCloud2(
        height=4,
        width=6,
        fields=fields,
        is_bigendian=order == '>',
        point_step=32,
        row_step=6 * 32 + 8,
        data=array('B', data),
    )
    back_points, back_rgb = cloud_from_message(msg)
    np.testing.assert_array_equal(back_points, points)
    np.testing.assert_array_equal(back_rgb, rgb)


def test_colors_are_those_of_the_bits_beside_coordinates_of_64():
    """0xFF before red, as PCL's rgba has it, makes the float a NaN that arithmetic changes."""
    data = struct.pack('<3dI', 1.5, -2.5, 3.5, 0xFF8F2041)
    fields = [
        FakePointField(name=name, offset=8 * i, datatype=7 if name == 'rgb' else 8, count=1)
        for i, name in enumerate(('x', 'y', 'z', 'rgb'))
    ]
    msg = FakePointCloud2(
        height=1, width=1, fields=fields, is_bigendian=False, point_step=28, row_step=28,
        data=array('B', data),
    )  # fmt: skip
    points, rgb = cloud_from_message(msg)
    assert points.tolist() == [[[1.5, -2.5, 3.5]]] and rgb.tolist() == [[[0x8F, 0x20, 0x41]]]


def test_clouds_without_color_or_bytes_are_refused(points, rgb):
    msg = fake_cloud(points, rgb)
    msg.data = msg.data[:-1]
    with pytest.raises(ValueError, match='truncated: 383 of 384 bytes'):
        cloud_from_message(msg)
    msg.fields = msg.fields[:3]
    with pytest.raises(ValueError, match=r"no float fields \['rgb'\]"):
        cloud_from_message(msg)


def test_points_and_colors_of_different_sizes_are_refused(points, rgb):
    for wrong in (rgb[:, :5], rgb[..., 0]):
        with pytest.raises(ValueError, match=r'\(H, W, 3\) of one size'):
            fake_cloud(points, wrong)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('count', [0, 5])
def test_bare_points_have_12_bytes_and_no_gaps(kind, count):
    points = np.random.default_rng(7).normal(size=(count, 3)).astype(np.float32)
    header = new_header(kind)
    classes = (message_class(kind, name) for name in ('PointCloud2', 'PointField'))
    msg = points_to_message(*classes, points, header)
    assert msg.header is header
    assert (msg.height, msg.width, msg.point_step, msg.row_step) == (1, count, 12, 12 * count)
    assert msg.is_dense
    assert not msg.is_bigendian
    fields = [(field.name, field.offset, field.datatype, field.count) for field in msg.fields]
    assert fields == [('x', 0, 7, 1), ('y', 4, 7, 1), ('z', 8, 7, 1)]
    assert bytes(msg.data) == struct.pack(f'<{3 * count}f', *points.ravel())


@pytest.mark.parametrize('order', ['<', '>'])
def test_points_of_a_lidar_are_its_finite_ones_in_meters(order):
    """Doubles behind a float32 intensity, two rows with a gap, one point without an answer."""
    xyz = np.array([[[1, 2, 3], [4, 5, 6]], [[np.nan, 0, 0], [-7, 8.5, 9]]])
    data = b''
    for row in xyz:
        for point in row:
            data += struct.pack(f'{order}f3d', 0.5, *point)
        data += b'\xaa' * 4
    fields = [
        FakePointField(name=name, offset=offset, datatype=datatype, count=1)
        for name, offset, datatype in (('i', 0, 7), ('x', 4, 8), ('y', 12, 8), ('z', 20, 8))
    ]
    msg = FakePointCloud2(
        height=2,
        width=2,
        fields=fields,
        is_bigendian=order == '>',
        point_step=28,
        row_step=60,
        data=array('B', data[:-4]),  # the last row may end without its gap
    )
    np.testing.assert_array_equal(points_from_message(msg), [[1, 2, 3], [4, 5, 6], [-7, 8.5, 9]])
    msg.data = msg.data[:-1]
    with pytest.raises(ValueError, match='truncated: 115 of 116 bytes'):
        points_from_message(msg)
    msg.fields = fields[:3]
    with pytest.raises(ValueError, match=r"no float fields \['z'\]; it has \['i', 'x', 'y'\]"):
        points_from_message(msg)


@pytest.mark.parametrize('written', ['<', '>'])
def test_a_wrong_is_bigendian_is_seen_through(written):
    """PCL and RViz ignore it. The times of the points are in the same order."""
    points = np.random.default_rng(7).normal(0, 20, (500, 3)).astype(np.float32)
    points[3] = 0
    points[7] = np.nan
    row = np.dtype([('xyz', f'{written}f4', 3), ('t', f'{written}u4')])
    rows = np.zeros(500, row)
    rows['xyz'], rows['t'] = points, np.arange(500) * 200_000
    fields = [
        FakePointField(name=n, offset=4 * i, datatype=7, count=1) for i, n in enumerate('xyz')
    ]
    fields.append(FakePointField(name='t', offset=12, datatype=6, count=1))
    msg = FakePointCloud2(
        header=new_header('fake'), height=1, width=500, fields=fields, is_bigendian=True,
        point_step=16, row_step=8000, data=rows.tobytes(),
    )  # fmt: skip
    measured = np.delete(points, [3, 7], axis=0)
    np.testing.assert_array_equal(points_from_message(msg), measured)
    assert times_from_message(msg).offsets.max() == 499 * 200_000


@pytest.mark.parametrize('row_step', [0, 6, 96, 4 * 96])
def test_rows_without_gaps_are_read_whatever_row_step_says(points, rgb, row_step):
    """Some write the points of a row, or all bytes; RViz counts on from point to point."""
    msg = fake_cloud(points, rgb)
    msg.row_step = row_step
    np.testing.assert_array_equal(cloud_from_message(msg)[0], points)


def test_zeros_that_were_moved_with_the_cloud_were_not_measured():
    """As by Livox's extrinsic parameters. Each beam's second return may equal its first."""
    rng = np.random.default_rng(8)
    twice = np.repeat(rng.normal(0, 20, (300, 3)), 2, axis=0)
    zeros = np.tile([0.31, -0.02, 0.74], (200, 1))
    few = np.tile([5.0, 6.0, 7.0], (9, 1))
    points = np.concatenate([twice[:200], zeros, twice[200:], few, zeros[:1]])
    measured = was_measured(points)
    np.testing.assert_array_equal(points[measured], np.concatenate([twice, few]))
    assert was_measured(points[:1]).all() and was_measured(points[:0]).shape == (0,)


def test_kept_buffer_gives_the_same_bytes_at_every_size():
    buffer, rng = ByteBuffer(), np.random.default_rng(0)
    for height, width in ((4, 6), (4, 6), (2, 3), (0, 0), (5, 7)):
        points = rng.normal(size=(height, width, 3)).astype(np.float32)
        rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
        classes = FakePointCloud2, FakePointField
        kept = cloud_to_message(*classes, points, rgb, None, buffer)
        fresh = cloud_to_message(*classes, points, rgb, None)
        assert kept.data == fresh.data and len(kept.data) == 16 * height * width
    depth = rng.random((3, 5), np.float32)
    for encoding in ('32FC1', '16UC1'):
        kept = depth_to_message(FakeImage, depth, None, encoding=encoding, buffer=buffer)
        assert kept.data == depth_to_message(FakeImage, depth, None, encoding=encoding).data


@pytest.mark.parametrize(('median', 'plausible'), [(249.0, True), (251.0, False)])
def test_points_so_far_away_that_they_cannot_be_metres_are_refused(median, plausible):
    points = np.array([[0.0, 0.0, 2.0], [0.0, 0.0, median], [0.0, 3.0, 900.0]])
    if plausible:
        check_metres(points)
    else:
        with pytest.raises(ValueError, match=f'{median:.0f} m away .* in millimetres'):
            check_metres(points)

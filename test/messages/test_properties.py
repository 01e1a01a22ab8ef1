# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What must hold for any message: right, or refused by a ValueError; never anything else."""

from __future__ import annotations

import math
import struct
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

pytest.importorskip('hypothesis')

from camera_infos import CASES
from fake_messages import FakeCameraInfo, FakeImage, FakePointCloud2, FakePointField
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lacdepth_ros.core.camera import Camera, check_plausible
from lacdepth_ros.core.pointcloud import colored_points
from lacdepth_ros.messages.cameras import camera_from_info, info_for_depth
from lacdepth_ros.messages.clouds import cloud_to_message
from lacdepth_ros.messages.compressed import image_from_compressed
from lacdepth_ros.messages.depth import depth_from_message, depth_to_message
from lacdepth_ros.messages.images import IMAGE_ENCODINGS, image_from_message
from lacdepth_ros.messages.rectification import RectifierCache

settings.register_profile(
    'suite',
    deadline=None,
    max_examples=150,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],  # a slow machine is no fault
)
settings.load_profile('suite')

floats = st.floats(allow_nan=True, allow_infinity=True, width=64)
depths = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 6), st.integers(1, 7)), elements=st.floats(width=32)
)


@st.composite
def cameras(draw, longest=2000):
    width, height = draw(st.integers(8, longest)), draw(st.integers(8, longest))
    fx = draw(st.floats(0.3, 4.0)) * max(width, height)
    fy = fx * draw(st.floats(0.7, 1.4))
    cx, cy = width * draw(st.floats(0.4, 0.6)), height * draw(st.floats(0.4, 0.6))
    return Camera(fx, fy, cx, cy, width, height)


def info_of(camera, **changes):
    k = [camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0]
    p = [camera.fx, 0.0, camera.cx, 0.0, 0.0, camera.fy, camera.cy, *[0.0] * 3, 1.0, 0.0]
    fields = {'k': k, 'p': p, 'r': list(np.eye(3).ravel()), 'distortion_model': 'plumb_bob'}
    return FakeCameraInfo(width=camera.width, height=camera.height, **(fields | changes))


def seen(camera, point):
    x, y, z = point
    return np.array([camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy])


points = st.tuples(st.floats(-5, 5), st.floats(-5, 5), st.floats(0.5, 50))


@given(depths)
def test_meters_keep_every_bit_and_rep_117(depth):
    message = depth_to_message(FakeImage, depth, None)
    assert (message.encoding, message.step) == ('32FC1', 4 * depth.shape[1])
    values = np.array(struct.unpack(f'<{depth.size}f', bytes(message.data)), np.float32)
    np.testing.assert_array_equal(values.reshape(depth.shape), depth)
    np.testing.assert_array_equal(depth_from_message(message), depth)


@given(depths)
def test_millimeters_are_rounded_or_invalid(depth):
    message = depth_to_message(FakeImage, depth, None, encoding='16UC1')
    counts = struct.unpack(f'<{depth.size}H', bytes(message.data))
    for value, count in zip(depth.ravel(), counts, strict=True):
        exact = float(value) * 1000
        if not math.isfinite(exact) or exact < 0.499 or exact > 65535.5:
            assert count == 0
        elif count:
            assert abs(count - exact) <= 0.5 + 1e-6 * exact
        else:
            assert exact < 0.501 or exact > 65535.49
    assert np.isnan(depth_from_message(message)).sum() == counts.count(0)


@given(cameras(), points, st.integers(1, 3000), st.integers(1, 3000))
def test_points_keep_their_place_through_a_resize(camera, point, width, height):
    """Place within the picture: half a pixel outside its border is 0 and 1."""
    before = (seen(camera, point) + 0.5) / [camera.width, camera.height]
    after = (seen(camera.resized(width, height), point) + 0.5) / [width, height]
    np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-9)


@given(cameras(), points, st.data())
def test_points_keep_their_place_through_region_and_binning(camera, point, data):
    binning = np.array([data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))])
    width = data.draw(st.integers(4, camera.width))
    height = data.draw(st.integers(4, camera.height))
    x = data.draw(st.integers(0, camera.width - width))
    y = data.draw(st.integers(0, camera.height - height))
    roi = SimpleNamespace(x_offset=x, y_offset=y, width=width, height=height)
    info = info_of(camera, roi=roi, binning_x=int(binning[0]), binning_y=int(binning[1]))
    cut = camera_from_info(info, rectified=False)
    assert (cut.width, cut.height) == (width // binning[0], height // binning[1])
    # A pixel of the image is the mean of its block of sensor pixels.
    expected = (seen(camera, point) - [x, y] - (binning - 1) / 2) / binning
    np.testing.assert_allclose(seen(cut, point), expected, rtol=1e-9, atol=1e-6)


@given(cameras(), points, st.integers(-4, 4))
def test_points_turn_with_the_pixels(camera, point, turns):
    u, v = seen(camera, point)
    x, y, z = point
    width, height = camera.width, camera.height
    for _ in range(turns % 4):
        (x, y), (u, v), (width, height) = (-y, x), (height - 1 - v, u), (height, width)
    turned = camera.rotated(turns)
    assert (turned.width, turned.height) == (width, height)
    np.testing.assert_allclose(seen(turned, (x, y, z)), [u, v], rtol=1e-9, atol=1e-6)


@given(cameras(longest=40), st.integers(1, 5), st.data())
def test_cloud_is_the_depth_through_the_published_p(camera, stride, data):
    """To a millimetre, read by struct alone as a user of the two messages would."""
    shape = (camera.height, camera.width)
    depth = data.draw(
        arrays.arrays(
            np.float32, shape, elements=st.floats(0.125, 80, width=32), fill=st.just(4.0)
        )
    )
    depth[data.draw(st.integers(0, shape[0] - 1))] = data.draw(
        st.sampled_from([np.nan, np.inf, -np.inf])
    )
    image = np.full((*shape, 3), (10, 20, 30), np.uint8)
    xyz, rgb = colored_points(depth, None, image, camera, stride=stride)
    cloud = cloud_to_message(FakePointCloud2, FakePointField, xyz, rgb, None)
    p = info_for_depth(FakeCameraInfo, info_of(camera), None, camera=camera).p
    for row in range(cloud.height):
        for column in range(cloud.width):
            at = row * cloud.row_step + column * cloud.point_step
            x, y, z, color = struct.unpack_from('<fffI', bytes(cloud.data), at)
            u, v = column * stride, row * stride
            meters = float(depth[v, u])
            assert color == 0x0A141E
            if not math.isfinite(meters):
                assert math.isnan(x) and math.isnan(y) and math.isnan(z)
                continue
            expected = ((u - p[2]) / p[0] * meters, (v - p[6]) / p[5] * meters, meters)
            assert math.dist((x, y, z), expected) < 1e-3


@st.composite
def hostile_infos(draw):
    """A driver's camera_info with some fields replaced by anything."""
    info = draw(st.sampled_from(CASES)).info
    whole = st.one_of(st.integers(0, 4), st.integers(0, 2**32 - 1))
    for name in draw(st.sets(st.sampled_from(['width', 'height', 'binning_x', 'binning_y']))):
        setattr(info, name, draw(whole))
    for name in draw(st.sets(st.sampled_from(['d', 'k', 'r', 'p']))):
        values = list(getattr(info, name)) or [0.0] * 5
        values[draw(st.integers(0, len(values) - 1))] = draw(floats)
        setattr(info, name, values)
    if draw(st.booleans()):
        names = ('x_offset', 'y_offset', 'width', 'height')
        info.roi = SimpleNamespace(**{name: draw(whole) for name in names})
    info.distortion_model = draw(st.sampled_from([info.distortion_model, '', 'x' * 99]))
    return info


@pytest.mark.slow
@given(hostile_infos(), st.booleans())
@settings(max_examples=600)
def test_any_camera_info_is_answered_soundly_or_refused(info, rectified):
    try:
        expected = camera_from_info(info, rectified=rectified)
    except ValueError:
        return
    assume(expected.width * expected.height <= 2_000_000)  # or the maps take their time
    cache = RectifierCache()
    size = {'width': expected.width, 'height': expected.height}
    try:
        camera, _ = cache.get(info, **size, rectified=rectified)
    except ValueError:
        return
    full = Camera(camera.fx, camera.fy, camera.cx, camera.cy, camera.width, camera.height)
    if info.roi.width == 0 == info.roi.height and info.binning_x < 2 and info.binning_y < 2:
        check_plausible(full)
    out = info_for_depth(FakeCameraInfo, info, None, camera=camera)
    values = np.array([*out.k, *out.p, *out.r])
    assert np.isfinite(values).all() and (np.abs(values[values != 0]) > 1e-30).all()


@given(
    st.sampled_from([*IMAGE_ENCODINGS, '', '32FC1', 'x' * 500]),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 200),
    st.booleans(),
    st.binary(max_size=3000),
)
@settings(max_examples=600)
def test_any_image_is_decoded_to_its_size_or_refused(encoding, height, width, step, big, data):
    message = FakeImage(
        encoding=encoding, height=height, width=width, step=step, is_bigendian=big, data=data
    )
    try:
        image = image_from_message(message)
    except ValueError as error:
        assert len(str(error)) < 1500 and str(error).isprintable()
        return
    assert image.shape == (height, width, 3) and image.dtype == np.uint8


PICTURE = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
FILES = [cv2.imencode(suffix, PICTURE)[1].tobytes() for suffix in ('.png', '.jpg')]


@given(
    st.sampled_from(FILES),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8),
    st.integers(0, 10**6),
)
@settings(max_examples=600)
def test_any_file_is_decoded_to_the_expected_size_or_refused(data, changes, end):
    damaged = bytearray(data)
    for at, value in changes:
        damaged[at % len(data)] = value
    if end % 3 == 0:
        damaged = damaged[: end % len(data)]

    def check_size(width, height):
        if (width, height) != (24, 16):
            raise ValueError('another size')

    try:
        message = SimpleNamespace(format='jpeg', data=bytes(damaged))
        image = image_from_compressed(message, check_size=check_size)
    except ValueError:
        return
    assert image.shape == (16, 24, 3)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A point keeps its place in the picture whatever is done to the picture."""

from __future__ import annotations

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from lacdepth_ros.core.camera import Camera, check_plausible

CAMERA = Camera(fx=71.0, fy=83.0, cx=30.25, cy=18.5, width=64, height=40)
POINT = np.array([0.7, -0.3, 4.0])


def project(camera: Camera) -> np.ndarray:
    u, v, w = camera.K @ POINT
    return np.array([u / w, v / w])


def ramp(axis: int) -> np.ndarray:
    """Picture whose values are the column (axis 1) or row (axis 0) numbers."""
    return np.indices((CAMERA.height, CAMERA.width))[axis].astype(np.float32)


def read(picture: np.ndarray, pixel: np.ndarray) -> float:
    """Value of the picture between its pixels, by linear interpolation."""
    (u, v), (left, top) = pixel, np.floor(pixel).astype(int)
    window = picture[top : top + 2, left : left + 2]
    return float(np.array([top + 1 - v, v - top]) @ window @ np.array([left + 1 - u, u - left]))


def test_the_matrix_holds_the_intrinsics():
    expected = [[71.0, 0, 30.25], [0, 83.0, 18.5], [0, 0, 1]]
    np.testing.assert_array_equal(CAMERA.K, expected)
    assert Camera.from_K(expected, width=64, height=40) == CAMERA


@pytest.mark.parametrize('size', [(128, 80), (32, 20), (96, 20), (50, 70)])
def test_resized_follows_the_pixels_of_cv2_resize(size):
    camera = CAMERA.resized(*size)
    assert (camera.width, camera.height) == size
    for axis in (0, 1):
        resized = cv2.resize(ramp(axis), size, interpolation=cv2.INTER_LINEAR)
        assert read(resized, project(camera)) == pytest.approx(
            read(ramp(axis), project(CAMERA)), abs=1e-3
        )


def test_cropped_follows_the_window():
    camera = CAMERA.cropped(5, 3, 50, 30)
    assert (camera.width, camera.height) == (50, 30)
    np.testing.assert_allclose(project(camera), project(CAMERA) - [5, 3])


def test_padded_follows_the_border_and_is_undone_by_the_crop():
    camera = CAMERA.padded(left=4, top=2, right=7, bottom=1)
    assert (camera.width, camera.height) == (75, 43)
    np.testing.assert_allclose(project(camera), np.add(project(CAMERA), [4, 2]))
    assert camera.cropped(4, 2, 64, 40) == CAMERA


def test_flipped_mirrors_the_point():
    for axis in (0, 1):
        mirrored = ramp(axis)[:, ::-1]
        u, v = project(CAMERA)
        # The flipped camera sees the mirrored point (-x, y, z).
        flipped_u = CAMERA.flipped().fx * -POINT[0] / POINT[2] + CAMERA.flipped().cx
        assert read(mirrored, np.array([flipped_u, v])) == pytest.approx(
            read(ramp(axis), np.array([u, v])), abs=1e-4
        )
    assert CAMERA.flipped().flipped() == CAMERA


@pytest.mark.parametrize('turns', range(-3, 5))
def test_rotated_follows_the_pixels(turns):
    """A point (x, y, z) is at (-y, x, z) of a frame that turned by 90 degrees with the pixels."""
    camera, point = CAMERA.rotated(turns), np.array(POINT)
    for _ in range(turns % 4):
        point = np.array([-point[1], point[0], point[2]])
    u, v = camera.fx * point[0] / point[2] + camera.cx, camera.fy * point[1] / point[2] + camera.cy
    for axis in (0, 1):
        turned = np.rot90(ramp(axis), -turns)
        assert turned.shape == (camera.height, camera.width)
        assert read(turned, np.array([u, v])) == pytest.approx(
            read(ramp(axis), project(CAMERA)), abs=1e-3
        )
    assert camera.rotated(-turns) == CAMERA


def test_a_chain_of_changes_is_the_product_of_its_parts():
    camera = CAMERA.cropped(8, 4, 48, 32).resized(96, 64).padded(right=3, bottom=1)
    u, v = project(CAMERA)
    expected = [(u - 8 + 0.5) * 2 - 0.5, (v - 4 + 0.5) * 2 - 0.5]
    np.testing.assert_allclose(project(camera), expected)
    assert (camera.width, camera.height) == (99, 65)


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        ({'fx': 0.0}, 'positive'),
        ({'fy': -1.0}, 'positive'),
        ({'fx': np.nan}, 'NaN'),
        ({'cx': np.inf}, 'infinity'),
        ({'width': 0}, '0x40'),
        ({'height': -1}, '64x-1'),
        ({'width': 64.5}, '64.5x40 must be positive whole'),
        ({'height': np.inf}, '64xinf'),
    ],
)
def test_impossible_cameras_are_refused(change, reason):
    fields = {'fx': 71.0, 'fy': 83.0, 'cx': 30.0, 'cy': 18.0, 'width': 64, 'height': 40}
    with pytest.raises(ValueError, match=reason):
        Camera(**(fields | change))


def test_small_numbers_are_cameras_too():
    """Of coordinates that run from 0 to 1, say."""
    camera = Camera(0.7, 0.9, 0.5, 0.4, 1, 1)
    assert camera.padded() == camera
    assert camera.padded(right=2).width == 3 and camera.padded(bottom=2).height == 3
    assert camera.padded(left=1).cx == 1.5 and camera.padded(top=1).cy == 1.4


def test_matrices_that_are_no_pinhole_are_refused():
    with pytest.raises(ValueError, match=r'shape \(3, 4\)'):
        Camera.from_K(np.eye(3, 4), width=4, height=3)
    with pytest.raises(ValueError, match='skew'):
        Camera.from_K([[1, 0.1, 0], [0, 1, 0], [0, 0, 1]], width=4, height=3)
    for other in (np.diag([500, 500, 0.5]), [[5, 0, 0], [0, 5, 0], [2, 1, 1]]):  # halved, turned
        with pytest.raises(ValueError, match=r'is not \[\[fx, 0, cx\]'):
            Camera.from_K(other, width=4, height=3)


@pytest.mark.parametrize('window', [(-1, 0, 4, 4), (0, 0, 65, 4), (60, 0, 5, 4), (0, 38, 4, 3)])
def test_windows_outside_the_image_are_refused(window):
    with pytest.raises(ValueError, match='leaves the 64x40 image'):
        CAMERA.cropped(*window)


def test_negative_padding_is_refused():
    with pytest.raises(ValueError, match='not be negative'):
        CAMERA.padded(left=-1)


@pytest.mark.parametrize(
    ('values', 'change'),
    [
        ((721.5, 721.5, 609.6, 172.9), {'cx': 1e5}),  # KITTI
        ((170.0, 170.0, 620.5, 187.0), {'fx': 166.0}),  # 149.4 degrees over the longer side
        ((14000.0, 14000.0, 620.5, 187.0), {'fy': 14300.0}),  # 5.08 degrees
        # A window far off the axis of a larger image.
        ((1500.0, 1500.0, 3000.0, -1200.0), {'cx': 6000.0}),
    ],
)
def test_cameras_that_exist_are_plausible(values, change):
    camera = Camera(*values, width=1242, height=375)
    check_plausible(camera)
    with pytest.raises(ValueError, match=next(iter(change))):
        check_plausible(replace(camera, **change))


@pytest.mark.parametrize(
    ('values', 'words'),
    [
        ((1e-3, 721.5, 609.6, 172.9), 'fx = 0.001 px means a field of view of 180 degrees over 1'),
        ((721.5, 1e9, 609.6, 172.9), 'fy = 1e+09 px means a field of view of 7.12e-05 degrees'),
        ((166.0, 721.5, 609.6, 172.9), '5 .. 150 degrees are possible, a focal length of 166.4 .'),
        ((721.5, 14300.0, 609.6, 172.9), '.. 14223 px. Give it in pixels of this image'),
        ((721.5, 721.5, 1e5, 172.9), 'cx = 100000 px lies too far outside the 1242 px'),
        ((721.5, 721.5, 609.6, -5e3), 'cy = -5000 px lies too far outside the 375 px of the imag'),
        ((721.5, 721.5, 2700.0, 172.9), '-1452 .. 2693 px are possible. Give the principal point'),
        ((721.5, 721.5, -1500.0, 172.9), 'near the middle, 620.5 px'),
    ],
)
def test_implausible_cameras_are_refused_with_value_range_and_remedy(values, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        check_plausible(Camera(*values, width=1242, height=375))

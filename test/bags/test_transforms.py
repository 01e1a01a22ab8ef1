# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Poses along a chain of frames at any time, against rotations written down by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lacdepth_ros.bags.transform_tree import TransformTree
from lacdepth_ros.bags.transforms import (
    apply,
    matrix_from_quaternion,
    pose_of,
    quaternion_from_matrix,
)

IDENTITY = (0.0, 0.0, 0.0, 1.0)


def yaw(degrees: float) -> tuple[float, float, float, float]:
    half = math.radians(degrees) / 2
    return (0.0, 0.0, math.sin(half), math.cos(half))


def test_quaternions_and_matrices_tell_the_same() -> None:
    turn = matrix_from_quaternion(yaw(90))
    np.testing.assert_allclose(turn, [[0, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-15)
    rng = np.random.default_rng(0)
    for q in [*rng.normal(size=(50, 4)), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), IDENTITY]:
        matrix = matrix_from_quaternion(np.array(q) / np.linalg.norm(q))
        np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
        again = quaternion_from_matrix(matrix)
        assert again[3] >= 0
        np.testing.assert_allclose(matrix_from_quaternion(again), matrix, atol=1e-12)


def test_few_digits_give_the_nearest_rotation() -> None:
    q = np.array([0.1, -0.5, 0.3, 0.8]) / np.linalg.norm([0.1, -0.5, 0.3, 0.8])
    rounded = np.round(matrix_from_quaternion(q), 6)
    np.testing.assert_allclose(quaternion_from_matrix(rounded), q, atol=1e-6)


def test_chain_goes_up_and_down_the_tree() -> None:
    tree = TransformTree()
    tree.add('base', 'lidar', 0, (1, 0, 2), IDENTITY, static=True)
    tree.add('/base', '/camera', 0, (0, 3, 0), yaw(90), static=True)
    tree.add('map', 'base', 10, (100, 0, 0), IDENTITY)
    pose = tree.lookup('camera', 'lidar', 999)  # neither map nor time matter between the two
    # (1, 0, 2) of base, seen from the camera at (0, 3, 0) turned by 90 degrees to the left.
    np.testing.assert_allclose(apply(pose, np.zeros((1, 3))), [[-3, -1, 2]], atol=1e-12)
    np.testing.assert_allclose(tree.lookup('lidar', 'camera', 10), np.linalg.inv(pose), atol=1e-12)
    np.testing.assert_allclose(tree.lookup('map', 'lidar', 10)[:3, 3], (101, 0, 2))
    np.testing.assert_array_equal(tree.lookup('lidar', 'lidar', 0), np.eye(4))
    assert tree.frames == ['base', 'camera', 'lidar', 'map']


def test_poses_are_interpolated_in_time() -> None:
    tree = TransformTree()
    for stamp, x, degrees in ((2_000, 4.0, 80), (1_000, 0.0, 0), (3_000, 4.0, 80)):
        tree.add('odom', 'base', stamp, (x, 0, 0), yaw(degrees))
    pose = tree.lookup('odom', 'base', 1_250)
    np.testing.assert_allclose(pose, pose_of(matrix_from_quaternion(yaw(20)), (1, 0, 0)))
    for stamp, x in ((1_000, 0.0), (2_000, 4.0), (3_000, 4.0)):
        assert tree.lookup('odom', 'base', stamp)[0, 3] == x
    for stamp in (999, 3_001):
        with pytest.raises(LookupError, match=rf'from 1000 to 3000 ns, not at {stamp}'):
            tree.lookup('odom', 'base', stamp)


def test_interpolation_takes_the_shorter_way() -> None:
    tree = TransformTree()
    tree.add('odom', 'base', 0, (0, 0, 0), yaw(0))
    tree.add('odom', 'base', 100, (0, 0, 0), [-value for value in yaw(60)])
    for stamp, degrees in ((25, 15), (50, 30)):
        turn = tree.lookup('odom', 'base', stamp)[:3, :3]
        np.testing.assert_allclose(turn, matrix_from_quaternion(yaw(degrees)), atol=1e-12)


def test_static_poses_and_parents_can_be_told_anew() -> None:
    tree = TransformTree()
    tree.add('a', 'b', 0, (1, 0, 0), IDENTITY, static=True)
    tree.add('a', 'b', 0, (2, 0, 0), IDENTITY, static=True)
    assert tree.lookup('a', 'b', 5)[0, 3] == 2
    tree.add('c', 'b', 0, (3, 0, 0), IDENTITY, static=True)
    assert tree.lookup('c', 'b', 5)[0, 3] == 3


def test_a_static_pose_holds_until_the_next_and_the_first_before_it() -> None:
    tree = TransformTree()
    for stamp, parent, x in ((200, 'a', 2), (100, 'a', 1), (150, 'a', 1), (300, 'c', 3)):
        tree.add(parent, 'b', stamp, (x, 0, 0), IDENTITY, static=True)
    for stamp, x in ((0, 1), (100, 1), (199, 1), (200, 2), (299, 2)):
        assert tree.lookup('a', 'b', stamp)[0, 3] == x
    assert tree.lookup('c', 'b', 300)[0, 3] == tree.lookup('c', 'b', 999)[0, 3] == 3
    with pytest.raises(LookupError, match="from 'b' to 'a'; the frames of the bag are a, b, c"):
        tree.lookup('a', 'b', 300)
    assert tree.changes == {'b': 2}


def moved(times: list[float], way: list[float]) -> TransformTree:
    """Odometry of these times [s] and places ahead [m]."""
    tree = TransformTree()
    for time, x in zip(times, way, strict=True):
        tree.add('odom', 'base', round(time * 1e9), (x, 0, 0), IDENTITY)
    return tree


@pytest.mark.parametrize(
    ('interval', 'gap', 'longest'),
    [
        (0.02, 0.4, None),  # poses missing of fast odometry
        (0.02, 0.6, 0.5),
        (0.1, 60.0, 0.5),
        (0.5, 0.5, None),  # 2 Hz
        (0.5, 1.0, None),
        (0.5, 1.5, 1.2),
        (1.0, 1.0, None),  # poses of a slow SLAM
        (1.0, 2.0, None),  # one of them is missing
        (1.0, 3.0, 2.5),
        (2.0, 2.0, None),
        (3.0, 3.0, 2.5),  # too slow to tell a way
    ],
)
def test_gaps_are_no_straight_ways(interval: float, gap: float, longest: float | None) -> None:
    times = [*np.arange(9) * interval, *(8 * interval + gap + np.arange(9) * interval)]
    tree = moved(times, list(np.arange(18.0)))
    for before in (0, 10):
        assert tree.lookup('odom', 'base', round(times[before] * 1e9))[0, 3] == before
    middle = round((8 * interval + 0.25 * gap) * 1e9)
    if longest is None:
        assert tree.lookup('odom', 'base', middle)[0, 3] == pytest.approx(8.25, abs=1e-6)
    else:
        words = rf'odom -> base has a gap of {gap} s around {middle} ns; at most {longest} s'
        with pytest.raises(LookupError, match=words):
            tree.lookup('odom', 'base', middle)


def test_what_did_not_move_over_a_gap_is_where_it_was() -> None:
    """Joints that are published on change, a robot that waits."""
    tree = moved([0, 0.1, 0.2, 60, 60.1], [0, 1, 2, 2, 3])
    assert tree.lookup('odom', 'base', 30 * 10**9)[0, 3] == 2
    assert tree.fixed_frame('base') == 'odom'
    assert moved([0, 0.1, 60], [2, 2, 2]).fixed_frame('base') is None
    turned = moved([0, 0.1], [2, 2])
    turned.add('odom', 'base', 5 * 10**9, (2, 0, 0), yaw(1))
    assert turned.fixed_frame('base') == 'odom'
    with pytest.raises(LookupError, match=r'a gap of 4\.9 s'):
        turned.lookup('odom', 'base', 10**9)


def test_what_cannot_be_looked_up_says_why() -> None:
    tree = TransformTree()
    with pytest.raises(
        LookupError, match="from 'lidar' to 'camera'; the frames of the bag are none"
    ):
        tree.lookup('camera', 'lidar', 0)
    tree.add('a', 'b', 0, (0, 0, 0), IDENTITY, static=True)
    with pytest.raises(LookupError, match='the frames of the bag are a, b'):
        tree.lookup('camera', 'b', 0)
    tree.add('b', 'a', 0, (0, 0, 0), IDENTITY, static=True)
    with pytest.raises(LookupError, match='form a circle'):
        tree.lookup('a', 'c', 0)
    for t, q in (
        ((0, 0, math.nan), IDENTITY),
        ((0, 0, 0), (0, 0, 0, 0)),
        ((0, 0, 0), (1, 1, 0, 0)),
    ):
        with pytest.raises(ValueError, match='is no pose'):
            tree.add('a', 'b', 0, t, q)

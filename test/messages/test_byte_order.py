# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Depth in the other byte order than is_bigendian says is refused, and no other depth is."""

from __future__ import annotations

import numpy as np
import pytest
from fake_messages import FakeImage

from lacdepth_ros.messages.depth import depth_from_message

HEIGHT, WIDTH = 48, 64
V, U = np.mgrid[:HEIGHT, :WIDTH].astype(np.float64)
RNG = np.random.default_rng(7)
NOISE = RNG.normal(size=(HEIGHT, WIDTH))
HOLES = RNG.random((HEIGHT, WIDTH)) < 0.5
DEPTHS = {
    'a floor': 1.2 * 60 / (V + 4) + 0.002 * NOISE,
    'a wall': 2 + 0.004 * NOISE,
    'a slope': 0.5 + 0.01 * U + 0.02 * V,
    'boxes': np.where((U // 9 + V // 7) % 2, 1.5, 9) + 0.003 * U,
    'stereo far away': np.rint(60 / np.clip(2 + 0.03 * U, 2, None) * 4) / 4 + 0.02 * NOISE,
    'few points': np.where(HOLES, np.nan, 5 + 0.05 * U + 0.02 * V),
}


def message(depth: np.ndarray, encoding: str, order: str, *, claimed: str) -> FakeImage:
    msg = FakeImage()
    msg.height, msg.width = depth.shape
    msg.encoding, msg.is_bigendian = encoding, claimed == '>'
    if encoding == '16UC1':
        pixels = np.nan_to_num(np.rint(1000 * depth)).astype(order + 'u2')
    else:
        pixels = depth.astype(order + 'f4')
    msg.step, msg.data = pixels.itemsize * msg.width, pixels.tobytes()
    return msg


@pytest.mark.parametrize('encoding', ['16UC1', '32FC1'])
@pytest.mark.parametrize('order', ['<', '>'])
@pytest.mark.parametrize('name', DEPTHS)
def test_depth_is_taken_in_its_own_order_alone(name: str, order: str, encoding: str) -> None:
    depth = DEPTHS[name]
    found = depth_from_message(message(depth, encoding, order, claimed=order))
    np.testing.assert_allclose(found, depth, rtol=1e-6, atol=0.00051)
    flag, other = ('1', '0') if order == '<' else ('0', '1')
    with pytest.raises(ValueError, match=rf'{encoding} .* is_bigendian = {flag} .* set {other}'):
        claimed = {'<': '>', '>': '<'}[order]
        depth_from_message(message(depth, encoding, order, claimed=claimed))


@pytest.mark.parametrize(
    'millimeters',
    [
        np.zeros((HEIGHT, WIDTH)),
        np.full((HEIGHT, WIDTH), 5000),
        256 * (1 + U),  # in either order a ramp
        RNG.integers(0, 65536, (HEIGHT, WIDTH)),
        np.where(HOLES, 65279, 1),
        np.where(U % 2, 500, 60_000),
        DEPTHS['a wall'][:3, :9] * 1000,
    ],
    ids=['nothing', 'one value', 'whole bytes', 'noise', 'two values', 'stripes', 'small'],
)
@pytest.mark.parametrize('order', ['<', '>'])
@pytest.mark.parametrize('claimed', ['<', '>'])
def test_what_tells_nothing_is_believed(millimeters: np.ndarray, order: str, claimed: str) -> None:
    msg = message(millimeters / 1000, '16UC1', order, claimed=claimed)
    stored = np.frombuffer(msg.data, claimed + 'u2').reshape(millimeters.shape)
    measured = (stored > 0) & (stored < 65535)
    expected = np.where(measured, stored / 1000, np.nan)
    np.testing.assert_allclose(depth_from_message(msg), expected, rtol=1e-6)


def test_empty_maps_of_metres_are_believed() -> None:
    for value in (0.0, np.nan, np.inf, 1e-9):
        msg = message(np.full((HEIGHT, WIDTH), value), '32FC1', '<', claimed='<')
        np.testing.assert_array_equal(depth_from_message(msg), np.float32(value))

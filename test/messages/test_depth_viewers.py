# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What viewers make of published depth."""

from __future__ import annotations

import math

import numpy as np
from depth_viewers import foxglove_gray
from fake_messages import FakeImage

from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.viz.colors import colorize_depth

STREET = np.array([[2.5, 5.0, 14.0, 40.0, 79.0, math.inf, math.nan]], np.float32)
"""Metres of a street with sky, and a pixel of which nothing is known."""


def published(depth: np.ndarray, encoding: str = '32FC1') -> np.ndarray:
    message = depth_to_message(FakeImage, depth, None, encoding=encoding)
    kind = np.float32 if encoding == '32FC1' else np.uint16
    return np.frombuffer(message.data, kind).reshape(depth.shape)


def test_foxglove_shows_metres_as_white_so_its_layout_shows_the_colors() -> None:
    assert foxglove_gray(published(STREET)).tolist() == [[255] * 6 + [0]]
    colors = colorize_depth(STREET)[0]
    assert len(np.unique(colors[:5], axis=0)) == 5
    assert not colors[5:].any()

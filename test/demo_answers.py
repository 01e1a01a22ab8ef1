# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a demo, and full answers to them, from messages made here."""

from __future__ import annotations

import numpy as np
from fake_messages import FakeImage, FakePointCloud2, FakePointField

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.data.camera_info import pinhole_info
from lacdepth_ros.messages.clouds import cloud_to_message
from lacdepth_ros.messages.depth import depth_to_message
from lacdepth_ros.messages.topics import CAMERA_INFO, DEPTH, POINTS, UNCERTAINTY
from lacdepth_ros.session.frames import Frame
from lacdepth_ros.session.result import SessionResult

HEIGHT, WIDTH = 30, 40


def frame(
    index: int, ground_truth: float | None = None, size: tuple[int, int] = (HEIGHT, WIDTH)
) -> Frame:
    image = np.zeros((*size, 3), np.uint8)
    if ground_truth is None:
        return Frame(f'{index}', index, index + 1, image, None)
    depth = np.full(size, ground_truth, np.float32)
    return Frame(f'{index}', index, index + 1, image, None, lambda: depth)


def take(result: SessionResult, frame: Frame, messages: dict, latency_ms: dict) -> None:
    result.sent(frame)
    result.answered(frame.index, messages, latency_ms)


def answer(
    depth: float, *, red: int = 0, size: tuple[int, int] = (HEIGHT, WIDTH)
) -> dict[str, object]:
    meters = np.full(size, depth, np.float32)
    points = np.stack([np.zeros_like(meters), np.zeros_like(meters), meters], axis=-1)
    colors = np.full((*size, 3), (red, 0, 0), np.uint8)
    return {
        DEPTH: depth_to_message(FakeImage, meters, None),
        UNCERTAINTY: depth_to_message(FakeImage, meters * np.float32(0.1), None),
        POINTS: cloud_to_message(FakePointCloud2, FakePointField, points, colors, None),
        CAMERA_INFO: pinhole_info(Camera(50.0, 50.0, 20.0, 15.0, size[1], size[0])),
    }

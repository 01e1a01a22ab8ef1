# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A video that cannot be written whole does not appear at all."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from lacdepth_ros.bags.video import frames_of, new_video
from lacdepth_ros.viz.ply import write_ply

PICTURES = np.random.default_rng(0).integers(0, 256, (12, 64, 96, 3), np.uint8)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes, as on a disk that is nearly full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_frames_are_counted_back(tmp_path: Path) -> None:
    path = tmp_path / 'a.mp4'
    with new_video(path, 10.0) as video:
        for picture in PICTURES:
            video.add(picture)
    assert frames_of(path) == len(PICTURES)
    path.write_bytes(path.read_bytes()[:4_000])
    assert frames_of(path) == 0


def test_no_room_for_the_video(tmp_path: Path) -> None:
    path = tmp_path / 'a.mp4'
    with (
        pytest.raises(OSError, match=rf'{path} cannot be written: of 12 frames 0 .* disk full\?'),
        room_for(4_000),
        new_video(path, 10.0) as video,
    ):
        for picture in PICTURES:
            video.add(picture)
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_the_cloud(tmp_path: Path) -> None:
    with pytest.raises(OSError), room_for(4_000):
        write_ply(tmp_path / 'a.ply', np.ones((6_144, 3), np.float32), PICTURES[0])
    assert list(tmp_path.iterdir()) == []

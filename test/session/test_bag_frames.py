# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a replay: each with a stamp of its own, or said not to be sendable and why."""

from __future__ import annotations

from array import array
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from replay_bags import HEIGHT, IMAGES, PERIOD, START, WIDTH, stamps, write_replay_bag

from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.session.bag_frames import bag_frames, first_frame
from lacdepth_ros.session.frames import Frame, UnsentFrame
from lacdepth_ros.session.ground_truth import no_ground_truth
from lacdepth_ros.session.spool import AnswerSpool


def frames_of(images: BagImages, **limits: Any) -> list[Frame | UnsentFrame]:
    return list(bag_frames(images, 'bag', no_ground_truth(), **limits))


def test_every_image_is_a_frame_with_its_info(tmp_path: Path) -> None:
    images = BagImages(write_replay_bag(tmp_path / 'bag', [10, 20, 30]))
    frames = frames_of(images)
    assert [(f.index, f.stamp) for f in frames] == list(enumerate(stamps(3)))
    assert all(isinstance(f, Frame) and f.info.width == WIDTH for f in frames)
    assert [f.id for f in frames] == [f'bag/{index:06d}' for index in range(3)]
    assert [f.image.data[0] for f in frames] == [10, 20, 30]
    assert len(frames_of(images, max_frames=2)) == 2
    info = first_frame(images).info
    assert (info.width, info.height) == (WIDTH, HEIGHT)


def test_a_stamp_counts_once(tmp_path: Path) -> None:
    at = [START, START + PERIOD, START, START + 2 * PERIOD]
    images = BagImages(write_replay_bag(tmp_path / 'bag', [1, 2, 3, 4], at=at))
    frames = frames_of(images)
    assert frames[2] == UnsentFrame('image 2', 2, START, 'an earlier image has the same stamp')
    assert [type(f).__name__ for f in frames].count('Frame') == 3


def test_time_that_goes_back_is_left_out_where_a_clock_runs(tmp_path: Path) -> None:
    at = [START, START + 5 * PERIOD, START + PERIOD, START + 6 * PERIOD]
    images = BagImages(write_replay_bag(tmp_path / 'bag', [1, 2, 3, 4], at=at))
    assert all(isinstance(f, Frame) for f in frames_of(images))
    frames = frames_of(images, forward_only=True)
    assert isinstance(frames[2], UnsentFrame) and '0.400 s before' in frames[2].reason
    assert isinstance(frames[3], Frame)


def test_images_without_camera_info_cannot_be_sent(tmp_path: Path) -> None:
    images = BagImages(write_replay_bag(tmp_path / 'bag', [1, 2], infos=False))
    assert all(f'no matching camera_info for {IMAGES}' in f.reason for f in frames_of(images))
    with pytest.raises(ValueError, match=r'none of the 2 frames .* no matching camera_info'):
        first_frame(images)


def test_parked_answers_come_back_whole() -> None:
    def message(value: int) -> SimpleNamespace:
        return SimpleNamespace(height=2, step=3, data=array('B', [value] * 6))

    with BytesIO() as file:
        spool = AnswerSpool(file)
        for index in (4, 2):
            spool.park(index, {'a': message(index), 'b': message(index + 1)}, {'a': 1.5})
        assert len(file.getvalue()) == 24
        taken = []
        for index, messages, latency in spool.take():
            taken.append((index, [m.data.tolist() for m in messages.values()], latency))
        assert taken == [(i, [[i] * 6, [i + 1] * 6], {'a': 1.5}) for i in (4, 2)]
        assert list(spool.take()) == []

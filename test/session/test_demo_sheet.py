# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's contact sheet shows every frame that it is given."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.session import demo_sheet
from lacdepth_ros.session.demo import ShownAnswer
from lacdepth_ros.session.result import AnsweredFrame, FrameRecord


def shown(index: int, height: int, width: int) -> ShownAnswer:
    depth = np.full((height, width), 9.0, np.float32)
    points = np.stack([np.zeros_like(depth), np.zeros_like(depth), depth], axis=-1)
    record = FrameRecord(f'frame {index}', index, index * 10**9)
    answer = AnsweredFrame(record, {}, depth, 0.1 * depth, None)
    return ShownAnswer(answer, points, np.zeros((height, width, 3), np.uint8))


@pytest.fixture
def captions(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Of the sheets that are made, by row."""
    made: list[list[str]] = []

    def compose(rows: list[list[tuple[str, np.ndarray]]], **_: object) -> None:
        made.extend([caption for caption, _ in row] for row in rows)

    monkeypatch.setattr(demo_sheet, 'contact_sheet', compose)
    return made


def names_of(captions: list[list[str]]) -> list[list[str]]:
    """The frames of every row below the legends."""
    return [[c.split(',')[0] for c in row if c.startswith('frame')] for row in captions[1:]]


@pytest.mark.parametrize('count', [1, 2, 3, 5])
@pytest.mark.parametrize('width', [120, 60])
def test_every_frame_is_on_the_page(captions: list[list[str]], count: int, width: int) -> None:
    demo_sheet.demo_sheet([shown(index, 40, width) for index in range(count)], 'title')
    names = [name for row in names_of(captions) for name in row]
    assert names == [f'frame {index}' for index in range(count)]


def test_frames_of_several_shapes_have_the_room_of_their_own(captions: list[list[str]]) -> None:
    widths = (60, 120, 30, 120, 60, 120)
    demo_sheet.demo_sheet([shown(i, 40, width) for i, width in enumerate(widths)], 'title')
    wide, others = [['frame 1', 'frame 3'], ['frame 5']], [['frame 0'], ['frame 2'], ['frame 4']]
    assert names_of(captions) == wide + others
    assert [len(row) for row in captions[1:]] == [4, 2, 4, 4, 4]


def test_what_was_assumed_stands_at_the_scale_of_depth(captions: list[list[str]]) -> None:
    demo_sheet.demo_sheet([shown(0, 40, 60)], 'title', ['this', 'that'])
    demo_sheet.demo_sheet([shown(0, 40, 60)], 'title')
    assert captions[0][0] == 'depth [m], the same colours in every frame; ASSUMED: this, that'
    assert captions[2][0] == 'depth [m], the same colours in every frame'

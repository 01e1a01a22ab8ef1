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


@pytest.mark.parametrize('count', [1, 2, 3, 5])
@pytest.mark.parametrize('width', [120, 60])
def test_every_frame_is_on_the_page(
    monkeypatch: pytest.MonkeyPatch, count: int, width: int
) -> None:
    captions: list[str] = []

    def compose(rows: list[list[tuple[str, np.ndarray]]], **_: object) -> None:
        captions.extend(caption for row in rows for caption, _ in row)

    monkeypatch.setattr(demo_sheet, 'contact_sheet', compose)
    demo_sheet.demo_sheet([shown(index, 40, width) for index in range(count)], 'title')
    names = [caption.split(',')[0] for caption in captions if caption.startswith('frame')]
    assert names == [f'frame {index}' for index in range(count)]

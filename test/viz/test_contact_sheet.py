# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A page is filled, tidy, and shows every picture."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.viz.contact_sheet import contact_sheet


def plain(height, width, color):
    return np.full((height, width, 3), color, np.uint8)


def box(page, color):
    """Rows and columns (first, last) that a plain picture fills."""
    rows, columns = np.nonzero((page == color).all(axis=2))
    assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    return rows.min(), rows.max(), columns.min(), columns.max()


def test_pictures_of_a_row_share_height_and_fill_the_page():
    red, green = (200, 0, 0), (0, 200, 0)
    page = contact_sheet(
        [[('wide', plain(30, 90, red)), ('tall', plain(80, 40, green))]], width=500
    )
    left, right = box(page, red), box(page, green)
    assert left[:2] == right[:2]
    assert left[2] == 12
    assert right[3] == 500 - 12 - 1
    assert right[2] - left[3] == 13  # the gap between the two
    height = left[1] - left[0] + 1
    assert (left[3] - left[2] + 1) / height == pytest.approx(3, rel=0.02)
    assert (right[3] - right[2] + 1) / height == pytest.approx(0.5, rel=0.03)


def test_equal_rows_line_up_and_captions_and_title_are_written():
    colors = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0)]
    cells = [('picture', plain(30, 80, color)) for color in colors]
    page = contact_sheet([cells[:2], cells[2:]], title='A title', width=640)
    boxes = [box(page, color) for color in colors]
    assert boxes[0][2:] == boxes[2][2:]
    assert boxes[1][2:] == boxes[3][2:]
    assert boxes[0][1] < boxes[2][0]
    assert (page[:40] < 128).any()
    above = page[boxes[0][0] - 26 : boxes[0][0], boxes[0][2] : boxes[0][3]]
    assert (above < 128).any()


def test_long_captions_stay_above_their_picture():
    cells = [('caption ' * 30, plain(60, 60, (200, 0, 0))), ('', plain(60, 60, (0, 200, 0)))]
    page = contact_sheet([cells], width=400)
    assert (page[:38, 200:] == 250).all()


def test_pages_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match='at least one picture'):
        contact_sheet([])
    with pytest.raises(ValueError, match='at least one picture'):
        contact_sheet([[]])
    with pytest.raises(ValueError, match='too narrow'):
        contact_sheet([[('', plain(2, 3, 0))] * 5], width=60)

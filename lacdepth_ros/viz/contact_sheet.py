# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Captioned pictures composed into one page."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.viz.text import draw_text

ColorImage = npt.NDArray[np.uint8]

_PAPER = (250, 250, 250)
_INK = (40, 40, 40)
_MARGIN = 12  # px around and between pictures
_CAPTION = 26  # px above a picture
_TITLE = 52  # px at the top of the page


def contact_sheet(
    rows: Sequence[Sequence[tuple[str, ColorImage]]], *, title: str = '', width: int = 1920
) -> ColorImage:
    """Compose a page of captioned pictures.

    The pictures of a row get one height, such that the row fills the page from margin to margin;
    rows of equal shapes therefore line up in columns.

    Args:
        rows: Rows of (caption, picture); a picture is (H, W, 3) uint8 RGB of any size.
        title: Headline of the page; without it the page begins with the first row.
        width: Width of the page [px].

    Returns:
        (H, width, 3) uint8 RGB.

    Raises:
        ValueError: There is no picture, or the page is too narrow for a row.
    """
    if not rows or not all(rows):
        raise ValueError('a contact sheet needs at least one picture in every row')
    pages = [_header(title, width)] if title else []
    pages += [_row(cells, width) for cells in rows]
    pages.append(_paper(_MARGIN, width))
    return np.concatenate(pages)


def _row(cells: Sequence[tuple[str, ColorImage]], width: int) -> ColorImage:
    """One row of pictures below their captions."""
    room = width - _MARGIN * (len(cells) + 1)
    aspects = [image.shape[1] / image.shape[0] for _, image in cells]
    height = int(room / sum(aspects))
    if height < 1:
        raise ValueError(f'a page of {width} px is too narrow for {len(cells)} pictures a row')
    page = _paper(_CAPTION + _MARGIN + height, width)
    left = float(_MARGIN)
    for (caption, image), aspect in zip(cells, aspects, strict=True):
        column, cell_width = round(left), round(room * aspect / sum(aspects))
        shrinks = cell_width < image.shape[1]
        picture = cv2.resize(
            image,
            (cell_width, height),
            interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
        )
        top = _MARGIN + _CAPTION
        page[top : top + height, column : column + cell_width] = picture
        base = (column, top - 8)
        draw_text(page, caption, base, height=13, color=_INK, max_width=cell_width)
        left += room * aspect / sum(aspects) + _MARGIN
    return page


def _header(title: str, width: int) -> ColorImage:
    page = _paper(_TITLE, width)
    base = (_MARGIN, _TITLE - 14)
    draw_text(page, title, base, height=22, color=_INK, max_width=width - 2 * _MARGIN)
    return page


def _paper(height: int, width: int) -> ColorImage:
    return np.full((height, width, 3), _PAPER, dtype=np.uint8)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pages: one file, well formed, nothing fetched, text escaped, pictures inlined."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from lacdepth_ros.evaluation.report import page

VOID = {'meta', 'img', 'br'}


class Outline(HTMLParser):
    """Checks that tags close in order; collects the text and the attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.sources: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or '' for name, value in attrs if name in ('src', 'href')]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_a_page_is_one_well_formed_file(tmp_path: Path) -> None:
    picture = np.zeros((4, 6, 3), np.uint8)
    parts = [
        page.heading('A < B'),
        page.paragraph('"quoted" & more'),
        page.table(('name', 'value'), [('<b>', 1), ('none', None)]),
        page.picture(picture, 'black & small'),
    ]
    page.write_page(tmp_path / 'page.html', 'Title <1>', parts)
    outline = Outline((tmp_path / 'page.html').read_text(encoding='utf-8'))
    assert {'A < B', '"quoted" & more', '<b>', '1', '–', 'black & small'} <= set(outline.text)
    assert all(source.startswith('data:') for source in outline.sources)


def test_rows_must_fit_the_header() -> None:
    with pytest.raises(ValueError, match='has 1 cells'):
        page.table(('name', 'value'), [('alone',)])


def test_pictures_are_inlined_as_they_are() -> None:
    picture = np.zeros((32, 48, 3), np.uint8)
    picture[..., 0] = 200  # red
    found = decode(page.picture(picture, 'red'))
    assert found.shape == picture.shape
    assert np.abs(found[..., ::-1].astype(int) - picture).max() < 12


@pytest.mark.parametrize('bad', [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_other_pictures_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match='uint8 is needed'):
        page.picture(bad, '')


def test_figures_are_inlined() -> None:
    figures = pytest.importorskip('matplotlib.figure')
    figure = figures.Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2])
    assert decode(page.figure(figure, 'line')).shape == (110, 220, 3)


def decode(part: page.Part) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(part.source.partition('base64,')[2]), np.uint8)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))

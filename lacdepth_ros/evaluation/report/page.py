# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports as one HTML file: text, tables and pictures inlined, nothing fetched.

A page is a list of parts, each made by a function of this module; page.html.jinja lays them out.
matplotlib is needed only by those who hand over its figures.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
import numpy.typing as npt
from jinja2 import Environment, PackageLoader

from lacdepth_ros.core.whole_file import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a page, as its template reads it.

    Attributes:
        kind: What it is.
        text: Of a heading or paragraph; of a picture its caption.
        header: Names of a table's columns.
        rows: Cells of a table.
        source: Of a picture, a data URI.
    """

    kind: Literal['heading', 'paragraph', 'table', 'picture']
    text: str = ''
    header: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    source: str = ''


def heading(text: str) -> Part:
    """A heading of a section."""
    return Part('heading', text)


def paragraph(text: str) -> Part:
    """A paragraph of plain text."""
    return Part('paragraph', text)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Part:
    """A table that sorts itself by the column whose head is clicked.

    Args:
        header: The columns' names; the first column is aligned left, the others right.
        rows: A cell a column, put down as `str` gives it; None becomes a dash.

    Raises:
        ValueError: A row has more or fewer cells than the header.
    """
    lines = list(rows)
    for row in lines:
        if len(row) != len(header):
            raise ValueError(
                f'row {list(row)!r} has {len(row)} cells; the header {list(header)!r} needs '
                f'{len(header)}'
            )
    return Part('table', header=header, rows=lines)


def figure(fig: Figure, caption: str) -> Part:
    """A matplotlib figure as an inlined PNG with its caption."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format='png', dpi=110)
    return _image(buffer.getvalue(), 'png', caption)


def picture(rgb: npt.NDArray[np.uint8], caption: str) -> Part:
    """An (H, W, 3) uint8 RGB picture as an inlined JPEG, a tenth of a PNG, with its caption.

    Raises:
        ValueError: It is of another shape or type.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f'picture is {rgb.dtype} of shape {rgb.shape}; (H, W, 3) uint8 is needed')
    quality = [cv2.IMWRITE_JPEG_QUALITY, 92]
    _, data = cv2.imencode('.jpg', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), quality)
    return _image(data.tobytes(), 'jpeg', caption)


def write_page(path: str | Path, title: str, parts: Iterable[Part]) -> None:
    """Write one self-contained HTML file.

    Args:
        path: The file; it is replaced when it exists.
        title: Title and first heading, plain text.
        parts: In order, as this module's functions make them.

    Raises:
        OSError: The file cannot be written.
    """
    loader = PackageLoader('lacdepth_ros.evaluation.report', '.')
    templates = Environment(
        loader=loader, autoescape=True, trim_blocks=True, keep_trailing_newline=True
    )
    html = templates.get_template('page.html.jinja').render(title=title, parts=parts)
    write_text(Path(path), html)


def _image(file: bytes, format: str, caption: str) -> Part:
    data = base64.b64encode(file).decode('ascii')
    return Part('picture', caption, source=f'data:image/{format};base64,{data}')

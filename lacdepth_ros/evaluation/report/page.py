# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Reports as one HTML file: text, tables and pictures inlined, nothing fetched, no library.

A page is a list of fragments, each made by a function of this module. matplotlib is needed only by
those who hand over its figures.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.core.whole_file import write_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = """
:root { --ink: #1f2328; --faint: #656d76; --line: #d8dee4; --head: #f6f8fa; }
body { max-width: 1180px; margin: 28px auto 60px; padding: 0 20px; color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 25px; margin: 0 0 6px; }
h2 { font-size: 19px; margin: 38px 0 8px; padding-bottom: 5px;
  border-bottom: 1px solid var(--line); }
p { margin: 8px 0; max-width: 900px; }
.table { overflow: auto; max-height: 620px; margin: 12px 0; border: 1px solid var(--line);
  width: fit-content; max-width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13.5px; }
th { position: sticky; top: 0; background: var(--head); cursor: pointer; white-space: nowrap; }
th, td { padding: 4px 11px; text-align: right; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
tr:hover td { background: #eef4fb; }
figure { margin: 14px 0 22px; }
figure img { max-width: 100%; display: block; }
figcaption { color: var(--faint); font-size: 13.5px; margin-top: 5px; max-width: 900px; }
"""

# A click on a column's head sorts the table by that column; another click turns the order round.
_SORT = """
document.querySelectorAll('th').forEach(head => head.addEventListener('click', () => {
  const table = head.closest('table'), column = head.cellIndex, body = table.tBodies[0];
  const down = table.dataset.sorted !== String(column);
  const value = row => row.cells[column].textContent;
  const order = (a, b) => {
    const x = parseFloat(value(a)), y = parseFloat(value(b));
    return isNaN(x) || isNaN(y) ? value(a).localeCompare(value(b)) : x - y;
  };
  const rows = [...body.rows].sort((a, b) => (down ? 1 : -1) * order(a, b));
  table.dataset.sorted = down ? column : '';
  body.append(...rows);
}));
"""


def heading(text: str) -> str:
    """A heading of a section."""
    return f'<h2>{html.escape(text)}</h2>'


def paragraph(text: str) -> str:
    """A paragraph of plain text."""
    return f'<p>{html.escape(text)}</p>'


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table that sorts itself by the column whose head is clicked.

    Args:
        header: The columns' names; the first column is aligned left, the others right.
        rows: A cell a column, put down as `str` gives it; None becomes a dash.

    Raises:
        ValueError: A row has more or fewer cells than the header.
    """
    lines = [_cells('th', header)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(
                f'row {list(row)!r} has {len(row)} cells; the header {list(header)!r} needs '
                f'{len(header)}'
            )
        lines.append(_cells('td', row))
    head, body = lines[0], '\n'.join(lines[1:])
    table_html = f'<table><thead>{head}</thead><tbody>\n{body}\n</tbody></table>'
    return f'<div class="table">{table_html}</div>'


def figure(fig: Figure, caption: str) -> str:
    """A matplotlib figure as an inlined PNG with its caption."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format='png', dpi=110)
    return _image(buffer.getvalue(), 'png', caption)


def picture(rgb: npt.NDArray[np.uint8], caption: str) -> str:
    """An (H, W, 3) uint8 RGB picture as an inlined JPEG, a tenth of a PNG, with its caption.

    Raises:
        ValueError: It is of another shape or type.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f'picture is {rgb.dtype} of shape {rgb.shape}; (H, W, 3) uint8 is needed')
    quality = [cv2.IMWRITE_JPEG_QUALITY, 92]
    _, data = cv2.imencode('.jpg', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), quality)
    return _image(data.tobytes(), 'jpeg', caption)


def write_page(path: str | Path, title: str, parts: Iterable[str]) -> None:
    """Write one self-contained HTML file.

    Args:
        path: The file; it is replaced when it exists.
        title: Title and first heading, plain text.
        parts: Fragments in order, as this module's functions make them.

    Raises:
        OSError: The file cannot be written.
    """
    name, body = html.escape(title), '\n'.join(parts)
    write_text(
        path,
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{name}</title>\n<style>{_STYLE}</style></head>\n'
        f'<body>\n<h1>{name}</h1>\n{body}\n<script>{_SORT}</script>\n</body></html>\n',
    )


def _cells(tag: str, values: Sequence[object]) -> str:
    cells = ('–' if value is None else html.escape(str(value)) for value in values)
    return '<tr>' + ''.join(f'<{tag}>{cell}</{tag}>' for cell in cells) + '</tr>'


def _image(file: bytes, format: str, caption: str) -> str:
    data, text = base64.b64encode(file).decode('ascii'), html.escape(caption)
    return (
        f'<figure><img alt="{text}" src="data:image/{format};base64,{data}">'
        f'<figcaption>{text}</figcaption></figure>'
    )

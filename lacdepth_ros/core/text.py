# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Text of others (messages, files) made fit for logs, tables and diagnostics."""

from __future__ import annotations

MAX_LENGTH = 300
"""Characters of a text that are shown."""


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """The text on one line, of printable characters, cut to `limit` of them."""
    start = text[: limit + 1]
    shown = ''.join(c if c.isprintable() else repr(c)[1:-1] for c in start)
    if len(shown) <= limit and len(start) == len(text):
        return shown
    return f'{shown[: limit - 3]}...'


def quoted(text: str, limit: int = 60) -> str:
    """The text cleaned and between quotes, short enough to stand in a sentence."""
    return f"'{clean(text, limit)}'"


def markdown_cell(text: str) -> str:
    """The text as a cell of a Markdown table: on one line, its bars and backticks harmless."""
    return clean(text).replace('\\', '\\\\').replace('|', '\\|').replace('`', "'")


def csv_cell(value: object) -> object:
    """A value for a CSV file; a text that a spreadsheet would run as a formula gets a quote."""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(('=', '+', '-', '@')) else text

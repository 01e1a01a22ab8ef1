# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Text of others stays on its line, in its cell, and is no formula."""

from __future__ import annotations

import pytest

from lacdepth_ros.core.text import clean, csv_cell, markdown_cell, quoted


@pytest.mark.parametrize(
    ('text', 'expected'),
    [
        ('rgb8', 'rgb8'),
        ('größe', 'größe'),
        ('a\nb\tc\0', 'a\\nb\\tc\\x00'),
        ('\x1b[31m', '\\x1b[31m'),
        ('\u202e', '\\u202e'),
        ('', ''),
    ],
)
def test_clean_escapes_what_cannot_be_seen(text, expected):
    assert clean(text) == expected


def test_clean_cuts_what_is_long_without_reading_all_of_it():
    assert clean('x' * 300) == 'x' * 300
    assert clean('x' * 301) == 'x' * 297 + '...'
    assert len(clean('\0' * 10**7)) == 300
    assert quoted('y' * 100) == f"'{'y' * 57}...'"


@pytest.mark.parametrize('start', ['=', '+', '-', '@'])
def test_formulas_become_texts(start):
    assert csv_cell(f'{start}cmd()') == f"'{start}cmd()"
    assert csv_cell(f'a{start}b') == f'a{start}b'


@pytest.mark.parametrize('value', [-3.5, 0, None, True])
def test_numbers_stay_numbers(value):
    assert csv_cell(value) is value


def test_bars_and_lines_do_not_leave_their_cell():
    assert markdown_cell('a|b\n`c`\\') == "a\\|b\\\\n'c'\\\\"

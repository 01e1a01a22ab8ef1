# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Text on pictures."""

from __future__ import annotations

import numpy as np
import pytest

from lacdepth_ros.viz.text import draw_text


def drawn(text: str) -> np.ndarray:
    picture = np.zeros((40, 400, 3), np.uint8)
    draw_text(picture, text, (5, 30), height=15, color=(255, 255, 255), max_width=390)
    return picture


@pytest.mark.parametrize(
    ('text', 'shown'), [('caf\udce9.png', 'caf\\udce9.png'), ('two\nlines', 'two\\nlines')]
)
def test_what_cannot_be_printed_is_drawn_as_its_escape(text: str, shown: str) -> None:
    """The bytes of a name that is no UTF-8 ended the process, in OpenCV 4 as in 5."""
    assert drawn(text).any()
    np.testing.assert_array_equal(drawn(text), drawn(shown))

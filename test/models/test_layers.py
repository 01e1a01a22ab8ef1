# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The small building blocks."""

from __future__ import annotations

import numpy as np
import torch

from lacdepth_ros.models.layers import by_rows, join


def test_by_rows_changes_no_value_and_takes_few_rows_at_a_time() -> None:
    """Of width 1000 at most 8192 pixels are 8 rows; with gradients, all rows at once."""
    a, b = torch.rand(2, 3, 9, 1000), torch.rand(2, 1, 9, 1000)
    heights: list[int] = []

    def function(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        heights.append(x.shape[2])
        return torch.softmax(x * y, dim=1)

    with torch.inference_mode():
        torch.testing.assert_close(by_rows(function, a, b), torch.softmax(a * b, dim=1))
    assert heights == [8, 1]
    by_rows(function, a, b)
    assert heights[2:] == [9]


def test_by_rows_takes_rows_wider_than_the_cache() -> None:
    x = torch.rand(1, 2, 3, 9000)
    with torch.inference_mode():
        torch.testing.assert_close(by_rows(torch.exp, x), torch.exp(x))


def test_join_keeps_every_channel_and_lays_them_side_by_side() -> None:
    nchw, single = torch.randn(2, 3, 5, 7), torch.randn(2, 1, 5, 7)
    last = torch.randn(2, 4, 5, 7).contiguous(memory_format=torch.channels_last)
    joined = join(nchw, single, last)
    # 8 channels: the next pixel of a row begins 8 values further, the next row 7 * 8
    assert joined.stride() == (5 * 7 * 8, 1, 7 * 8, 8)
    expected = np.concatenate([x.numpy() for x in (nchw, single, last)], axis=1)
    np.testing.assert_array_equal(joined.numpy(), expected)

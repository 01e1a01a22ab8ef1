# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Laplacian residuals, and their folded form: the same numbers, to the last border pixel."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from tiny_networks import random_image

from lacdepth_ros.models.laplacian import FoldedResiduals, laplacian_residuals


@pytest.mark.parametrize('size', [(32, 64), (4, 4), (36, 52)])
@pytest.mark.parametrize('stride', [2, 4])
def test_folded_residuals_are_the_residuals(stride: int, size: tuple[int, int]) -> None:
    image = random_image(*size, batch=2)
    count = {2: 1, 4: 2}[stride]
    residuals = laplacian_residuals(image, count)
    expected = [F.pixel_unshuffle(residuals[i], stride >> i) for i in range(count)]
    folding = FoldedResiduals(stride)
    folded = folding(image)
    assert folded.shape[1] == folding.channels == {2: 12, 4: 60}[stride]
    torch.testing.assert_close(folded, torch.cat(expected, dim=1), rtol=0, atol=2e-6)


def test_folding_has_no_weights_of_its_own() -> None:
    assert not FoldedResiduals(4).state_dict()

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Training losses on metric depth; always computed in float32."""

from __future__ import annotations

import torch
from torch import Tensor

EPSILON = 1e-6


def silog_loss(
    *,
    pred: Tensor,
    target: Tensor,
    valid_mask: Tensor,
    variance_focus: float = 0.85,
    weight: float = 10.0,
) -> Tensor:
    """Scale-invariant log loss: weight * sqrt(mean(h^2) - lambda mean(h)^2), h = ln y - ln y*.

    Eq. 8 with the square of the sum; printed otherwise, it could turn negative.

    Args:
        pred: Predicted depth [m], > 0, any shape.
        target: True depth [m], same shape; read only where valid_mask is true.
        valid_mask: bool, same shape.
        variance_focus: lambda in [0, 1]; at 1 a wrong overall scale costs nothing.
        weight: Factor of the loss.

    Returns:
        Scalar over all valid pixels of the batch; 0 with zero gradient where there are none.
    """
    pred = pred.float()
    if not bool(valid_mask.any()):
        return pred.sum() * 0.0
    h = torch.log(pred[valid_mask]) - torch.log(target.float()[valid_mask])
    spread = h.square().mean() - variance_focus * h.mean().square()
    return weight * torch.sqrt(spread + EPSILON)

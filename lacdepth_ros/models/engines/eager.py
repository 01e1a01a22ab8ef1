# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch, operation by operation: the reference, for every device and every image size."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch
from torch import Tensor

from lacdepth_ros.models.engines.engine import MetricNetwork, Outputs
from lacdepth_ros.models.inference import prepare_for_inference
from lacdepth_ros.models.lacdepth import LacDepth


class EagerEngine:
    """Runs the network as it is written.

    Args:
        model: A network in evaluation mode; it is changed and moved, so hand over a copy if the
            original is still needed.
        device: Where to run.
        precision: 'fp32', 'bf16' or 'fp16'.
    """

    version = str(torch.__version__)

    def __init__(self, model: LacDepth, device: torch.device, precision: str) -> None:
        self.input_device = device
        self._network = MetricNetwork(prepare_for_inference(model, device, precision))

    def run(self, image: Tensor, *constants: Tensor) -> Outputs:
        """See Engine."""
        image = image.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode(), exact_float32():
            return self._network(image, *constants)

    def knows(self, height: int, width: int) -> bool:  # noqa: ARG002  # any size
        """See Engine."""
        return True

    def prepare(self, height: int, width: int, *constants: Tensor) -> None:
        """See Engine. There is nothing to make."""

    def close(self) -> None:
        """See Engine."""
        del self._network


def exact_float32() -> AbstractContextManager[None]:
    """Keep cuDNN from TensorFloat32, which it takes for float32 by default: 10 bits, not 23."""
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)

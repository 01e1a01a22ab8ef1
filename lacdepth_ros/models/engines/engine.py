# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What every engine is: a network call that takes an image and gives depth, spread and summary."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.lacdepth import LacDepth

Outputs = tuple[Tensor, Tensor, Tensor]
CPU = torch.device('cpu')
MAX_SHAPES = 8
"""Input sizes that an engine keeps a network for, so many as a node has cameras at most; the one
used least recently makes room."""


class Engine(Protocol):
    """One way to run a network on one device in one precision.

    For one thread at a time, but for `prepare` and `knows`.

    Attributes:
        input_device: Where `run` wants its tensors.
        version: Of the library that runs the network.
    """

    input_device: torch.device
    version: str

    def run(self, image: Tensor, *constants: Tensor) -> Outputs:
        """Run the network once; work on a GPU may still be under way on return.

        Args:
            image: Normalised image (B, 3, H, W) float32, on input_device.
            constants: What else the network takes, the same for every frame of a camera.

        Returns:
            depth and std, (B, 1, H, W) float32 [m at ModelConfig.focal_px], and the picture's
            summary (B, C) float32. They belong to the caller: later runs do not change them.
        """

    def knows(self, height: int, width: int) -> bool:
        """Tell whether a size is run at once; for others something must be made first."""

    def prepare(self, height: int, width: int, *constants: Tensor) -> None:
        """Make ready what a size needs, in any thread, while another one runs others.

        An engine that cannot leaves it to the first run.
        """

    def close(self) -> None:
        """Let go of the network and of all that was made for it; no run may follow."""


def network_constants(
    config: ModelConfig, camera: Camera, device: torch.device = CPU
) -> tuple[Tensor, ...]:
    """What a network takes besides the image: intrinsics (1, 4), if it knows of rays."""
    if config.rays == 'none':
        return ()
    values = [[camera.fx, camera.fy, camera.cx, camera.cy]]
    return (torch.tensor(values, dtype=torch.float32, device=device),)


class MetricNetwork(nn.Module):
    """A network without the output that only training reads, as engines translate it.

    Args:
        network: LacDepth.
    """

    def __init__(self, network: LacDepth) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, *constants: Tensor) -> Outputs:
        """Map a normalised image (B, 3, H, W) to what `Engine.run` gives."""
        output = self.network(image, *constants)
        return output.depth, output.std, output.summary

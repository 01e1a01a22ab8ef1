# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the node's parameters to a network that is ready for the first frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lacdepth_ros.models.predictor import DepthPredictor
    from lacdepth_ros.node.parameters import NodeParameters


def load(factory: Callable[..., DepthPredictor], settings: NodeParameters) -> DepthPredictor:
    """Load the network and run it once at the size that it will see.

    Args:
        factory: Called as DepthPredictor.from_checkpoint is.
        settings: Parameters of the node.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: The checkpoint, or one of the settings, cannot be used.
    """
    size = (settings.input_height, settings.input_width)
    predictor = factory(
        Path(settings.checkpoint).expanduser() if settings.checkpoint else None,
        device=settings.device,
        precision=settings.precision,
        engine=settings.engine,
        input_size=size if all(size) else None,
        focal_scaling=settings.focal_scaling,
    )
    height, width = settings.warm_up_height, settings.warm_up_width
    predictor.warm_up(*((width, height) if settings.rotate in (90, 270) else (height, width)))
    return predictor

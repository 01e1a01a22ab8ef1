# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the node's parameters to a network that is ready for the first frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lacdepth_ros.core.text import clean

if TYPE_CHECKING:
    from lacdepth_ros.models.predictor import DepthPredictor
    from lacdepth_ros.node.parameters import NodeParameters


def describe_loading(settings: NodeParameters) -> str:
    """Say what `load` is about to do, and when that takes long."""
    text = f'loading checkpoint {clean(settings.checkpoint) or "shipped"} on {settings.device}'
    if settings.engine == 'eager' and settings.precision != 'auto':
        return text
    work = 'tries and times the engines that are installed'
    if settings.engine != 'auto':
        work = f'prepares and tries the engine {settings.engine}'
    return (
        f'{text}. The first start on a machine {work}: it takes longer than the next ones, '
        'which know the results'
    )


def load(
    factory: Callable[..., DepthPredictor],
    settings: NodeParameters,
    cameras: Iterable[NodeParameters],
) -> DepthPredictor:
    """Load the network and run it once at each size that it will see.

    Args:
        factory: Called as DepthPredictor.from_checkpoint is.
        settings: Parameters of the node.
        cameras: Those of each of its cameras.

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
        input_scale=settings.input_scale,
        focal_scaling=settings.focal_scaling,
    )
    for height, width in dict.fromkeys(map(_upright_size, cameras)):
        predictor.warm_up(height, width)
    return predictor


def _upright_size(camera: NodeParameters) -> tuple[int, int]:
    """Height and width of a camera's images once up is up."""
    size = camera.warm_up_height, camera.warm_up_width
    return size[::-1] if camera.rotate in (90, 270) else size

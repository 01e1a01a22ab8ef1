# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a running node is made of, line by line for its diagnostics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lacdepth_ros.core.text import clean
from lacdepth_ros.node.dds_profile import describe_dds_profile

if TYPE_CHECKING:
    from lacdepth_ros.models.predictor import DepthPredictor
    from lacdepth_ros.node.parameters import NodeParameters
    from lacdepth_ros.node.subscribers import Subscribers


def describe(
    settings: NodeParameters, predictor: DepthPredictor | None, subscribers: Subscribers | None
) -> dict[str, str]:
    """Network, machine and input as {name: value}; '' where there is none yet."""
    return {
        'checkpoint': clean(settings.checkpoint) or 'shipped',
        'checkpoint sha256': predictor.checkpoint_hash if predictor else '',
        'device': settings.device,
        'engine': str(predictor.choice) if predictor else '',
        'camera height [m]': f'{settings.camera_height:g}'
        if settings.camera_height
        else 'assumed',
        'dds profile': describe_dds_profile(),
        'images lost [%]': f'{100 * subscribers.lost():.0f}' if subscribers else '',
    }


def describe_height(settings: NodeParameters, predictor: DepthPredictor) -> str:
    """Say which height of the camera above the ground depth is computed for, and how far."""
    usual = predictor.config.camera_height_m
    if not settings.camera_height:
        return f'camera height assumed {usual:g} m (set camera_height)'
    said = f'camera height {settings.camera_height:g} m'
    farthest = predictor.config.range_end * settings.camera_height / usual * settings.depth_scale
    if farthest < settings.max_depth:
        said += f': the network sees {farthest:.3g} m far, what lies beyond is +Inf'
    return said

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
        'camera height [m]': _height(settings, predictor),
        'dds profile': describe_dds_profile(),
        'images lost [%]': f'{100 * subscribers.lost():.0f}' if subscribers else '',
    }


def describe_height(settings: NodeParameters, predictor: DepthPredictor) -> str:
    """Say which height of the camera above the ground depth is computed for, and how far."""
    usual = predictor.config.camera_height_m
    if not settings.camera_height:
        scaled = f', depth times {settings.depth_scale:g}' if settings.depth_scale != 1 else ''
        return f'camera height assumed {usual:g} m{scaled}'
    said = f'camera height {settings.camera_height:g} m'
    farthest = predictor.config.range_end * settings.camera_height / usual * settings.depth_scale
    if farthest < settings.max_depth:
        said += f': the network sees {farthest:.3g} m far, what lies beyond is +Inf'
    return said


def doubt_height(settings: NodeParameters, predictor: DepthPredictor, parameter: str) -> str:
    """Say how to tell the node its camera's height, '' where it was told, or the scale instead.

    Args:
        settings: Of the camera.
        predictor: Its network.
        parameter: Node and full name of camera_height, as `ros2 param set` takes them.
    """
    if settings.camera_height or settings.depth_scale != 1:
        return ''
    return (
        f'{describe_height(settings, predictor)}, as in the training: every depth is wrong by the '
        'factor by which yours differs. Measure how high the lens is above the ground and set it, '
        f"at any time: 'ros2 param set {parameter} METERS', or at the start "
        f"'-p {parameter.split()[-1]}:=METERS'"
    )


def _height(settings: NodeParameters, predictor: DepthPredictor | None) -> str:
    if settings.camera_height:
        return f'{settings.camera_height:g}'
    return f'{predictor.config.camera_height_m:g} (assumed)' if predictor else ''

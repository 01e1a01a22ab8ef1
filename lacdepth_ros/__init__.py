# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Metric depth from one camera: images in, metres out.

The names below are imported when they are first used, so that `import lacdepth_ros`, which every
program and launch file does, stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lacdepth_ros.core.camera import Camera
    from lacdepth_ros.models.prediction import DepthPrediction
    from lacdepth_ros.models.predictor import DepthPredictor

    __version__: str

__all__ = ['Camera', 'DepthPrediction', 'DepthPredictor', '__version__']

_HOMES = {
    'Camera': 'lacdepth_ros.core.camera',
    'DepthPrediction': 'lacdepth_ros.models.prediction',
    'DepthPredictor': 'lacdepth_ros.models.predictor',
}


def __getattr__(name: str) -> Any:
    if name == '__version__':
        return import_module('importlib.metadata').version(__name__)
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}; it has {__all__}')


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

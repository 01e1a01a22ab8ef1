# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""From the name of an engine to the engine."""

from __future__ import annotations

from collections.abc import Callable

import torch

from lacdepth_ros.models.engines.compiled import CompiledEngine
from lacdepth_ros.models.engines.eager import EagerEngine
from lacdepth_ros.models.engines.engine import Engine
from lacdepth_ros.models.lacdepth import LacDepth

PRECISIONS = ('fp32', 'bf16', 'fp16')
ENGINES: dict[str, Callable[[LacDepth, torch.device, str], Engine]] = {
    'eager': EagerEngine,
    'compiled': CompiledEngine,
}


def build_engine(name: str, model: LacDepth, device: torch.device, precision: str) -> Engine:
    """Build an engine; the model is changed and moved.

    Raises:
        ValueError: Unknown engine or precision, or a combination that cannot run; the message
            names what can.
    """
    if precision not in PRECISIONS:
        raise ValueError(f'precision {precision!r} is not one of {list(PRECISIONS)}')
    if precision == 'fp16' and device.type == 'cpu':
        raise ValueError("precision 'fp16' needs a GPU; on the cpu use 'fp32' or 'bf16'")
    if name not in ENGINES:
        raise ValueError(f'engine {name!r} is not one of {list(ENGINES)}')
    return ENGINES[name](model, device, precision)

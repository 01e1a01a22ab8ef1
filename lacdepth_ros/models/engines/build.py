# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Which engines there are, and from the name of one to the engine."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from importlib import import_module

import torch

from lacdepth_ros.models.engines.devices import computes_bf16, computes_fp16, computes_int8
from lacdepth_ros.models.engines.engine import Engine
from lacdepth_ros.models.lacdepth import LacDepth

AUTO = 'auto'
OPENVINO = 'openvino'
PRECISIONS = ('fp32', 'bf16', 'fp16', 'int8')


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """One engine.

    Attributes:
        place: Module and class.
        devices: Types of devices it runs on.
        package: What must be installed for it, '' for nothing.
        outdone_by: Another engine; where that one passes on an x86 CPU, 'auto' does not try this
            one: it was slower in every measurement, and each try costs a translation.
    """

    place: tuple[str, str]
    devices: tuple[str, ...]
    package: str = ''
    outdone_by: str = ''

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return not self.package or importlib.util.find_spec(self.package) is not None


ENGINES = {
    'eager': EngineSpec(('eager', 'EagerEngine'), ('cpu', 'cuda')),
    'openvino': EngineSpec(('openvino', 'OpenVinoEngine'), ('cpu', 'xpu'), 'openvino'),
    'onnxruntime': EngineSpec(
        ('onnxruntime', 'OnnxRuntimeEngine'), ('cpu', 'cuda'), 'onnxruntime', 'openvino'
    ),
    'compiled': EngineSpec(('compiled', 'CompiledEngine'), ('cuda',)),
}
CANDIDATES = {
    'cpu': (
        ('openvino', 'int8'),
        ('openvino', 'bf16'),
        ('openvino', 'fp16'),
        ('openvino', 'fp32'),
        ('onnxruntime', 'fp32'),
        ('eager', 'fp32'),
    ),
    'cuda': (
        ('compiled', 'fp16'),
        ('compiled', 'fp32'),
        ('onnxruntime', 'fp16'),
        ('onnxruntime', 'fp32'),
        ('eager', 'fp16'),
        ('eager', 'fp32'),
    ),
    'xpu': (('openvino', 'fp16'), ('openvino', 'fp32')),
}
"""Combinations by type of device, those first that are expected to be fast."""


def candidates(engine: str, precision: str, device: torch.device) -> list[tuple[str, str]]:
    """Combinations of engine and precision to try, those first that are expected to be fast.

    Args:
        engine: One of ENGINES, or 'auto'.
        precision: One of PRECISIONS, or 'auto'.
        device: Where to run.

    Raises:
        ValueError: Unknown engine or precision, or nothing that runs on this device.
    """
    if engine not in (AUTO, *ENGINES):
        raise ValueError(f'engine {engine!r} is not one of {[AUTO, *ENGINES]}')
    if precision not in (AUTO, *PRECISIONS):
        raise ValueError(f'precision {precision!r} is not one of {[AUTO, *PRECISIONS]}')
    _check_precision(engine, precision, device)
    if engine != AUTO and device.type not in ENGINES[engine].devices:
        raise ValueError(
            f"engine '{engine}' cannot run on device '{device}', only on "
            f'{list(ENGINES[engine].devices)}; choose another engine or device'
        )
    ranked = CANDIDATES[device.type]
    if engine != AUTO and precision != AUTO:
        return [(engine, precision)]
    if engine != AUTO:
        chosen = [pair for pair in ranked if pair[0] == engine]
    elif precision != AUTO:
        names = dict.fromkeys(name for name, _ in ranked)
        free = _anyones(precision, device)
        chosen = [(name, precision) for name in names if free or name == OPENVINO]
    else:
        chosen = list(ranked)
    if precision == AUTO and device.type == 'cpu':
        able = {'bf16': computes_bf16, 'fp16': computes_fp16, 'int8': computes_int8}
        chosen = [(name, kind) for name, kind in chosen if kind not in able or able[kind]()]
    return chosen


def _anyones(precision: str, device: torch.device) -> bool:
    """Whether a precision on this device is not OpenVINO's alone."""
    return precision != 'int8' and (precision != 'fp16' or device.type != 'cpu')


def _check_precision(engine: str, precision: str, device: torch.device) -> None:
    if precision == 'fp16' and device.type == 'cpu' and not computes_fp16():
        raise ValueError(
            "precision 'fp16' needs a GPU, or an Arm CPU that multiplies it; on this cpu use "
            "'fp32' or 'bf16'"
        )
    elsewhere = precision == 'int8' and device.type != 'cpu'
    if elsewhere or (not _anyones(precision, device) and engine not in (AUTO, OPENVINO)):
        raise ValueError(
            f"precision '{precision}' is OpenVINO's on the cpu alone, not of engine {engine!r} on "
            f"device '{device}'; use 'fp32', or engine '{OPENVINO}' and device 'cpu'"
        )


def runnable(device: torch.device) -> list[tuple[str, str]]:
    """All combinations of engine and precision that run here, PyTorch's first."""
    # PyTorch emulates bf16 everywhere; the others exist on some CPUs alone.
    able = {'fp16': computes_fp16, 'int8': computes_int8} if device.type == 'cpu' else {}
    ranked = CANDIDATES[device.type][::-1]
    others = [(name, kind) for name, kind in ranked if kind not in able or able[kind]()]
    eager = [('eager', precision) for precision in ('fp32', 'bf16')]
    installed = [pair for pair in others if ENGINES[pair[0]].installed]
    return list(dict.fromkeys([*(eager if device.type != 'xpu' else []), *installed]))


def build_engine(name: str, model: LacDepth, device: torch.device, precision: str) -> Engine:
    """Build an engine; the model is changed and moved.

    Raises:
        ValueError: A combination that cannot run here; the message names what can.
        ModuleNotFoundError: The engine's package is not installed.
    """
    candidates(name, precision, device)
    module, kind = ENGINES[name].place
    engine: Engine = getattr(import_module(f'{__package__}.{module}'), kind)(
        model, device, precision
    )
    return engine

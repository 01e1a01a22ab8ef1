# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The most multiply-adds a second that any library here reaches: what networks are held against.

No single product of matrices stands for the machine: on some processors PyTorch's in float32 is
half as fast as a convolution under OpenVINO.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from lacdepth_ros.core.optional import load_library
from lacdepth_ros.models.engines.devices import computes_bf16
from lacdepth_ros.models.engines.openvino import DEVICES, PRECISIONS, PURPOSE
from lacdepth_ros.models.engines.openvino_core import openvino_core
from lacdepth_ros.models.inference import DTYPES

SIDES = (1024, 2048)
"""Of the square matrices that are multiplied: 1.1 and 8.6 G multiply-adds."""
SIDES_EMULATED = (256,)
"""The same in bf16 on a CPU without it, where PyTorch takes a minute for a side of 2048."""
CHANNELS, MAP_SIDE, KERNEL = 256, 64, 3
"""Of the convolution, whose weights and maps lie in the caches: 2.4 G multiply-adds."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Work that arithmetic alone limits.

    Attributes:
        macs: Multiply-adds of a run.
        run: Does it once.
    """

    macs: int
    run: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Peak:
    """The fastest probe of a precision.

    Attributes:
        probe: Its name.
        gmacs: Billions of multiply-adds a second in its fastest round.
    """

    probe: str
    gmacs: float


def probes(precision: str, device: torch.device) -> dict[str, Probe]:
    """Make all probes that can run here, by name.

    Args:
        precision: One of DTYPES, or 'int8'.
        device: Where to run.
    """
    on_cpu = device.type == 'cpu'
    made: dict[str, Probe] = {}
    if on_cpu and precision == 'fp32':
        # The first: NumPy's threads spin for a while after it, which must not meet a network.
        made |= {f'product {n} by NumPy': _numpy_product(n) for n in SIDES}
    if device.type != 'xpu' and precision != 'int8':  # those two are OpenVINO's
        emulated = on_cpu and precision == 'bf16' and not computes_bf16()
        sides = SIDES_EMULATED if emulated else SIDES
        made |= {f'product {n} by PyTorch': _product(n, precision, device) for n in sides}
    if device.type in DEVICES and importlib.util.find_spec('openvino') is not None:
        made['convolution by OpenVINO'] = _convolution(precision, DEVICES[device.type])
    return made


def best(candidates: Mapping[str, Probe], milliseconds: Mapping[str, Sequence[float]]) -> Peak:
    """The probe with the most multiply-adds a second in its fastest round."""
    speeds = {name: p.macs / min(milliseconds[name]) / 1e6 for name, p in candidates.items()}
    fastest = max(speeds, key=lambda name: speeds[name])
    return Peak(fastest, speeds[fastest])


def _numpy_product(side: int) -> Probe:
    left, right = _noise(2, side, side)
    return Probe(side**3, lambda: left @ right)


def _product(side: int, precision: str, device: torch.device) -> Probe:
    left, right = torch.from_numpy(_noise(2, side, side)).to(device, DTYPES[precision])

    def run() -> None:
        torch.matmul(left, right)
        if device.type == 'cuda':
            torch.cuda.synchronize(device)

    return Probe(side**3, run)


def _convolution(precision: str, target: str) -> Probe:
    openvino: Any = load_library('openvino', PURPOSE)
    operators = openvino.opset13
    shape = (1, CHANNELS, MAP_SIDE, MAP_SIDE)
    image = operators.parameter(list(shape), np.float32)
    kernel = operators.constant(_noise(CHANNELS, CHANNELS, KERNEL, KERNEL))
    padding = [KERNEL // 2] * 2
    read = [image, kernel]
    if precision == 'int8':
        read = [_rounded(image, 0, 255), _rounded(kernel, -127, 127)]
    result = operators.convolution(*read, [1, 1], padding, padding, [1, 1])
    options = {
        'PERFORMANCE_HINT': 'LATENCY',
        'INFERENCE_PRECISION_HINT': PRECISIONS[precision],
        'INFERENCE_NUM_THREADS': torch.get_num_threads(),
    }
    if target != 'CPU':
        del options['INFERENCE_NUM_THREADS']
    model = openvino.Model([result], [image])
    request = openvino_core(PURPOSE).compile_model(model, target, options).create_infer_request()
    values = [_noise(*shape)]
    macs = CHANNELS**2 * KERNEL**2 * MAP_SIDE**2
    return Probe(macs, lambda: request.infer(values, share_inputs=True))


def _rounded(values: Any, lowest: int, highest: int) -> Any:
    """Values of 0 .. 1 as multiples of 1 / highest: 8-bit integers for what computes with them."""
    operators: Any = load_library('openvino', PURPOSE).opset13
    ends = [operators.constant(np.float32(x / highest)) for x in (lowest, highest)]
    return operators.fake_quantize(values, *ends, *ends, highest - lowest + 1)


def _noise(*shape: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(0).random(shape, dtype=np.float32)

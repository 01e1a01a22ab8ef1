# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What is measured of an engine before it is used: its distance from the reference, its time."""

from __future__ import annotations

import copy
import dataclasses
import json
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.models.engines import cache
from lacdepth_ros.models.engines.build import build_engine
from lacdepth_ros.models.engines.devices import processor_kind
from lacdepth_ros.models.engines.engine import Engine
from lacdepth_ros.models.engines.parity import Parity, compare, run_engine, street_input
from lacdepth_ros.models.lacdepth import LacDepth

REFERENCE = ('eager', 'fp32')
TIMED_STARTS = 3
"""Starts that time an engine, of which the least counts: at the first one a robot is busy."""
TIMED_RUNS = 7
ENOUGH_S = 1.0
"""A slow engine is timed no longer than this."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An engine that passed.

    Attributes:
        engine: Ready to run.
        parity: How far it is from the reference; None for the reference itself.
        milliseconds: Of a run; 0 where it was not timed.
    """

    engine: Engine
    parity: Parity | None
    milliseconds: float


class Gate:
    """Builds engines and measures them on the stored street, as one camera sees it.

    What was measured once stands in the cache: the same network, code, camera and machine give the
    same figures, and the next start need not run anything.
    """

    def __init__(self, model: LacDepth, device: torch.device, camera: Camera) -> None:
        self._model = model
        self._device = device
        self._camera = camera
        self._reference: npt.NDArray[np.float32] | None = None

    def try_engine(self, name: str, precision: str, *, timed: bool) -> Trial:
        """Build an engine that passes; the reference itself has nothing to pass.

        Raises:
            ValueError: It does not; the message has the figures.
        """
        alone = (name, precision) == REFERENCE and not timed
        model = self._model if alone else copy.deepcopy(self._model)
        engine = build_engine(name, model, self._device, precision)
        parity = None
        try:
            if (name, precision) != REFERENCE:
                parity = self._parity(engine, name, precision)
                if problem := parity.problem(precision):
                    raise ValueError(
                        f'engine {name} {precision} is too far from float32 PyTorch: {problem}'
                    )
            milliseconds = self._milliseconds(engine, name, precision) if timed else 0.0
        except BaseException:
            engine.close()
            raise
        return Trial(engine, parity, milliseconds)

    def _milliseconds(self, engine: Engine, name: str, precision: str) -> float:
        key = self._key('speed', engine, name, precision)
        key['threads'] = str(torch.get_num_threads())
        times: list[float] = json.loads(cache.load(key) or b'[]')
        if len(times) >= TIMED_STARTS:
            return min(times)
        inputs, _ = self._street(engine)
        times.append(least_milliseconds(engine, *inputs))
        cache.store(key, json.dumps(times).encode())
        return min(times)

    def _parity(self, engine: Engine, name: str, precision: str) -> Parity:
        key = self._key('parity', engine, name, precision)
        if known := cache.load(key):
            return Parity(**json.loads(known))
        inputs, ground_truth = self._street(engine)
        parity = compare(run_engine(engine, *inputs), self._run_reference(), ground_truth)
        cache.store(key, json.dumps(dataclasses.asdict(parity)).encode())
        return parity

    def _key(self, kind: str, engine: Engine, name: str, precision: str) -> dict[str, str]:
        return {
            'kind': kind,
            'engine': f'{name} {precision} {engine.version}',
            'torch': torch.__version__,
            'device': _device_name(self._device),
            'camera': str(self._camera),
            'network': cache.fingerprint(self._model) + cache.levels_fingerprint(self._model),
            'code': cache.code_digest(),
        }

    def _street(self, engine: Engine) -> tuple[list[Tensor], npt.NDArray[np.float32]]:
        return street_input(self._model.config, self._camera, engine.input_device)

    def _run_reference(self) -> npt.NDArray[np.float32]:
        if self._reference is None:
            # OpenVINO's Intel GPUs are none of PyTorch's: their reference runs on the CPU.
            device = self._device if self._device.type == 'cuda' else torch.device('cpu')
            name, precision = REFERENCE
            engine = build_engine(name, copy.deepcopy(self._model), device, precision)
            inputs, _ = self._street(engine)
            self._reference = run_engine(engine, *inputs)
            engine.close()
        return self._reference


def least_milliseconds(engine: Engine, image: Tensor, *constants: Tensor) -> float:
    """Least time of a few runs: what else the machine does can only add to it."""
    times: list[float] = []
    engine.run(image, *constants)
    while len(times) < TIMED_RUNS and sum(times) < ENOUGH_S:
        _wait(image.device)
        start = time.perf_counter()
        engine.run(image, *constants)
        _wait(image.device)
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def _wait(device: torch.device) -> None:
    if device.type == 'cuda':
        torch.cuda.synchronize(device)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == 'cuda' else processor_kind()

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The choice of an engine: the fastest one that is installed and gives float32's depth."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lacdepth_ros.models.engines import cache
from lacdepth_ros.models.engines.build import (
    AUTO,
    ENGINES,
    build_engine,
    candidates,
)
from lacdepth_ros.models.engines.devices import processor_name
from lacdepth_ros.models.engines.engine import Engine
from lacdepth_ros.models.engines.parity import Parity, compare, run_engine, street_input
from lacdepth_ros.models.lacdepth import LacDepth

REFERENCE = ('eager', 'fp32')


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine that may be used, and why it is this one.

    Attributes:
        engine: Ready to run.
        name: Its name.
        precision: In which precision it computes.
        parity: How far it is from the reference; None for the reference itself.
        refused: Why faster ones are not used, by engine and precision.
    """

    engine: Engine
    name: str
    precision: str
    parity: Parity | None
    refused: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        text = f'{self.name} {self.precision}'
        text += f' (against float32: {self.parity})' if self.parity else ' (the reference)'
        reasons = [f'; not {pair}: {reason}' for pair, reason in self.refused.items()]
        return text + ''.join(reasons)


class EngineChooser:
    """Tries engines for one network on one device.

    Args:
        model: A network in evaluation mode; it is changed and moved.
        device: Where to run.
        engine: Name of an engine, or 'auto' for the fastest one.
        precision: A precision, or 'auto'.

    Raises:
        ValueError: An unknown or impossible engine or precision, or a network in training mode.
    """

    def __init__(self, model: LacDepth, device: torch.device, engine: str, precision: str) -> None:
        if model.training:
            raise ValueError('only a network in evaluation mode can be run; call model.eval()')
        self._pairs = candidates(engine, precision, device)
        self._free = AUTO in (engine, precision)
        self._model = model
        self._device = device

    def choose(self, height: int, width: int, constants: Sequence[Tensor] = ()) -> Choice:
        """Take the first candidate that is installed and passes the parity gate.

        Args:
            height: Of the network's input, at which candidates are compared with the reference.
            width: Of the network's input.
            constants: What else the network takes, see Engine.

        Raises:
            ValueError: No candidate may be used; the message says why.
            ModuleNotFoundError: The one that was named is not installed.
        """
        gate = Gate(self._model, self._device, (height, width), constants)
        refused: dict[str, str] = {}
        for name, precision in self._pairs:
            spec = ENGINES[name]
            if self._free and not spec.installed:
                refused[f'{name} {precision}'] = f'pip install {spec.package} to get it'
                continue
            if (name, precision) == REFERENCE:
                engine = build_engine(name, self._model, self._device, precision)
                return Choice(engine, name, precision, None, refused)
            try:
                engine, parity = gate.try_engine(name, precision)
            except ModuleNotFoundError:
                raise
            except Exception as error:
                if not self._free:
                    raise
                refused[f'{name} {precision}'] = ' '.join(str(error).split())[:300]
                continue
            return Choice(engine, name, precision, parity, refused)
        raise ValueError(f'no engine can be used: {refused}')


class Gate:
    """Builds engines and measures them on the stored street at one size.

    What was measured once stands in the cache: the same network, code, size and machine give the
    same figures, and the next start need not run the reference.
    """

    def __init__(
        self,
        model: LacDepth,
        device: torch.device,
        size: tuple[int, int],
        constants: Sequence[Tensor],
    ) -> None:
        self._model = model
        self._device = device
        self._size = size
        self._constants = constants
        self._reference: npt.NDArray[np.float32] | None = None

    def try_engine(self, name: str, precision: str) -> tuple[Engine, Parity]:
        """Build an engine that passes.

        Raises:
            ValueError: It does not; the message has the figures.
        """
        engine = build_engine(name, copy.deepcopy(self._model), self._device, precision)
        try:
            parity = self._parity(engine, name, precision)
            if problem := parity.problem(precision):
                raise ValueError(
                    f'engine {name} {precision} is too far from float32 PyTorch: {problem}'
                )
        except BaseException:
            engine.close()
            raise
        return engine, parity

    def _parity(self, engine: Engine, name: str, precision: str) -> Parity:
        key = {
            'kind': 'parity',
            'engine': f'{name} {precision} {engine.version}',
            'torch': torch.__version__,
            'device': _device_name(self._device),
            'size': str(self._size),
            'constants': cache.digest(self._constants),
            'network': cache.fingerprint(self._model),
            'code': cache.code_digest(),
        }
        if known := cache.load(key):
            return Parity(**json.loads(known))
        image, ground_truth = street_input(*self._size, engine.input_device)
        constants = [x.to(engine.input_device) for x in self._constants]
        parity = compare(
            run_engine(engine, image, *constants), self._run_reference(), ground_truth
        )
        cache.store(key, json.dumps(dataclasses.asdict(parity)).encode())
        return parity

    def _run_reference(self) -> npt.NDArray[np.float32]:
        if self._reference is None:
            # OpenVINO's Intel GPUs are none of PyTorch's: their reference runs on the CPU.
            device = self._device if self._device.type == 'cuda' else torch.device('cpu')
            name, precision = REFERENCE
            engine = build_engine(name, copy.deepcopy(self._model), device, precision)
            image, _ = street_input(*self._size, device)
            constants = [x.to(device) for x in self._constants]
            self._reference = run_engine(engine, image, *constants)
            engine.close()
        return self._reference


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == 'cuda' else processor_name()

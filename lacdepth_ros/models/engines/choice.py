# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The choice of an engine: the fastest one that is installed and gives float32's depth."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from lacdepth_ros.core.camera import Camera
from lacdepth_ros.models.engines.build import AUTO, ENGINES, candidates
from lacdepth_ros.models.engines.devices import is_x86
from lacdepth_ros.models.engines.engine import Engine
from lacdepth_ros.models.engines.gate import Gate, Trial
from lacdepth_ros.models.engines.parity import Parity
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.quantized_network import levels_of


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine that may be used, and why it is this one.

    Attributes:
        engine: Ready to run.
        name: Its name.
        precision: In which precision it computes.
        parity: How far it is from the reference; None for the reference itself.
        milliseconds: Of a run, by engine and precision, of all that could have been chosen; none
            where there was nothing to choose.
        refused: Why others are not used, by engine and precision.
    """

    engine: Engine
    name: str
    precision: str
    parity: Parity | None
    milliseconds: dict[str, float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        text = f'{self.name} {self.precision}'
        if self.milliseconds:
            ranked = sorted(self.milliseconds.items(), key=lambda pair: pair[1])
            text += ', measured: ' + ', '.join(f'{name} {ms:.1f} ms' for name, ms in ranked)
        text += f' (against float32: {self.parity})' if self.parity else ' (the reference)'
        reasons = [f'; not {pair}: {reason}' for pair, reason in self.refused.items()]
        return text + ''.join(reasons)


class EngineChooser:
    """Tries engines for one network on one device.

    Args:
        model: A network in evaluation mode; it may be changed and moved.
        device: Where to run.
        engine: Name of an engine, or 'auto' for the fastest one.
        precision: A precision, or 'auto'.

    Raises:
        ValueError: An unknown or impossible engine or precision, a network in training mode, or
            one without scales for 'int8'.
    """

    def __init__(self, model: LacDepth, device: torch.device, engine: str, precision: str) -> None:
        if model.training:
            raise ValueError('only a network in evaluation mode can be run; call model.eval()')
        self._pairs = candidates(engine, precision, device)
        if precision == 'int8':
            levels_of(model)  # refused here, before the first frame
        self._free = AUTO in (engine, precision)
        self._model = model
        self._device = device

    def choose(self, camera: Camera) -> Choice:
        """Take the candidate that runs in the least time, of those that pass the parity gate.

        Args:
            camera: Of the network's input, as which candidates are compared and timed.

        Raises:
            ValueError: No candidate may be used; the message says why.
            ModuleNotFoundError: The one that was named is not installed.
        """
        gate = Gate(self._model, self._device, camera)
        refused: dict[str, str] = {}
        times: dict[str, float] = {}
        passed: set[str] = set()
        best: Choice | None = None
        for name, precision in self._pairs:
            if self._device.type == 'cpu' and is_x86() and ENGINES[name].outdone_by in passed:
                continue
            pair = f'{name} {precision}'
            try:
                trial = self._try(gate, name, precision)
            except Exception as error:
                if not self._free:
                    raise
                refused[pair] = ' '.join(str(error).split())[:300]
                continue
            passed.add(name)
            if len(self._pairs) > 1:
                times[pair] = trial.milliseconds
            if best is not None and trial.milliseconds > min(times.values()):
                trial.engine.close()
                continue
            if best is not None:
                best.engine.close()
            best = Choice(trial.engine, name, precision, trial.parity, times, refused)
        if best is None:
            raise ValueError(f'no engine can be used: {refused}')
        return best

    def _try(self, gate: Gate, name: str, precision: str) -> Trial:
        spec = ENGINES[name]
        if self._free and not spec.installed:
            raise ModuleNotFoundError(f'pip install {spec.package} to get it')
        return gate.try_engine(name, precision, timed=len(self._pairs) > 1)

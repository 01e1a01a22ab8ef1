# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Size and speed of the networks: parameters, multiply-adds, time of a forward pass."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.engines.build import build_engine
from lacdepth_ros.models.export import typical_intrinsics
from lacdepth_ros.models.first_levels import first_levels
from lacdepth_ros.models.inference import fold_batch_norm
from lacdepth_ros.models.lacdepth import LacDepth
from lacdepth_ros.models.quantization import Quantization

ENOUGH_MS = 1e4
"""Time after which a slow network is timed no further: it would keep the others waiting."""
FEWEST_ROUNDS = 3
Name = TypeVar('Name', bound=Hashable)


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """Size of a network.

    Attributes:
        parameters: All trainable values.
        encoder_parameters: Those of the encoder.
        macs: Multiply-adds of one forward pass of convolutions and matrix products.
    """

    parameters: int
    encoder_parameters: int
    macs: int


def network_size(config: ModelConfig, height: int, width: int) -> NetworkSize:
    """Count parameters and multiply-adds for one image of height x width."""
    model = LacDepth(config).eval().to('meta')  # shapes without values: nothing is computed
    return NetworkSize(
        parameters=count_parameters(model),
        encoder_parameters=count_parameters(model.encoder),
        macs=count_macs(model, height, width, *typical_intrinsics(config, height, width)),
    )


def count_parameters(module: torch.nn.Module) -> int:
    """Values that training could change."""
    return sum(parameter.numel() for parameter in module.parameters())


def count_macs(module: torch.nn.Module, height: int, width: int, *constants: Tensor) -> int:
    """Multiply-adds of convolutions and matrix products for one image, of a module on 'meta'.

    Args:
        module: Takes an image and the constants.
        height: Of the image.
        width: Of the image.
        constants: Of any device.
    """
    given = (torch.zeros(1, 3, height, width), *constants)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*(x.to('meta') for x in given))
    return int(counter.get_total_flops() // 2)


def with_encoder(config: ModelConfig, encoder: str) -> ModelConfig:
    """Exchange the encoder of a configuration."""
    changes = {'name': f'{config.name} ({encoder})', 'encoder': encoder}
    return ModelConfig.from_dict({**config.to_dict(), **changes})


def forward_runner(
    config: ModelConfig,
    height: int,
    width: int,
    *,
    device: torch.device,
    precision: str,
    engine: str = 'eager',
) -> Callable[[], None]:
    """Build a network as the predictor runs it; return a function that runs it once."""
    model = LacDepth(config).eval()
    given = (torch.rand(1, 3, height, width), *typical_intrinsics(config, height, width))
    if precision == 'int8':  # integers of any scale take as long
        folded = copy.deepcopy(model)
        fold_batch_norm(folded)
        model.quantization = Quantization(first_levels(folded, [given]))
    built = build_engine(engine, model, device, precision)
    image, *constants = (x.to(built.input_device) for x in given)

    def run() -> None:
        built.run(image, *constants)
        if device.type == 'cuda':
            torch.cuda.synchronize(device)

    return run


def interleaved_times(
    runners: Mapping[Name, Callable[[], object]], rounds: int
) -> dict[Name, list[float]]:
    """Time several functions interleaved, so that a noisy machine is unfair to none.

    Before it is timed each runs once untimed, as a node runs its network frame after frame: a far
    larger network before it has just given its memory back to the system and emptied the caches.

    Args:
        runners: The functions, by name.
        rounds: How often each is timed.

    Returns:
        Milliseconds of each round, by name; where they exceed ENOUGH_MS in all, of fewer rounds.
    """
    times: dict[Name, list[float]] = {name: [] for name in runners}
    for done in range(rounds):
        for name, run in runners.items():
            if done >= FEWEST_ROUNDS and sum(times[name]) > ENOUGH_MS:
                continue
            run()
            start = time.perf_counter()
            run()
            times[name].append(1e3 * (time.perf_counter() - start))
    return times

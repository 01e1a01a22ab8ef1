# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Time of forward passes, of ours and of peers, interleaved with a product of matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch

from lacdepth_ros.evaluation import peers
from lacdepth_ros.evaluation.benchmark import (
    count_macs,
    count_parameters,
    forward_runner,
    interleaved_times,
    network_size,
    percentiles,
)
from lacdepth_ros.models.config import ModelConfig
from lacdepth_ros.models.inference import DTYPES

SIDE = 2048
"""Of the matrices whose product stands for what the machine can do: 8.6 G multiply-adds."""


@dataclass(frozen=True, slots=True)
class Combination:
    """What is timed: one network at one size, run in one way."""

    network: str
    engine: str
    precision: str
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Work:
    """How large a network is at one size.

    Attributes:
        parameters: Values that training could change.
        macs: Multiply-adds of one forward pass.
    """

    parameters: int
    macs: int


@dataclass(frozen=True, slots=True)
class ForwardTime:
    """Time of one combination.

    Attributes:
        combination: What was timed.
        work: Its size.
        milliseconds: p50, p95 and p99.
        ratio: Its p50 over that of the first combination of the run.
        share_of_peak: Multiply-adds a second over those of a product of large matrices in the
            same precision, timed in the same turns by PyTorch; of each the fastest round, which
            nothing disturbed.
    """

    combination: Combination
    work: Work
    milliseconds: tuple[float, float, float]
    ratio: float
    share_of_peak: float


Runners = dict[Combination, tuple[Work, Callable[[], object]]]


def our_runners(
    configs: Iterable[ModelConfig],
    sizes: Sequence[tuple[int, int]],
    ways: Sequence[tuple[str, str]],
    device: torch.device,
) -> Runners:
    """Our networks, in all combinations.

    Args:
        configs: With random weights.
        sizes: (height, width) of the inputs.
        ways: Engine and precision.
        device: Where to run.
    """
    runners: Runners = {}
    for config in configs:
        for height, width in sizes:
            size = network_size(config, height, width)
            work = Work(size.parameters, size.macs)
            for engine, precision in ways:
                run = forward_runner(
                    config, height, width, device=device, precision=precision, engine=engine
                )
                combination = Combination(config.name, engine, precision, height, width)
                runners[combination] = work, run
    return runners


def peer_runners(
    names: Iterable[str], sizes: Sequence[tuple[int, int]], ways: Sequence[tuple[str, str]]
) -> Runners:
    """Peers on the CPU, in those of the ways that they can be run in; as `our_runners`.

    Raises:
        ModuleNotFoundError: transformers is not installed.
    """
    runners: Runners = {}
    for name in names:
        counted = peers.build_peer(name, 'meta')
        for wanted in sizes:
            height, width = peers.PEERS[name].input_size(*wanted)
            work = Work(count_parameters(counted), count_macs(counted, height, width))
            for engine, precision in ways:
                if engine in peers.ENGINES:
                    run = peers.peer_runner(
                        peers.build_peer(name), height, width, engine=engine, precision=precision
                    )
                    combination = Combination(name, engine, precision, height, width)
                    runners[combination] = work, run
    return runners


def time_runners(runners: Runners, rounds: int, device: torch.device) -> list[ForwardTime]:
    """Time all interleaved, and with them a product of large matrices in each precision."""
    precisions = dict.fromkeys(combination.precision for combination in runners)
    timed: dict[Combination | str, Callable[[], object]] = {
        **{precision: _product(precision, device) for precision in precisions},
        **{combination: run for combination, (_, run) in runners.items()},
    }
    times = interleaved_times(timed, rounds)
    peak = {precision: SIDE**3 / min(times[precision]) for precision in precisions}
    first = percentiles(times[next(iter(runners))])[0]
    rows = []
    for combination, (work, _) in runners.items():
        milliseconds = percentiles(times[combination])
        share = work.macs / min(times[combination]) / peak[combination.precision]
        ratio = milliseconds[0] / first
        rows.append(ForwardTime(combination, work, milliseconds, ratio, share))
    return rows


def _product(precision: str, device: torch.device) -> Callable[[], object]:
    """Return a function that multiplies two matrices of SIDE x SIDE."""
    left, right = (torch.rand(SIDE, SIDE, device=device).to(DTYPES[precision]) for _ in range(2))

    def run() -> None:
        torch.matmul(left, right)
        if device.type == 'cuda':
            torch.cuda.synchronize(device)

    return run

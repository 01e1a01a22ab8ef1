# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Time of forward passes, of ours and of peers, interleaved with what gives the machine's peak."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch

from lacdepth_ros.core.percentiles import PERCENTILES, percentiles_at
from lacdepth_ros.evaluation import peers
from lacdepth_ros.evaluation.benchmark import (
    count_macs,
    count_parameters,
    forward_runner,
    interleaved_times,
    network_size,
)
from lacdepth_ros.evaluation.peak import Peak, best, probes
from lacdepth_ros.models.config import ModelConfig


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
        milliseconds: PERCENTILES of the rounds.
        ratio: Its p50 over that of the first combination of the run.
        share_of_peak: Multiply-adds a second over those of the fastest probe in the same
            precision, timed in the same turns (see peak.py); of each the fastest round, which
            nothing disturbed.
    """

    combination: Combination
    work: Work
    milliseconds: tuple[float, ...]
    ratio: float
    share_of_peak: float


Runners = dict[Combination, tuple[Work, Callable[[], object]]]


def our_runners(
    configs: Sequence[ModelConfig],
    sizes: Sequence[tuple[int, int]],
    ways: Sequence[tuple[str, str]],
    device: torch.device,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Runners:
    """Our networks, in all combinations.

    Args:
        configs: With random weights.
        sizes: (height, width) of the inputs.
        ways: Engine and precision.
        device: Where to run.
        progress: Called with the combinations made and those in all.
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
                progress(len(runners), len(configs) * len(sizes) * len(ways))
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


def time_runners(
    runners: Runners,
    rounds: int,
    device: torch.device,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> tuple[list[ForwardTime], dict[str, Peak]]:
    """Time all interleaved, and with them the probes that give the peak of each precision.

    Args:
        runners: What to time.
        rounds: How often.
        device: Where it runs.
        progress: As of `interleaved_times`.
    """
    precisions = dict.fromkeys(combination.precision for combination in runners)
    probing = {precision: probes(precision, device) for precision in precisions}
    timed: dict[Combination | tuple[str, str], Callable[[], object]] = {
        (precision, name): probe.run
        for precision, named in probing.items()
        for name, probe in named.items()
    }
    timed |= {combination: run for combination, (_, run) in runners.items()}
    times = interleaved_times(timed, rounds, progress)
    peaks = {
        precision: best(named, {name: times[precision, name] for name in named})
        for precision, named in probing.items()
    }
    first = percentiles_at(times[next(iter(runners))], PERCENTILES)[0]
    rows = []
    for combination, (work, _) in runners.items():
        milliseconds = percentiles_at(times[combination], PERCENTILES)
        gmacs = work.macs / min(times[combination]) / 1e6
        share = gmacs / peaks[combination.precision].gmacs
        rows.append(ForwardTime(combination, work, milliseconds, milliseconds[0] / first, share))
    return rows, peaks

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Time of forward passes, of ours and of peers, interleaved with what gives the machine's peak."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

import torch
from torch import nn

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
        ratio: Its p50 over that of the first combination of the run, timed in the same turns.
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
Made = Callable[[], Runners]
"""Makes one network at one size: one of ours in all ways, which are to be compared, a peer in one,
as ZoeDepth in four takes over 20 GiB. What is made is timed, and let go, before the next."""


def our_networks(
    configs: Sequence[ModelConfig],
    sizes: Sequence[tuple[int, int]],
    ways: Sequence[tuple[str, str]],
    device: torch.device,
) -> list[Made]:
    """Our networks with random weights, at each size.

    Args:
        configs: One for each network.
        sizes: (height, width) of the inputs.
        ways: Engine and precision.
        device: Where to run.
    """
    return [
        partial(_our_runners, config, *size, ways, device) for config in configs for size in sizes
    ]


def _our_runners(
    config: ModelConfig,
    height: int,
    width: int,
    ways: Sequence[tuple[str, str]],
    device: torch.device,
) -> Runners:
    size = network_size(config, height, width)
    work = Work(size.parameters, size.macs)
    return {
        Combination(config.name, engine, precision, height, width): (
            work,
            forward_runner(
                config, height, width, device=device, precision=precision, engine=engine
            ),
        )
        for engine, precision in ways
    }


def peer_networks(
    names: Iterable[str], sizes: Sequence[tuple[int, int]], ways: Sequence[tuple[str, str]]
) -> list[Made]:
    """Peers on the CPU, in those of the ways that they can be run in; as `our_networks`.

    Raises:
        ModuleNotFoundError: transformers is not installed.
    """
    ours = peers.ways_of_peers(ways)
    return [
        partial(_peer_runners, name, peers.build_peer(name, 'meta'), wanted, [way])
        for name in names
        for wanted in sizes
        for way in ours
    ]


def _peer_runners(
    name: str, counted: nn.Module, wanted: tuple[int, int], ways: Sequence[tuple[str, str]]
) -> Runners:
    height, width = peers.PEERS[name].input_size(*wanted)
    work = Work(count_parameters(counted), count_macs(counted, height, width))
    return {
        Combination(name, engine, precision, height, width): (
            work,
            peers.peer_runner(
                peers.build_peer(name), height, width, engine=engine, precision=precision
            ),
        )
        for engine, precision in ways
    }


def time_networks(
    networks: Sequence[Made],
    rounds: int,
    device: torch.device,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> tuple[list[ForwardTime], dict[str, Peak]]:
    """Time what is made together interleaved, and with it the first way of all and the probes.

    Args:
        networks: What to time; none is held longer than that takes, but for the first way.
        rounds: How often.
        device: Where it runs.
        progress: Called with the networks timed and those in all.

    Returns:
        The times, and by precision the fastest probe of all turns.
    """
    rows: list[ForwardTime] = []
    peaks: dict[str, Peak] = {}
    first: Runners = {}
    for done, make in enumerate(networks):
        progress(done, len(networks))
        timed, found, first = _time(make(), first, rounds, device)
        rows += timed
        for precision, peak in found.items():
            known = peaks.setdefault(precision, peak)
            peaks[precision] = max(known, peak, key=lambda peak: peak.gmacs)
    progress(len(networks), len(networks))
    return rows, peaks


def _time(
    runners: Runners, first: Runners, rounds: int, device: torch.device
) -> tuple[list[ForwardTime], dict[str, Peak], Runners]:
    """Rows and peaks of one network's turns, and the first way of all."""
    first = first or dict(islice(runners.items(), 1))
    precisions = dict.fromkeys(combination.precision for combination in runners)
    probing = {precision: probes(precision, device) for precision in precisions}
    timed: dict[Combination | tuple[str, str], Callable[[], object]] = {
        (precision, name): probe.run
        for precision, named in probing.items()
        for name, probe in named.items()
    }
    timed |= {combination: run for combination, (_, run) in (first | runners).items()}
    times = interleaved_times(timed, rounds)
    peaks = {
        precision: best(named, {name: times[precision, name] for name in named})
        for precision, named in probing.items()
    }
    base = percentiles_at(times[next(iter(first))], PERCENTILES)[0]
    rows = []
    for combination, (work, _) in runners.items():
        milliseconds = percentiles_at(times[combination], PERCENTILES)
        gmacs = work.macs / min(times[combination]) / 1e6
        share = gmacs / peaks[combination.precision].gmacs
        rows.append(ForwardTime(combination, work, milliseconds, milliseconds[0] / base, share))
    return rows, peaks, first

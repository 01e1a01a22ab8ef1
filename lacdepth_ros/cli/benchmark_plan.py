# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What `lacdepth benchmark` is going to time, and how long that takes, before it begins."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli.console import GET_ROS, UsageError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class ForwardPlan:
    """Forward passes to be timed: every network at every size, in every way.

    Attributes:
        device: Where they run.
        presets: Names of our networks.
        peers: Names of other projects' networks.
        ways: Engine and precision.
    """

    device: torch.device
    presets: Sequence[str]
    peers: Sequence[str]
    ways: Sequence[tuple[str, str]]

    @property
    def combinations(self) -> int:
        """Networks in all ways, at one size."""
        from lacdepth_ros.evaluation.peers import ways_of_peers

        of_peers = len(ways_of_peers(self.ways))
        return len(self.presets) * len(self.ways) + len(self.peers) * of_peers


def forward_plan(args: argparse.Namespace) -> ForwardPlan:
    """The forward passes that the options ask for.

    Raises:
        UsageError: An option names what there is not, or what cannot run here.
    """
    from lacdepth_ros.evaluation import peers
    from lacdepth_ros.models.config import PRESETS
    from lacdepth_ros.models.engines.build import ENGINES, PRECISIONS, runnable
    from lacdepth_ros.models.engines.devices import check_device

    try:
        device = check_device(args.device)
    except ValueError as failure:
        raise UsageError(str(failure)) from failure
    presets = _chosen('--presets', args.presets, PRESETS)
    engines = _chosen('--engines', args.engines, ENGINES)
    precisions = _chosen('--precisions', args.precisions, PRECISIONS)
    ways = [
        (engine, precision)
        for engine, precision in runnable(device)
        if engine in engines and precision in precisions
    ]
    if not ways:
        raise UsageError(f'on {device} can be run: {runnable(device)}')
    others = []
    if args.peers is not None:
        others = _chosen('--peers', args.peers or None, peers.PEERS)
        if device.type != 'cpu':
            raise UsageError('--peers are timed on the cpu')
        if not peers.ways_of_peers(ways):
            raise UsageError(
                '--peers run in fp32, bf16 and on Arm fp16, by eager and openvino: name one of '
                'each, or neither --engines nor --precisions'
            )
    return ForwardPlan(device, presets, others, ways)


def _chosen(option: str, given: Sequence[str] | None, possible: Any) -> list[str]:
    """What an option named, or all there is; UsageError for other names."""
    if unknown := [name for name in given or () if name not in possible]:
        raise UsageError(f'{option} {unknown[0]} is not one of {", ".join(possible)}')
    return list(given or possible)


def duration(args: argparse.Namespace, plan: ForwardPlan | None) -> str:
    """How long everything takes, as far as it is known before, in words.

    Raises:
        UsageError: The node is to be measured, and there is no ROS.
    """
    told = []
    if plan is not None:
        from lacdepth_ros.evaluation.benchmark import ENOUGH_MS

        count = plan.combinations * len(args.sizes)
        minutes = count * 2 * ENOUGH_MS / 6e4  # each pass runs once untimed, too
        told.append(
            f'{count} forward passes in {args.rounds} rounds, {minutes:.0f} min at most unless '
            'one takes seconds'
        )
    if args.node_frames > 0 or args.rates:
        told.append(f'the node {_node_seconds(args):.0f} s and its starts')
    return '; '.join(told)


def _node_seconds(args: argparse.Namespace) -> float:
    """Seconds in which frames are sent to the node; UsageError without ROS."""
    try:
        from lacdepth_ros.session.node_benchmark import CASES, PERIOD
        from lacdepth_ros.session.node_load import PATIENCE
    except ImportError as missing:
        raise UsageError(
            f'the node cannot be measured without ROS 2 ({missing}): give --node-frames 0 and '
            f'--rates without a value, or {GET_ROS}'
        ) from missing
    loads = len(args.cameras) * len(args.rates) * (args.seconds + PATIENCE)
    return len(CASES) * (max(args.node_frames, 0) * PERIOD + loads)

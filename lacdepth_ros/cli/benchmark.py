# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth benchmark`: what the networks and the running node cost on this machine."""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from lacdepth_ros.cli import benchmark_tables as tables
from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.benchmark_plan import ForwardPlan, duration, forward_plan
from lacdepth_ros.cli.console import UsageError, progress_bar, watched
from lacdepth_ros.core.whole_file import write_json

HELP = 'parameters, multiply-adds, milliseconds, and what the node answers'
DESCRIPTION = """\
Count parameters and multiply-adds of every preset and of lacdepth-lite with every encoder, and
time forward passes: presets (and with --peers other projects' networks) x sizes x engines x
precisions, those of a preset at one size interleaved with the first of all and with what reaches
the most multiply-adds a second here (others' one by one, as they are large); each is given as a
ratio to the one and as a share of the other, too: on a shared machine ratios are worth more than
milliseconds. Then the node runs in a process of its own (this needs rclpy): its stages with frames
of KITTI's size one by one, and what it answers at the pace of one or several cameras, with depth
and with depth and cloud subscribed.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'benchmark', run, HELP, DESCRIPTION)
    parser.add_argument('--device', default='cpu', help='torch device (default: cpu)')
    parser.add_argument('--skip-sizes', action='store_true', help='do not count all encoders')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the figures as JSON too')
    outputs.add_overwrite(parser)
    forward = parser.add_argument_group('forward passes')
    forward.add_argument(
        '--rounds', type=int, default=15, help='timed rounds, 0 for none (default: 15)'
    )
    forward.add_argument(
        '--sizes',
        nargs='+',
        type=_size,
        default=[(352, 1216)],
        metavar='HxW',
        help='sizes of the input [px] (default: 352x1216)',
    )
    for name, what in (
        ('--presets', 'presets to time'),
        ('--engines', 'engines'),
        ('--precisions', 'precisions'),
    ):
        forward.add_argument(name, nargs='+', metavar='NAME', help=f'{what} (default: all)')
    forward.add_argument(
        '--peers',
        nargs='*',
        metavar='NAME',
        help="other projects' networks too, from transformers (no name: all)",
    )
    _add_node_options(parser.add_argument_group('the node'))


def _add_node_options(node: Any) -> None:
    node.add_argument(
        '--node-frames',
        type=int,
        default=40,
        metavar='N',
        help='frames sent one by one through the running node, 0 for none (default: 40)',
    )
    node.add_argument(
        '--rates',
        nargs='*',
        type=float,
        default=[10.0, 20.0, 30.0],
        metavar='HZ',
        help='paces of the cameras, none for no such run (default: 10 20 30)',
    )
    node.add_argument(
        '--cameras',
        nargs='+',
        type=int,
        default=[1],
        metavar='N',
        help='numbers of cameras at each pace (default: 1)',
    )
    node.add_argument(
        '--seconds', type=float, default=5.0, help='length of each such run (default: 5)'
    )


def _size(text: str) -> tuple[int, int]:
    """Height and width of a text such as 352x1216."""
    match = re.fullmatch(r'([1-9]\d*)x([1-9]\d*)', text)
    if match is None:
        raise argparse.ArgumentTypeError(f'{text!r} is no size such as 352x1216')
    return int(match[1]), int(match[2])


def run(args: argparse.Namespace) -> int:
    """Run the command; 0 when done."""
    if args.rounds < 0 or min(args.cameras) < 1 or min([*args.rates, args.seconds]) <= 0:
        raise UsageError('--cameras, --rates and --seconds must be positive, --rounds 0 or more')
    _refuse_without_effect(args)
    outputs.claim_file(args, '--json', args.json)
    from lacdepth_ros.core.runtime import share_cores, tune_process

    tune_process()
    share_cores(args.device)
    plan = forward_plan(args) if args.rounds else None
    print(duration(args, plan), file=sys.stderr)
    result: dict[str, Any] = {'device': args.device, 'complete': False}

    def save() -> None:
        if args.json is not None:
            write_json(args.json, result)

    if not args.skip_sizes:
        result['sizes'] = _sizes(*args.sizes[0])
        print(tables.sizes(result['sizes']))
        save()
    if plan is not None:
        result['times'], result['peaks'] = _times(args, plan)
        print(tables.times(result['times'], result['peaks'], args.rounds))
        save()
    if args.node_frames > 0 or args.rates:
        _node(args, result, save)
    result['complete'] = True
    save()
    if args.json is not None:
        print(f'wrote {args.json}')
    return 0


def _refuse_without_effect(args: argparse.Namespace) -> None:
    if not args.rounds:
        why = 'is about forward passes, of which --rounds 0 times none; leave one out'
        counted = ('sizes',) if args.skip_sizes else ()
        names = (*counted, 'presets', 'engines', 'precisions', 'peers')
        options.refuse_given(args, *names, why=why)
    if not args.rates:
        why = 'is about loads, of which --rates without a value runs none; leave one out'
        options.refuse_given(args, 'cameras', 'seconds', why=why)


def _sizes(height: int, width: int) -> list[dict[str, Any]]:
    from lacdepth_ros.evaluation.benchmark import network_size, with_encoder
    from lacdepth_ros.models.backbone import ENCODERS
    from lacdepth_ros.models.checkpoint import load_checkpoint
    from lacdepth_ros.models.config import PRESETS

    lite = load_checkpoint()[0].config
    presets = (config for name, config in PRESETS.items() if name != lite.name)
    others = (name for name in ENCODERS if name != lite.encoder)
    configs = [lite, *presets, *(with_encoder(lite, name) for name in others)]
    return [
        {
            'network': config.name,
            'height': height,
            'width': width,
            **dataclasses.asdict(network_size(config, height, width)),
        }
        for config in configs
    ]


def _times(
    args: argparse.Namespace, plan: ForwardPlan
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """One row per combination, and by precision what the machine can do at most."""
    from lacdepth_ros.evaluation import forward_times
    from lacdepth_ros.models.checkpoint import load_checkpoint
    from lacdepth_ros.models.config import PRESETS

    shipped = load_checkpoint()[0].config  # a preset, but for what its recipe changed
    configs = [shipped if name == shipped.name else PRESETS[name] for name in plan.presets]
    networks = forward_times.our_networks(configs, args.sizes, plan.ways, plan.device)
    try:
        networks += forward_times.peer_networks(plan.peers, args.sizes, plan.ways)
    except ModuleNotFoundError as missing:
        raise UsageError(f'--peers: {missing}') from missing
    show = progress_bar('network')
    rows, peaks = forward_times.time_networks(networks, args.rounds, plan.device, show)
    return [_flat(row) for row in rows], {p: dataclasses.asdict(peaks[p]) for p in peaks}


def _flat(row: Any) -> dict[str, Any]:
    """The fields of a ForwardTime and of what it holds, as one row."""
    values = dataclasses.asdict(row)
    milliseconds = dict(zip(('p50_ms', 'p95_ms', 'p99_ms'), row.milliseconds, strict=True))
    rest = {name: values[name] for name in ('ratio', 'share_of_peak')}
    return {**values['combination'], **values['work'], **milliseconds, **rest}


def _node(args: argparse.Namespace, result: dict[str, Any], save: Callable[[], None]) -> None:
    """Add to the result what the running node does; saved case by case: each start takes long."""
    from lacdepth_ros.session.node_process import choose_domain, use_domain

    use_domain(choose_domain())
    parameters = {'device': args.device}
    if args.node_frames > 0:
        result['node'] = []
        for row in _latencies(args.node_frames, parameters):
            result['node'].append(row)
            print(tables.node([row]))
            save()
    if args.rates:
        result['load'] = []
        try:
            for row in _loads(args, parameters):
                result['load'].append(row)
                save()
        finally:
            if result['load']:
                print(tables.load(result['load']))


def _latencies(frames: int, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Frames one by one, for each set of subscribed topics."""
    from lacdepth_ros.session.node_benchmark import node_latencies

    for latency in node_latencies(frames, parameters, partial(watched, total=frames)):
        yield {**dataclasses.asdict(latency), 'overhead_ms': latency.overhead}


def _loads(args: argparse.Namespace, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Frames at the pace of cameras, for each number of them, set of topics and rate."""
    from lacdepth_ros.session.node_benchmark import CASES
    from lacdepth_ros.session.node_load import load_node

    loads = list(product(args.cameras, CASES.items(), args.rates))
    show = progress_bar('load')
    for done, (count, (subscribed, topics), rate) in enumerate(loads, start=1):
        figures = load_node(parameters, topics, cameras=count, rate=rate, seconds=args.seconds)
        yield {'subscribed': subscribed, **dataclasses.asdict(figures)}
        show(done, len(loads))

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth benchmark`: size and speed of every preset and encoder on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lacdepth_ros.cli import options
from lacdepth_ros.cli.console import GET_ROS, UsageError
from lacdepth_ros.core.whole_file import write_json

HELP = 'parameters, multiply-adds and milliseconds of the networks'
DESCRIPTION = """\
Count parameters and multiply-adds of every preset and of lacdepth-lite with every encoder, and
time the presets' forward pass by engine and precision. All are timed interleaved, and each is also
given as a ratio to lacdepth-lite in fp32 by PyTorch: on a shared machine ratios are worth more
than milliseconds. Then the node runs in a process of its own (this needs rclpy) and answers frames
of KITTI's size.
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'benchmark', run, HELP, DESCRIPTION)
    parser.add_argument('--height', type=int, default=352, help='input height [px] (default: 352)')
    parser.add_argument('--width', type=int, default=1216, help='input width [px] (default: 1216)')
    parser.add_argument('--rounds', type=int, default=15, help='timed rounds (default: 15)')
    parser.add_argument('--device', default='cpu', help='torch device (default: cpu)')
    parser.add_argument(
        '--engines',
        nargs='+',
        metavar='NAME',
        help='only these, eager (PyTorch, the reference) among them (default: all installed)',
    )
    parser.add_argument('--skip-sizes', action='store_true', help='only time, do not count')
    parser.add_argument(
        '--node-frames',
        type=int,
        default=40,
        metavar='N',
        help='frames sent through the running node, 0 for none (default: 40)',
    )
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the figures as JSON too')


def run(args: argparse.Namespace) -> int:
    """Run the command; 0 when done."""
    if min(args.height, args.width, args.rounds) < 1:
        raise UsageError('--height, --width and --rounds must be positive')
    from lacdepth_ros.core.runtime import share_cores, tune_process

    tune_process()
    share_cores(args.device)
    result: dict[str, Any] = {'height': args.height, 'width': args.width, 'device': args.device}
    if not args.skip_sizes:
        result['sizes'] = _sizes(args.height, args.width)
    result['times'] = _times(args)
    if args.node_frames > 0:
        result['node'] = _node(args)
    if args.json is not None:
        options.make_folder(args.json.parent, '--json')
        write_json(args.json, result)
        print(f'wrote {args.json}')
    return 0


def _sizes(height: int, width: int) -> list[dict[str, Any]]:
    from lacdepth_ros.evaluation.benchmark import network_size, with_encoder
    from lacdepth_ros.models.backbone import ENCODERS
    from lacdepth_ros.models.config import PRESETS, preset

    lite = preset('lacdepth-lite')
    others = (name for name in ENCODERS if name != lite.encoder)
    configs = [*PRESETS.values(), *(with_encoder(lite, name) for name in others)]
    print(f'{"network":<38}{"parameters [M]":>15}{"encoder [M]":>13}{"GMAC":>9}')
    rows = []
    for config in configs:
        size = network_size(config, height, width)
        millions = (size.parameters / 1e6, size.encoder_parameters / 1e6)
        gmac = size.macs / 1e9
        print(f'{config.name:<38}{millions[0]:>15.2f}{millions[1]:>13.2f}{gmac:>9.1f}')
        rows.append(
            {
                'network': config.name,
                'parameters': size.parameters,
                'encoder_parameters': size.encoder_parameters,
                'macs': size.macs,
            }
        )
    return rows


def _times(args: argparse.Namespace) -> list[dict[str, Any]]:
    from lacdepth_ros.evaluation.benchmark import forward_runner, interleaved_times, percentiles
    from lacdepth_ros.models.config import PRESETS
    from lacdepth_ros.models.engines.build import runnable
    from lacdepth_ros.models.engines.devices import check_device

    device = check_device(args.device)
    runners = {
        _label(name, engine, precision): forward_runner(
            config, args.height, args.width, device=device, precision=precision, engine=engine
        )
        for name, config in PRESETS.items()
        for engine, precision in runnable(device)
        if not args.engines or engine in args.engines
    }
    if 'lacdepth-lite fp32' not in runners:
        raise UsageError('--engines must name eager, to which the ratios are taken')
    times = interleaved_times(runners, args.rounds)
    reference, _ = percentiles(times['lacdepth-lite fp32'])
    print(f'\nforward pass at {args.height}x{args.width} on {args.device}, {args.rounds} rounds')
    print(f'{"network":<38}{"p50 [ms]":>10}{"p95 [ms]":>10}{"ratio":>8}')
    rows = []
    for name, milliseconds in times.items():
        p50, p95 = percentiles(milliseconds)
        print(f'{name:<38}{p50:>10.1f}{p95:>10.1f}{p50 / reference:>8.2f}')
        rows.append({'network': name, 'p50_ms': p50, 'p95_ms': p95, 'ratio': p50 / reference})
    return rows


def _label(network: str, engine: str, precision: str) -> str:
    """Name of a row; PyTorch's own, the reference, goes without an engine."""
    return ' '.join([network, *([] if engine == 'eager' else [engine]), precision])


def _node(args: argparse.Namespace) -> list[dict[str, Any]]:
    import dataclasses

    try:
        from lacdepth_ros.session.node_benchmark import node_latencies
    except ImportError as missing:
        raise UsageError(
            f'the node cannot be measured without ROS 2 ({missing}): give --node-frames 0, or '
            f'{GET_ROS}'
        ) from missing
    print(f'\nnode on {args.device}, {args.node_frames} frames of 1242x375, p50 / p95 [ms]')
    print(
        f'{"subscribed":<18}{"network":>16}{"stamp to publish":>18}{"arrival":>16}{"overhead":>10}'
    )
    rows = []
    for latency in node_latencies(args.node_frames, device=args.device):
        stages = (latency.network, latency.stamp_to_publish, latency.arrival)
        network, publish, arrival = (f'{p50:.1f} / {p95:.1f}' for p50, p95 in stages)
        print(
            f'{latency.subscribed:<18}{network:>16}{publish:>18}{arrival:>16}'
            f'{latency.overhead:>10.1f}'
        )
        rows.append({**dataclasses.asdict(latency), 'overhead_ms': latency.overhead})
    return rows

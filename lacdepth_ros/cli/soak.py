# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth soak`: an hour of good and damaged frames, and what it did to the node."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import GET_ROS, UsageError, error
from lacdepth_ros.core.installation import missing_modules

if TYPE_CHECKING:
    from lacdepth_ros.session.soak import SoakPlan, SoakResult

HELP = 'run the node for an hour with faults mixed in'
DESCRIPTION = """\
Start the node in a process of its own, send it images of changing sizes, a part of them damaged,
take it through its states again and again, and watch its memory, threads and descriptors. Leaves
soak.json and soak.png.
"""
EPILOG = """\
exit codes:
  0  nothing grew, every good frame was answered, no damaged one was
  1  something grew or went wrong
  2  the node could not be started
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to `lacdepth`."""
    parser = options.add_command(subparsers, 'soak', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('--output', type=Path, required=True, metavar='DIR', help='for the report')
    outputs.add_overwrite(parser)
    parser.add_argument('--minutes', type=float, default=60.0, metavar='M', help='default: 60')
    parser.add_argument(
        '--frames', type=int, default=0, metavar='N', help='end after N frames (default: 0, none)'
    )
    parser.add_argument('--rate', type=float, default=10.0, metavar='HZ', help='default: 10')
    parser.add_argument(
        '--faults', type=float, default=0.2, metavar='SHARE', help='damaged frames (default: 0.2)'
    )
    parser.add_argument(
        '--round-every',
        type=int,
        default=500,
        metavar='N',
        help='frames between two rounds through all states (default: 500; 0: none)',
    )
    parser.add_argument(
        '--scales',
        type=float,
        nargs=2,
        default=(0.2, 1.0),
        metavar=('LOW', 'HIGH'),
        help='range of the image size, of 1242 x 375 (default: 0.2 1)',
    )
    parser.add_argument('--seed', type=int, default=0, help='default: 0')
    options.add_predictor_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the node, write the report; 1 when something grew or went wrong."""
    if missing_modules(['rclpy']):
        raise UsageError(f'the node needs ROS 2: {GET_ROS}')
    if not (args.minutes > 0 and args.rate > 0 and 0 <= args.faults < 1):
        raise UsageError('--minutes and --rate must be above 0, --faults from 0 to below 1')
    if args.round_every < 0 or args.frames < 0:
        raise UsageError('--frames and --round-every must not be negative')
    if not 0.1 <= args.scales[0] <= args.scales[1] <= 4:
        raise UsageError('--scales must be two numbers from 0.1 to 4, the lower first')
    files = [args.output / name for name in ('soak.json', 'soak.png')]
    outputs.claim_folder(args, '--output', args.output, files)
    from lacdepth_ros.session.soak import SoakPlan

    plan = SoakPlan(
        seconds=60 * args.minutes,
        frames=args.frames,
        rate=args.rate,
        faults=args.faults,
        round_every=args.round_every,
        scales=tuple(args.scales),
        seed=args.seed,
    )
    result = _soak(args, plan)
    result.write(args.output)
    _report(args.output, result)
    return 1 if result.problems else 0


def _soak(args: argparse.Namespace, plan: SoakPlan) -> SoakResult:
    from lacdepth_ros.session.client import DepthClient
    from lacdepth_ros.session.node_process import (
        NodeError,
        NodeProcess,
        choose_domain,
        use_domain,
    )
    from lacdepth_ros.session.soak import soak

    use_domain(choose_domain())
    parameters = {
        'checkpoint': str(args.checkpoint or ''),
        'device': args.device,
        'engine': args.engine,
        'precision': args.precision,
        'input_scale': args.input_scale,
    }
    with NodeProcess('/soak', parameters, args.output / 'node.log') as process:
        client = DepthClient('/soak', ('depth/image_rect', 'points'), process.check)
        try:
            client.wait_for_node(60.0)
            return soak(process, client, plan, lambda line: print(line, flush=True))
        except NodeError as failure:
            raise UsageError(f'{failure}; the node said:\n{process.last_lines()}') from failure
        finally:
            client.close()


def _report(folder: Path, result: SoakResult) -> None:
    from lacdepth_ros.session.soak import KINDS

    print(', '.join(f'{name}: {count}' for name, count in sorted(result.counts.items())))
    frames = sum(count for name, count in result.counts.items() if name.split()[0] in KINDS)
    print(f'{frames} frames in {result.seconds:.0f} s: {frames / result.seconds:.2f} a second')
    first, last = result.signs[len(result.signs) // 2], result.signs[-1]
    print(
        f'second half: {first.resident_mb:.0f} -> {last.resident_mb:.0f} MB, {first.threads} -> '
        f'{last.threads} threads, {first.descriptors} -> {last.descriptors} descriptors'
    )
    for problem in result.problems:
        error(problem)
    if not missing_modules(['matplotlib']):
        from lacdepth_ros.session.soak_figure import draw

        draw(folder / 'soak.png', result.signs)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The options that name an evaluation protocol or change single rules of it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli.console import UsageError

if TYPE_CHECKING:
    from lacdepth_ros.evaluation.protocol import EvaluationProtocol

_FIELDS = {
    'crop': 'crop',
    'benchmark_crop': 'benchmark_crop',
    'min_depth': 'min_depth_eval',
    'max_depth': 'max_depth_eval',
    'flip_average': 'flip_average',
    'averaging': 'averaging',
    'median_scaling': 'median_scaling',
}
"""Option -> field of the protocol."""
PROTOCOL_OPTIONS = ('protocol', *_FIELDS, 'bands')
"""Names of what `add_protocol_options` adds."""


def add_protocol_options(parser: argparse.ArgumentParser) -> None:
    """Add --protocol, an option for each of its rules, and --bands."""
    group = add_counting_options(parser)
    _add_switch(group, 'flip-average', 'average with the prediction of the mirrored image')
    group.add_argument(
        '--averaging', choices=('image', 'pixel'), help='mean over images, or over all pixels'
    )
    _add_switch(group, 'median-scaling', 'bring each prediction to the median of its ground truth')
    group.add_argument(
        '--bands',
        type=float,
        nargs='+',
        metavar='M',
        help='distances between which errors are listed (default: 0, 1/8, 1/4, 1/2 and all of '
        'the upper cap)',
    )


def add_counting_options(parser: argparse.ArgumentParser) -> Any:
    """Add --protocol and an option for each of its rules that says which pixels count."""
    group = parser.add_argument_group(
        'protocol', 'A named protocol; any other option here changes one rule of it.'
    )
    group.add_argument(
        '--protocol',
        default='kitti',
        metavar='NAME',
        help='kitti (default), kitti-benchmark-crop, kitti-eigen-crop, kitti-median-scaled, nyu, '
        'whole; docs/evaluation.md lists their rules',
    )
    group.add_argument('--crop', choices=('garg', 'eigen', 'nyu', 'none'), help='part that counts')
    _add_switch(group, 'benchmark-crop', "take the crop of KITTI's 352x1216 benchmark crop")
    group.add_argument('--min-depth', type=float, metavar='M', help='lower cap, metres')
    group.add_argument('--max-depth', type=float, metavar='M', help='upper cap, metres')
    return group


def protocol_from(args: argparse.Namespace, *, imported: bool) -> EvaluationProtocol:
    """The protocol that the options describe.

    Args:
        args: The parsed options.
        imported: Predictions are read from files, so nothing is flip-averaged here.

    Raises:
        UsageError: No such protocol, or an impossible rule.
    """
    from lacdepth_ros.evaluation.protocol import PROTOCOLS

    if args.protocol not in PROTOCOLS:
        raise UsageError(f'--protocol: {args.protocol!r} is not one of {", ".join(PROTOCOLS)}')
    if imported and args.flip_average:
        raise UsageError('--flip-average: predictions read from files cannot be flip-averaged')
    changes = {
        field: value
        for option, field in _FIELDS.items()
        if (value := getattr(args, option, None)) is not None
    }
    if imported:
        changes['flip_average'] = False
    try:
        return replace(PROTOCOLS[args.protocol], **changes)
    except ValueError as failure:
        raise UsageError(str(failure)) from failure


def _add_switch(group: Any, name: str, help: str) -> None:
    group.add_argument(f'--{name}', action=argparse.BooleanOptionalAction, default=None, help=help)

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth data pairs`: any folder of images and depth as a manifest."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, progress_bar
from lacdepth_ros.cli.data_index import write_index

if TYPE_CHECKING:
    from lacdepth_ros.data.pairs import PairsOptions

HELP = 'make a manifest of any folder of images and depth'
DESCRIPTION = """\
Pair the images of a folder with maps of numbers (PNG of 16 bits, .npy, .npz, .pfm, .tif, .h5),
turn these into depth and write it as PNGs to OUT_depth/ beside the manifest. A '*' in both
patterns is what changes from frame to frame: 'rgb/*.jpg' and 'depth/*.png'. docs/data.md has the
options for two dozen public data sets.
"""
EPILOG = """\
examples:
  lacdepth data pairs scan/ scan.jsonl --images 'rgb/*.png' --depths 'depth/*.png' \\
      --intrinsics 525 525 319.5 239.5 --depth-scale 5000 --within 0.02 --max-depth 10
  lacdepth data pairs cam_00/ cam.jsonl --images 'color/*.jpg' --depths 'geo/*.hdf5' \\
      --intrinsics 886.81 886.81 512 384 --half-pixel --depth-is ray --max-depth 60
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the commands of `lacdepth data`."""
    parser = options.add_command(subparsers, 'pairs', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('root', type=Path, metavar='ROOT', help='folder of the patterns')
    parser.add_argument('output', type=Path, metavar='OUT.jsonl', help='manifest to be written')
    for name, what in (('images', 'images (PNG or JPEG)'), ('depths', 'maps of numbers')):
        parser.add_argument(
            f'--{name}', required=True, metavar='PATTERN', help=f'{what}, a path below ROOT'
        )
    parser.add_argument('--masks', metavar='PATTERN', help='maps that are 0 where depth is none')
    parser.add_argument(
        '--intrinsics',
        required=True,
        nargs=4,
        type=float,
        metavar=('FX', 'FY', 'CX', 'CY'),
        help='of the images, in pixels; rectified (no distortion)',
    )
    parser.add_argument(
        '--half-pixel',
        action='store_true',
        help='CX and CY count from the corner of the first pixel, not from its centre (COLMAP, '
        'nerfstudio; renderers, where CX is half the width)',
    )
    _add_meaning(parser)
    _add_frames(parser)
    outputs.add_overwrite(parser)
    options.add_limit(parser)


def _add_meaning(parser: argparse.ArgumentParser) -> None:
    """Add what the numbers of a map mean."""
    group = parser.add_argument_group('what the maps hold')
    group.add_argument(
        '--depth-is',
        default='z',
        choices=('z', 'ray', 'disparity', 'carla', 'sun'),
        help='z along the optical axis, distance along the ray, disparity [px], the colours of '
        'CARLA, the turned bits of SUN RGB-D (default: z)',
    )
    group.add_argument(
        '--depth-scale',
        type=float,
        metavar='S',
        help='stored value of one metre, or one pixel of disparity (default: 1, of floats only)',
    )
    group.add_argument('--baseline', type=float, metavar='M', help='of a disparity, metres')
    group.add_argument(
        '--disparity-offset',
        type=float,
        default=0.0,
        metavar='PX',
        help="added to the disparity: Middlebury's doffs, -0.00390625 of Cityscapes (default: 0)",
    )
    group.add_argument(
        '--invalid',
        nargs='+',
        type=float,
        default=(),
        metavar='V',
        help='stored values that are none, beside 0, below 0, NaN, and 65535 of 16 bits',
    )
    group.add_argument(
        '--spread',
        action='store_true',
        help='maps are the same view made smaller (LiDAR of a phone): each number goes to the '
        'pixel in its middle',
    )


def _add_frames(parser: argparse.ArgumentParser) -> None:
    """Add what is true of all frames."""
    group = parser.add_argument_group('frames')
    group.add_argument(
        '--within', type=float, metavar='S', help='names are times: pair the nearest, so close'
    )
    group.add_argument(
        '--max-depth', type=float, metavar='M', help='what is farther is none, as a far plane'
    )
    group.add_argument('--group', metavar='NAME', help="of the ids (default: ROOT's name)")
    group.add_argument(
        '--empty',
        choices=('unknown', 'sky'),
        default='unknown',
        help='what pixels without depth are (default: unknown)',
    )
    options.add_camera_height(group, default='not written')


def run(args: argparse.Namespace) -> int:
    """Write a manifest and report its counts; 1 when frames had to be left out."""
    from lacdepth_ros.data.indexing import IndexRequest
    from lacdepth_ros.data.pairs import index_pairs

    options.check_limit(args)
    if args.output.suffix != '.jsonl':
        raise UsageError(f'{args.output}: the manifest must be named .jsonl')
    try:
        pairs = _pairs_options(args)
        outputs.claim_file(args, 'OUT.jsonl', args.output)
        request = IndexRequest(args.root, args.output, limit=args.limit)
        result = index_pairs(request, pairs, progress_bar())
    except (OSError, ValueError, ModuleNotFoundError) as failure:
        raise UsageError(str(failure)) from failure
    status = write_index(args, result)
    print(f'look at it: lacdepth data check {args.output} --sheet OUT.png')
    return status


def _pairs_options(args: argparse.Namespace) -> PairsOptions:
    """What the options say; ValueError where they do not go together."""
    from lacdepth_ros.data.meaning import Meaning
    from lacdepth_ros.data.pairs import PairsOptions

    fx, fy, cx, cy = args.intrinsics
    shift = 0.5 if args.half_pixel else 0.0
    meaning = Meaning(
        kind=args.depth_is,
        scale=args.depth_scale,
        baseline=args.baseline,
        offset=args.disparity_offset,
        farthest=args.max_depth,
        invalid=tuple(args.invalid),
    )
    if args.within is not None and not args.within > 0:
        raise ValueError(f'--within {args.within:g}: more than 0 is needed')
    height = {} if args.camera_height is None else {'camera_height': args.camera_height}
    empty = {} if args.empty == 'unknown' else {'empty': args.empty}
    return PairsOptions(
        images=args.images,
        depths=args.depths,
        masks=args.masks,
        within=args.within,
        intrinsics=(fx, fy, cx - shift, cy - shift),
        meaning=meaning,
        spread=args.spread,
        group=args.group,
        tags={**height, **empty},
    )

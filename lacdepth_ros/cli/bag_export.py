# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth bag export`: recorded depth as a video, as PNG files and as clouds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, error, progress_bar, warn

if TYPE_CHECKING:
    from lacdepth_ros.bags.export import Exported

HELP = 'show the depth of a bag as a video, as pictures or as clouds'
DESCRIPTION = """\
Show the depth of a bag, as `lacdepth bag record-depth` or `ros2 bag record` wrote it:

  --video FILE   MP4: the image above its depth in colours (near warm, far cold) with their scale
  --png          OUT/<stamp>_color.png, and OUT/<stamp>_depth.png (metres x 256, 0 = invalid)
  --ply          OUT/<stamp>.ply, the coloured cloud in the camera's optical frame

The colours keep one scale over the whole bag. Images belong to depth by
their stamps and frame_id; those of a lens with distortion are rectified.
"""
EPILOG = """\
example:
  lacdepth bag export bags/yard out/yard --video out/yard.mp4 --ply --range 0.5 20
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to `lacdepth bag`."""
    parser = options.add_command(subparsers, 'export', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('bag', type=Path, metavar='BAG', help='folder, .mcap or .db3 file')
    parser.add_argument(
        'output', nargs='?', type=Path, metavar='OUT', help='folder of PNG and PLY files'
    )
    parser.add_argument('--video', type=Path, metavar='FILE', help='write an MP4')
    parser.add_argument('--png', action='store_true', help='write PNG files')
    parser.add_argument('--ply', action='store_true', help='write clouds')
    outputs.add_overwrite(parser)
    parser.add_argument('--depth-topic', metavar='TOPIC', help='depth images (REP 118)')
    parser.add_argument('--image-topic', metavar='TOPIC', help='images of the same camera')
    parser.add_argument(
        '--range',
        nargs=2,
        type=float,
        default=(2.0, 80.0),
        metavar=('NEAR', 'FAR'),
        help='metres of the warmest and of the coldest colour (default: 2 80)',
    )


def run(args: argparse.Namespace) -> int:
    """Export; 1 when a depth image could not be shown."""
    from lacdepth_ros.bags.export import ExportOptions, export

    _check(args)
    _claim(args)
    near, far = args.range
    wanted = ExportOptions(
        depth_topic=args.depth_topic,
        image_topic=args.image_topic,
        min_depth=near,
        max_depth=far,
        video=args.video,
        png=args.png,
        ply=args.ply,
    )
    try:
        folder = args.output or args.video.parent  # a video alone leaves nothing else
        done = export(args.bag, folder, wanted, progress_bar())
    except (FileNotFoundError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    for line in done.damage.lines(args.bag):
        error(line)
    for stamp, reason in done.skipped:
        error(f'depth at {stamp} ns not shown: {reason}')
    print(f'{done.frames} frames of {done.depth_topic} {_beside(args, done)}')
    for path in _written(args):
        print(f'wrote {path}')
    return 1 if done.skipped or done.damage.counts else 0


def _beside(args: argparse.Namespace, done: Exported) -> str:
    """Which images stand beside depth or color its clouds; what has none is warned of."""
    if done.images is None:
        return 'without images'
    instead = 'the video shows depth alone' if done.images.topic is None else 'black in the video'
    if args.ply:
        instead = 'their clouds are gray'
    for reason, count in done.images.missing.items():
        warn(f'{count} depth images have no image ({reason}); {instead}')
    if done.images.missing.total() == done.frames + len(done.skipped):
        return 'without images'
    return f'with {done.images.topic}' + (f' ({done.images.note})' if done.images.note else '')


def _check(args: argparse.Namespace) -> None:
    if not (args.video or args.png or args.ply):
        raise UsageError('nothing to write: give --video FILE, --png or --ply')
    near, far = args.range
    if not 0 < near < far:
        raise UsageError(f'--range {near} {far}: 0 < NEAR < FAR is needed')
    if not (args.video or args.png):
        why = 'is about colors of depth, which clouds do not have; leave it out'
        options.refuse_given(args, 'range', why=why)
    if not (args.video or args.ply):
        why = 'is for --video and --ply: --png writes depth alone; leave it out'
        options.refuse_given(args, 'image_topic', why=why)
    if (args.output is None) == (args.png or args.ply):
        raise UsageError('OUT, the folder of PNG and PLY files, goes with --png or --ply')


def _claim(args: argparse.Namespace) -> None:
    """The video and the folder; what an earlier export left there is named by stamps."""
    outputs.claim_file(args, '--video', args.video, make=False)
    if args.output is not None:
        endings = {'png': ('_color.png', '_depth.png'), 'ply': ('.ply',)}
        kinds = [kind for kind in endings if getattr(args, kind)]
        patterns = [f'[0-9]*{ending}' for kind in kinds for ending in endings[kind]]
        files = [file for pattern in patterns for file in sorted(args.output.glob(pattern))]
        outputs.claim_folder(args, 'OUT', args.output, files, make=False)


def _written(args: argparse.Namespace) -> list[Path]:
    """Where the results lie; there is a file for every stamp [ns]."""
    names = ['<stamp>_color.png', '<stamp>_depth.png'] if args.png else []
    names += ['<stamp>.ply'] if args.ply else []
    return [*([args.video] if args.video else []), *(args.output / name for name in names)]

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth bag from-kitti`: a KITTI raw drive, or a manifest, as a ROS 2 bag."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, error, progress_bar, warn

if TYPE_CHECKING:
    from lacdepth_ros.bags.convert import Converted

HELP = 'write a KITTI raw drive, or a manifest, as a bag'
DESCRIPTION = """\
Write a KITTI raw drive (.../2011_09_26_drive_0009_sync) or the frames of a manifest (.jsonl, or a
folder with manifest.jsonl) as a ROS 2 bag that `ros2 bag info`, `ros2 bag play` and RViz open:

  /camera/image_rect       rgb8, or /camera/image_rect/compressed (JPEG) with --compressed
  /camera/camera_info      rectified: no distortion, P = [K | 0]
  /ground_truth/depth      32FC1 metres, NaN where there is no ground truth, with its camera_info
  /velodyne_points         x, y, z, intensity (KITTI)
  /tf_static               base_link -> velodyne -> camera_optical_frame, base_footprint (KITTI)
  /tf                      odom -> base_link, from the drive's GPS and IMU (KITTI with oxts)

Stamps are the recording's own; a manifest whose lines have no `stamp` [ns] is played at 10 Hz.
The bag appears when it is whole: an interrupted run leaves none.
"""
EPILOG = """\
example:
  lacdepth bag from-kitti 2011_09_26/2011_09_26_drive_0009_sync bags/drive_0009
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to `lacdepth bag`."""
    parser = options.add_command(subparsers, 'from-kitti', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('source', type=Path, metavar='DRIVE', help='drive folder, or manifest')
    parser.add_argument('output', type=Path, metavar='OUT', help='folder of the new bag')
    parser.add_argument(
        '--storage', default='mcap', choices=('mcap', 'sqlite3'), help='default: mcap'
    )
    parser.add_argument('--compressed', action='store_true', help='images as JPEG')


def run(args: argparse.Namespace) -> int:
    """Write the bag; 1 when a frame or a scan could not be read."""
    from lacdepth_ros.bags.convert import write_source
    from lacdepth_ros.bags.sources import open_source

    outputs.claim_new(args.output, 'OUT')
    try:
        source = open_source(args.source)
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    begin = time.monotonic()
    try:
        done = write_source(
            source,
            args.output,
            storage=args.storage,
            compressed=args.compressed,
            progress=progress_bar(),
        )
    except ValueError as failure:
        raise UsageError(str(failure)) from failure
    _report(args.output, done, time.monotonic() - begin)
    if (height := source.camera_height) is not None:
        warn(
            f'the camera stands {height:g} m above the ground, which the bag does not hold: tell '
            f'`lacdepth bag evaluate` by --camera-height {height:g}, the node by its parameter'
        )
    return 1 if done.skipped else 0


def _report(path: Path, done: Converted, seconds: float) -> None:
    from lacdepth_ros.bags.convert import GROUND_TRUTH_TOPIC, INFO_TOPIC

    for name, reason in done.skipped:
        error(f'{name} left out: {reason}')
    for topic, count in done.counts.items():
        print(f'{count:6d}  {topic}')
    if without := done.counts[INFO_TOPIC] - done.counts.get(GROUND_TRUTH_TOPIC, 0):
        print(f'{without} frames have no ground truth')
    print(f'{path}: {done.size / 1e6:.1f} MB in {seconds:.1f} s')

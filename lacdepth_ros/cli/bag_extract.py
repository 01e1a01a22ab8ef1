# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth bag extract`: a bag with a camera and a LiDAR becomes a data set to train on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.console import UsageError, error, progress_bar, warn

if TYPE_CHECKING:
    from lacdepth_ros.bags.extraction import Extraction, ExtractOptions
    from lacdepth_ros.bags.transforms import Transform

HELP = 'make a data set to train on from a bag'
DESCRIPTION = """\
Make a data set for `lacdepth train` from a bag with images, camera_info, and a LiDAR (PointCloud2)
or a depth camera. Under OUT appear:

  images/, depth/    one image and one depth PNG (metres x 256, 0 = not measured) a frame
  manifest.jsonl     every frame; with --val-share also train.jsonl and val.jsonl

Each image takes the measurement nearest in time. Its points go through the transforms of the bag
(/tf interpolated, /tf_static) into the camera as it was at the image's stamp; points that
something nearer hides from the camera are left out. Images of a lens with distortion are
rectified. The image topic needs its camera_info; what is not named is chosen and printed.
"""
EPILOG = """\
examples:
  lacdepth bag extract bags/drive_0009 data/drive_0009 --val-share 0.2 --domain driving
  lacdepth bag extract walk.mcap data/walk --image-topic /front/image_raw \\
    --truth-topic /ouster/points --fixed-frame odom --every 5
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to `lacdepth bag`."""
    parser = options.add_command(subparsers, 'extract', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('bag', type=Path, metavar='BAG', help='folder, .mcap or .db3 file')
    parser.add_argument('output', type=Path, metavar='OUT', help='folder of the data set')
    _add_topics(parser.add_argument_group('topics'))
    geometry = parser.add_argument_group('time and place')
    _add_times(geometry)
    _add_places(geometry)
    _add_content(parser.add_argument_group('content'))


def _add_topics(group: Any) -> None:
    group.add_argument('--image-topic', metavar='TOPIC', help='Image or CompressedImage')
    group.add_argument('--camera-info-topic', metavar='TOPIC', help='default: beside the images')
    group.add_argument(
        '--truth-topic',
        metavar='TOPIC',
        help='PointCloud2, Livox CustomMsg, or depth images (REP 118)',
    )
    lens = group.add_mutually_exclusive_group()
    lens.add_argument(
        '--rectified',
        action='store_true',
        default=None,
        help='the images are rectified (default: when the topic is named image_rect...)',
    )
    lens.add_argument(
        '--raw', dest='rectified', action='store_false', default=None, help='they are not'
    )


def _add_times(group: Any) -> None:
    group.add_argument(
        '--tolerance',
        type=float,
        default=0.02,
        metavar='S',
        help='largest difference of the stamps of image and measurement, seconds (default: 0.02)',
    )
    group.add_argument(
        '--truth-offset',
        type=float,
        default=0.0,
        metavar='S',
        help='seconds to add to the stamps of the measurements, where the sensor has a clock of '
        'its own: -37 for one on TAI (PTP) beside a camera on UTC (default: 0)',
    )


def _add_places(group: Any) -> None:
    pose = group.add_mutually_exclusive_group()
    pose.add_argument(
        '--fixed-frame',
        metavar='FRAME',
        help='frame that stands still (odom, map): also takes out what the robot moved between '
        'the two stamps',
    )
    pose.add_argument(
        '--pose',
        nargs=7,
        type=float,
        metavar=('X', 'Y', 'Z', 'QX', 'QY', 'QZ', 'QW'),
        help="pose of the sensor in the camera's optical frame, for bags without transforms",
    )
    group.add_argument(
        '--deskewed',
        action=argparse.BooleanOptionalAction,
        help="the motion within a sweep is out of the cloud's points already; else --fixed-frame "
        'takes it out, where they have times (default: when the topic is named so)',
    )
    group.add_argument(
        '--occlusion',
        type=float,
        default=0.6,
        metavar='DEG',
        help='look this far around a point for what hides it, degrees: more than the gap between '
        'two rows of the LiDAR; 0 keeps every point (default: 0.6)',
    )


def _add_content(group: Any) -> None:
    group.add_argument(
        '--every',
        type=int,
        default=1,
        metavar='N',
        help='take every n-th of the images that have a measurement (default: 1)',
    )
    group.add_argument(
        '--min-points',
        type=int,
        default=100,
        metavar='N',
        help='leave out images with fewer true pixels (default: 100)',
    )
    group.add_argument(
        '--domain', metavar='NAME', help="the manifest's `domain`, such as driving or indoor"
    )
    options.add_camera_height(
        group,
        default='that above the tf frame base_footprint; else none in the manifest, which means '
        "the checkpoint's, with a warning",
    )
    group.add_argument(
        '--val-share',
        type=float,
        default=0.0,
        metavar='S',
        help='share of the frames, the last ones, that go to val.jsonl (default: 0)',
    )


def run(args: argparse.Namespace) -> int:
    """Extract; 1 when an image failed for another reason than a missing measurement."""
    from lacdepth_ros.bags.extract import extract

    outputs.check_writable(args.output, 'OUT')
    try:
        done = extract(args.bag, args.output, _options(args), progress_bar())
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    _report(args, done)
    return 1 if done.failed else 0


def _options(args: argparse.Namespace) -> ExtractOptions:
    from lacdepth_ros.bags.extraction import ExtractOptions

    return ExtractOptions(
        image_topic=args.image_topic,
        info_topic=args.camera_info_topic,
        ground_truth_topic=args.truth_topic,
        rectified=args.rectified,
        tolerance=args.tolerance,
        truth_offset=args.truth_offset,
        every=args.every,
        fixed_frame=args.fixed_frame,
        pose=None if args.pose is None else _pose(args.pose),
        deskewed=args.deskewed,
        reach=args.occlusion,
        min_points=args.min_points,
        domain=args.domain,
        val_share=args.val_share,
        camera_height=args.camera_height,
    )


def _pose(numbers: list[float]) -> Transform:
    """The pose that --pose gives, checked as those of a bag are."""
    from lacdepth_ros.bags.transform_tree import TransformTree

    tree = TransformTree()
    tree.add('camera', 'sensor', 0, numbers[:3], numbers[3:], static=True)
    return tree.lookup('camera', 'sensor', 0)


def show_findings(bag: Path, done: Extraction) -> None:
    """Say what of a bag is damaged, doubtful or left out."""
    for line in done.damage.lines(bag):
        error(line)
    for text in dict.fromkeys(done.warnings):
        warn(text)
    if done.calibrations > 1:
        warn(
            f'the calibration changes {done.calibrations - 1} times; every frame keeps its own '
            'intrinsics'
        )
    for reason, count in done.skipped.items():
        error(f'{count} images left out, {reason}; the first: {done.details[reason]}')


def _report(args: argparse.Namespace, done: Extraction) -> None:
    """Say what was taken, and name everything that was not."""
    if done.choice:
        warn(f'{done.choice}; --image-topic chooses')
    show_findings(args.bag, done)
    if args.camera_height is None:
        _tell_height(done)
    images, info, ground_truth = done.topics
    points = f', {done.points}' if done.points else ''
    print(f'images {images}, camera_info {info}, ground truth {ground_truth}{points}')
    hidden = done.hidden / (done.pixels + done.hidden)
    split = f' ({done.validating} to validate on)' if done.validating else ''
    print(
        f'{args.output}: {done.written} frames{split}, {done.pixels / done.written:.0f} true '
        f'pixels each, {hidden:.1%} of the points left out as hidden'
    )


def _tell_height(done: Extraction) -> None:
    """Say which height of the camera the manifest names, or that it names none."""
    unknown, known = done.heights.count(None), [h for h in done.heights if h is not None]
    if known:
        low, high = min(known), max(known)
        height = f'{low:g} m' if low == high else f'{low:g} to {high:g} m'
        print(f'camera_height {height}, above the tf frame base_footprint')
    if unknown:
        warn(
            f'the manifest names no height of the camera of {unknown} frames: training and '
            'evaluation assume that of the checkpoint (1.65 m of the shipped one) and learn '
            'metres that are wrong for a node that is told the true one. Give --camera-height.'
        )

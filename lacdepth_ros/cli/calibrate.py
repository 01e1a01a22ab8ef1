# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth calibrate`: height of the camera, or factor, from true depths of its own images."""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, outputs
from lacdepth_ros.cli.calibrate_advice import describe
from lacdepth_ros.cli.console import UsageError, error, progress_bar, warn
from lacdepth_ros.cli.predict import IMAGE_SUFFIXES
from lacdepth_ros.core.whole_file import write_json

if TYPE_CHECKING:
    from lacdepth_ros.data.sources import Entry
    from lacdepth_ros.evaluation.readings import Readings
    from lacdepth_ros.models.predictor import DepthPredictor

HELP = 'find the camera height, or the factor, that makes depth right'
DESCRIPTION = """\
Compare predicted with true depth of one camera, and print what to put into the node's YAML.

INPUT is a bag with a LiDAR or depth camera, a manifest (or its folder), a KITTI raw drive, or one
image with depths measured by tape: each --point is a pixel (column, row) of the image as it is
shown and its depth in metres along the optical axis, not along the ray.

A bag is read as `lacdepth bag extract` reads it; where its topics or transforms need options,
extract it first.

Printed are the factor with its 95 % range, the errors before and after, and whether errors depend
on distance; where they do, no factor cures them.
"""
EPILOG = """\
examples:
  lacdepth calibrate walk.mcap --camera-height 0.5
  lacdepth calibrate data/walk/manifest.jsonl --limit 50
  lacdepth calibrate yard.jpg --camera-info front.yaml --point 320 400 2.1 --point 500 310 6.4
"""
_MAX_DEPTH = 80.0
BAG_FRAMES = 50
"""Frames that are taken out of a bag at most, spread evenly over it."""


def add_parser(subparsers: Any) -> None:
    """Add the command to the program."""
    parser = options.add_command(subparsers, 'calibrate', run, HELP, DESCRIPTION, EPILOG)
    parser.add_argument('input', type=Path, metavar='INPUT', help='bag, data set or image')
    parser.add_argument(
        '--point',
        nargs=3,
        type=float,
        action='append',
        default=[],
        metavar=('U', 'V', 'METERS'),
        help='a depth measured in the image; repeat it for near and far points',
    )
    options.add_camera_height(parser, default="the data set's, else the checkpoint's")
    parser.add_argument(
        '--max-depth',
        type=float,
        metavar='M',
        help=f'true depth beyond which nothing counts, metres (default: {_MAX_DEPTH:g})',
    )
    parser.add_argument('--json', type=Path, metavar='OUT', help='what was found, as JSON')
    outputs.add_overwrite(parser)
    options.add_limit(parser)
    options.add_camera_options(
        parser,
        intrinsics='focal lengths and principal point of the image, pixels',
        file='of the image: YAML or INI of camera_calibration, YAML of Kalibr, or a CameraInfo '
        'message as YAML or JSON',
    )
    options.add_predictor_options(parser)


def run(args: argparse.Namespace) -> int:
    """Fit and report; 1 when a frame could not be read."""
    from lacdepth_ros.core.runtime import tune_process

    tune_process()
    from lacdepth_ros.evaluation.scale import fit_scale

    options.check_limit(args)
    if args.point:
        why = 'means nothing for --point; leave it out'
        options.refuse_given(args, 'max_depth', 'limit', why=why)
    elif is_image(args.input):
        raise UsageError(f'{args.input} is an image: give its true depths with --point')
    else:
        why = 'is for an image with --point; bags and data sets bring their own; leave it out'
        options.refuse_given(args, 'intrinsics', 'camera_info', why=why)
    outputs.claim_file(args, '--json', args.json)
    predictor = options.load_predictor(args)
    told = args.camera_height or predictor.camera_height
    failed = 0
    if args.point:
        readings = _tape(args, predictor)
    else:
        with _entries(args, told) as entries:
            told = _told(entries, args, predictor)
            readings, failed = _measured(args, entries, predictor)
    fit = fit_scale(readings)
    print(describe(fit, told, predictor.camera_height))
    if args.json is not None:
        write_json(args.json, {**dataclasses.asdict(fit), 'bends': fit.bends, 'told': told})
    return 1 if failed else 0


def is_image(path: Path) -> bool:
    """Whether a path names a picture."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def _told(
    entries: Sequence[Entry], args: argparse.Namespace, predictor: DepthPredictor
) -> float | None:
    """The height that depth of all frames is computed for [m]; None where they differ."""
    from lacdepth_ros.core.camera import one_height

    if args.camera_height is not None:
        return float(args.camera_height)
    return one_height([entry.camera_height or predictor.camera_height for entry in entries])


def _tape(args: argparse.Namespace, predictor: DepthPredictor) -> Readings:
    """Readings at the points of an image."""
    from lacdepth_ros.cli.cameras import (
        AssumedCamera,
        CalibrationFile,
        CameraSource,
        GivenIntrinsics,
    )
    from lacdepth_ros.data.files import is_turned, read_image
    from lacdepth_ros.evaluation.readings import tape_readings

    source: CameraSource = AssumedCamera(predictor.assumed_camera)
    if args.intrinsics is not None:
        source = GivenIntrinsics(*args.intrinsics)
    elif args.camera_info is not None:
        source = CalibrationFile(args.camera_info)
    try:
        if not (assumed := isinstance(source, AssumedCamera)) and is_turned(args.input):
            raise UsageError(
                f'{args.input} asks to be shown rotated (EXIF orientation), so nobody knows '
                'whether --point and the intrinsics are of its stored or of its shown pixels: '
                'save it without that tag, as it shall be, and give those of that file'
            )
        view = source.view(read_image(args.input, upright=assumed))
        prediction = predictor.predict(view.image, view.camera, camera_height=args.camera_height)
        points = list(dict.fromkeys(map(tuple, args.point)))  # one twice says no more than once
        return tape_readings(view.without_outside(prediction.depth), points)
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure


def _measured(
    args: argparse.Namespace, entries: Sequence[Entry], predictor: DepthPredictor
) -> tuple[Readings, int]:
    """Readings of frames with ground truth, and how many frames gave none."""
    from lacdepth_ros.evaluation.readings import read_frames

    try:
        readings, skipped = read_frames(
            predictor,
            entries,
            progress_bar(),
            camera_height=args.camera_height,
            max_depth=_MAX_DEPTH if args.max_depth is None else args.max_depth,
        )
    except ValueError as failure:
        raise UsageError(f'{args.input}: {failure}') from failure
    for frame in skipped:
        error(f'{frame.id} not read: {frame.reason}')
    return readings, len(skipped)


@contextmanager
def _entries(args: argparse.Namespace, height: float) -> Iterator[Sequence[Entry]]:
    """Frames with ground truth of a data set, or of a bag, which is extracted for a while."""
    from lacdepth_ros.cli.ground_truth_doubts import warn_of_ground_truth
    from lacdepth_ros.data.indexing import spread
    from lacdepth_ros.data.sources import is_data_set, open_data_set

    with tempfile.TemporaryDirectory() as folder:
        path = args.input
        try:
            if path.exists() and not is_data_set(path):
                path = _extracted(path, Path(folder), args.limit or BAG_FRAMES, height)
            frames = [frame for frame in open_data_set(path).entries if frame.has_ground_truth]
        except (OSError, ValueError) as failure:
            raise UsageError(str(failure)) from failure
        if not frames:
            raise UsageError(f'{args.input}: no frame has ground truth')
        chosen = spread(frames, args.limit)
        warn_of_ground_truth(chosen)
        yield chosen


def _extracted(bag: Path, folder: Path, frames: int, height: float) -> Path:
    """Manifest of some frames of a bag, for a camera at the height that the node assumes [m]."""
    from lacdepth_ros.bags.extract import extract
    from lacdepth_ros.bags.extraction import ExtractOptions
    from lacdepth_ros.bags.reader import BagImages
    from lacdepth_ros.cli.bag_extract import show_findings

    every = -(-BagImages(bag).count // frames)
    try:
        done = extract(bag, folder / 'data', ExtractOptions(every=every, camera_height=height))
    except ValueError as failure:
        if ' --' not in str(failure):
            raise
        how = (
            'these are options of `lacdepth bag extract`: extract the bag first, and calibrate on'
        )
        raise ValueError(f'{failure} ({how} the data set)') from failure
    if done.choice:
        warn(f'{done.choice}; `lacdepth bag extract --image-topic` makes a data set of others')
    show_findings(bag, done)
    return folder / 'data'

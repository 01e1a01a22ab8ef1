# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""`lacdepth bag evaluate`: a bag sent through the running node, its published depth scored."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacdepth_ros.cli import options, sessions
from lacdepth_ros.cli.console import UsageError, error, warn
from lacdepth_ros.cli.protocol_options import protocol_from
from lacdepth_ros.cli.replay_options import (
    NODE_OPTIONS,
    add_replay_options,
    check_replay_options,
)
from lacdepth_ros.cli.requirement_options import judge_requirements, requirements_from
from lacdepth_ros.core.runtime import END_WITH_PARENT, die_with_parent

if TYPE_CHECKING:
    from lacdepth_ros.bags.reader import BagImages
    from lacdepth_ros.evaluation.protocol import EvaluationProtocol
    from lacdepth_ros.session.frames import Frame, UnsentFrame
    from lacdepth_ros.session.ground_truth import GroundTruth
    from lacdepth_ros.session.loop import SessionSettings
    from lacdepth_ros.session.result import AnsweredFrame, SessionResult

HELP = 'send a bag through the node and score what it publishes'
DESCRIPTION = """\
Start the depth node as a process of its own, send it every image of a bag over DDS, and score the
depth it publishes against true depth. Frames and answers are matched by stamp.

In lockstep (the default) each frame is sent when the one before it was answered: no frame is
dropped, and the errors are those of the checkpoint. With --rate the camera runs at its own pace
times R, with /clock, and the node drops what it cannot follow: the share of answered frames and
the latencies are those of the system.

The node predicts each image once: compare with `lacdepth evaluate --no-flip-average`.
"""
EPILOG = """\
examples:
  lacdepth bag evaluate bags/drive_0009 --json report.json --report out/drive_0009
  lacdepth bag evaluate bags/drive_0009 --rate 1
  lacdepth bag evaluate my_bag --image-topic /front/image_rect/compressed --truth truth_pngs/
  lacdepth bag evaluate my_bag --require 'abs_rel<=0.12' --require 'answered>=0.99' --junit ci.xml
"""


WITHOUT_ROS = (
    '. Without ROS, `lacdepth evaluate` measures the same network on a manifest or a KITTI raw '
    'drive'
)


def add_parser(subparsers: Any) -> None:
    """Add the command to `lacdepth bag`."""
    parser = options.add_command(subparsers, 'evaluate', run, HELP, DESCRIPTION, EPILOG)
    add_replay_options(parser)


def run(args: argparse.Namespace) -> int:
    """Replay the bag; 1 when an answer or a score is missing, 3 when a requirement is not met."""
    if os.environ.get(END_WITH_PARENT):
        die_with_parent()
    sessions.require_ros('the replay', WITHOUT_ROS)
    check_replay_options(args)
    from lacdepth_ros.messages.topics import DEPTH_TOPICS
    from lacdepth_ros.session.node_process import LOG
    from lacdepth_ros.session.replay import WorstFrames
    from lacdepth_ros.session.replay_stability import replay_observer, stability_meter
    from lacdepth_ros.session.result import FIGURES, SessionResult

    requirements = requirements_from(args, FIGURES)
    protocol, worst, depth = _protocol(args), WorstFrames(), DEPTH_TOPICS[args.encoding]
    try:
        images = _images(args)
        ground_truth = _ground_truth(args, images)
        parameters = _parameters(args, images, _camera_height(args, images, ground_truth))
        meter = stability_meter(args.bag, images)
        observe = replay_observer(worst, meter)
        result = SessionResult(
            protocol, depth, bands=args.bands, intervals=_intervals(parameters), observe=observe
        )
    except (OSError, ValueError) as failure:
        raise UsageError(str(failure)) from failure
    print(
        f'{images.count} images of {images.topic}; ground truth: {ground_truth.description}',
        file=sys.stderr,
    )
    with ground_truth, tempfile.TemporaryDirectory() as scratch:
        log = (args.report or Path(scratch)) / LOG
        frames = _frames(args, images, ground_truth)
        total = min(images.count, args.frames or images.count)
        sessions.run_node(_settings(args, parameters, depth, log), frames, total, result)
        result.stability = meter.summary()
        facts = _facts(args, images, ground_truth, parameters)
        _report(args, result, facts, images, worst.frames)
    return judge_requirements(
        args, requirements, result.figures(), 'lacdepth bag evaluate', _judge(result, images, args)
    )


def _report(
    args: argparse.Namespace,
    result: SessionResult,
    facts: dict[str, Any],
    images: BagImages,
    worst: Sequence[AnsweredFrame],
) -> None:
    """Print the result and write what was asked for."""
    from lacdepth_ros.core.whole_file import write_json
    from lacdepth_ros.session.replay_report import HTML, as_dict, describe, write_report

    print(describe(result, facts))
    if args.json is not None:
        write_json(args.json, as_dict(result, facts))
        print(f'wrote {args.json}')
    if args.report is not None:
        write_report(args.report, result, facts, images, worst)
        print(f'wrote {args.report / HTML}')


def _images(args: argparse.Namespace) -> BagImages:
    from lacdepth_ros.bags.reader import BagImages

    images = BagImages(args.bag, args.image_topic)
    sessions.tell_choice(images.choice)
    return images


def _protocol(args: argparse.Namespace) -> EvaluationProtocol:
    if args.flip_average:
        raise UsageError('--flip-average: the node predicts every image once')
    return protocol_from(args, imported=True)


def _ground_truth(args: argparse.Namespace, images: BagImages) -> GroundTruth:
    from lacdepth_ros.messages.cameras import camera_of_view
    from lacdepth_ros.session.bag_frames import first_frame
    from lacdepth_ros.session.ground_truth import (
        ground_truth_from_files,
        ground_truth_from_topic,
        no_ground_truth,
    )

    tolerance = round(1e9 * args.truth_tolerance)
    if args.no_truth:
        return no_ground_truth()
    if args.truth is None:
        return ground_truth_from_topic(
            args.bag, args.truth_topic, images=images, tolerance_ns=tolerance
        )
    if not args.truth.exists():
        raise FileNotFoundError(f'--truth: {args.truth} does not exist')
    ground_truth = ground_truth_from_files(
        args.truth,
        count=images.count,
        depth_scale=args.truth_scale,
        tolerance_ns=tolerance,
        camera=camera_of_view(first_frame(images).info, rectified=images.rectified),
    )
    if ground_truth.by_index:
        images.check_places()
    return ground_truth


def _frames(
    args: argparse.Namespace, images: BagImages, ground_truth: GroundTruth
) -> Iterator[Frame | UnsentFrame]:
    from lacdepth_ros.session.bag_frames import bag_frames

    name, at_pace = args.bag.absolute().name, args.rate is not None
    return bag_frames(images, name, ground_truth, max_frames=args.frames, forward_only=at_pace)


def _settings(
    args: argparse.Namespace, parameters: dict[str, Any], depth: str, log: Path
) -> SessionSettings:
    from lacdepth_ros.messages.topics import UNCERTAINTY
    from lacdepth_ros.session.loop import SessionSettings
    from lacdepth_ros.session.replay import NAMESPACE

    return SessionSettings(
        namespace=NAMESPACE,
        parameters=parameters,
        # At a camera's pace nothing is asked for that would slow the node down.
        topics=(depth, UNCERTAINTY) if args.rate is None else (depth,),
        log=log,
        transport=parameters['image_transport'],
        rate=args.rate,
        timeout=args.timeout,
    )


def _parameters(
    args: argparse.Namespace, images: BagImages, camera_height: float | None
) -> dict[str, Any]:
    """Parameters of the node: --params-file, then the options, then what a replay needs.

    The camera height is the one found in data where neither of the first two tells it.
    """
    from lacdepth_ros.session.bag_frames import first_frame
    from lacdepth_ros.session.replay import node_parameters, read_parameters

    info = first_frame(images).info
    given = read_parameters(args.params_file) if args.params_file is not None else {}
    given |= {'warm_up_width': max(info.width, 32), 'warm_up_height': max(info.height, 32)}
    if args.checkpoint is not None:
        given['checkpoint'] = str(args.checkpoint.absolute())
    given |= {
        name: getattr(args, name) for name in NODE_OPTIONS if getattr(args, name) is not None
    }
    if not given.get('camera_height') and camera_height is not None:  # 0: the checkpoint's
        given['camera_height'] = camera_height
    return node_parameters(
        given,
        transport='compressed' if images.compressed else 'raw',
        rectified=images.rectified,
        lockstep=args.rate is None,
        encoding=args.encoding,
    )


def _camera_height(
    args: argparse.Namespace, images: BagImages, ground_truth: GroundTruth
) -> float | None:
    """The camera's height [m], from the frames of the ground truth or the bag's transforms."""
    from lacdepth_ros.bags.ground_frame import recorded_height

    if ground_truth.camera_height is not None:
        return ground_truth.camera_height
    return None if args.camera_height else recorded_height(args.bag, images)


def _intervals(parameters: Mapping[str, Any]) -> Mapping[float, float]:
    """Widths in std that the node's checkpoint was calibrated for; {} without a calibration."""
    from lacdepth_ros.models.checkpoint import load_checkpoint

    calibration = load_checkpoint(parameters.get('checkpoint') or None)[0].calibration
    return {} if calibration is None else calibration.intervals


def _facts(
    args: argparse.Namespace,
    images: BagImages,
    ground_truth: GroundTruth,
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """What was run on what."""
    return {
        'bag': str(args.bag),
        'image_topic': images.topic,
        'frames_in_bag': images.count,
        'truth': ground_truth.description,
        'mode': 'lockstep' if args.rate is None else 'realtime',
        'rate': args.rate,
        'checkpoint': str(args.checkpoint) if args.checkpoint else 'as in params file, or shipped',
        'params_file': str(args.params_file) if args.params_file else None,
        'device': args.device or 'as in params file, or cpu',
        'engine': args.engine or 'as in params file, or auto',
        'precision': args.precision or 'as in params file, or auto',
        'input_scale': args.input_scale or 'as in params file, or 1',
        'camera_height': parameters.get('camera_height') or "the checkpoint's",
        'encoding': args.encoding,
    }


def _judge(result: SessionResult, images: BagImages, args: argparse.Namespace) -> int:
    """Name what is missing; returns the exit code."""
    missing = sessions.name_problems(result, in_lockstep=args.rate is None)
    for line in images.damage.lines(args.bag):
        error(line)
    for name, reason in result.unscored:
        error(f'{name} not scored: {reason}')
    if result.without_ground_truth and not args.no_truth:
        warn(
            f'{len(result.without_ground_truth)} answered frames have no ground truth: not scored'
        )
    nothing = not result.latencies() or not (args.no_truth or result.report.frames)
    return int(nothing or missing or bool(result.unscored or images.damage.counts))

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A replay in pictures: error and latency along the drive, and the frames with the worst depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.evaluation.report.figures import dress
from lacdepth_ros.evaluation.report.gallery import ShownFrame
from lacdepth_ros.evaluation.report.pictures import frame_picture
from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.session.result import AnsweredFrame, SessionResult

ColorImage = npt.NDArray[np.uint8]
_BLUE, _RED, _GRAY = '#1f6feb', '#cf222e', '#8c959f'


def error_along_drive(result: SessionResult) -> Figure:
    """abs_rel over the time of the bag, with the mean and the frames without an answer."""
    errors = [record.errors.get('abs_rel', np.nan) for record in result.records]
    mean = float(np.nanmean(errors))
    return _along_drive(result, 'abs_rel', errors, [(mean, '--', f'mean {mean:.4f}')])


def latency_along_drive(result: SessionResult) -> Figure:
    """Milliseconds from image to depth over the time of the bag, with their percentiles."""
    topic = result.depth_topic
    values = [record.latency_ms.get(topic, np.nan) for record in result.records]
    p50, p95 = np.nanpercentile(values, (50, 95))
    levels = [(p50, '--', f'p50 {p50:.0f} ms'), (p95, ':', f'p95 {p95:.0f} ms')]
    return _along_drive(result, 'image to depth [ms]', values, levels)


def worst_frames(
    result: SessionResult, worst: Sequence[AnsweredFrame], images: BagImages
) -> Iterator[tuple[ColorImage, str]]:
    """Titled pictures of the worst frames: image, ground truth, depth, error, std."""
    samples = _samples(images, {answer.record.index: answer for answer in worst})
    scales = {frame.id: frame.scale for frame in result.report.per_frame}
    for answer in worst:
        record = answer.record
        error = record.errors['abs_rel']
        title = f'{record.id}, {result.seconds(record):.2f} s into the bag: abs_rel {error:.4f}'
        shown = ShownFrame(samples[record.index], answer, record.errors)
        yield frame_picture(shown, result.protocol, scales[record.id], title=title), title


def _samples(images: BagImages, wanted: Mapping[int, AnsweredFrame]) -> dict[int, Sample]:
    """The images of these frames, read again from the bag, with ground truth and camera."""
    found: dict[int, Sample] = {}
    for recorded in images:
        if len(found) == len(wanted):
            break
        index = recorded.place
        if index in wanted and (ground_truth := wanted[index].ground_truth) is not None:
            camera = camera_from_info(recorded.info, rectified=images.rectified)
            id = wanted[index].record.id
            found[index] = Sample(recorded.decode(), ground_truth, camera, id)
    return found


def _along_drive(
    result: SessionResult,
    label: str,
    values: Sequence[float],
    levels: Sequence[tuple[float, str, str]],
) -> Figure:
    """A value of every frame over the time of the bag, and a mark for each without an answer.

    `levels` are horizontal lines: height, style and name.
    """
    figure = Figure(figsize=(10.5, 3.2), layout='constrained')
    axes = figure.subplots()
    missing = [result.seconds(record) for record in result.records if not record.latency_ms]
    if missing:
        name = f'{len(missing)} unanswered'
        axes.plot(missing, [0.0] * len(missing), '|', color=_RED, markersize=14, label=name)
    seconds = [result.seconds(record) for record in result.records]
    axes.plot(seconds, values, '.-', color=_BLUE, linewidth=1, markersize=5, label='frame')
    for height, style, name in levels:
        axes.axhline(height, color=_GRAY, linestyle=style, linewidth=1, label=name)
    axes.set_ylim(0, 1.2 * float(np.nanmax(values)))
    axes.legend(loc='upper right', ncols=4, fontsize=9, frameon=False)
    dress(axes, label, 'time of the bag [s]')
    return figure

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A replay in pictures: error and latency along the drive, and the frames with the worst depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.data.sample import Sample
from lacdepth_ros.evaluation.report.gallery import ShownFrame
from lacdepth_ros.evaluation.report.pictures import frame_picture
from lacdepth_ros.messages.cameras import camera_from_info
from lacdepth_ros.session.result import AnsweredFrame, SessionResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ColorImage = npt.NDArray[np.uint8]
_BLUE, _RED, _GRAY = '#1f6feb', '#cf222e', '#8c959f'


def error_along_drive(result: SessionResult) -> Figure:
    """abs_rel over the time of the bag, with the mean and the frames without an answer."""
    figure, axes = _axes('abs_rel', result)
    seconds = _seconds(result)
    errors = np.array([record.errors.get('abs_rel', np.nan) for record in result.records])
    axes.plot(seconds, errors, '.-', color=_BLUE, linewidth=1, markersize=5, label='frame')
    mean = float(np.nanmean(errors))
    axes.axhline(mean, color=_GRAY, linestyle='--', linewidth=1, label=f'mean {mean:.4f}')
    axes.set_ylim(0, 1.15 * float(np.nanmax(errors)))
    axes.legend(loc='upper right', ncols=3, fontsize=9, frameon=False)
    return figure


def latency_along_drive(result: SessionResult) -> Figure:
    """Milliseconds from image to depth over the time of the bag, with their percentiles."""
    figure, axes = _axes('image to depth [ms]', result)
    values = np.array(
        [record.latency_ms.get(result.depth_topic, np.nan) for record in result.records]
    )
    axes.plot(
        _seconds(result), values, '.-', color=_BLUE, linewidth=1, markersize=5, label='frame'
    )
    for share, style in ((50, '--'), (95, ':')):
        level = float(np.nanpercentile(values, share))
        label = f'p{share} {level:.0f} ms'
        axes.axhline(level, color=_GRAY, linestyle=style, linewidth=1, label=label)
    axes.set_ylim(0, 1.2 * float(np.nanmax(values)))
    axes.legend(loc='upper right', ncols=4, fontsize=9, frameon=False)
    return figure


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
    for index, recorded in enumerate(images):
        if len(found) == len(wanted):
            break
        if index in wanted and (ground_truth := wanted[index].ground_truth) is not None:
            camera = camera_from_info(recorded.info, rectified=images.rectified)
            id = wanted[index].record.id
            found[index] = Sample(recorded.decode(), ground_truth, camera, id)
    return found


def _axes(label: str, result: SessionResult) -> tuple[Figure, Any]:
    """A wide diagram over the time of the bag, with a mark for each frame without an answer."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 3.2), layout='constrained')
    axes = figure.subplots()
    missing = [result.seconds(r) for r in result.records if not r.latency_ms]
    if missing:
        name = f'{len(missing)} unanswered'
        axes.plot(missing, [0.0] * len(missing), '|', color=_RED, markersize=14, label=name)
    axes.set_xlabel('time of the bag [s]')
    axes.set_ylabel(label)
    axes.grid(color='#d8dee4', linewidth=0.6)
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)
    return figure, axes


def _seconds(result: SessionResult) -> list[float]:
    return [result.seconds(record) for record in result.records]

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A replay in pictures: error and latency along the drive, and the frames with the worst depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.bags.reader import BagImages
from lacdepth_ros.bags.replay_result import ReplayResult, WorstFrame
from lacdepth_ros.contact_sheet import contact_sheet
from lacdepth_ros.visualization import colorize_depth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ColorImage = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]

MIN_DEPTH, MAX_DEPTH = 2.0, 80.0  # metres of the colours
ERROR_RANGE = 0.5  # |ln(pred / truth)| of the strongest colour
_DOT = 5  # px that a pixel with truth is widened to, as LiDAR is sparse
_TOO_FAR, _TOO_NEAR = (215, 25, 28), (33, 80, 200)  # RGB
_BLUE, _RED, _GREY = '#1f6feb', '#cf222e', '#8c959f'


def error_along_drive(result: ReplayResult) -> Figure:
    """abs_rel over the time of the bag, with the mean and the frames without an answer."""
    figure, axes = _axes('abs_rel', result)
    seconds = _seconds(result)
    errors = np.array([record.errors.get('abs_rel', np.nan) for record in result.records])
    axes.plot(seconds, errors, '.-', color=_BLUE, linewidth=1, markersize=5, label='frame')
    mean = float(np.nanmean(errors))
    axes.axhline(mean, color=_GREY, linestyle='--', linewidth=1, label=f'mean {mean:.4f}')
    axes.set_ylim(0, 1.15 * float(np.nanmax(errors)))
    axes.legend(loc='upper right', ncols=3, fontsize=9, frameon=False)
    return figure


def latency_along_drive(result: ReplayResult) -> Figure:
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
        axes.axhline(level, color=_GREY, linestyle=style, linewidth=1, label=label)
    axes.set_ylim(0, 1.2 * float(np.nanmax(values)))
    axes.legend(loc='upper right', ncols=4, fontsize=9, frameon=False)
    return figure


def worst_frames(result: ReplayResult, images: BagImages) -> Iterator[tuple[ColorImage, str]]:
    """Image, truth, published depth and error of the worst frames, worst first, with captions."""
    worst = sorted(result.worst, reverse=True)
    pictures = _images(images, {frame.index for frame in worst})
    for frame in worst:
        seconds = result.seconds(frame.index)
        caption = f'{frame.id}, {seconds:.2f} s into the bag: abs_rel {frame.abs_rel:.4f}'
        yield _sheet(frame, pictures[frame.index], result), caption


def _sheet(frame: WorstFrame, image: ColorImage, result: ReplayResult) -> ColorImage:
    """The four pictures of a frame, two a row."""
    known = result.protocol.valid_mask(frame.truth)
    scale = f'{MIN_DEPTH:g} .. {MAX_DEPTH:g} m, near warm, far cold'
    return contact_sheet(
        [
            [('image', image), (f'published depth, {scale}', _colors(frame.depth))],
            [
                ('truth that counts, on the image', _on(image, _colors(frame.truth), known)),
                (
                    f'error: red too far, blue too near, full colour at a factor of '
                    f'{np.exp(ERROR_RANGE):.2f}',
                    _on(image, _error_colors(frame), known),
                ),
            ],
        ],
        width=1400,
    )


def _colors(depth: FloatArray) -> ColorImage:
    limited = np.clip(depth, MIN_DEPTH, MAX_DEPTH)  # infinities (REP 117) take the end colours
    return colorize_depth(limited, min_depth=MIN_DEPTH, max_depth=MAX_DEPTH)


def _error_colors(frame: WorstFrame) -> ColorImage:
    """ln(pred / truth), blue below and red above; white where they agree."""
    with np.errstate(invalid='ignore', divide='ignore'):
        ratio = np.log(frame.depth / frame.truth)
    amount = np.nan_to_num(np.clip(ratio / ERROR_RANGE, -1, 1))[..., None]
    red, blue, white = (
        np.array(c, np.float32) for c in ((215, 25, 28), (33, 80, 200), (255,) * 3)
    )
    color = white + np.abs(amount) * (np.where(amount > 0, red, blue) - white)
    return color.astype(np.uint8)


def _on(image: ColorImage, colors: ColorImage, mask: npt.NDArray[np.bool_]) -> ColorImage:
    """Colours where the mask is, as dots one can see, on the darkened image."""
    if image.shape != colors.shape:
        image = cv2.resize(image, colors.shape[1::-1]).astype(np.uint8)
    painted = colors * mask[..., None].astype(np.uint8)
    kernel = np.ones((_DOT, _DOT), np.uint8)
    if mask.mean() > 0.3:  # dense truth needs no dots
        kernel = np.ones((1, 1), np.uint8)
    grown = cv2.dilate(painted, kernel)
    there = cv2.dilate(mask.astype(np.uint8), kernel)[..., None] > 0
    return np.where(there, grown, image // 3).astype(np.uint8)


def _images(images: BagImages, wanted: set[int]) -> dict[int, ColorImage]:
    """Decoded images of the bag at these places."""
    found: dict[int, ColorImage] = {}
    for index, recorded in enumerate(images):
        if index in wanted:
            found[index] = recorded.decode()
            if len(found) == len(wanted):
                break
    return found


def _axes(label: str, result: ReplayResult) -> tuple[Figure, Any]:
    """A wide diagram over the time of the bag, with a mark for each frame without an answer."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 3.2), layout='constrained')
    axes = figure.subplots()
    missing = [result.seconds(r.index) for r in result.records if not r.latency_ms]
    if missing:
        name = f'{len(missing)} unanswered'
        axes.plot(missing, [0.0] * len(missing), '|', color=_RED, markersize=14, label=name)
    axes.set_xlabel('time of the bag [s]')
    axes.set_ylabel(label)
    axes.grid(color='#d8dee4', linewidth=0.6)
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)
    return figure, axes


def _seconds(result: ReplayResult) -> list[float]:
    return [result.seconds(record.index) for record in result.records]

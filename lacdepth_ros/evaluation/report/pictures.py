# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a measured frame: image, ground truth, prediction, error, uncertainty."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.evaluation.protocol import EvaluationProtocol
from lacdepth_ros.evaluation.report.gallery import ShownFrame
from lacdepth_ros.viz.colors import colorize_depth, colorize_uncertainty
from lacdepth_ros.viz.contact_sheet import contact_sheet
from lacdepth_ros.viz.text import draw_text

ColorImage = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

WORST_RATIO = 1.25
"""Predicted over true depth (or its inverse) that gets the full colour: the limit of delta1."""

WORST_RELATIVE = 0.3
"""Relative error and relative std that get the darkest colour."""

_ANCHORS = np.array(  # far too near .. right .. far too far
    [(24, 72, 168), (82, 150, 222), (178, 211, 240), (245, 245, 240), (250, 192, 160),
     (232, 104, 78), (168, 18, 40)], np.float32,
)  # fmt: skip
_LARGEST_DOT = 5  # px
_WINDOW = (255, 214, 64)
_WIDTH = 1180


def frame_picture(
    frame: ShownFrame, protocol: EvaluationProtocol, scale: float, *, title: str
) -> ColorImage:
    """All about one frame on a sheet, (H, 1180, 3) uint8 RGB.

    Args:
        frame: The frame.
        protocol: Its caps and its crop are applied and drawn.
        scale: What the prediction was multiplied by.
        title: Headline of the sheet.
    """
    image, ground_truth = frame.sample.image, frame.sample.depth
    counts = protocol.valid_mask(ground_truth)
    depth = protocol.clamp(frame.prediction.depth * np.float32(scale)).astype(np.float32)
    counts &= np.isfinite(depth)
    near, far = _depth_range(ground_truth[counts])
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    dim = np.repeat(gray[..., None] // 3, 3, axis=2).astype(np.uint8)
    painted_ground_truth = colorize_depth(ground_truth, min_depth=near, max_depth=far)
    signed = colorize_ratio(depth, ground_truth)
    meters = f'red {near:.3g} m, blue {far:.3g} m'
    cells = [
        ('image and the part that counts', _with_window(image, protocol)),
        (f'ground truth ({meters})', _dots(dim, painted_ground_truth, counts)),
        (f'prediction ({meters})', colorize_depth(depth, min_depth=near, max_depth=far)),
        ('error: blue too near, white right, red too far', _dots(dim, signed, counts)),
    ]
    std = frame.prediction.std
    if std is not None and np.isfinite(std).any():
        error = colorize_uncertainty(
            ground_truth, np.abs(depth - ground_truth), worst=WORST_RELATIVE
        )
        sure = colorize_uncertainty(depth, std * np.float32(scale), worst=WORST_RELATIVE)
        limits = f'yellow 0, violet {WORST_RELATIVE:.0%} and more'
        cells += [
            (f'predicted std / depth ({limits})', sure),
            (f'true error / depth ({limits})', _dots(dim, error, counts)),
        ]
    across = 3 if len(cells) == 6 and image.shape[1] < 2 * image.shape[0] else 2
    rows = [cells[i : i + across] for i in range(0, len(cells), across)]
    return contact_sheet(rows, title=title, width=_WIDTH)


def colorize_ratio(pred: FloatArray, target: FloatArray) -> ColorImage:
    """Paint by how much depth is wrong, on a logarithmic scale.

    Args:
        pred: (H, W) predicted depth [m].
        target: (H, W) true depth [m].

    Returns:
        (H, W, 3) uint8 RGB: white where right, to full red at WORST_RATIO times too far, to full
        blue at WORST_RATIO times too near; black where either depth is not known.
    """
    valid = np.isfinite(pred) & (pred > 0) & np.isfinite(target) & (target > 0)
    ratio = np.divide(pred, target, where=valid, out=np.ones(pred.shape, np.float32))
    place = 0.5 + 0.5 * np.log(ratio) / math.log(WORST_RATIO)
    colors = _palette()[np.clip(place * 255, 0, 255).astype(np.uint8)]
    colors[~valid] = 0
    return colors


def ratio_legend(width: int) -> ColorImage:
    """The colour scale of `colorize_ratio` with its ratios, (32, width, 3) uint8 RGB."""
    legend = np.repeat(_palette()[np.linspace(0, 255, width).astype(np.uint8)][None], 32, axis=0)
    for percent in (-20, -10, 0, 10, 20):
        place = 0.5 + 0.5 * math.log(1 + percent / 100) / math.log(WORST_RATIO)
        column = min(max(round(place * width), 0), width - 1)
        legend[:, column : column + 1] = 0
        ink = (0, 0, 0) if abs(percent) < 20 else (255, 255, 255)
        label = f'{percent:+d} %' if percent else 'right'
        draw_text(legend, label, (column + 5, 21), height=12, color=ink)
    return np.ascontiguousarray(legend)


def _palette() -> ColorImage:
    """(256, 3) uint8 RGB of the ratios."""
    places = np.linspace(0, len(_ANCHORS) - 1, 256)
    channels = [
        np.interp(places, np.arange(len(_ANCHORS)), _ANCHORS[:, channel]) for channel in range(3)
    ]
    return np.stack(channels, axis=1).astype(np.uint8)


def _depth_range(ground_truth: FloatArray) -> tuple[float, float]:
    """Depths [m] of the warmest and the coldest colour."""
    near, far = np.percentile(ground_truth, (1, 99))
    return float(near), float(max(far, near * 1.5))


def _dots(background: ColorImage, painted: ColorImage, where: BoolArray) -> ColorImage:
    """Lay what is painted at some pixels over a background, larger where they are few."""
    picture = background.copy()
    height, width = where.shape
    rows, columns = np.nonzero(where)
    # About as wide as the gaps between them, so that a scan is seen from afar.
    seen = where[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].mean()
    size = min(round(1 / math.sqrt(seen)), _LARGEST_DOT)
    shifts = [(down, right) for down in range(size) for right in range(size)]
    for down, right in sorted(shifts, key=sum, reverse=True):  # the pixel itself comes last
        near_rows = np.minimum(rows + down, height - 1)
        picture[near_rows, np.minimum(columns + right, width - 1)] = painted[rows, columns]
    return picture


def _with_window(image: ColorImage, protocol: EvaluationProtocol) -> ColorImage:
    """The image with a frame around the pixels that count."""
    rows, columns = protocol.crop_window(*image.shape[:2])
    corners = (columns.start, rows.start), (columns.stop - 1, rows.stop - 1)
    framed = cv2.rectangle(image.copy(), *corners, _WINDOW, 2)
    return np.asarray(framed, dtype=np.uint8)

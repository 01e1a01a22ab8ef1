# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The demo's contact sheet: image, depth, uncertainty and cloud of some frames on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from lacdepth_ros.session.demo import ShownAnswer
from lacdepth_ros.viz.colors import FAR, NEAR, colorize_depth, colorize_uncertainty, depth_legend
from lacdepth_ros.viz.contact_sheet import contact_sheet
from lacdepth_ros.viz.text import draw_text
from lacdepth_ros.viz.topdown import topdown

ColorImage = npt.NDArray[np.uint8]

_WORST = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # std / depth of the darkest uncertainty
_WIDE = 2.0  # width / height from which pictures are stacked
_STACK_WIDTH = 1242  # px that stacked pictures are brought to
_GAP = 10  # px between stacked pictures
_TAG = 50  # px of the strip that names a stacked picture


def demo_sheet(
    frames: Sequence[ShownAnswer], title: str, assumed: Sequence[str] = ()
) -> ColorImage:
    """Compose the page.

    Wide images are stacked (image, depth, uncertainty) with the cloud beside them, two frames per
    row; others stand side by side, one frame per row, after them.

    Args:
        frames: At least one.
        title: Headline; ASCII.
        assumed: What nobody gave and the metres depend on; ASCII.

    Returns:
        (H, 1920, 3) uint8 RGB.
    """
    worst = _worst(frames)
    depth_scale = depth_legend(940)
    rows = [
        [
            (_depth_caption(assumed), depth_scale),
            (
                'uncertainty: standard deviation / depth (black: depth out of range)',
                _uncertainty_legend(940, worst),
            ),
        ]
    ]
    far = _far(frames)
    rows += [[c for frame in row for c in _cells(frame, far, worst)] for row in _rows(frames)]
    return contact_sheet(rows, title=title)


def _depth_caption(assumed: Sequence[str]) -> str:
    caption = 'depth [m], the same colours in every frame'
    return f'{caption}; ASSUMED: {", ".join(assumed)}' if assumed else caption


def _rows(frames: Sequence[ShownAnswer]) -> list[list[ShownAnswer]]:
    """Frames by row: the wide ones first, two a row, then each of the others."""
    wide = [frame for frame in frames if _is_wide(frame)]
    pairs = [wide[i : i + 2] for i in range(0, len(wide), 2)]
    return pairs + [[frame] for frame in frames if not _is_wide(frame)]


def _is_wide(frame: ShownAnswer) -> bool:
    height, width = frame.answer.depth.shape
    return width / height >= _WIDE


def _cells(frame: ShownAnswer, far: float, worst: float) -> list[tuple[str, ColorImage]]:
    """The captioned pictures of one frame."""
    answer, record = frame.answer, frame.answer.record
    depth = colorize_depth(_in_range(answer.depth))
    uncertainty = colorize_uncertainty(answer.depth, _std(frame), worst=worst)
    above = topdown(
        frame.points,
        frame.colors,
        x_range=(-far / 3, far / 3),
        z_range=(0.0, far),
        pixels_per_meter=720 / far,
    )
    above_caption = f'cloud from above, {far:.0f} m ahead'
    caption = f'{record.id}, stamp {record.stamp / 1e9:.3f} s'
    if record.errors:
        caption += f', abs_rel {record.errors["abs_rel"]:.3f}'
    if _is_wide(frame):
        stack = _stack({'image': frame.colors, 'depth': depth, 'uncertainty': uncertainty})
        return [(caption, stack), (above_caption, above)]
    return [
        (caption, frame.colors),
        ('depth', depth),
        ('uncertainty', uncertainty),
        (above_caption, above),
    ]


def _std(frame: ShownAnswer) -> npt.NDArray[np.float32]:
    assert frame.answer.std is not None, 'only full answers are shown'
    return frame.answer.std


def _in_range(depth: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Depth with what lies out of range (infinite, REP 117) at the ends of the colours."""
    ends = np.where(np.isposinf(depth), np.float32(FAR), depth)
    return np.where(np.isneginf(depth), np.float32(NEAR), ends)


def _stack(pictures: Mapping[str, ColorImage]) -> ColorImage:
    """Named pictures of one size below each other, on the sheet's paper."""
    height, width = next(iter(pictures.values())).shape[:2]
    size = (_STACK_WIDTH, round(height * _STACK_WIDTH / width))
    stack = np.full((len(pictures) * (size[1] + _GAP) - _GAP, size[0], 3), 250, dtype=np.uint8)
    for row, (name, picture) in enumerate(pictures.items()):
        top = row * (size[1] + _GAP)
        place = stack[top : top + size[1]]
        place[:] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        place[:_TAG, : 18 * len(name) + 24] //= 4
        draw_text(place, name, (14, _TAG - 14), height=24, color=(255, 255, 255))
    return stack


def _far(frames: Sequence[ShownAnswer]) -> float:
    """Metres ahead that the views from above show: what holds most points, 10 to 60."""
    depth = np.concatenate([frame.answer.depth[::8, ::8].ravel() for frame in frames])
    near = depth[np.isfinite(depth)]
    reach = float(np.percentile(near, 95)) if near.size else 0.0
    return float(np.clip(np.ceil(reach / 10) * 10, 10, 60))


def _worst(frames: Sequence[ShownAnswer]) -> float:
    """The uncertainty scale's dark end: the step that holds nine of ten pixels."""
    std = np.concatenate([_std(frame)[::8, ::8].ravel() for frame in frames])
    depth = np.concatenate([frame.answer.depth[::8, ::8].ravel() for frame in frames])
    valid = np.isfinite(depth) & np.isfinite(std) & (depth > 0)
    ratio = std[valid] / depth[valid]
    reach = float(np.percentile(ratio, 90)) if ratio.size else 0.0
    return next((step for step in _WORST if step >= reach), _WORST[-1])


def _uncertainty_legend(width: int, worst: float) -> ColorImage:
    """The scale of colorize_uncertainty with its percents; (32, width, 3)."""
    ratio = np.linspace(0, worst, width, dtype=np.float32)[None]
    row = colorize_uncertainty(np.ones_like(ratio), ratio, worst=worst)
    legend = np.repeat(row, 32, axis=0)
    for tick in range(1, 5):
        column = width * tick // 5
        color = (0, 0, 0) if tick < 3 else (255, 255, 255)
        legend[:, column : column + 2] = color
        label = f'{100 * worst * tick / 5:g} %'
        draw_text(legend, label, (column + 6, 22), height=13, color=color)
    return legend

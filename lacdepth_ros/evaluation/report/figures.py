# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Curves of an evaluation: against distance, over frames, and of the predicted std."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from lacdepth_ros.evaluation.result import EvaluationReport

_INK, _FAINT, _BARS = '#1f2328', '#8b949e', '#dde5ee'
_COLORS = ('#0969da', '#d1520f', '#1a7f37', '#8250df', '#b8860b', '#bf3989', '#0e7490', '#6e7781')
_OVERALL = 'overall'
_LEGEND_LINE, _LEGEND_EDGE = 0.21, 0.14  # inches
_MIN_PIXELS = 200
"""Pixels below which a point of a curve is luck."""


def distance_figure(report: EvaluationReport) -> Figure:
    """Relative error, error in metres and bias over true depth."""
    lines = [(color, name, report.by_group[name]['distance']) for color, name in _by_group(report)]
    if len(lines) > 1:
        lines.append((_INK, _OVERALL, report.distance))
    figure = Figure(figsize=(10.5, 3.9), layout='constrained')
    axes = figure.subplots(1, 3)
    for axis, name, title in zip(
        axes,
        ('abs_rel', 'rmse', 'ratio'),
        ('AbsRel', 'RMSE [m]', 'predicted / true depth (geometric mean)'),
        strict=True,
    ):
        _pixel_bars(axis, report)
        for color, label, rows in lines:
            sure = [row for row in rows if row['pixels'] >= _MIN_PIXELS]
            middle = [(row['from'] + row['to']) / 2 for row in sure]
            axis.plot(
                middle,
                [row[name] for row in sure],
                '.-',
                color=color,
                label=label,
                zorder=_layer(label),
            )
        dress(axis, title, 'true depth [m]')
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes[0].set_ylim(bottom=0)
    axes[1].set_ylim(bottom=0)
    axes[2].axhline(1, color=_INK, linewidth=1, linestyle='--')
    _legend_below(figure, axes[0])
    return figure


def frames_figure(report: EvaluationReport) -> Figure:
    """AbsRel of every frame, sorted, coloured by group."""
    frames = sorted(report.per_frame, key=lambda frame: frame.metrics['abs_rel'])
    figure = Figure(figsize=(10.5, 3.5), layout='constrained')
    axis = figure.subplots()
    ranks = np.arange(1, len(frames) + 1)
    for color, group in _by_group(report):
        mine = [i for i, frame in enumerate(frames) if frame.group == group]
        values = [frames[i].metrics['abs_rel'] for i in mine]
        axis.plot(ranks[mine], values, '.', color=color, label=group, markersize=6)
    axis.axhline(report.overall['abs_rel'], color=_INK, linewidth=1, linestyle='--')
    axis.annotate(
        f'mean {report.overall["abs_rel"]:.3f}',
        (0.012, report.overall['abs_rel']),
        xycoords=('axes fraction', 'data'),
        xytext=(0, 4),
        textcoords='offset points',
        fontsize=9,
    )
    dress(axis, 'AbsRel of every frame', 'frames, best first')
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.set_ylim(bottom=0)
    _legend_below(figure, axis)
    return figure


def calibration_figure(report: EvaluationReport) -> Figure:
    """Reliability curve, and predicted against found spread.

    Raises:
        ValueError: The report has no calibration.
    """
    if report.calibration is None:
        raise ValueError('the report holds no calibration: no std was predicted')
    figure = Figure(figsize=(10.5, 5.0), layout='constrained')
    reliability, spread = figure.subplots(1, 2)
    reliability.plot([0, 1], [0, 1], color=_FAINT, linestyle='--', linewidth=1)
    for x, y, text in ((0.03, 0.93, 'std too large'), (0.75, 0.04, 'std too small')):
        box = {'color': 'white', 'alpha': 0.8, 'pad': 1}
        reliability.text(x, y, text, color=_FAINT, fontsize=9, zorder=4, bbox=box)
    values: Mapping[str, Any]
    for color, label, values in _calibrations(report):
        points = values['reliability']
        reliability.plot(
            [point['expected'] for point in points],
            [point['observed'] for point in points],
            color=color,
            label=label,
            marker='.',
            zorder=_layer(label),
        )
        bins = [row for row in values['spread'] if row['pixels'] >= _MIN_PIXELS]
        spread.plot(
            [row['std'] for row in bins],
            [row['error'] for row in bins],
            color=color,
            label=label,
            marker='.',
            zorder=_layer(label),
        )
    dress(reliability, 'Share of pixels inside the interval', 'share it should hold')
    reliability.set(xlim=(0, 1), ylim=(0, 1))
    for axis in (reliability.xaxis, reliability.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
    spread.set(xscale='log', yscale='log')
    spread.axline((0.1, 0.1), (1, 1), color=_FAINT, linestyle='--', linewidth=1)
    dress(spread, 'Found error / depth (root mean square)', 'predicted std / depth')
    for axis in (spread.xaxis, spread.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=None))
    _legend_below(figure, reliability)
    return figure


def _calibrations(report: EvaluationReport) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Colour, label and values of each group and, where there are several, of all."""
    calibration = report.calibration or {}
    groups = calibration['groups']
    lines = [(color, name, groups[name]) for color, name in _by_group(report) if name in groups]
    return lines if len(lines) == 1 else [*lines, (_INK, _OVERALL, calibration)]


def _by_group(report: EvaluationReport) -> list[tuple[str, str]]:
    return [(_COLORS[i % len(_COLORS)], name) for i, name in enumerate(report.groups)]


def _layer(label: str) -> float:
    """Groups lie above the line of all, which follows the largest of them."""
    return 2.0 if label == _OVERALL else 3.0


def _legend_below(figure: Figure, axis: Axes) -> None:
    """Put the legend below all diagrams: in Matplotlib 3.6 (Ubuntu 24.04) none goes 'outside'."""
    handles, labels = axis.get_legend_handles_labels()
    columns = min(len(labels), 5)
    inches = _LEGEND_EDGE + _LEGEND_LINE * math.ceil(len(labels) / columns)
    room = inches / figure.get_figheight()
    figure.set_layout_engine('constrained', rect=(0, room, 1, 1 - room))
    figure.legend(handles, labels, loc='lower center', ncols=columns, frameon=False, fontsize=9)


def _pixel_bars(axis: Axes, report: EvaluationReport) -> None:
    """How many pixels there are at each distance, as pale bars behind a curve."""
    bars = axis.twinx()
    bars.bar(
        [row['from'] for row in report.distance],
        [row['pixels'] for row in report.distance],
        [row['to'] - row['from'] for row in report.distance],
        align='edge',
        color=_BARS,
    )
    bars.set_axis_off()
    axis.set_zorder(bars.get_zorder() + 1)
    axis.patch.set_visible(False)


def dress(axis: Axes, title: str, below: str) -> None:
    """Give a diagram its title, the name of its horizontal axis, and the look of the others."""
    axis.set_title(title, fontsize=10.5, color=_INK, loc='left', y=1.0)
    axis.set_xlabel(below, fontsize=9.5, color=_INK)
    axis.tick_params(labelsize=9, colors=_INK)
    axis.grid(color='#e6eaee', linewidth=0.7)
    axis.spines[['top', 'right']].set_visible(False)

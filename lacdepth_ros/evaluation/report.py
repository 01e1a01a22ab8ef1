# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An evaluation report as an aligned table."""

from __future__ import annotations

from collections.abc import Mapping

from lacdepth_ros.evaluation.evaluate import EvaluationReport
from lacdepth_ros.metrics import METRICS

_UNITS = {'sq_rel': ' [m]', 'rmse': ' [m]'}


def format_table(report: EvaluationReport) -> str:
    """The groups of a report and the mean over all frames, a row each, columns aligned."""
    header = ['group', 'frames', *(name + _UNITS.get(name, '') for name in METRICS)]
    rows = [_row(name, int(values['frames']), values) for name, values in report.groups.items()]
    overall = _row('overall', report.frames, report.overall)
    widths = [max(map(len, column)) for column in zip(header, *rows, overall, strict=True)]
    lines = [_align(cells, widths) for cells in (header, *rows, overall)]
    rule = '-' * len(lines[0])
    return '\n'.join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _row(name: str, frames: int, values: Mapping[str, float]) -> list[str]:
    numbers = (f'{values[metric]:.4f}' if metric in values else '-' for metric in METRICS)
    return [name, str(frames), *numbers]


def _align(cells: list[str], widths: list[int]) -> str:
    """Names to the left, numbers to the right."""
    numbers = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return '  '.join([cells[0].ljust(widths[0]), *numbers])

# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""An evaluation report as tables: aligned text for a terminal, Markdown in the papers' order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lacdepth_ros.core.text import clean, markdown_cell
from lacdepth_ros.evaluation.calibration import COVERAGE
from lacdepth_ros.evaluation.metrics import METRICS
from lacdepth_ros.evaluation.result import EvaluationReport

PAPER_COLUMNS = {
    'abs_rel': 'AbsRel',
    'sq_rel': 'SqRel',
    'rmse': 'RMSE',
    'rmse_log': 'RMSElog',
    'delta1': 'δ1',
    'delta2': 'δ2',
    'delta3': 'δ3',
}
"""The papers' columns, in their order."""


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of text.

    Attributes:
        title: What it shows.
        header: Names of the columns.
        rows: A cell a column.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def format_table(report: EvaluationReport) -> str:
    """The groups of a report and the mean over all frames, a row each, columns aligned."""
    names = [f'{name} [{unit}]' if unit else name for name, unit in METRICS.items()]
    header = ['group', 'frames', *names]
    rows = [
        [name, str(values['frames']), *_numbers(values, METRICS)] for name, values in _sets(report)
    ]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [_align(cells, widths) for cells in (header, *rows)]
    rule = '-' * len(lines[0])
    return '\n'.join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def report_tables(report: EvaluationReport) -> list[Table]:
    """Every table of a report: errors, further errors, by distance, calibration (if any)."""
    sets = _sets(report)
    papers = [
        (name, str(values['frames']), *_numbers(values, PAPER_COLUMNS)) for name, values in sets
    ]
    further = [
        (name, *_numbers(values, ('log10', 'silog')), *_boundary(report, name))
        for name, values in sets
    ]
    tables = [
        Table('Errors', ('group', 'frames', *PAPER_COLUMNS.values()), tuple(papers)),
        Table(
            'Further errors',
            ('group', 'log10', 'SILog', 'boundary F1', 'frames with boundaries'),
            tuple(further),
        ),
        Table(
            'By distance',
            ('group', 'distance', 'frames', 'pixels', *PAPER_COLUMNS.values(), 'pred / true'),
            tuple(_band(name, row) for name, rows in _bands(report) for row in rows),
        ),
    ]
    if report.calibration is not None:
        tables.append(_calibration(report.calibration))
    return tables


def format_markdown(report: EvaluationReport) -> str:
    """The report as a Markdown document, ready for a paper's appendix or a model card."""
    parts = [f'Protocol: {report.protocol.describe()}.']
    if report.assumed:
        parts.append(f'Assumed: {report.assumed}.')
    for table in report_tables(report):
        rule = ['---', *['---:'] * (len(table.header) - 1)]
        rows = ([markdown_cell(cell) for cell in row] for row in (table.header, rule, *table.rows))
        lines = ['| ' + ' | '.join(row) + ' |' for row in rows]
        parts.append(f'**{table.title}**\n\n' + '\n'.join(lines))
    if report.skipped:
        skipped = '\n'.join(
            f'- `{markdown_cell(frame.id)}`: {clean(frame.reason)}' for frame in report.skipped
        )
        parts.append(f'**Not measured**\n\n{skipped}')
    return '\n\n'.join(parts) + '\n'


def _sets(report: EvaluationReport) -> list[tuple[str, Mapping[str, float]]]:
    """The groups and, last, all frames, each with 'frames' and its metrics."""
    return [*report.groups.items(), ('overall', {'frames': report.frames, **report.overall})]


def _numbers(values: Mapping[str, float], names: Sequence[str] | Mapping[str, str]) -> list[str]:
    return [f'{values[name]:.4f}' if name in values else '-' for name in names]


def _boundary(report: EvaluationReport, name: str) -> tuple[str, str]:
    found: dict[str, Any] = report.boundary['groups'].get(name, report.boundary)
    return '-' if found['f1'] is None else f'{found["f1"]:.4f}', str(found['frames'])


def _bands(report: EvaluationReport) -> list[tuple[str, Sequence[Mapping[str, float]]]]:
    """The groups' bands, where there are several, and last those of all frames."""
    groups = [(name, rows['bands']) for name, rows in report.by_group.items()]
    return [*(groups if len(groups) > 1 else []), ('overall', report.bands)]


def _band(group: str, row: Mapping[str, float]) -> tuple[str, ...]:
    distance = f'{row["from"]:g}–{row["to"]:g} m'
    counts = (str(row['frames']), str(row['pixels']))
    return (group, distance, *counts, *_numbers(row, PAPER_COLUMNS), f'{row["ratio"]:.3f}')


def _calibration(calibration: Mapping[str, Any]) -> Table:
    levels = [f'{level * 100:.0f}' for level in COVERAGE]
    names = ('abs_rel', 'rmse')
    rows = [
        (
            name,
            *(f'{values["coverage"][level] * 100:.1f} %' for level in levels),
            f'{values["relative_std"]:.3f}',
            '-' if values['std_factor'] is None else f'{values["std_factor"]:.2f}',
            *(f'{values[key][metric]:.4f}' for metric in names for key in ('ause', 'aurg')),
        )
        for name, values in (*calibration['groups'].items(), ('overall', calibration))
    ]
    header = (
        'group',
        *(f'{level} %' for level in levels),
        'std / depth',
        'factor',
        *(f'{key} {PAPER_COLUMNS[metric]}' for metric in names for key in ('AUSE', 'AURG')),
    )
    return Table('Calibration of the predicted std', header, tuple(rows))


def _align(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Names to the left, numbers to the right."""
    numbers = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
    return '  '.join([cells[0].ljust(widths[0]), *numbers])

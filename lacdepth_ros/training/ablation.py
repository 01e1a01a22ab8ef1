# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs a sweep row by row, keeps what is done, and writes the tables after every row."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from lacdepth_ros.core.text import csv_cell, markdown_cell
from lacdepth_ros.evaluation.report.tables import PAPER_COLUMNS
from lacdepth_ros.training.checkpointing import LAST, write_whole
from lacdepth_ros.training.run import RESULTS
from lacdepth_ros.training.sweep import Sweep, SweepRow

REQUEST = 'row.json'
FAILURE = 'failure.txt'
START = 'not trained: the start'
TABLES = 'ablation'


class Train(Protocol):
    """`lacdepth_ros.training.run.train`."""

    def __call__(
        self, arguments: Sequence[str], output: str | Path, *, resume: bool = False
    ) -> dict[str, Any]:
        """Train and return what results.json holds."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """A row of a table; `results` is None until the row is trained, `failure` says why not."""

    title: str
    row: SweepRow
    results: dict[str, Any] | None
    failure: str = ''


def run_sweep(
    sweep: Sweep,
    arguments: Sequence[str],
    output: Path,
    *,
    train: Train,
    report: Callable[[str], None],
) -> list[RowResult]:
    """Train every row that is not done yet; a row that fails is named and the sweep goes on.

    Below `output` each row has a folder with its run; ablation.md and ablation.csv hold the
    tables and are written anew after every row. Called again, the sweep continues where it was
    stopped, in the middle of a row too.

    Args:
        sweep: What to train.
        arguments: Settings of every row, such as --data.train_manifest PATH.
        output: Folder of the sweep.
        train: Trains one run.
        report: Receives a line about every row.

    Returns:
        All rows of all tables.

    Raises:
        ValueError: The folder holds a row that was trained with other settings.
    """
    rows = [row for table in sweep.tables for row in table.rows]
    for number, row in enumerate(rows, start=1):
        folder = output / row.folder
        request = ['--config', sweep.recipe, *arguments, *row.arguments]
        _check_request(folder, request)
        name = f'{row.table}: {row.name} ({number} of {len(rows)})'
        if (folder / RESULTS).is_file():
            report(f'{name} is done already')
        else:
            report(f'{name} is being trained in {folder}')
            _train_row(request, folder, train, report)
        write_tables(output, read_results(sweep, output))
    return read_results(sweep, output)


def _train_row(
    request: list[str], folder: Path, train: Train, report: Callable[[str], None]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / REQUEST, json.dumps(request).encode())
    (folder / FAILURE).unlink(missing_ok=True)
    try:
        train(request, folder, resume=(folder / LAST).is_file())
    except (FileNotFoundError, FloatingPointError, MemoryError, ValueError) as error:
        write_whole(folder / FAILURE, str(error).encode())
        report(f'{folder} failed: {error}')


def _check_request(folder: Path, request: list[str]) -> None:
    file = folder / REQUEST
    has_trained = any((folder / name).is_file() for name in (RESULTS, LAST))
    if not (has_trained and file.is_file()):
        return  # there is nothing yet that other settings could be mixed with
    before, now = _pairs(json.loads(file.read_text(encoding='utf-8'))), _pairs(request)
    changed = [
        f'{name}: {before.get(name, "not given")} -> {now.get(name, "not given")}'
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]
    if changed:
        raise ValueError(
            f'{folder} was trained with other settings ({"; ".join(changed)}); a table '
            'compares runs of one budget: give the same settings, or another --output'
        )


def _pairs(arguments: Sequence[str]) -> dict[str, str]:
    """Values of `--NAME VALUE` and `--NAME=VALUE` by name; the last counts, as in a training."""
    pairs: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        name, given, value = argument.partition('=')
        pairs[name] = value if given else next(rest, '')
    return pairs


def read_results(sweep: Sweep, output: Path) -> list[RowResult]:
    """What is known of every row of every table."""
    results = []
    for table in sweep.tables:
        for row in table.rows:
            folder = output / row.folder
            done, failed = folder / RESULTS, folder / FAILURE
            values = json.loads(done.read_text(encoding='utf-8')) if done.is_file() else None
            failure = failed.read_text(encoding='utf-8') if failed.is_file() else ''
            results.append(RowResult(table.title, row, values, failure))
    return results


def _with_starts(results: Sequence[RowResult]) -> list[RowResult]:
    """The rows, above those of each table the trained start that they have in common."""
    found: list[RowResult] = []
    for _, table in itertools.groupby(results, lambda result: result.title):
        rows = list(table)
        tuned = [r.results for r in rows if r.results is not None and r.results.get('start')]
        scores = [r['start']['score'] for r in tuned]
        # GPUs may round each run differently; another start or protocol differs by more.
        if tuned and max(scores) <= 1.001 * min(scores):
            start = {
                'val': tuned[0]['start'],
                'parameters': tuned[0]['parameters'],
                'steps': 0,
                'session': {'seconds': 0.0},
            }
            found.append(RowResult(rows[0].title, SweepRow(rows[0].row.table, START, {}), start))
        found += rows
    return found


def write_tables(output: Path, results: Sequence[RowResult]) -> None:
    """Write ablation.md and ablation.csv into the folder."""
    write_whole(output / f'{TABLES}.md', markdown(results).encode())
    write_whole(output / f'{TABLES}.csv', _csv(results).encode())


def markdown(results: Sequence[RowResult]) -> str:
    """The tables in the papers' columns; the best value of a column is bold."""
    results = _with_starts(results)
    titles = list(dict.fromkeys(result.title for result in results))
    parts = []
    for title in titles:
        rows = [result for result in results if result.title == title]
        header = ['', 'Parameters [M]', *PAPER_COLUMNS.values()]
        lines = [header, ['---', *['---:'] * (len(header) - 1)]]
        best = {name: _best(rows, name) for name in PAPER_COLUMNS}
        lines += [_markdown_row(row, best) for row in rows]
        table = '\n'.join(f'| {" | ".join(cells)} |' for cells in lines)
        parts.append(f'## {title}\n\n{table}\n')
    return '\n'.join(parts)


def _best(rows: Sequence[RowResult], metric: str) -> str:
    values = [r.results['val']['overall'][metric] for r in rows if r.results is not None]
    choose = max if metric.startswith('delta') else min
    return f'{choose(values):.4f}' if values else ''


def _markdown_row(row: RowResult, best: dict[str, str]) -> list[str]:
    if row.results is None:
        state = f'failed: {row.failure}' if row.failure else 'not trained yet'
        return [row.row.name, markdown_cell(state), *[''] * len(PAPER_COLUMNS)]
    overall = row.results['val']['overall']
    cells = [row.row.name, f'{row.results["parameters"] / 1e6:.2f}']
    for metric, best_value in best.items():
        value = f'{overall[metric]:.4f}'
        cells.append(f'**{value}**' if value == best_value else value)
    return cells


def _csv(results: Sequence[RowResult]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator='\n')
    writer.writerow(['table', 'row', 'parameters', 'steps', 'seconds', *PAPER_COLUMNS, 'failure'])
    writer.writerows(_csv_rows(_with_starts(results)))
    return file.getvalue()


def _csv_rows(results: Sequence[RowResult]) -> Iterator[list[Any]]:
    for row in results:
        values: list[Any] = [''] * (3 + len(PAPER_COLUMNS))
        if row.results is not None:
            overall = row.results['val']['overall']
            values = [
                row.results['parameters'],
                row.results['steps'],
                round(row.results['session']['seconds'], 1),
                *(f'{overall[metric]:.6f}' for metric in PAPER_COLUMNS),
            ]
        yield [row.row.table, row.row.name, *values, csv_cell(row.failure)]

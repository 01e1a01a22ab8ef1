# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""The sweep's bookkeeping: each run once, continued where it stopped, failures named."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip('lightning', reason="training needs the extra 'train'")

from lacdepth_ros.evaluation.report.tables import PAPER_COLUMNS
from lacdepth_ros.training.ablation import run_sweep
from lacdepth_ros.training.sweep import Sweep, SweepRow, SweepTable

SWEEP = Sweep(
    'kitti_lite',
    (
        SweepTable(
            'levels', 'Levels', (SweepRow('levels', '3', {'l': 3}), SweepRow('levels', '4', {}))
        ),
        SweepTable(
            'fusion',
            'Fusion',
            (SweepRow('fusion', 'none', {'f': 'none'}), SweepRow('fusion', 'dense', {})),
        ),
    ),
)
ERRORS = {'levels/3': 0.3, 'baseline': 0.1, 'fusion/none': 0.2}


class FakeTraining:
    """Writes the results that a run of each folder shall have; fails or stops where told."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.calls: list[tuple[str, bool]] = []
        self.trouble: dict[str, BaseException] = {}
        self.starts: dict[str, float] = {}

    def __call__(
        self, arguments: Sequence[str], output: str | Path, *, resume: bool = False
    ) -> dict[str, Any]:
        name = str(Path(output).relative_to(self.output))
        self.calls.append((name, resume))
        self.arguments = list(arguments)
        if name in self.trouble:
            (Path(output) / 'last.ckpt').write_text('half way')
            raise self.trouble.pop(name)
        overall = dict.fromkeys(PAPER_COLUMNS, ERRORS[name])
        results = {
            'val': {'overall': overall},
            'parameters': 3_010_000,
            'steps': 7,
            'session': {'seconds': 1.26},
        }
        if name in self.starts:
            start = self.starts[name]
            results['start'] = {'score': start, 'overall': dict.fromkeys(PAPER_COLUMNS, start)}
        (Path(output) / 'results.json').write_text(json.dumps(results))
        return results


def sweep(output: Path, train: FakeTraining, *arguments: str) -> tuple[list[Any], list[str]]:
    lines: list[str] = []
    return run_sweep(SWEEP, arguments, output, train=train, report=lines.append), lines


def test_every_run_is_trained_once_and_the_tables_hold_it(tmp_path: Path) -> None:
    train = FakeTraining(tmp_path)
    results, _ = sweep(tmp_path, train, '--trainer.max_steps', '7')
    assert train.calls == [('levels/3', False), ('baseline', False), ('fusion/none', False)]
    assert train.arguments == [
        *('--config', 'kitti_lite', '--trainer.max_steps', '7', '--f', 'none')
    ]
    assert [r.results['val']['overall']['abs_rel'] for r in results] == [0.3, 0.1, 0.2, 0.1]
    text = (tmp_path / 'ablation.md').read_text()
    assert '## Levels' in text and '| 3 | 3.01 | 0.3000 |' in text
    assert '| 4 | 3.01 | **0.1000** |' in text
    # The larger delta is the better one.
    row = next(line for line in text.splitlines() if line.startswith('| 3 '))
    assert row.endswith('| **0.3000** | **0.3000** | **0.3000** |')
    with (tmp_path / 'ablation.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [(r['table'], r['row'], r['abs_rel']) for r in rows][2] == (
        'fusion',
        'none',
        '0.200000',
    )
    assert rows[0]['parameters'] == '3010000' and rows[0]['seconds'] == '1.3'


def test_start_that_rows_have_in_common_stands_above_them(tmp_path: Path) -> None:
    train = FakeTraining(tmp_path)
    train.starts = {'levels/3': 0.15, 'baseline': 0.15, 'fusion/none': 0.16}
    sweep(tmp_path, train)
    levels, fusion = (tmp_path / 'ablation.md').read_text().split('## Fusion')
    # It counts among the best: what is worse than no training is not printed bold.
    assert '| not trained: the start | 3.01 | 0.1500 |' in levels
    assert levels.index('the start') < levels.index('| 3 | 3.01 | 0.3000')
    assert 'the start' not in fusion  # whose rows have two
    with (tmp_path / 'ablation.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [r['row'] for r in rows] == ['not trained: the start', '3', '4', 'none', 'dense']
    assert (rows[0]['table'], rows[0]['abs_rel'], rows[0]['steps']) == ('levels', '0.150000', '0')
    train = FakeTraining(tmp_path / 'worse')
    train.starts = {'levels/3': 0.05, 'baseline': 0.05}
    sweep(tmp_path / 'worse', train)
    assert 'the start | 3.01 | **0.0500** |' in (tmp_path / 'worse' / 'ablation.md').read_text()


def test_continues_where_it_was_stopped(tmp_path: Path) -> None:
    train = FakeTraining(tmp_path)
    train.trouble['baseline'] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path, train)
    assert 'not trained yet' in (tmp_path / 'ablation.md').read_text()
    train.calls.clear()
    _, lines = sweep(tmp_path, train)
    assert train.calls == [('baseline', True), ('fusion/none', False)]
    assert lines[0] == 'levels: 3 (1 of 4) is done already'


def test_a_failed_row_is_named_and_tried_again(tmp_path: Path) -> None:
    train = FakeTraining(tmp_path)
    train.trouble['levels/3'] = MemoryError('out of memory; halve data.batch_size')
    results, _ = sweep(tmp_path, train)
    assert [bool(r.failure) for r in results] == [True, False, False, False]
    assert 'failed: out of memory; halve' in (tmp_path / 'ablation.md').read_text()
    results, _ = sweep(tmp_path, train)
    assert not any(r.failure for r in results)


def test_runs_of_another_budget_are_not_mixed(tmp_path: Path) -> None:
    sweep(tmp_path, FakeTraining(tmp_path), '--trainer.max_steps', '7')
    changed = r'levels/3 was .* settings \(--trainer\.max_steps: 7 -> 8\); a table'
    with pytest.raises(ValueError, match=changed):
        sweep(tmp_path, FakeTraining(tmp_path), '--trainer.max_steps', '8')
    with pytest.raises(ValueError, match=r'\(--trainer\.max_steps: 7 -> not given\)'):
        sweep(tmp_path, FakeTraining(tmp_path))


def test_order_and_form_of_the_settings_do_not_matter(tmp_path: Path) -> None:
    sweep(tmp_path, FakeTraining(tmp_path), '--trainer.max_steps', '7', '--data.workers', '1')
    train = FakeTraining(tmp_path)
    sweep(tmp_path, train, '--data.workers=1', '--trainer.max_steps', '7')
    assert train.calls == []
    with pytest.raises(
        ValueError, match=r'\(--data\.workers: 1 -> 7; --trainer\.max_steps: 7 -> 1'
    ):
        sweep(tmp_path, train, '--data.workers', '7', '--trainer.max_steps', '1')


def test_a_row_that_never_trained_takes_other_settings(tmp_path: Path) -> None:
    train = FakeTraining(tmp_path)

    def no_manifest(
        arguments: Sequence[str], output: str | Path, *, resume: bool = False
    ) -> dict[str, Any]:
        raise FileNotFoundError('typo.jsonl: no such manifest')

    arguments = ('--data.train_manifest', 'typo.jsonl')
    results = run_sweep(SWEEP, arguments, tmp_path, train=no_manifest, report=lambda line: None)
    assert [r.failure for r in results] == ['typo.jsonl: no such manifest'] * 4
    results, _ = sweep(tmp_path, train, '--data.train_manifest', 'right.jsonl')
    assert train.calls == [('levels/3', False), ('baseline', False), ('fusion/none', False)]
    assert [r.results['val']['overall']['abs_rel'] for r in results] == [0.3, 0.1, 0.2, 0.1]


def test_a_row_stopped_half_way_takes_no_other_settings(tmp_path: Path) -> None:
    train = FakeTraining(tmp_path)
    train.trouble['levels/3'] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        sweep(tmp_path, train, '--trainer.max_steps', '7')
    with pytest.raises(ValueError, match=r'\(--trainer\.max_steps: 7 -> 8\)'):
        sweep(tmp_path, train, '--trainer.max_steps', '8')

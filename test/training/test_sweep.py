# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""Sweeps: what a file describes, and what is refused."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml

from lacdepth_ros.training.sweep import read_sweep

SHIPPED = Path(__file__).parents[2] / 'config' / 'training' / 'sweeps'
LEVELS = 'model.network.architecture.levels'


def write(path: Path, values: object) -> Path:
    file = path / 'sweep.yaml'
    file.write_text(yaml.safe_dump(values, sort_keys=False))
    return file


def test_rows_become_arguments_and_empty_rows_share_one_run(tmp_path: Path) -> None:
    tables = {
        'levels': {'title': 'Levels', 'rows': {'3': {LEVELS: 3}, '4': {}}},
        'lists': {'title': 'Lists', 'rows': {'wide': {'a.widths': [16, 32]}, 'as it is': {}}},
        'words': {'title': 'Words', 'rows': {'vgg': {'a.encoder': 'vgg19', 'a.flag': True}}},
    }
    sweep = read_sweep(write(tmp_path, {'recipe': 'kitti_lite', 'tables': tables}))
    assert sweep.recipe == 'kitti_lite'
    three, four = sweep.tables[0].rows
    assert (three.arguments, three.folder) == ([f'--{LEVELS}', '3'], 'levels/3')
    wide, plain = sweep.tables[1].rows
    assert wide.arguments == ['--a.widths', '[16, 32]']
    assert four.folder == plain.folder == 'baseline'
    assert sweep.tables[2].rows[0].arguments == ['--a.encoder', 'vgg19', '--a.flag', 'true']


def test_chosen_tables(tmp_path: Path) -> None:
    tables = {name: {'title': name, 'rows': {'x': {}}} for name in ('a', 'b', 'c')}
    sweep = read_sweep(write(tmp_path, {'recipe': 'r', 'tables': tables}))
    assert [table.name for table in sweep.chosen(['c', 'a']).tables] == ['a', 'c']
    assert sweep.chosen([]) == sweep
    assert sweep.chosen(['a'], 'mine').recipe == 'mine'
    with pytest.raises(ValueError, match=r"no tables \['d'\]; its tables are \['a', 'b', 'c'\]"):
        sweep.chosen(['d'])


@pytest.mark.parametrize(
    ('values', 'message'),
    [
        ([1], 'the sweep must have exactly'),
        ({'recipe': 'r'}, r"exactly \['recipe', 'tables'\], not \['recipe'\]"),
        ({'recipe': 3, 'tables': {'a': {}}}, 'recipe=3 must be the name'),
        ({'recipe': 'r', 'tables': {}}, 'at least one table'),
        ({'recipe': 'r', 'tables': {'a': {'rows': {}}}}, 'tables.a must have exactly'),
        ({'recipe': 'r', 'tables': {'a': {'title': 't', 'rows': {}}}}, 'at least one row'),
        ({'recipe': 'r', 'tables': {'a': {'title': 't', 'rows': {'x': 3}}}}, 'rows.x=3 must be'),
        ({'recipe': 'r', 'tables': {'a': {'title': 't', 'rows': {'x/y': {}}}}}, 'no "/"'),
    ],
)
def test_refused(tmp_path: Path, values: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_sweep(write(tmp_path, values))


def test_broken_yaml(tmp_path: Path) -> None:
    file = tmp_path / 'sweep.yaml'
    file.write_text('tables: [')
    with pytest.raises(ValueError, match='is not YAML'):
        read_sweep(file)


def test_shipped_sweep_covers_the_papers_tables() -> None:
    sweep = read_sweep(SHIPPED / 'paper.yaml')
    rows = {table.name: len(table.rows) for table in sweep.tables}
    assert rows == {'encoder': 5, 'levels': 5, 'fusion': 3, 'bins': 3, 'distribution': 3}


@pytest.mark.slow
def test_ingredients_are_settings_of_the_shipped_recipe_that_change_something() -> None:
    pytest.importorskip('lightning')
    from lacdepth_ros.training.settings import complete_recipe

    sweep = read_sweep(SHIPPED / 'ingredients.yaml')
    recipe = yaml.safe_load((SHIPPED.parent / f'{sweep.recipe}.yaml').read_text())
    weights = recipe['data']['stream']['group_weights']
    rows = {row.name: row.settings for table in sweep.tables for row in table.rows}
    streets = rows['no rendered streets']
    assert streets['data.stream.group_weights'] == {'synthetic': 0, **weights}
    assert recipe['data']['stream']['group_shares'].keys() == {'synthetic'}
    before = yaml.safe_load(complete_recipe(['--config', sweep.recipe]))
    for table in sweep.tables:
        for row in table.rows:
            after = yaml.safe_load(complete_recipe(['--config', sweep.recipe, *row.arguments]))
            for name, value in row.settings.items():
                assert at(after, name) == value != at(before, name), f'{row.name}: {name}'


def at(values: Any, name: str) -> Any:
    return reduce(lambda found, key: found.get(key), name.split('.'), values)


def test_the_learning_curve_trains_on_so_many_frames_spread_over_the_manifest(
    tmp_path: Path,
) -> None:
    from miniature import write_manifest

    from lacdepth_ros.data.transforms.config import AugmentConfig
    from lacdepth_ros.evaluation.protocol import EvaluationProtocol
    from lacdepth_ros.training.datamodule import DepthDataModule
    from lacdepth_ros.training.stream import StreamConfig

    manifest = str(write_manifest(tmp_path, *(f'road/{number}' for number in range(6))))
    rows = read_sweep(SHIPPED / 'learning_curve.yaml').tables[0].rows
    assert [row.settings for row in rows] == [
        {'data.train_frames': 25}, {'data.train_frames': 50}, {'data.train_frames': 100}, {},
    ]  # fmt: skip
    for count, expected in (
        (3, ['road/0', 'road/2', 'road/4']),
        (None, [f'road/{i}' for i in range(6)]),
    ):
        data = DepthDataModule(
            stream=StreamConfig(),
            augment=AugmentConfig(),
            protocol=EvaluationProtocol(),
            train_manifest=manifest,
            val_manifest=manifest,
            train_frames=count,
        )
        assert [entry.id for entry in data.entries] == expected

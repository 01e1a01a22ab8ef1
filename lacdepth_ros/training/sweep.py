# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""A sweep: tables whose rows are trainings that differ from one recipe in a few settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

BASELINE = 'baseline'
_KEYS = {'recipe', 'tables'}
_TABLE_KEYS = {'title', 'rows'}


@dataclass(frozen=True, slots=True)
class SweepRow:
    """One training.

    Attributes:
        table: Name of its table.
        name: Name in the table.
        settings: What differs from the recipe, by dotted name; none for the baseline.
    """

    table: str
    name: str
    settings: dict[str, Any]

    @property
    def folder(self) -> str:
        """Folder of the run below the sweep's; all rows without settings share one run."""
        return f'{self.table}/{self.name}' if self.settings else BASELINE

    @property
    def arguments(self) -> list[str]:
        """The settings as arguments of `lacdepth train`."""
        return [
            part
            for name, value in self.settings.items()
            for part in (f'--{name}', value if isinstance(value, str) else json.dumps(value))
        ]


@dataclass(frozen=True, slots=True)
class SweepTable:
    """Rows that are compared with each other.

    Attributes:
        name: Short name, also of the folder.
        title: Heading.
        rows: The trainings.
    """

    name: str
    title: str
    rows: tuple[SweepRow, ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """Tables of one recipe's variations.

    Attributes:
        recipe: Path or name of the recipe that every row starts from.
        tables: In the order of the file.
    """

    recipe: str
    tables: tuple[SweepTable, ...]

    def chosen(self, names: list[str], recipe: str | None = None) -> Sweep:
        """The sweep with only the named tables (none named: all), after another recipe if given.

        Raises:
            ValueError: There is no table of that name.
        """
        known = [table.name for table in self.tables]
        if unknown := sorted(set(names) - set(known)):
            raise ValueError(f'the sweep has no tables {unknown}; its tables are {known}')
        tables = tuple(t for t in self.tables if not names or t.name in names)
        return Sweep(recipe or self.recipe, tables)

    def refuse_varied(self, arguments: Sequence[str]) -> None:
        """Refuse settings of every row that some row sets itself: that row would not have them.

        Args:
            arguments: --NAME VALUE or --NAME=VALUE.

        Raises:
            ValueError: There is one.
        """
        given = {argument.partition('=')[0] for argument in arguments}
        for table in self.tables:
            for row in table.rows:
                if varied := [name for name in row.settings if f'--{name}' in given]:
                    raise ValueError(
                        f'--{varied[0]} cannot hold for every row, as {table.name}/{row.name} '
                        'sets it itself; leave it out, or the table (--tables)'
                    )


def read_sweep(path: Path) -> Sweep:
    """Read a sweep from YAML: `recipe`, and `tables` of name: {title, rows: {name: settings}}.

    Raises:
        ValueError: The file is no such sweep; the message names the place.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8-sig'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f'{path} is not YAML: {error}') from error
    _check_keys(path, 'the sweep', values, _KEYS)
    if not isinstance(values['recipe'], str):
        raise ValueError(f'{path}: recipe={values["recipe"]!r} must be the name of a recipe')
    if not isinstance(values['tables'], dict) or not values['tables']:
        raise ValueError(f'{path}: tables must hold at least one table')
    tables = tuple(_table(path, str(n), table) for n, table in values['tables'].items())
    return Sweep(values['recipe'], tables)


def _table(path: Path, name: str, values: Any) -> SweepTable:
    _check_keys(path, f'tables.{name}', values, _TABLE_KEYS)
    rows = values['rows']
    if not isinstance(rows, dict) or not rows:
        raise ValueError(f'{path}: tables.{name}.rows must hold at least one row')
    for row, settings in rows.items():
        if not isinstance(settings, dict):
            raise ValueError(
                f'{path}: tables.{name}.rows.{row}={settings!r} must be settings such as '
                '{model.network.architecture.levels: 3}, or {} for the recipe itself'
            )
        if '/' in f'{name}{row}':
            raise ValueError(f'{path}: {name}: {row}: names become folders and may hold no "/"')
    title = str(values['title'])
    return SweepTable(name, title, tuple(SweepRow(name, str(r), s) for r, s in rows.items()))


def _check_keys(path: Path, where: str, values: Any, keys: set[str]) -> None:
    if not isinstance(values, dict) or set(values) != keys:
        found = sorted(map(str, values)) if isinstance(values, dict) else values
        raise ValueError(f'{path}: {where} must have exactly {sorted(keys)}, not {found}')

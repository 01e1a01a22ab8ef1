# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""constraints.txt names one released version of everything that the project asks for."""

from __future__ import annotations

import re
import runpy
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
LINE = re.compile(r'([a-z0-9-]+)==([0-9][0-9a-z.]*)(; python_version >= "3\.\d+")?')


def required(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Normalized names of all requirements and extras in setup.py."""
    given: dict[str, Any] = {}
    monkeypatch.setattr('setuptools.setup', lambda **arguments: given.update(arguments))
    monkeypatch.chdir(ROOT)
    runpy.run_path('setup.py')
    groups = (given['install_requires'], *given['extras_require'].values())
    names = {re.split(r'[^\w.-]', text)[0] for group in groups for text in group}
    return {re.sub('[._]', '-', name.lower()) for name in names}


def test_every_requirement_has_one_released_version(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (ROOT / 'constraints.txt').read_text().splitlines()
    lines = [line for line in lines if not line.startswith('#')]
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    names = [line.partition('==')[0] for line in lines]
    assert len(names) == len(set(names))
    missing = required(monkeypatch) - set(names)
    assert not missing, f'{missing}: run `make test-newest constraints`'


def test_versions_are_marked_with_the_pythons_that_they_run_on() -> None:
    """Unmarked, a version for newer Pythons leaves 3.10 without an installation."""
    written = runpy.run_path(str(ROOT / 'tools' / 'write_constraints.py'))['constraint']
    wrong = []
    for line in (ROOT / 'constraints.txt').read_text().splitlines():
        name, _, version = line.partition(';')[0].partition('==')
        if line.startswith('#') or not is_installed(name, version):
            continue
        if line != written(name):
            wrong.append(f'{line!r}, not {written(name)!r}')
    assert not wrong


def is_installed(name: str, version: str) -> bool:
    try:
        return metadata.version(name).partition('+')[0] == version
    except metadata.PackageNotFoundError:
        return False

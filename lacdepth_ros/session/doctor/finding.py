# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor finds, one line a matter, with what to change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal['ok', 'warning', 'error']
MARKS: dict[Level, str] = {'ok': 'ok     ', 'warning': 'WARNING', 'error': 'ERROR  '}


@dataclass(frozen=True, slots=True)
class Finding:
    """One matter.

    Attributes:
        level: 'warning' where depth may be missing or wrong, 'error' where nothing can work.
        matter: What was looked at.
        text: What was found.
        remedy: What to change, '' when nothing.
    """

    level: Level
    matter: str
    text: str
    remedy: str = ''

    def __str__(self) -> str:
        remedy = f'\n          -> {self.remedy}' if self.remedy else ''
        return f'{MARKS[self.level]}  {self.matter}: {self.text}{remedy}'


def exit_code(findings: Iterable[Finding]) -> int:
    """0 when all is well, 1 when something should be changed, 2 when something must be."""
    levels = {finding.level for finding in findings}
    return 2 if 'error' in levels else int('warning' in levels)

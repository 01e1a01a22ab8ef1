# Copyright 2026 lacdepth_ros contributors
# SPDX-License-Identifier: Apache-2.0
"""What a measurement must reach, such as 'abs_rel<=0.12', and the JUnit XML that CI reads."""

from __future__ import annotations

import math
import operator
import re
import xml.etree.ElementTree as ET
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

COMPARISONS = {'<=': operator.le, '>=': operator.ge, '<': operator.lt, '>': operator.gt}
_FORM = re.compile(r'\s*(\w+)\s*(<=|>=|<|>)\s*([^\s=]\S*)\s*')


@dataclass(frozen=True, slots=True)
class Requirement:
    """A figure and its bound.

    Attributes:
        figure: Name of the figure.
        comparison: One of COMPARISONS.
        bound: Finite.
    """

    figure: str
    comparison: str
    bound: float

    def __str__(self) -> str:
        return f'{self.figure}{self.comparison}{self.bound:g}'


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a requirement.

    Attributes:
        requirement: The requirement.
        value: The figure as measured; None when it could not be.
    """

    requirement: Requirement
    value: float | None

    @property
    def met(self) -> bool:
        """Whether the figure was measured and keeps its bound."""
        compare = COMPARISONS[self.requirement.comparison]
        return self.value is not None and bool(compare(self.value, self.requirement.bound))

    def __str__(self) -> str:
        measured = 'was not measured' if self.value is None else f'is {self.value:.6g}'
        state = 'met' if self.met else 'NOT met'
        return f'{self.requirement}: {state}, {self.requirement.figure} {measured}'


def parse_requirement(text: str, figures: Collection[str]) -> Requirement:
    """Read 'abs_rel<=0.12'.

    Args:
        text: Figure, comparison, bound.
        figures: Names that can be measured.

    Raises:
        ValueError: It is of another form, or names a figure that is not measured.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is no requirement; write figure, comparison and bound, as 'abs_rel<=0.12' "
            "(in quotes, for the shell); '=' is not offered, as measurements scatter"
        )
    figure, comparison, written = match.groups()
    try:
        bound = float(written)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise ValueError(f'{text!r}: {written!r} is no number to compare with')
    if figure not in figures:
        raise ValueError(f'{text!r}: {figure!r} is not measured; choose of {", ".join(figures)}')
    return Requirement(figure, comparison, bound)


def judge(
    requirements: Sequence[Requirement], figures: Mapping[str, float | None]
) -> list[Verdict]:
    """Hold what was measured against each requirement; a figure that is missing fails it."""
    verdicts = []
    for requirement in requirements:
        value = figures.get(requirement.figure)
        known = value is not None and math.isfinite(value)
        verdicts.append(Verdict(requirement, value if known else None))
    return verdicts


def junit_xml(suite: str, verdicts: Sequence[Verdict]) -> str:
    """The verdicts as a JUnit test suite, a test case each; a figure not measured is an error."""
    missing = [verdict for verdict in verdicts if verdict.value is None]
    failed = [v for v in verdicts if not v.met and v.value is not None]
    root = ET.Element(
        'testsuite',
        name=suite,
        tests=str(len(verdicts)),
        failures=str(len(failed)),
        errors=str(len(missing)),
    )
    for verdict in verdicts:
        case = ET.SubElement(root, 'testcase', classname=suite, name=str(verdict.requirement))
        if not verdict.met:
            kind = 'error' if verdict.value is None else 'failure'
            ET.SubElement(case, kind, message=str(verdict))
        ET.SubElement(case, 'system-out').text = str(verdict)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, 'unicode') + '\n'
